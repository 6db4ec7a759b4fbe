"""The planner of one target: what is desired, what was observed, what is ours → changes and notices."""

from provisioner.model.bindings import Ties
from provisioner.model.inventory import Inventory
from provisioner.model.plan import TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind
from provisioner.model.rules import PlanningRules
from provisioner.planning.draft import Draft
from provisioner.planning.edges import EdgePlanner
from provisioner.planning.objects import ObjectPlanner


def plan_target(
    desired: Desired, inventory: Inventory, ties: Ties, capabilities: Capabilities, rules: PlanningRules
) -> TargetPlan:
    """The changes that lead ``inventory`` to ``desired``, in a stable order; costs are not known yet. Pure."""
    draft = Draft(desired, inventory, ties, capabilities, rules)
    for kind in (Kind.GROUP, Kind.ACCOUNT):
        if kind in capabilities.fields:
            ObjectPlanner(kind, draft).plan()
    if Kind.GROUP in capabilities.fields:
        EdgePlanner(draft).plan()
    return draft.finished()
