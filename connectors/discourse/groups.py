"""Groups as a room: made closed and seen by their members alone, renamed in place, joined by many at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from connectors.discourse import group_reading
from connectors.discourse.client import PRODUCT, REQUESTS, Client, identifier_of
from connectors.discourse.group_reading import MOST_MEMBERS, Groups, is_automatic, remote_of, roster_of
from connectors.discourse.look import ForumLook
from connectors.discourse.names import forum_name, objection
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.client import Refusal, segment
from connectors.kit.outcomes import creating, perhaps_created
from connectors.kit.rooms import Room, Rosters, Stage, Staged, held_against, known
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Seats, Value
from provisioner.model.steps import Cost, Done, Effects, Json, Moved, Step, Verified
from provisioner.model.text import Text

CREATE: Final = "create-group"
UPDATE: Final = "update-group"
JOIN: Final = "join-group"
LEAVE: Final = "leave-group"
ERASE: Final = "erase-group"
_WRITTEN: Final[frozenset[FieldName]] = frozenset({"name", "display_name"})
_BEGINNINGS: Final[Mapping[str, object]] = {
    "visibility_level": 2,
    "members_visibility_level": 2,
    "mentionable_level": 3,
    "messageable_level": 3,
    "public_admission": False,
    "public_exit": False,
    "allow_membership_requests": False,
}
"""Members alone (2) see that it is there and who is in it; members and staff (3) may call all of it. Nobody enters or
leaves by themselves. What people make of this later stays."""


class GroupRoom(Room[ForumLook]):
    """Groups that people made. Automatic ones are not there for us."""

    kind = Kind.GROUP
    operations = frozenset({CREATE, UPDATE, JOIN, LEAVE, ERASE})
    fields = group_reading.FIELDS

    def __init__(self, target: str, client: Client) -> None:
        self._target = target
        self._client = client
        self._longest = client.settings.longest_name
        self.groups = Groups(client)

    def objection(self, name: str) -> Text | None:
        """Too little is left of the name."""
        return objection(name, self._longest, user=False)

    def canonical_name(self, name: str) -> str:
        """As it is over there, in lower case."""
        return forum_name(name, self._longest).lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """Names as they are over there, nothing for what is empty."""
        if not isinstance(value, str):
            return value
        return forum_name(value, self._longest) if field == "name" else value.strip() or None

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """All, and who is in those that anybody asks about and whose turn it is: one request each."""
        if look.interest.only is not None:
            return self._observe_only(look)
        listing, scope = self.groups.listed(), Scope(self._target, self.kind)
        completeness: Completeness = Complete(scope) if listing.gap is None else Partial(scope, listing.gap)
        objects: dict[str, Remote] = {}
        for identifier, entry in listing.items.items():
            remote = remote_of(entry)
            if remote is None:
                completeness = Partial(scope, Text.of("kit.nameless_entry"))
            elif not is_automatic(entry):
                objects[identifier] = remote
        if not objects and any(kind is self.kind for kind, _ in look.interest.bound):
            completeness = Partial(scope, Text.of("discourse.groups_emptied"))
        rosters = {
            (self.kind, identifier): roster_of(self._target, identifier, self.groups.members(remote.name))
            for identifier, remote in objects.items()
            if look.asks_for_members_of(remote, self.kind) and (self.kind, identifier) not in look.interest.skip
        }
        return Observation(completeness, objects), rosters

    def _observe_only(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """Two requests a group; in which groups accounts are, their own answers told."""
        sought, rosters = look.sought(self.kind), self._rosters_of_people(look)
        objects: dict[str, Remote] = {}
        for one in sought:
            found = [None if one.remote_id is None else self.groups.found(one.remote_id)]
            found.append(self.groups.called(self.canonical_name(one.name)) if one.remote_id is None else None)
            for entry in found:
                remote = None if entry is None or is_automatic(entry) else remote_of(entry)
                if remote is not None and remote.remote_id not in objects:
                    objects[remote.remote_id] = remote
                    members = self.groups.members(remote.name)
                    rosters[self.kind, remote.remote_id] = roster_of(self._target, remote.remote_id, members)
        only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, self.kind, only=only)), objects), rosters

    def _rosters_of_people(self, look: ForumLook) -> dict[tuple[Kind, str], Roster]:
        people = look.sought(Kind.ACCOUNT)
        if not people:
            return {}
        only = frozenset(one.id.key for one in people)
        bound = (group for kind, group in look.interest.bound if kind is self.kind)
        return {
            (self.kind, group): Roster.of_accounts(
                Complete(Scope(self._target, self.kind, group, only)),
                frozenset(account for account, groups in look.groups_of.items() if group in groups),
            )
            for group in bound
        }

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - there is no room for a mark
        """By its name: nobody had it when the plan was made."""
        entry = self.groups.called(forum_name(name, self._longest))
        remote = None if entry is None or is_automatic(entry) else remote_of(entry)
        return Absent() if remote is None else Present(remote)

    # --- writing -----------------------------------------------------------------------------------------------

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """A POST or PUT a group; a PUT for up to a thousand who come, a DELETE for all who go."""
        for change in batch.of(self.kind):
            match change:
                case Create():
                    yield Staged(Stage.CONTAINERS, self._create_step(batch, change))
                case Update():
                    step = self._update_step(batch, change)
                    if step is not None:
                        yield Staged(Stage.CONTAINERS, step)  # before categories, which know groups by their names
                case Join():
                    yield from (Staged(Stage.JOINS, step) for step in _join_steps(batch, change))
                case Leave():
                    yield Staged(Stage.LEAVES, _leave_step(batch, change))
                case Erase():
                    effects = Effects(fields={"name": self.canonical_name(change.name)}, erased=True)
                    yield Staged(Stage.ERASURES, _step(batch, change, ERASE, effects=effects, expects={}))

    def _create_step(self, batch: Batch, change: Create) -> Step:
        wanted, name = change.wanted, forum_name(change.wanted.name, self._longest)
        shown = self.canonical("display_name", wanted.fields.get("display_name") or wanted.name)
        fields: dict[FieldName, Value] = {"display_name": shown} if "display_name" in wanted.fields else {}
        return _step(
            batch,
            change,
            CREATE,
            {"name": name, "full_name": shown},
            effects=Effects(fields={**fields, "name": name}),
            requests=1,
        )

    def _update_step(self, batch: Batch, change: Update) -> Step | None:
        after = {name: self.canonical(name, value) for name, value in change.after.items() if name in _WRITTEN}
        if not after:
            return None
        payload = {"fields": cast(Json, after)}
        expects = known(change.before, _WRITTEN)
        return _step(batch, change, UPDATE, payload, effects=Effects(fields=after), expects=expects)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The group itself; that somebody who is to go is no member any more is no obstacle."""
        entry = self.groups.found(located(step, resolve))
        remote = None if entry is None else remote_of(entry)
        if entry is not None and is_automatic(entry):
            raise Permanent(Text.of("discourse.automatic_group", name=step.name))
        return Verified(remote) if step.operation == ERASE else held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.operation == CREATE:
            return self._create(step)
        group = located(step, resolve)
        if step.operation == JOIN:
            return self._join(step, group, resolve)
        path = f"/groups/{segment(group, PRODUCT)}"
        if step.operation == LEAVE:
            people = [resolve(ResourceId(Kind.ACCOUNT, key)) for key in cast(list[str], step.payload["members"])]
            # Who is no member any more is passed over (groups_controller.rb, remove_member).
            self._client.write("DELETE", f"{path}/members.json", {"user_ids": ",".join(people)})
        elif step.operation == ERASE:
            if verified is None or verified.remote is None:
                return Done(group, note=Text.of("kit.erased_already", name=step.name, product=PRODUCT))
            self._client.write("DELETE", f"/admin{path}.json")
        else:
            fields = cast(Mapping[FieldName, Value], step.payload["fields"])
            body = {key: fields[name] or "" for name, key in _KEYS.items() if name in fields}
            self._client.write("PUT", f"{path}.json", {"group": body})
            if "name" in body:
                self.groups.remember(group, str(body["name"]))
        return Done(group, group)

    def _create(self, step: Step) -> Done:
        name = text_of(step, "name")
        wrong = self.objection(name)
        if wrong is not None:
            raise Permanent(wrong)
        body = {"group": {"name": name, "full_name": step.payload["full_name"] or "", **_BEGINNINGS}}
        value = creating(lambda: self._client.write("POST", "/admin/groups.json", body), step.name).value
        group = value.get("basic_group") if isinstance(value, dict) else None
        made = identifier_of(group) if isinstance(group, dict) else ""
        if not made:
            raise perhaps_created(step.name, "no id")
        self.groups.remember(made, name)
        return Done(made, made)

    def _join(self, step: Step, group: str, resolve: Resolve) -> Done:
        """All at once, nobody told. Who could not be made is missed; who is in it already is no trouble.

        Whom the server does not know it passes over, and all being in it is refused: so it is told by name who came,
        and where that is not all who were sent, who is in it is read.
        """
        wanted: dict[str, str] = {}
        for key in cast(list[str], step.payload["members"]):
            try:
                wanted[key] = resolve(ResourceId(Kind.ACCOUNT, key))
            except KeyError:
                continue  # its account could not be made: told there
        if not wanted:
            raise Permanent(Text.of("discourse.nobody_to_join", name=step.name))
        body = {"user_ids": ",".join(wanted.values()), "notify_users": False}
        came = 0
        try:
            value = self._client.write("PUT", f"/groups/{segment(group, PRODUCT)}/members.json", body).value
            names = value.get("usernames") if isinstance(value, dict) else None
            came = len(names) if isinstance(names, list) else 0
        except Refusal as refusal:
            if refusal.status not in (400, 422):
                raise
        if came < len(set(wanted.values())):
            name = self.groups.name_of(group)
            inside = {} if name is None else self.groups.members(name).items
            wanted = {key: account for key, account in wanted.items() if account in inside}
            if not wanted:
                raise Permanent(Text.of("discourse.nobody_to_join", name=step.name))
        missed = tuple(edge for edge in step.effects.joins if edge.member not in wanted)
        note = Text.of("discourse.joins_missed", name=step.name, count=len(missed)) if missed else None
        return Done(group, group, note=note, missed=missed)


