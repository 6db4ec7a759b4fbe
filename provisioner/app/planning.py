"""Makes a plan: read the registry, observe the targets, compare, count the cost, ask the guards. Writes nothing."""

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

from policies.desire import Assigned, Tied, TiedMeetings, TiedSpaces, desire
from provisioner.app.addresses import with_join_links
from provisioner.app.connectors import Target
from provisioner.app.focus import Focused, filled, is_named, narrow, whole
from provisioner.app.linking import Addresses, gather, tied_addresses
from provisioner.app.login_ids import LoginIds, login_ids, with_login_ids
from provisioner.app.observing import View, everywhere, observe, remote_ids, ties_of
from provisioner.app.site import Inputs, Site, planning_rules, policy_digest
from provisioner.app.turns import Turns
from provisioner.model.bindings import Ties
from provisioner.model.changes import Adopt, Change, ChangeClass, Create
from provisioner.model.errors import SettingsError
from provisioner.model.plan import Notice, NoticeKind, Plan, Refusal, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, Resource, ResourceId
from provisioner.model.rules import GuardRules, PlanningRules
from provisioner.model.steps import Cost, Step
from provisioner.model.text import Text
from provisioner.planning.guards import GuardInput, Recent, refusals
from provisioner.planning.late import with_late_texts
from provisioner.planning.planner import plan_target
from provisioner.state import Runs

ROLLING = timedelta(days=7)

