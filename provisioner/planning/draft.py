"""The plan of one target while it is being made: what the planner's parts tell each other."""

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
    changes: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    remote_ids: dict[ResourceId, str | None] = field(default_factory=dict)
    """Resources that exist over there, or will after this plan; None: this plan creates it."""
    names: dict[ResourceId, str] = field(default_factory=dict)
    """What those resources are called over there."""
    newly_ours: dict[str, ChangeClass] = field(default_factory=dict)
    """Keys of what this plan adopts, with the class of the adoption: nothing of it may run before."""
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
        """Bound, but neither wanted, nor malformed, nor left alone on purpose, nor written by the login."""
        desired = self.desired
        return (
            identity not in desired.resources
            and identity.key not in desired.blocked
            and identity.key not in desired.unmanaged
            and identity not in desired.login_writes
        )

    def bound(self, identity: ResourceId, binding: Binding) -> Remote | None:
        """The bound object, if it is there, still the same one and not protected; else a notice says what it is."""
        observation = self.inventory.of(identity.kind)
        remote = observation.objects.get(binding.remote_id)
        if remote is None:
            if isinstance(observation.completeness, Complete):
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

    def has_protected_name(self, kind: Kind, name: str) -> bool:
        """Whether policy says that this name is never a subject, or it is our own technical account's."""
        return self.capabilities.canonical_name(kind, name) in self._protected_names(kind)

    def _protected_names(self, kind: Kind) -> frozenset[str]:
        if kind not in self._protected:
            names = set(self.rules.protected_accounts if kind is Kind.ACCOUNT else self.rules.protected_groups)
            if kind is Kind.ACCOUNT and self.inventory.own_account is not None:
                names.add(self.inventory.own_account)  # the id is the name in many products; and it may not be listed
            self._protected[kind] = frozenset(self.capabilities.canonical_name(kind, name) for name in names)
        return self._protected[kind]

    def removal_refused(self, evidence: Complete | Partial) -> Text | None:
        """Why nothing may be taken away on this evidence, or None."""
        if isinstance(evidence, Partial):
            return evidence.why
        return None if self.desired.complete else Text.of("planning.registry_incomplete")

    def finished(self) -> TargetPlan:
        """The plan, in an order that depends on nothing but what is in it."""
        queued = self.rules.queued
        if queued:
            self.changes = [self._held(change) if change.verb in queued else change for change in self.changes]
        self.changes.sort(key=lambda change: (change.verb in _OF_EDGES, change.id.kind is Kind.ACCOUNT, change.id.key))
        self.notices.sort(key=lambda notice: (notice.id or _FIRST, notice.kind, notice.name))
        return TargetPlan(self.target, tuple(self.changes), tuple(self.notices), borrowed=self.borrowed)

    @staticmethod
    def _held(change: Change) -> Change:
        """Policy wants a ranger's eyes on it; what is stricter already stays so."""
        auto = change.change_class is ChangeClass.AUTO
        return replace(change, change_class=ChangeClass.QUEUED) if auto else change


_OF_EDGES = frozenset({Verb.JOIN, Verb.LEAVE})
_FIRST = ("", "")
