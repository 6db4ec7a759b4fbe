"""People as a room. The board suspends nobody who still reads something: boards are left first."""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.kit.answers import Entry, segment, text
from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Look, Room, Rosters, Stage, Staged, erased_already, held_against
from connectors.kit.steps import after_of, changing_step, erasing_step, step_of
from noticeboard.client import PRODUCT, Client
from provisioner.model.changes import Create, Erase, Resume, Suspend, Update
from provisioner.model.inventory import UNKNOWN, Absent, Observation, Present, Reading, Remote, Scope
from provisioner.model.ports import Resolve, Sought
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Effects, Json, Moved, Step, Verified

FIELDS: Final[dict[FieldName, Mode]] = {
    "display_name": Mode.MANAGED,
    "email": Mode.MANAGED,
    "enabled": Mode.MANAGED,
}
CREATE: Final = "create-person"
CHANGE: Final = "change-person"
ERASE: Final = "erase-person"
_WORDS: Final[Mapping[FieldName, str]] = {"display_name": "name", "email": "email", "enabled": "active"}
"""Our fields in the board's words."""


class PeopleRoom(Room[Look]):
    """The people of one notice board."""

    kind = Kind.ACCOUNT
    operations = frozenset({CREATE, CHANGE, ERASE})
    fields = FIELDS

    def __init__(self, target: str, client: Client) -> None:
        self._target = target
        self._client = client

    def canonical_name(self, name: str) -> str:
        """The board keeps logins in small letters."""
        return name.lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """And addresses too."""
        return value.lower() if field == "email" and isinstance(value, str) else value

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """max(1, ⌈people / 50⌉) requests; one for each of a few."""
        if look.interest.only is not None:
            return look.few(self._target, self.kind, self._find), {}
        listing = self._client.pages("/people")
        people = {one: _remote(entry) for one, entry in listing.items.items()}
        return Observation(listing.completeness(Scope(self._target, self.kind)), people), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One request a change, after one that sees whether somebody else changed it."""
        for change in batch.of(self.kind):
            match change:
                case Create():
                    fields = {name: value for name, value in change.wanted.fields.items() if name in FIELDS}
                    body = {**_body(fields), "login": change.wanted.name.lower()}
                    effects = Effects(fields=fields)
                    yield Staged(Stage.ACCOUNTS, step_of(batch, change, CREATE, payload=body, effects=effects))
                case Update() | Suspend() | Resume():
                    stage = Stage.UPDATES if isinstance(change, Update) else Stage.SWITCHES
                    yield Staged(stage, changing_step(batch, change, CHANGE, payload=_body(after_of(change))))
                case Erase():
                    yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE))

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One request. Who is to be erased and is gone already needs no more."""
        remote = self._read(located(step, resolve))
        return Verified(remote) if step.operation == ERASE else held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One request."""
        if step.operation == CREATE:
            return Done(self._client.create("/people", dict(step.payload), step.name).made)
        if step.operation == ERASE and verified is not None and verified.remote is None:
            return erased_already(step, PRODUCT)
        remote_id = located(step, resolve)
        if step.operation == ERASE:
            self._client.write("DELETE", _path(remote_id))
        else:
            self._client.write("PATCH", _path(remote_id), dict(step.payload))
        return Done(remote_id)

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - nobody has the same login twice
        """By the login."""
        found = self._named(name)
        return Absent() if found is None else Present(found)

    def _find(self, sought: Sought) -> Remote | None:
        return self._named(sought.name) if sought.remote_id is None else self._read(sought.remote_id)

    def _read(self, remote_id: str) -> Remote | None:
        entry = self._client.find(_path(remote_id))
        return None if entry is None else _remote(entry)

    def _named(self, name: str) -> Remote | None:
        return next(iter(map(_remote, self._client.named("/people", name.lower()).entries)), None)


def _path(remote_id: str) -> str:
    return f"/people/{segment(remote_id, PRODUCT)}"


def _body(fields: Mapping[FieldName, Value]) -> dict[str, Json]:
    return {word: fields[name] for name, word in _WORDS.items() if name in fields}


def _remote(entry: Entry) -> Remote:
    fields = {name: entry.get(word) for name, word in _WORDS.items()}
    told = {name: value if isinstance(value, str | bool) else UNKNOWN for name, value in fields.items()}
    return Remote(text(entry, "id"), text(entry, "login"), told, fingerprint=text(entry, "id"))