Decisions = Mapping[str, Mapping[ResourceId, str]]
UNDECIDED: Final[Decisions] = MappingProxyType({})
NOTHING_APPROVED: Final[Mapping[str, ResourceId]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and everything that it was made from."""

    plan: Plan
    inputs: Inputs
    desired: Desired
    views: Mapping[str, View]
    addresses: Addresses = Addresses({})
    """Where things are after this plan, for texts that link to them."""


def make_plan(
    site: Site,
    targets: Sequence[Target],
    only: frozenset[str] = frozenset(),
    allowed: frozenset[str] = frozenset(),
    decisions: Decisions = UNDECIDED,
    approved: Mapping[str, ResourceId] = NOTHING_APPROVED,
    *,
    in_turns: bool = True,
) -> Planned:
    """Plan for ``targets``. ``only``: ids of people, bodies or organisations; ``allowed``: words of guards.

    ``decisions``: by target, the remote ids that a ranger chose for what is to be adopted; ``approved``: digests of the
    changes that somebody read and that will be made together with the unattended ones, and what each changes.
    ``in_turns``: containers may be left out that policy wants to be read in turns.

    Raises `SettingsError` and `StateError`; a target that can't be observed becomes an error in its part of the plan.
    """
    inputs = site.inputs()
    registry = inputs.loaded.registry
    known = ties_of(site, targets)
    assigned = _assigned(site, targets, known)
    desired = with_join_links(site, desire(registry, inputs.policy, site.today(registry.time_zone), assigned))
    _check_known(only, inputs, desired, known.values())
    aim = partial(narrow, only, registry) if only else whole
    logins = login_ids(site, targets, known)
    turns = Turns(site, inputs.policy.rotation if in_turns and not only else {}, frozenset(approved.values()))
    aimed = partial(_aimed, aim, desired, logins)
    if any(turns.applies_to(target.name) for target in targets):
        aimed = partial(_in_turn, aimed, turns, tied_addresses(site, targets, known))
    views = observe(site, targets, aimed, known)
    rules = planning_rules(inputs.policy)
    parts: list[TargetPlan] = []
    for name, view in views.items():
        if view.inventory is None or view.capabilities is None:
            error = view.error.text if view.error is not None else None
            parts.append(TargetPlan(view.target.name, error=error))
            continue
        chosen = decisions.get(name, {})
        part = plan_target(view.desired, view.inventory, view.ties, view.capabilities, rules, chosen)
        views[name] = replace(view, ties=replace(view.ties, borrowed=part.borrowed))
        notices = (*part.notices, *_missing(view, desired), *_notices_of_age(view), *turns.notices(view))
        parts.append(replace(part, notices=notices))
    addresses = gather(site, views, parts)
    coming = _coming(parts, views)
    parts = [_finished(part, views[part.target], rules, addresses, coming) for part in parts]
    for part in parts:
        turns.note(views[part.target], part)
    plan = Plan(site.network, inputs.loaded.digest, policy_digest(inputs.policy), tuple(parts))
    refused = _refusals(site, plan, views, desired, rules.guards, allowed, approved)
    return Planned(replace(plan, refusals=refused), inputs, desired, views, addresses)


def _aimed(
    aim: Callable[[Desired, Ties, Collection[Kind]], Focused],
    desired: Desired,
    logins: LoginIds | None,
    target: Target,
    ties: Ties,
) -> Focused:
    """What is looked at in one target, and what is wanted there; by names also as the product gives them back."""
    can = target.connector.capabilities()
    found = aim(desired_in(can, desired, logins), ties, target.type.kinds)
    given_back = {(kind, str(can.canonical(kind, "name", name))) for kind, name in found.interest.names}
    return replace(found, interest=replace(found.interest, names=found.interest.names | given_back))


def _in_turn(
    aim: Callable[[Target, Ties], Focused], turns: Turns, where: Addresses, target: Target, ties: Ties
) -> Focused:
    """Without what need not be read this time."""
    found = aim(target, ties)
    if not turns.applies_to(target.name):
        return found
    skip = turns.resting(target, found.desired, found.ties, where.seen_from(target.name))
    return replace(found, interest=replace(found.interest, skip=skip))


def desired_in(capabilities: Capabilities, desired: Desired, logins: LoginIds | None = None) -> Desired:
    """What is wanted of one target: nothing comes along with a login where the login itself is kept, or before it.

    Where it does, a login also gives a group the name that people read, each time anew: two of them would take turns.
    """
    desired = with_login_ids(capabilities, desired, logins)
    if not capabilities.made_by_us:
        if not desired.login_writes:
            return desired
        named = {identity: _unnamed(desired.resources[identity]) for identity in _written(desired)}
        return replace(desired, resources={**desired.resources, **named})
    resources = {
        identity: wanted if wanted.created_by_us else replace(wanted, created_by_us=True)
        for identity, wanted in desired.resources.items()
    }
    return replace(desired, resources=resources, login_writes=frozenset())


def _written(desired: Desired) -> Iterator[ResourceId]:
    return (identity for identity in desired.login_writes if identity in desired.resources)


def _unnamed(wanted: Resource) -> Resource:
    return replace(wanted, fields={name: value for name, value in wanted.fields.items() if name != "display_name"})


def _coming(parts: Iterable[TargetPlan], views: Mapping[str, View]) -> frozenset[ResourceId]:
    """What is made unattended, and will have an address: accounts have one where people log in with them alone."""
    found: set[ResourceId] = set()
    for part in parts:
        capabilities = views[part.target].capabilities
        made = (one for one in part.changes if isinstance(one, Create) and one.change_class is ChangeClass.AUTO)
        holds_login = capabilities is not None and capabilities.holds_login
        found.update(one.id for one in made if one.id.kind is not Kind.ACCOUNT or holds_login)
    return frozenset(found)


def _finished(
    part: TargetPlan, view: View, rules: PlanningRules, addresses: Addresses, coming: frozenset[ResourceId]
) -> TargetPlan:
    """With the texts that link things, and what it all costs."""
    if view.inventory is None or view.capabilities is None:
        return part
    address = addresses.seen_from(part.target)
    given = (view.desired, view.inventory, view.ties, view.capabilities, rules)
    return with_cost(with_late_texts(part, *given, address, coming), view)


def _notices_of_age(view: View) -> Iterator[Notice]:
    """That this database, or the target, is an old one."""
    for why in (view.behind, view.restored):
        if why is not None:
            yield Notice(NoticeKind.AGE, view.target.name, None, view.target.name, why)


def _missing(view: View, desired: Desired) -> Iterator[Notice]:
    """Somebody in focus shall be in what is not in focus, and not there yet, or of which nobody could tell."""
    for container in view.missing:
        name = desired.resources[container].name if container in desired.resources else container.key
        yield Notice(NoticeKind.WAITING, view.target.name, container, name, Text.of("app.container_not_in_focus"))
    rosters = view.inventory.rosters if view.inventory is not None else {}
    for container in {seats.container for seats, members in view.desired.edges.items() if members}:
        known = view.ties.assumed.get(container)
        if known is not None and (container.kind, known.remote_id) not in rosters:
            yield Notice(NoticeKind.PARTIAL, view.target.name, container, known.name, Text.of("planning.no_roster"))


def unread(plan: Plan) -> dict[str, Text]:
    """Targets that could not be read whole, with why: of them "nothing to do" would not be known to be true."""
    found: dict[str, Text] = {}
    for part in plan.targets:
        partial = (notice.why for notice in part.notices if notice.kind is NoticeKind.PARTIAL and notice.id is None)
        why = part.error or next(partial, None)
        if why is not None:
            found[part.target] = why
    return found


def _assigned(site: Site, targets: Sequence[Target], known: Mapping[str, Ties]) -> Assigned:
    """What was given in all targets, also in those that are no part of the plan: names, and links to what is there.

    What an archived body has is wanted as long as it is tied somewhere: else its texts would lose their links whenever
    a target is looked at alone. ``known``: the ties of ``targets``. Raises `SettingsError`, `StateError`.
    """
    with everywhere(site, targets) as opened:
        ties = {**ties_of(site, [target for target in opened if target.name not in known]), **known}
        return assigned_of((target.connector.capabilities(), ties[target.name]) for target in opened)


def assigned_of(targets: Iterable[tuple[Capabilities, Ties]]) -> Assigned:
    """The names that were given before, in whichever target came first; and those never to be given again.

    Also those under which something was to be created when the answer was lost. What a target calls things that have
    no name of ours there (a mailing list's accounts are addresses) is none that was given.
    """
    names: dict[Kind, dict[str, str]] = {kind: {} for kind in Kind}
    known: dict[Kind, dict[str, Tied]] = {Kind.MEETING: {}, Kind.CONFERENCE: {}, Kind.FORUM_CATEGORY: {}}
    retired = []
    for capabilities, ties in targets:
        retired.append(ties.retired_names)
        named = {kind for kind, fields in capabilities.fields.items() if "name" in fields}
        given = ((identity, binding.name) for identity, binding in ties.bindings.items())
        for identity, name in (*given, *(ties.pending or {}).items()):
            if identity.kind in named:
                names[identity.kind].setdefault(identity.key, name)
            if identity.kind in known:
                binding = ties.bindings.get(identity)
                known[identity.kind].setdefault(identity.key, Tied(name, binding.applied if binding else {}))
    return Assigned(
        names[Kind.ACCOUNT],
        names[Kind.GROUP],
        lambda kind, name: any((str(kind), name.lower()) in names for names in retired),
        names[Kind.TEAM_FOLDER],
        names[Kind.CONVERSATION],
        names[Kind.MAILING_LIST],
        TiedMeetings(names[Kind.MEETING_ROOM], names[Kind.CALENDAR], known[Kind.MEETING], known[Kind.CONFERENCE]),
        TiedSpaces(known[Kind.FORUM_CATEGORY], names[Kind.WIKI_SPACE], names[Kind.WIKI_PAGE]),
    )


def _check_known(only: frozenset[str], inputs: Inputs, desired: Desired, everywhere: Iterable[Ties]) -> None:
    """Raise `SettingsError` for an id that means nothing: a slip of the pen must not look like "nothing to do"."""
    if not only:
        return
    registry = inputs.loaded.registry
    known = {*registry.people, *registry.bodies, *registry.organisations, *registry.blocked, *desired.blocked}
    keys = {identity.key for identity in desired.resources}
    keys |= {identity.key for ties in everywhere for identity in ties.bindings}
    for wanted in sorted(only - known):
        if not any(is_named(key, frozenset((wanted,))) for key in keys):
            raise SettingsError(Text.of("app.nothing_of_that_name", id=wanted))


def compile_steps(view: View, changes: Sequence[Change]) -> Sequence[Step]:
    """The connector's steps for ``changes``; what they adopt counts as bound."""
    bound = remote_ids(view.ties)
    bound |= {change.id: change.remote.remote_id for change in changes if isinstance(change, Adopt)}
    return view.target.connector.compile(changes, bound.__getitem__)


def with_cost(part: TargetPlan, view: View) -> TargetPlan:
    """The same part with what it costs, known before the first write. Who applies it reads as much again before."""
    cost = sum((step.cost for step in compile_steps(view, part.changes)), Cost(requests=0))
    limits = view.capabilities.limits if view.capabilities is not None else {}
    spent = cost + Cost(limited=view.reading)
    seconds = max((_pace(count, *limits[name]) for name, count in spent.limited.items() if name in limits), default=0.0)
    return replace(part, cost=cost, minutes=seconds / 60)


def _pace(count: int, limit: int, window: float) -> float:
    """About how many seconds ``count`` requests take when ``limit`` are let through in each ``window``.

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
    approved: Container[str],
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
        # Of what: of all that is ours, also when the plan is about a few things alone.
        ties = replace(view.known, borrowed={**view.known.borrowed, **part.borrowed}, assumed=view.ties.assumed)
        inputs.append(GuardInput(part, ties, filled(view.inventory, view.known, view.ties), done))
    return refusals(inputs, desired, rules, plan.digest(), allowed, approved)
