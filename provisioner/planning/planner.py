"""The planner of one target: what is desired, what was observed, what is ours → changes and notices."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from provisioner.model.bindings import Ties
from provisioner.model.inventory import Inventory
from provisioner.model.plan import TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, ResourceId
from provisioner.model.rules import PlanningRules
from provisioner.planning.draft import KINDS, Draft
from provisioner.planning.edges import EdgePlanner
from provisioner.planning.objects import ObjectPlanner
from provisioner.planning.succession import hold_last_moderators

UNDECIDED: Final[Mapping[ResourceId, str]] = MappingProxyType({})


def plan_target(
    desired: Desired,
    inventory: Inventory,
    ties: Ties,
    capabilities: Capabilities,
    rules: PlanningRules,
    decisions: Mapping[ResourceId, str] = UNDECIDED,
) -> TargetPlan:
    """The changes that lead ``inventory`` to ``desired``, in a stable order; costs are not known yet. Pure.

    ``decisions``: the remote ids that a ranger chose for resources that are to be adopted. Texts that link objects to
    each other are not among the changes (see `provisioner.planning.late`).
    """
    draft = Draft(desired, inventory, ties, capabilities, rules, decisions)
    for kind in KINDS:
        if kind in capabilities.fields:
            ObjectPlanner(kind, draft).plan()
    EdgePlanner(draft).plan()
    hold_last_moderators(draft)
    return draft.finished()
