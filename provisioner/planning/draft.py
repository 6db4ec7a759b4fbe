"""The plan of one target while it is being made: what the planner's parts tell each other."""

from dataclasses import dataclass, field

from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Change, ChangeClass
from provisioner.model.inventory import Complete, Inventory, Partial, Remote
from provisioner.model.plan import Notice, NoticeKind
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, ResourceId
from provisioner.model.rules import PlanningRules
from provisioner.model.text import Text


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

    @property
    def target(self) -> str:
        return self.inventory.target

    def notice(self, kind: NoticeKind, identity: ResourceId | None, name: str, why: Text) -> None:
        """Say why something that one might expect is not in the plan."""
        self.notices.append(Notice(kind, self.target, identity, name, why))

    def is_orphan(self, identity: ResourceId) -> bool:
        """Bound, but neither wanted, nor malformed, nor left alone on purpose."""
        desired = self.desired
        return (
            identity not in desired.resources
            and identity.key not in desired.blocked
            and identity.key not in desired.unmanaged
        )

    def bound(self, identity: ResourceId, binding: Binding) -> Remote | None:
        """The bound object, if it is there and still the same one; else a notice says what became of it."""
        observation = self.inventory.of(identity.kind)
        remote = observation.objects.get(binding.remote_id)
        if remote is None:
            if isinstance(observation.completeness, Complete):
                self.notice(NoticeKind.LOST, identity, binding.name, Text.of("planning.lost", name=binding.name))
            return None
        if remote.fingerprint != binding.fingerprint:
            self.notice(NoticeKind.LOST, identity, binding.name, Text.of("planning.replaced", name=binding.name))
            return None
        if identity.kind is Kind.ACCOUNT and remote.remote_id == self.inventory.own_account:
            self.notice(NoticeKind.DISPUTED, identity, binding.name, Text.of("planning.own_account"))
            return None
        self.remote_ids[identity] = remote.remote_id
        self.names[identity] = remote.name
        return remote

    def removal_refused(self, evidence: Complete | Partial) -> Text | None:
        """Why nothing may be taken away on this evidence, or None."""
        if isinstance(evidence, Partial):
            return evidence.why
        return None if self.desired.complete else Text.of("planning.registry_incomplete")
