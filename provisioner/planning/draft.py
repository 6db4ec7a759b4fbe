"""The plan of one target while it is being made: what the planner's parts tell each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Change, ChangeClass, Verb
from provisioner.model.inventory import Complete, Inventory, Partial, Remote
from provisioner.model.plan import Notice, NoticeKind, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, ResourceId
from provisioner.model.rules import PlanningRules
from provisioner.model.text import Text
from provisioner.planning.sameness import is_replaced


@dataclass(slots=True)
class Draft:
    """Inputs of the plan, and what came of them so far."""

    desired: Desired
    inventory: Inventory
    ties: Ties
    capabilities: Capabilities
    rules: PlanningRules
    decisions: Mapping[ResourceId, str] = field(default_factory=dict)
    """Resource → remote id of the object that a ranger chose to be it."""
    changes: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    remote_ids: dict[ResourceId, str | None] = field(default_factory=dict)
    """Resources that exist over there, or will after this plan; None: this plan creates it."""
    names: dict[ResourceId, str] = field(default_factory=dict)
    """What those resources are called over there."""
    newly_ours: dict[ResourceId, ChangeClass] = field(default_factory=dict)
    """What this plan adopts, with the class of the adoption: nothing of it may run before."""
    borrowed: dict[ResourceId, Binding] = field(default_factory=dict)
    """Accounts of another network whose memberships this plan manages."""
    _protected: dict[Kind, frozenset[str]] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return self.inventory.target

    def notice(self, kind: NoticeKind, identity: ResourceId | None, name: str, why: Text) -> None:
        """Say why something that one might expect is not in the plan."""
        self.notices.append(Notice(kind, self.target, identity, name, why))

    def is_orphan(self, identity: ResourceId) -> bool:
        """See `is_orphan`."""
        return is_orphan(identity, self.desired)

    def bound(self, identity: ResourceId, binding: Binding) -> Remote | None:
        """The bound object, if it is there, still the same one and not protected; else a notice says what it is."""
        remote = self.inventory.of(identity.kind).objects.get(binding.remote_id)
        if remote is None:
            if isinstance(self.evidence_about(identity), Complete):
                self.notice(NoticeKind.LOST, identity, binding.name, Text.of("planning.lost", name=binding.name))
            return None
        if is_replaced(binding, remote):
            self.notice(NoticeKind.LOST, identity, binding.name, Text.of("planning.replaced", name=binding.name))
            return None
        if self.is_own_account(identity.kind, remote):
            self.notice(NoticeKind.DISPUTED, identity, binding.name, Text.of("planning.own_account"))
            return None
        if self.has_protected_name(identity.kind, remote.name):
            self.notice(NoticeKind.FOREIGN, identity, remote.name, Text.of("planning.protected", name=remote.name))
            return None
        self.remote_ids[identity] = remote.remote_id
        self.names[identity] = remote.name
        return remote

    def is_own_account(self, kind: Kind, remote: Remote) -> bool:
        return kind is Kind.ACCOUNT and remote.remote_id == self.inventory.own_account

    def is_untouchable(self, binding: Binding) -> bool:
        """Of something that was not looked at: whether it is our own account, malformed, or has a protected name."""
        kind = binding.id.kind
        own = kind is Kind.ACCOUNT and binding.remote_id == self.inventory.own_account
        return own or binding.id.key in self.desired.blocked or self.has_protected_name(kind, binding.name)

    def has_protected_name(self, kind: Kind, name: str) -> bool:
        """Whether policy says that this name is never a subject, or it is our own technical account's."""
        return self.capabilities.canonical_name(kind, name) in self._protected_names(kind)

    def _protected_names(self, kind: Kind) -> frozenset[str]:
        if kind not in self._protected:
            by_kind = {Kind.ACCOUNT: self.rules.protected_accounts, Kind.GROUP: self.rules.protected_groups}
            names = set(by_kind.get(kind, ()))
            if kind is Kind.ACCOUNT and self.inventory.own_account is not None:
                names.add(self.inventory.own_account)  # the id is the name in many products; and it may not be listed
            self._protected[kind] = frozenset(self.capabilities.canonical_name(kind, name) for name in names)
        return self._protected[kind]

    def evidence_about(self, identity: ResourceId) -> Complete | Partial:
        """How sure it is which object this is, if any. Whoever looked for a few things knows nothing of the others."""
        found = self.inventory.of(identity.kind).completeness
        if isinstance(found, Complete) and found.scope.only is not None and identity.key not in found.scope.only:
            return Partial(found.scope, Text.of("planning.not_looked_for"))
        return found

    def held(self, verb: Verb, change_class: ChangeClass) -> ChangeClass:
        """The class of such a change, after policy said which verbs want a ranger's eyes; stricter ones stay so."""
        auto = change_class is ChangeClass.AUTO
        return ChangeClass.QUEUED if auto and verb in self.rules.queued else change_class

    def removal_refused(self, evidence: Complete | Partial) -> Text | None:
        """Why nothing may be taken away on this evidence, or None."""
        if isinstance(evidence, Partial):
            return evidence.why
        return None if self.desired.complete else Text.of("planning.registry_incomplete")

    def finished(self) -> TargetPlan:
        """The plan, in an order that depends on nothing but what is in it."""
        if self.rules.queued:
            self.changes = [
                replace(change, change_class=self.held(change.verb, change.change_class)) for change in self.changes
            ]
        self.changes.sort(key=in_order)
        self.notices.sort(key=lambda notice: (notice.id or _FIRST, notice.kind, notice.name))
        return TargetPlan(self.target, tuple(self.changes), tuple(self.notices), borrowed=self.borrowed)


def is_orphan(identity: ResourceId, desired: Desired) -> bool:
    """Of something bound: neither wanted, nor malformed, nor left alone on purpose, nor written by the login."""
    return (
        identity not in desired.resources
        and identity.key not in desired.blocked
        and identity.key not in desired.unmanaged
        and identity not in desired.login_writes
    )


def in_order(change: Change) -> tuple[int, int, str]:
    """Objects, then their edges, then texts that link them; within each by kind and key."""
    stage = 2 if change.verb is Verb.WRITE else 1 if change.verb in _OF_EDGES else 0
    return stage, KINDS.index(change.id.kind), change.id.key


KINDS = (
    Kind.GROUP,
    Kind.ROLE,
    Kind.ACCOUNT,
    Kind.TEAM_FOLDER,
    Kind.CONVERSATION,
    Kind.MAILING_LIST,
    Kind.MEETING_ROOM,
    Kind.CALENDAR,
    Kind.MEETING,
    Kind.CONFERENCE,
    Kind.FORUM_CATEGORY,
    Kind.WIKI_SPACE,
    Kind.WIKI_PAGE,
)
"""In the order in which they are planned: what can be a member, or is needed, comes before what needs it."""

_OF_EDGES = frozenset({Verb.JOIN, Verb.LEAVE, Verb.REGRADE})
_FIRST = ("", "")
