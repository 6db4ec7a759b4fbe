"""A small world for tests of policies and planner: a registry, a policy, one perfect target, and what we know of it.

The target does at once, and exactly, what a change says. It also holds the planner to its promises: whatever is
changed must be tied to us at that moment, or the test fails.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from policies.desire import desire
from policies.document import Policy
from provisioner.app.planning import assigned_of
from provisioner.model.bindings import Binding, Ties, adopted
from provisioner.model.changes import (
    Adopt,
    Change,
    ChangeClass,
    Create,
    Join,
    Leave,
    Regrade,
    Resume,
    Suspend,
    Update,
    Write,
)
from provisioner.model.inventory import Inventory, Remote
from provisioner.model.plan import Notice, NoticeKind, Plan, Refusal, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.registry import (
    Affiliation,
    Body,
    BodyKind,
    Membership,
    Organisation,
    OrganisationKind,
    Person,
    Registry,
    Role,
)
from provisioner.model.resources import Desired, EdgeRole, FieldName, Kind, Mode, ResourceId, Seats, Value
from provisioner.model.rules import PlanningRules
from provisioner.model.text import Text
from provisioner.planning.agreement import agreement
from provisioner.planning.drift import Drift, drift_of
from provisioner.planning.guards import GuardInput, Recent, refusals
from provisioner.planning.late import addresses_after, with_late_texts
from provisioner.planning.planner import plan_target
from tests.support.perfect import EVERY_FIELD, ODD, TARGET, Server

__all__ = ["EVERY_FIELD", "ODD", "TARGET", "Server"]

TODAY = date(2027, 3, 1)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)


def in_group(key: str) -> Seats:
    """The seats of a group's members."""
    return Seats(ResourceId(Kind.GROUP, key))


