"""Boards as a room: a title, a note that nobody sees, which holds our mark, and who reads it."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.answers import Entry, segment, text
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Look, Room, Rosters, Stage, Staged, erased_already, held_against
from connectors.kit.steps import changing_step, erasing_step, member_steps, step_of
from noticeboard.client import PRODUCT, Client
from provisioner.model.changes import Create, Erase, Join, Leave, Update
from provisioner.model.inventory import (
    Absent,
    Complete,
    Observation,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, marker_of
from provisioner.model.steps import Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"display_name": Mode.MANAGED}
"""The title. A group's name, which other products are logged in with, never changes, and has no place here."""
CREATE: Final = "create-board"
RENAME: Final = "rename-board"
ADD: Final = "add-reader"
REMOVE: Final = "remove-reader"
ERASE: Final = "erase-board"
LONGEST: Final = 80
"""Letters of a title; the board cuts longer ones off without a word."""


class BoardRoom(Room[Look]):
    """The boards of one notice board. Two may have the same title, so ours are known by the mark in their note."""

    kind = Kind.GROUP
    operations = frozenset({CREATE, RENAME, ADD, REMOVE, ERASE})
    fields = FIELDS

    def __init__(self, target: str, client: Client, url: str) -> None:
        self._target = target
        self._client = client
        self._url = url

    def objection(self, name: str) -> Text | None:
        """Rather none than one whose title is cut off."""
        return Text.of("noticeboard.title_too_long", limit=LONGEST) if len(name) > LONGEST else None

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - the id is enough
        """Its page."""
        return f"{self._url}/boards/{remote_id}"

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """max(1, ⌈boards / 50⌉) requests, which tell the readers as well.

        That is no more than what a few of them would cost, of which a narrow look has to know who reads all of ours.
        """
        listing = self._client.pages("/boards")
        tied = {remote_id for kind, remote_id in look.interest.bound if kind is self.kind}
        sought = look.sought(self.kind)
        names, ids = {one.name for one in sought}, {one.remote_id for one in sought}
        boards = {one: _remote(entry) for one, entry in listing.items.items()}
        only = None
        if look.interest.only is not None:
            only = frozenset(one.id.key for one in sought)
            boards = {one: board for one, board in boards.items() if one in ids or board.name in names}
        rosters = {
            (self.kind, one): Roster.of_accounts(Complete(Scope(self._target, self.kind, one)), _readers(entry))
            for one, entry in listing.items.items()
            if one in boards or one in tied
        }
        return Observation(listing.completeness(Scope(self._target, self.kind, only=only)), boards), rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One request a change, and one a reader."""
        for change in batch.of(self.kind):
            match change:
                case Create():
                    title = str(change.wanted.fields.get("display_name") or change.wanted.name)
                    body = {"title": title, "note": marker_of(change.id)}
                    effects = Effects(fields={"display_name": title})
                    made = step_of(batch, change, CREATE, name=title, payload=body, effects=effects)
                    yield Staged(Stage.CONTAINERS, made)
                case Join():
                    yield from (Staged(Stage.JOINS, step) for step in member_steps(batch, change, ADD))
                case Update():
                    body = {"title": str(change.after["display_name"])}
                    yield Staged(Stage.UPDATES, changing_step(batch, change, RENAME, payload=body))
                case Leave():
                    yield from (Staged(Stage.LEAVES, step) for step in member_steps(batch, change, REMOVE))
                case Erase():
                    yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE))

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One request, which tells title and readers. What is to be erased and is gone already needs no more."""
        entry = self._client.find(_path(located(step, resolve)))
        remote = None if entry is None else _remote(entry)
        if step.operation == ERASE:
            return Verified(remote)
        if entry is not None and step.expects_edge is not None:
            member = resolve(ResourceId(Kind.ACCOUNT, step.expects_edge.member))
            if member not in _readers(entry):
                return Moved(Text.of("noticeboard.reads_no_more", board=step.name))
        return held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One request. To put in who is in already, or take out who is out, is no error of the board's."""
        if step.operation == CREATE:
            return Done(self._client.create("/boards", dict(step.payload), step.name).made)
        if step.operation == ERASE and verified is not None and verified.remote is None:
            return erased_already(step, PRODUCT)
        remote_id = located(step, resolve)
        match step.operation:
            case "rename-board":
                self._client.write("PATCH", _path(remote_id), dict(step.payload))
            case "erase-board":
                self._client.write("DELETE", _path(remote_id))
            case _:
                reader = resolve(ResourceId(Kind.ACCOUNT, text_of(step, "member")))
                method = "PUT" if step.operation == ADD else "DELETE"
                self._client.write(method, f"{_path(remote_id)}/readers/{segment(reader, PRODUCT)}")
        return Done(remote_id)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By the mark, among those of this title."""
        same = map(_remote, self._client.named("/boards", name).entries)
        ours = [one for one in same if one.marker == marker_of(identity)]
        if len(ours) > 1:
            return Unreadable(Text.of("noticeboard.made_twice", board=name))
        return Present(ours[0]) if ours else Absent()


def _path(remote_id: str) -> str:
    return f"/boards/{segment(remote_id, PRODUCT)}"


def _readers(entry: Entry) -> frozenset[str]:
    readers = entry.get("readers")
    return frozenset(map(str, readers)) if isinstance(readers, list) else frozenset()


def _remote(entry: Entry) -> Remote:
    title, note = text(entry, "title"), text(entry, "note")
    mark = note if note.startswith("readi:") else ""
    return Remote(text(entry, "id"), title, {"display_name": title}, fingerprint=text(entry, "id"), marker=mark)
