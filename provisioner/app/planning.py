"""Makes a plan: read the registry, observe the targets, compare, count the cost, ask the guards. Writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

from policies.desire import Assigned, desire
from provisioner.app.connectors import Target
from provisioner.app.site import Inputs, Site, planning_rules, policy_digest
from provisioner.execution import settle
from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Adopt, Change
from provisioner.model.errors import LoginRefused, SettingsError, TargetError
from provisioner.model.inventory import Inventory
from provisioner.model.plan import NoticeKind, Plan, Refusal, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, ResourceId
from provisioner.model.rules import GuardRules
from provisioner.model.steps import Cost, Step
from provisioner.model.text import Text
from provisioner.planning.guards import GuardInput, Recent, refusals
from provisioner.planning.planner import plan_target
from provisioner.state import Bindings, Runs, Settlement

ROLLING = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class View:
    """One target as this plan saw it. ``inventory`` is None when it could not be observed at all."""

    target: Target
    ties: Ties
    inventory: Inventory | None = None
    capabilities: Capabilities | None = None
    error: TargetError | None = None
    settlements: tuple[Settlement, ...] = ()
    """What became of steps that earlier runs left open; known here, written down by apply."""
    remembered: Mapping[ResourceId, Binding] = field(default_factory=dict)
    """What earlier runs borrowed; of a view with a plan ``ties.borrowed`` is what this plan borrows."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and everything that it was made from."""

    plan: Plan
    inputs: Inputs
    desired: Desired
    views: Mapping[str, View]


def make_plan(
    site: Site,
    targets: Sequence[Target],
    only: frozenset[str] = frozenset(),
    allowed: frozenset[str] = frozenset(),
) -> Planned:
    """Plan for ``targets``. ``only``: ids of people, bodies or organisations; ``allowed``: words of guards.

    Raises `SettingsError` and `StateError`; a target that can't be observed becomes an error in its part of the plan.
    """
    inputs = site.inputs()
    registry = inputs.loaded.registry
    views = observe(site, targets)
    desired = desire(
        registry, inputs.policy, site.today(registry.time_zone), assigned_of(view.ties for view in views.values())
    )
    _check_known(only, inputs, desired, views)
    rules = planning_rules(inputs.policy)
    parts: list[TargetPlan] = []
    for name, view in views.items():
        if view.inventory is None or view.capabilities is None:
            error = view.error.text if view.error is not None else None
            parts.append(TargetPlan(view.target.name, error=error))
            continue
        part = plan_target(desired, view.inventory, view.ties, view.capabilities, rules)
        ties = replace(view.ties, borrowed=part.borrowed)
        views[name] = replace(view, ties=ties, remembered=view.ties.borrowed)
        parts.append(with_cost(narrowed(part, only), views[name]))
    plan = Plan(site.network, inputs.loaded.digest, policy_digest(inputs.policy), tuple(parts))
    refused = _refusals(site, plan, views, desired, rules.guards, allowed)
    return Planned(replace(plan, refusals=refused), inputs, desired, views)


def unread(plan: Plan) -> dict[str, Text]:
    """Targets that could not be read whole, with why: of them "nothing to do" would not be known to be true."""
    found: dict[str, Text] = {}
    for part in plan.targets:
        partial = (notice.why for notice in part.notices if notice.kind is NoticeKind.PARTIAL and notice.id is None)
        why = part.error or next(partial, None)
        if why is not None:
            found[part.target] = why
    return found


def observe(site: Site, targets: Sequence[Target]) -> dict[str, View]:
    """Read every target, several at once, with what the database knows of it.

    Targets with the same account on the same server are read one by one: when its log-in is refused for one, it is
    not tried for the others, since a server locks an address that keeps trying.
    """
    bindings, runs = Bindings(site.database), Runs(site.database)

    def look(target: Target) -> View:
        ties = bindings.ties(site.network, target.name, target.server)
        try:
            inventory = target.connector.observe(target.type.kinds)
        except TargetError as error:
            return View(target, ties, error=error)
        capabilities = target.connector.capabilities()
        open_entries = runs.open_entries(site.network, target.name)
        settlements = tuple(settle(open_entries, inventory, ties, capabilities.canonical_name)) if open_entries else ()
        return View(target, settled_ties(ties, settlements), inventory, capabilities, settlements=settlements)

    def look_in_turn(doors: Sequence[Target]) -> list[View]:
        found: list[View] = []
        for target in doors:
            refused = next((view.error for view in found if isinstance(view.error, LoginRefused)), None)
            if refused is None:
                found.append(look(target))
            else:
                found.append(View(target, bindings.ties(site.network, target.name, target.server), error=refused))
        return found

    if not targets:
        return {}
    doors: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        doors.setdefault((target.server, target.account), []).append(target)
    with ThreadPoolExecutor(max_workers=len(doors), thread_name_prefix="observe") as pool:
        views = {view.target.name: view for found in pool.map(look_in_turn, doors.values()) for view in found}
    return {target.name: views[target.name] for target in targets}