def account_id(person: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{person}")


def group_id(body: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{body}")


def administrators_id(body: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{body}:administrators")


def guests_id(body: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{body}:guests")


def list_id(body: str) -> ResourceId:
    return ResourceId(Kind.MAILING_LIST, f"body:{body}")


def folder_id(body: str) -> ResourceId:
    return ResourceId(Kind.TEAM_FOLDER, f"body:{body}")


def category_id(body: str) -> ResourceId:
    return ResourceId(Kind.FORUM_CATEGORY, f"body:{body}")


def common_id(kind: str) -> ResourceId:
    """What the categories of a kind of bodies stand below, or ("archive") those of archived ones."""
    return ResourceId(Kind.FORUM_CATEGORY, f"bodies:{kind}")


def space_id(body: str) -> ResourceId:
    return ResourceId(Kind.WIKI_SPACE, f"body:{body}")


def room_id(body: str) -> ResourceId:
    return ResourceId(Kind.CONVERSATION, f"body:{body}")


def city(identity: str, **more: object) -> Organisation:
    return Organisation(identity, identity.title(), more.pop("kind", OrganisationKind.CITY), **more)  # type: ignore[arg-type]


def person(identity: str, name: str = "", *bodies: str, **more: object) -> Person:
    """ "p1", "Erika Muster", "iot", "plenum!": works in Bretten, is a member of iot and a moderator of plenum."""
    given, _, family = (name or f"Name {identity}").rpartition(" ")
    memberships = tuple(
        Membership(body.rstrip("!"), Role.MODERATOR if body.endswith("!") else Role.MEMBER) for body in bodies
    )
    usual: dict[str, object] = {
        "email": f"{identity}@bretten.example",
        "affiliations": (Affiliation("bretten"),),
        "memberships": memberships,
    }
    return Person(identity, given, family, **(usual | more))  # type: ignore[arg-type]


def body(identity: str, name: str = "", **more: object) -> Body:
    return Body(identity, name or identity.title(), more.pop("kind", BodyKind.PROJECT), **more)  # type: ignore[arg-type]


def registry(*entries: Person | Body | Organisation, **more: object) -> Registry:
    """A registry of these; the city of Bretten is always there."""
    organisations = {"bretten": city("bretten")}
    people: dict[str, Person] = {}
    bodies: dict[str, Body] = {}
    for entry in entries:
        if isinstance(entry, Person):
            people[entry.id] = entry
        elif isinstance(entry, Body):
            bodies[entry.id] = entry
        else:
            organisations[entry.id] = entry
    return Registry("net", "Net", organisations=organisations, people=people, bodies=bodies, **more)  # type: ignore[arg-type]


def policy(**sections: Any) -> Policy:
    """The default policy with these sections, and without a quota of their own for moderators: who comes to moderate
    changes groups, and nothing else."""
    accounts = {"quota_by_role": {"moderator": None}, **sections.pop("accounts", {})}
    return Policy.model_validate({"accounts": accounts, **sections})


ROOM_FIELDS: Mapping[Kind, Mapping[FieldName, Mode]] = {
    Kind.TEAM_FOLDER: {
        **dict.fromkeys(("name", "quota", "advanced_permissions"), Mode.MANAGED),
        "layout": Mode.ONCE,
        "note": Mode.WRITE_ONLY,
    },
    Kind.CONVERSATION: {
        **dict.fromkeys(("name", "description", "read_only", "lobby", "listed"), Mode.MANAGED),
        "first_message": Mode.ONCE,
    },
}

SPACE_FIELDS: Mapping[Kind, Mapping[FieldName, Mode]] = {
    Kind.FORUM_CATEGORY: dict.fromkeys(("name", "parent", "open", "description", "first_topic"), Mode.MANAGED),
    Kind.WIKI_SPACE: {**dict.fromkeys(("name", "open"), Mode.MANAGED), "first_page": Mode.ONCE},
    Kind.WIKI_PAGE: dict.fromkeys(("name", "open", "text"), Mode.MANAGED),
}


def address(kind: Kind, remote_id: str, name: str) -> str | None:
    """Folders are opened by their name, conversations, categories and spaces by their id; the others nowhere."""
    if kind is Kind.TEAM_FOLDER:
        return f"https://cloud.example/files/{name}"
    if kind in (Kind.FORUM_CATEGORY, Kind.WIKI_SPACE):
        return f"https://forum.example/{remote_id}"
    return f"https://cloud.example/call/{remote_id}" if kind is Kind.CONVERSATION else None


def canonical(kind: Kind, name: FieldName, value: Value) -> Value:
    return value.lower() if name == "email" and isinstance(value, str) else value


def capabilities(
    account: Mapping[FieldName, Mode] | None = None,
    group: Mapping[FieldName, Mode] | None = None,
    objection: Callable[[Kind, str], Text | None] = lambda kind, name: None,
    *,
    rooms: bool = False,
    spaces: bool = False,
) -> Capabilities:
    """Like Nextcloud's: ids are made once, and two accounts whose ids differ only in case are one.

    ``rooms``: with its team folders and conversations; ``spaces``: with a forum's categories and a wiki's spaces.
    """
    usual: dict[FieldName, Mode] = dict.fromkeys(EVERY_FIELD, Mode.MANAGED)
    return Capabilities(
        fields={
            Kind.ACCOUNT: {"name": Mode.CREATE_ONLY, **usual, **(account or {})},
            Kind.GROUP: {"name": Mode.CREATE_ONLY, "display_name": Mode.MANAGED, **(group or {})},
            **(ROOM_FIELDS if rooms else {}),
            **(SPACE_FIELDS if spaces else {}),
        },
        address=address,
        canonical_name=lambda kind, name: name.lower() if kind is Kind.ACCOUNT else name,
        objection=objection,
        canonical=canonical,
    )


@dataclass
class World:
    """Everything there is. Change any part of it, then `plan` or `apply`."""

    registry: Registry = field(default_factory=registry)
    policy: Policy = field(default_factory=policy)
    today: date = TODAY
    server: Server = field(default_factory=Server)
    capabilities: Capabilities = field(default_factory=capabilities)
    bindings: dict[ResourceId, Binding] = field(default_factory=dict)
    edges: dict[Seats, frozenset[str]] = field(default_factory=dict)
    foreign: frozenset[tuple[str, str]] = frozenset()
    retired: frozenset[tuple[str, str]] = frozenset()
    pending: dict[ResourceId, str] = field(default_factory=dict)
    borrowed: dict[ResourceId, Binding] = field(default_factory=dict)
    unsettled: frozenset[ResourceId] = frozenset()
    assumed: dict[ResourceId, Binding] = field(default_factory=dict)
    decisions: dict[ResourceId, str] = field(default_factory=dict)
    wish: Desired | None = None
    """What is desired, put together by hand; None: what policy makes of the registry."""

    @property
    def ties(self) -> Ties:
        return Ties(
            dict(self.bindings),
            dict(self.edges),
            self.foreign,
            self.retired,
            dict(self.pending),
            self.borrowed,
            self.assumed,
            self.unsettled,
        )

    @property
    def rules(self) -> PlanningRules:
        return PlanningRules(
            self.policy.drift_rules(),
            self.policy.guards.rules(),
            frozenset(self.policy.accounts.protected),
            frozenset(self.policy.groups.protected),
        )

    def put(self, *entries: Person | Body | Organisation) -> None:
        """Write entries into the registry, over those of the same id."""
        people, bodies, organisations = dict(self.registry.people), dict(self.registry.bodies), {}
        for entry in entries:
            if isinstance(entry, Person):
                people[entry.id] = entry
            elif isinstance(entry, Body):
                bodies[entry.id] = entry
            else:
                organisations[entry.id] = entry
        self.registry = replace(
            self.registry,
            people=people,
            bodies=bodies,
            organisations={**self.registry.organisations, **organisations},
        )

    def drop(self, *ids: str) -> None:
        """Delete people and bodies from the registry."""
        self.registry = replace(
            self.registry,
            people={key: entry for key, entry in self.registry.people.items() if key not in ids},
            bodies={key: entry for key, entry in self.registry.bodies.items() if key not in ids},
        )

    def desired(self) -> Desired:
        if self.wish is not None:
            return self.wish
        assigned = assigned_of([(self.capabilities, self.ties)])
        return desire(self.registry, self.policy, self.today, assigned)

    def plan(self) -> TargetPlan:
        desired, inventory, able = self.desired(), self.server.inventory(), self.capabilities
        part = plan_target(desired, inventory, self.ties, able, self.rules, self.decisions)
        addresses = addresses_after(part, self.ties, able, inventory)
        return with_late_texts(part, desired, inventory, self.ties, able, self.rules, addresses.get)

    def address(self, identity: ResourceId) -> str | None:
        """Where people open what is ours, as of now."""
        binding = self.bindings.get(identity)
        if binding is None:
            return None
        remote = self.server.objects[identity.kind].get(binding.remote_id)
        name = binding.name if remote is None else remote.name
        return self.capabilities.address(identity.kind, binding.remote_id, name)

    def drift(self) -> list[Drift]:
        return list(drift_of(self.server.inventory(), self.ties, self.capabilities, self.desired().login_writes))

    def refusals(
        self,
        recent: Recent | None = None,
        allowed: Iterable[str] = (),
        part: TargetPlan | None = None,
        *,
        approved: bool = True,
    ) -> tuple[Refusal, ...]:
        """What the guards say to the whole plan, or to what of it runs unattended."""
        part = part or self.plan()
        read = frozenset(change.digest() for change in part.changes) if approved else frozenset()
        ties = replace(self.ties, borrowed=part.borrowed)
        given = GuardInput(part, ties, self.server.inventory(), recent or Recent())
        return refusals([given], self.desired(), self.rules.guards, digest_of(part), frozenset(allowed), read)

    def remote_id(self, identity: ResourceId) -> str:
        return self.bindings[identity].remote_id

    def remote(self, identity: ResourceId) -> Remote:
        return self.server.objects[identity.kind][self.remote_id(identity)]

    def members(self, identity: ResourceId) -> set[str]:
        return self.server.members[self.remote_id(identity)]

    def keys_in(self, identity: ResourceId) -> set[str]:
        """Keys of our accounts in a group, as the server has it."""
        keys = {binding.remote_id: key.key for key, binding in self.bindings.items() if key.kind is Kind.ACCOUNT}
        return {keys[member] for member in self.members(identity) if member in keys}

    def apply(self, *classes: ChangeClass, only_first: int | None = None, part: TargetPlan | None = None) -> TargetPlan:
        """Plan and make it true: all changes, those of some classes, or (a run that is killed) the first few.

        What depends on something that was not chosen waits, as apply lets it wait.
        """
        part = part or self.plan()
        chosen = [change for change in part.changes if not classes or change.change_class in classes]
        chosen.sort(key=lambda change: _ORDER.index(type(change)))
        chosen = chosen[:only_first]
        inventory, desired = self.server.inventory(), self.desired()
        for change in chosen:
            if isinstance(change, Adopt):
                self._adopt(change)
        self._note(desired, inventory, part)
        self.unsettled = frozenset()
        for change in chosen:
            self._perform(change)
        return part

    def _note(self, desired: Desired, inventory: Inventory, part: TargetPlan) -> None:
        borrowed_now = {account.remote_id for account in part.borrowed.values()}
        others = {key: known for key, known in self.borrowed.items() if known.remote_id not in borrowed_now}
        self.borrowed = {**others, **part.borrowed}
        ties = replace(self.ties, borrowed=part.borrowed)
        agreed = agreement(desired, inventory, ties, self.capabilities, self.address)
        for identity, values in agreed.fields.items():
            binding = self.bindings[identity]
            self.bindings[identity] = replace(binding, applied={**binding.applied, **values})
        for seats, account in agreed.joined:
            self.edges[seats] = self.edges.get(seats, frozenset()) | {account}
        for seats, account in agreed.left:
            self.edges[seats] -= {account}

    def _adopt(self, change: Adopt) -> None:
        assert change.id not in self.bindings
        assert change.remote.remote_id not in {binding.remote_id for binding in self.bindings.values()}, "tied twice"
        self.bindings[change.id] = adopted(change, self.capabilities.fields[change.id.kind])

    def _perform(self, change: Change) -> None:
        match change:
            case Create():
                self._create(change)
            case Update():
                self._write(change.id, change.remote_id, dict(change.after))
            case Suspend() | Resume():
                self._write(change.id, change.remote_id, {"enabled": isinstance(change, Resume)})
            case Join():
                self._join(change)
            case Leave():
                self._leave(change)
            case Regrade():
                self._regrade(change)
            case Write():
                self._write_text(change)

    def _create(self, change: Create) -> None:
        kind = change.id.kind
        taken = {self.capabilities.canonical_name(kind, remote.name) for remote in self.server.objects[kind].values()}
        is_free = (
            kind in self.capabilities.alike or self.capabilities.canonical_name(kind, change.wanted.name) not in taken
        )
        assert is_free, "this name exists"
        fields = {name: value for name, value in change.wanted.fields.items() if name != "name"}
        remote_id = self.server.add(kind, change.wanted.name, **fields)
        if kind is Kind.CONVERSATION:
            self.server.edit(kind, remote_id, description=change.wanted.marker)
            self._post(remote_id, fields)
        remote = self.server.objects[kind][remote_id]
        self.bindings[change.id] = Binding(change.id, remote_id, remote.name, remote.fingerprint, fields)

    def _post(self, room: str, fields: Mapping[FieldName, Value]) -> None:
        text = fields.get("first_message")
        if isinstance(text, str):
            self.server.talks[room].posted.append(text)

    def cut_short(self, change: Create) -> None:
        """Create no more than the shell: the run is killed before it says, or writes down, anything else."""
        kind = change.id.kind
        remote_id = self.server.add(kind, change.wanted.name)
        if kind is Kind.CONVERSATION:
            self.server.edit(kind, remote_id, description=change.wanted.marker)
        remote = self.server.objects[kind][remote_id]
        self.bindings[change.id] = Binding(change.id, remote_id, remote.name, remote.fingerprint, {})
        self.unsettled |= {change.id}

    def _tied(self, identity: ResourceId, remote_id: str) -> Binding:
        """The heart of it: nothing but what is ours, and still the same, is ever written."""
        binding = self.bindings[identity]
        assert binding.remote_id == remote_id
        remote = self.server.objects[identity.kind][remote_id]
        assert not (binding.fingerprint and remote.fingerprint) or binding.fingerprint == remote.fingerprint
        assert remote_id != self.server.own_account
        return binding

    def _write(self, identity: ResourceId, remote_id: str, after: dict[FieldName, Value]) -> None:
        binding = self._tied(identity, remote_id)
        applied = {**binding.applied, **after}
        name = after.pop("name", None)
        assert name is None or isinstance(name, str)
        if name is not None:
            form = self.capabilities.canonical_name
            others = self.server.objects[identity.kind].items()
            taken = {form(identity.kind, other.name) for other_id, other in others if other_id != remote_id}
            assert identity.kind in self.capabilities.alike or form(identity.kind, name) not in taken, (
                "this name exists"
            )
        if identity.kind is Kind.CONVERSATION:
            self._post(remote_id, after)
        self.server.edit(identity.kind, remote_id, name, **after)
        self.bindings[identity] = replace(binding, applied=applied, name=name or binding.name)

    def _join(self, change: Join) -> None:
        binding = self.bindings.get(change.id)
        if binding is None:
            return
        self._tied(change.id, binding.remote_id)
        for key in change.members:
            member = self._member(change.member, key)
            if member is not None:
                self.server.join(binding.remote_id, member.remote_id, change.role)
                self.edges[change.seats] = self.edges.get(change.seats, frozenset()) | {key}

    def _leave(self, change: Leave) -> None:
        self._tied(change.id, change.remote_id)
        for key in change.members:
            member = self._member(change.member, key)
            assert member is not None
            assert change.id.kind is not Kind.GROUP or member.remote_id in self.members(change.id)
            self.server.leave(change.remote_id, member.remote_id, change.role)
            self.edges[change.seats] = self.edges.get(change.seats, frozenset()) - {key}

    def _regrade(self, change: Regrade) -> None:
        self._tied(change.id, change.remote_id)
        roles = self.server.folders[change.remote_id]
        for key in change.members:
            member = self._member(change.member, key)
            assert member is not None
            assert roles[member.remote_id] is change.before
            roles[member.remote_id] = change.role
            self.edges[change.left] = self.edges.get(change.left, frozenset()) - {key}
            self.edges[change.seats] = self.edges.get(change.seats, frozenset()) | {key}

    def _write_text(self, change: Write) -> None:
        if change.id not in self.bindings:
            return
        binding = self._tied(change.id, change.remote_id or self.bindings[change.id].remote_id)
        text = change.text.written(self.address)
        self.server.edit(change.id.kind, binding.remote_id, **{change.field: text})
        self.bindings[change.id] = replace(binding, applied={**binding.applied, change.field: text})

    def _member(self, kind: Kind, key: str) -> Binding | None:
        if kind is Kind.ACCOUNT:
            return self._account(key)
        identity = ResourceId(kind, key)
        return self._tied(identity, self.bindings[identity].remote_id) if identity in self.bindings else None

    def _account(self, key: str) -> Binding | None:
        """An account whose memberships may be changed: ours, or another network's that is borrowed."""
        identity = ResourceId(Kind.ACCOUNT, key)
        if identity in self.bindings:
            return self._tied(identity, self.bindings[identity].remote_id)
        borrowed = self.borrowed.get(identity)
        if borrowed is not None:
            assert (str(Kind.ACCOUNT), borrowed.remote_id) in self.foreign
            assert self.server.objects[Kind.ACCOUNT][borrowed.remote_id].fingerprint == borrowed.fingerprint
            assert borrowed.remote_id != self.server.own_account
        return borrowed


_ORDER: tuple[type[Change], ...] = (Adopt, Create, Update, Resume, Join, Regrade, Leave, Suspend, Write)


def digest_of(part: TargetPlan) -> str:
    return Plan("net", "registry", "policy", (part,)).digest()


_SHOWN_BY_KEY = (Kind.ACCOUNT, Kind.GROUP, Kind.ROLE, Kind.MAILING_LIST)


def told(part: TargetPlan) -> list[str]:
    """What a plan does, as short lines: "create group/body:iot", "join body:iot: person:p1 (queued)"."""
    lines = []
    for change in part.changes:
        line = f"{change.verb} {change.id.key}"
        if change.id.kind not in _SHOWN_BY_KEY:
            line = f"{change.verb} {change.id}"
        if isinstance(change, Join | Leave | Regrade):
            line += f": {', '.join(change.members)}"
            if change.role is not EdgeRole.MEMBER:
                line += f" as {change.role}"
        if isinstance(change, Write):
            line += f": {change.field}"
        if isinstance(change, Update):
            line += f": {', '.join(f'{name}={value}' for name, value in change.after.items())}"
        if change.change_class is not ChangeClass.AUTO:
            line += f" ({change.change_class})"
        lines.append(line)
    return lines


def noticed(part: TargetPlan, kind: NoticeKind | None = None) -> list[tuple[str, str]]:
    """(key or kind, code of the sentence) of a plan's notices."""
    found: Iterable[Notice] = part.notices
    return [
        (notice.id.key if notice.id else notice.name, notice.why.code)
        for notice in found
        if kind in (None, notice.kind)
    ]