_KEYS: Final[Mapping[FieldName, str]] = {"name": "name", "display_name": "full_name"}


def _join_steps(batch: Batch, change: Join) -> Iterator[Step]:
    """Who exists already has to; who is made in this run comes along if that works."""
    for first in range(0, len(change.members), MOST_MEMBERS):
        members = change.members[first : first + MOST_MEMBERS]
        accounts = [ResourceId(Kind.ACCOUNT, key) for key in members]
        yield _step(
            batch,
            change,
            JOIN,
            {"members": cast(Json, list(members))},
            effects=Effects(joins=tuple(Edge(Seats(change.id), key) for key in members)),
            refers=[one for one in accounts if one not in batch.created],
            after=[one for one in accounts if one in batch.created],
            requests=1,
        )


def _leave_step(batch: Batch, change: Leave) -> Step:
    return _step(
        batch,
        change,
        LEAVE,
        {"members": cast(Json, list(change.members))},
        effects=Effects(leaves=tuple(Edge(Seats(change.id), key) for key in change.members)),
        refers=[ResourceId(Kind.ACCOUNT, key) for key in change.members],
        expects={},
    )


def _step(
    batch: Batch,
    change: Change,
    operation: str,
    payload: Mapping[str, Json] | None = None,
    *,
    effects: Effects,
    refers: Sequence[ResourceId] = (),
    after: Sequence[ResourceId] = (),
    expects: Mapping[FieldName, Value] | None = None,
    requests: int = 2,
) -> Step:
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=batch.remote_id(change.id),
        payload=payload or {},
        refers=tuple(refers),
        after=tuple(after),
        effects=effects,
        expects=expects,
        cost=Cost(requests, limited={REQUESTS: requests}),
    )