def settled_ties(ties: Ties, settlements: Sequence[Settlement]) -> Ties:
    """The ties as they will be once ``settlements`` are written down."""
    if not settlements:
        return ties
    bindings, pending = dict(ties.bindings), dict(ties.pending or {})
    for settled in settlements:
        pending.pop(settled.entry.resource, None)
        if settled.remote is not None:
            remote = settled.remote
            resource = settled.entry.resource
            bindings[resource] = Binding(resource, remote.remote_id, remote.name, remote.fingerprint, {})
    return replace(ties, bindings=bindings, pending=pending)


def assigned_of(everywhere: Iterable[Ties]) -> Assigned:
    """The names that were given before, in whichever target came first; and those never to be given again."""
    names: dict[Kind, dict[str, str]] = {Kind.ACCOUNT: {}, Kind.GROUP: {}}
    retired = []
    for ties in everywhere:
        retired.append(ties.retired_names)
        for identity, binding in ties.bindings.items():
            names[identity.kind].setdefault(identity.key, binding.name)
    return Assigned(
        names[Kind.ACCOUNT],
        names[Kind.GROUP],
        lambda kind, name: any((str(kind), name.lower()) in known for known in retired),
    )


def _check_known(only: frozenset[str], inputs: Inputs, desired: Desired, views: Mapping[str, View]) -> None:
    """Raise `SettingsError` for an id that means nothing: a slip of the pen must not look like "nothing to do"."""
    if not only:
        return
    registry = inputs.loaded.registry
    known = {*registry.people, *registry.bodies, *registry.organisations, *registry.blocked, *desired.blocked}
    keys = {identity.key for identity in desired.resources}
    keys |= {identity.key for view in views.values() for identity in view.ties.bindings}
    for wanted in sorted(only - known):
        if not any(is_named(key, frozenset((wanted,))) for key in keys):
            raise SettingsError(Text.of("app.nothing_of_that_name", id=wanted))


def narrowed(part: TargetPlan, only: frozenset[str]) -> TargetPlan:
    """The part about these ids alone, with the groups and accounts that its edges need."""
    if not only:
        return part
    wanted = {change.id.key for change in part.changes if _concerns(change, only)}
    changes = []
    for change in part.changes:
        if change.id.key in wanted:
            changes.append(change)
        elif members := getattr(change, "members", ()):
            kept = tuple(member for member in members if is_named(member, only))
            if kept:
                changes.append(replace(change, members=kept))  # type: ignore[call-arg] # Join and Leave have members
    joining = {member for change in changes for member in getattr(change, "members", ())}
    present = {change.id.key for change in changes}
    needed = [
        change
        for change in part.changes
        if change.id.key in (joining | present) and change not in changes and change.verb in ("create", "adopt")
    ]
    notices = tuple(notice for notice in part.notices if notice.id is None or is_named(notice.id.key, only))
    return replace(part, changes=tuple(needed + changes), notices=notices)


def _concerns(change: Change, only: frozenset[str]) -> bool:
    return is_named(change.id.key, only)


def is_named(key: str, only: frozenset[str]) -> bool:
    """Whether a key ("body:pg-sensorik:administrators") belongs to one of the ids, given with or without its kind."""
    parts = key.split(":")
    return key in only or parts[1] in only or ":".join(parts[:2]) in only


def remote_ids(ties: Ties) -> dict[ResourceId, str]:
    """Of all that is ours or borrowed."""
    known = (*ties.borrowed.items(), *ties.bindings.items())
    return {identity: binding.remote_id for identity, binding in known}


def compile_steps(view: View, changes: Sequence[Change]) -> Sequence[Step]:
    """The connector's steps for ``changes``; what they adopt counts as bound."""
    bound = remote_ids(view.ties)
    bound |= {change.id: change.remote.remote_id for change in changes if isinstance(change, Adopt)}
    return view.target.connector.compile(changes, bound.__getitem__)


def with_cost(part: TargetPlan, view: View) -> TargetPlan:
    """The same part with what it costs, known before the first write."""
    cost = sum((step.cost for step in compile_steps(view, part.changes)), Cost(requests=0))
    limits = view.capabilities.limits if view.capabilities is not None else {}
    seconds = max((_pace(count, *limits[name]) for name, count in cost.limited.items() if name in limits), default=0.0)
    return replace(part, cost=cost, minutes=seconds / 60)


def _pace(count: int, limit: int, window: float) -> float:
    """About how many seconds ``count`` writes take when ``limit`` are let through in each ``window``.

    At the limit's own pace: what earlier runs used up of the first window is not known until then.
    """
    return count / limit * window if count > limit else 0.0


def _refusals(
    site: Site,
    plan: Plan,
    views: Mapping[str, View],
    desired: Desired,
    rules: GuardRules,
    allowed: frozenset[str],
) -> tuple[Refusal, ...]:
    runs, since = Runs(site.database), site.clock.now() - ROLLING
    inputs = []
    for part in plan.targets:
        view = views[part.target]
        if view.inventory is None:
            continue
        recent = runs.recent(site.network, part.target, since)
        suspensions = sum(recent.suspensions.values())
        done = Recent(suspensions, recent.removed_edges, recent.updates, recent.members_lost)
        inputs.append(GuardInput(part, view.ties, view.inventory, done))
    return refusals(inputs, desired, rules, plan.digest(), allowed)
