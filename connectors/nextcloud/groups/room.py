"""Groups and who is in them as a room of the connector; see `connectors.kit.rooms`."""

from collections.abc import Collection, Iterator, Mapping

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, Rosters, Stage, Staged, held_against
from connectors.nextcloud.accounts.reading import Accounts
from connectors.nextcloud.client import CLOUD, PRODUCT, Client, group_segment
from connectors.nextcloud.erasing import erase, erase_step, still_meant
from connectors.nextcloud.fresh import Fresh
from connectors.nextcloud.groups import memberships, shape, steps
from connectors.nextcloud.groups.memberships import Leaving
from connectors.nextcloud.groups.requests import Groups
from connectors.nextcloud.look import NextcloudLook
from provisioner.model.changes import Create, Erase, Join, Leave, Update
from provisioner.model.errors import Garbled, LoginRefused, Permanent, TargetError
from provisioner.model.inventory import (
    NOBODY,
    Absent,
    Complete,
    Completeness,
    Level,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
)
from provisioner.model.ports import Clock, Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class GroupRoom(Room[NextcloudLook]):
    """A group's members are told by the accounts; who exists already joins and leaves one request an edge."""

    kind = Kind.GROUP
    fields = shape.FIELDS
    operations = frozenset({steps.CREATE, steps.RENAME, steps.ERASE, memberships.JOIN, memberships.LEAVE})
    sharing = frozenset({memberships.LEAVE})

    def __init__(self, client: Client, target: str, page_size: int, accounts: Accounts, clock: Clock) -> None:
        self._client = client
        self._edges: Fresh[frozenset[str] | None] = Fresh(clock)
        """An account's groups or a group's members; None: there is no such account or group."""
        self._target = target
        self._accounts = accounts
        self._reader = Groups(client, target, page_size)

    def objection(self, name: str) -> Text | None:
        """Why we do not make a group of this id."""
        return shape.objection(name)

    def canonical_name(self, name: str) -> str:
        """Group ids differ by case (observed)."""
        return name

    def canonical(self, field: FieldName, value: Value) -> Value:
        """Display names are trimmed and cut."""
        return shape.canonical(field, value)

    def observe(self, look: NextcloudLook) -> tuple[Observation, Rosters]:
        """All groups; their members only where everybody's groups are known. Or the few that are sought, with theirs.

        A narrow look costs one request, and one a group. What the sought accounts told of their groups stands in
        the rosters of the other groups that are bound: complete as far as these accounts are concerned.
        """
        if look.interest.only is not None:
            return self._observe_only(look)
        observation = self._reader.observe()
        members = _turned_round(look.groups_of or {})
        rosters = {
            (Kind.GROUP, identifier): self._roster(identifier, members.get(identifier, NOBODY), look)
            for identifier in observation.objects
        }
        return observation, rosters

    def _observe_only(self, look: NextcloudLook) -> tuple[Observation, Rosters]:
        sought = look.sought(Kind.GROUP)
        wanted = {one.remote_id or one.name for one in sought if one.remote_id or self.objection(one.name) is None}
        people = frozenset(one.id.key for one in look.sought(Kind.ACCOUNT))
        rosters: dict[tuple[Kind, str], Roster] = {}
        if people:
            members = _turned_round(look.groups_of or {})
            bound = {remote_id for kind, remote_id in look.interest.bound if kind is Kind.GROUP}
            for identifier in bound | members.keys():
                inside = members.get(identifier, NOBODY)
                rosters[Kind.GROUP, identifier] = self._roster(identifier, inside, look, people)
        objects: dict[str, Remote] = {}
        try:
            told = self._reader.look_for(wanted) if wanted else {}
            for identifier in sorted(wanted):
                inside_now = self._reader.members(identifier)
                if inside_now is not None:
                    objects[identifier] = told.get(identifier) or shape.nameless(identifier)
                    whole = Complete(Scope(self._target, Kind.GROUP, identifier))
                    rosters[Kind.GROUP, identifier] = Roster.of_accounts(whole, inside_now)
        except LoginRefused:
            raise
        except TargetError as error:
            return Observation(Partial(Scope(self._target, Kind.GROUP), error.text), objects), rosters
        keys = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, Kind.GROUP, only=keys)), objects), rosters

    def _roster(
        self, identifier: str, inside: Collection[str], look: NextcloudLook, only: frozenset[str] | None = None
    ) -> Roster:
        scope = Scope(self._target, Kind.GROUP, identifier, only)
        completeness: Completeness = Complete(scope, Level.FIELDS)
        if look.groups_of is None:
            completeness = Partial(scope, Text.of("nextcloud.members_unknown", group=identifier))
        return Roster.of_accounts(completeness, frozenset(inside))

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """Who is created in the same batch comes into the groups with the POST that creates them."""
        for change in batch.of(self.kind):
            digest = batch.digest(change)
            if isinstance(change, Create):
                yield Staged(Stage.CONTAINERS, steps.create_step(batch, change))
            elif isinstance(change, Update):
                for step in steps.update_steps(batch, change):
                    yield Staged(Stage.UPDATES, step)
            elif isinstance(change, Join):
                for account, user_id in _known(change, batch):
                    yield Staged(Stage.JOINS, memberships.join_step(change, account, user_id, digest))
            elif isinstance(change, Erase):
                yield Staged(Stage.ERASURES, erase_step(change, digest, steps.ERASE, change.remote_id))
        leaving = [
            Leaving(change, account, user_id, batch.digest(change))
            for change in batch.of(self.kind)
            if isinstance(change, Leave)
            for account, user_id in _known(change, batch)
        ]
        for step in memberships.leave_steps(leaving):
            yield Staged(Stage.LEAVES, step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The group; or of a membership the account's groups or the group's members, read once for several."""
        if step.expects_edge is not None:
            return self._verify_edge(step, resolve)
        remote = self._reader.read_group(located(step, resolve))
        if step.operation == steps.ERASE:
            return self._verify_erasure(step, remote)
        return held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        match step.operation:
            case steps.CREATE:
                return self._reader.create(step)
            case steps.RENAME:
                return self._reader.rename(step)
            case memberships.JOIN:
                return memberships.join(self._client, step, resolve)
            case memberships.LEAVE:
                done = memberships.leave(self._client, step, resolve)
                self._edges.correct(lambda seen: _without(seen, _other_end(step)))
                return done
            case steps.ERASE:
                path = f"{CLOUD}/groups/{group_segment(step.remote_id or '')}"
                return erase(self._client, path, step, verified)
        raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - there is no room for a marker
        """By exactly this id."""
        remote = self._reader.read_group(name)
        return Absent() if remote is None else Present(remote)

    def forget(self) -> None:
        """Read the memberships anew."""
        self._edges.forget()

    def _verify_edge(self, step: Step, resolve: Resolve) -> Verified | Moved:
        user_id, group = resolve(step.refers[0]), step.remote_id or ""
        if step.payload.get("read") == memberships.READ_GROUP:
            seen = self._edges.read((self.kind, group), lambda: self._reader.members(group))
        else:
            seen = self._edges.read((Kind.ACCOUNT, user_id), lambda: self._groups_of(user_id))
        if seen is None:
            gone = group if step.payload.get("read") == memberships.READ_GROUP else user_id
            return Moved(Text.of("kit.gone", name=gone, product=PRODUCT))
        if _other_end(step) not in seen:
            return Moved(Text.of("nextcloud.edge_gone", name=user_id, group=group))
        return Verified(None)

    def _groups_of(self, user_id: str) -> frozenset[str] | None:
        account = self._accounts.read_account(user_id)
        if account is not None and account.groups is None:
            raise Garbled(Text.of("nextcloud.malformed", id=user_id))
        return None if account is None else account.groups

    def _verify_erasure(self, step: Step, remote: Remote | None) -> Verified | Moved:
        """Never a group by which we have our rights, and none that makes administrators."""
        if remote is not None and remote.remote_id in {shape.ADMIN, *self._accounts.own().groups}:
            raise Permanent(Text.of("nextcloud.never_erased", name=step.name))
        return still_meant(step, remote)


def _other_end(step: Step) -> str:
    """Of a leave: what has to be in the set that was read, a user id or a group's id."""
    if step.payload.get("read") == memberships.READ_GROUP:
        return text_of(step, "userid")
    return step.remote_id or ""


def _without(seen: frozenset[str] | None, gone: str) -> frozenset[str] | None:
    return None if seen is None else seen - {gone}


def _known(change: Join | Leave, batch: Batch) -> Iterator[tuple[ResourceId, str]]:
    """The members that exist already, with their user ids."""
    for key in change.members:
        account = ResourceId(Kind.ACCOUNT, key)
        user_id = batch.remote_id(account)
        if user_id is not None:
            yield account, user_id


def _turned_round(groups_of: Mapping[str, frozenset[str]]) -> Mapping[str, set[str]]:
    """From the groups of each account to the accounts in each group."""
    members: dict[str, set[str]] = {}
    for account, containers in groups_of.items():
        for container in containers:
            members.setdefault(container, set()).add(account)
    return members
