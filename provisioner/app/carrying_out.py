"""Carries out what was chosen of a plan: notes what is known, compiles the rest to steps and has them executed."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from provisioner.app.linking import Texts, wait_for_login, write_texts
from provisioner.app.logged import Logged
from provisioner.app.observing import View, remote_ids
from provisioner.app.planning import Planned, compile_steps
from provisioner.app.site import Site
from provisioner.execution import Assignment, Interruption, Progress, Report, Retries, Silent, execute
from provisioner.model.bindings import Ties, adopted
from provisioner.model.changes import Adopt, Change, Create, Join, Write
from provisioner.model.errors import ReadiError
from provisioner.model.ports import Capabilities
from provisioner.model.resources import ResourceId
from provisioner.model.steps import Step
from provisioner.planning.agreement import Agreement, agreement
from provisioner.state import Journal, Outcome, Runs, ServerLock, StateBehind

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """Who or what started a run, for the history: opaque ids, no names."""

    actor: str
    cause: str


@dataclass(frozen=True, slots=True)
class How:
    """How a run is watched and how patient it is."""

    progress: Progress | None = None
    retries: Retries = field(default_factory=Retries)
    interruption: Interruption = field(default_factory=Interruption)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is to be done on one target. ``ties`` count as bound what this run adopts."""

    view: View
    adoptions: tuple[Adopt, ...]
    steps: Sequence[Step]
    writes: tuple[Write, ...]
    """Texts that link things: written once all else is done, in all targets."""
    makings: tuple[Change, ...]
    """What waits for the login likewise: see `provisioner.app.linking.Texts`."""
    ties: Ties
    capabilities: Capabilities
    agreed: Agreement
    given_back: tuple[ResourceId, ...]
    """Borrowed before, and needed no more."""

    @property
    def has_steps(self) -> bool:
        return bool(self.steps or self.writes or self.makings)


def _prepared(planned: Planned, view: View, chosen: Sequence[Change]) -> _Part | None:
    """Everything that can be worked out before anything is written anywhere; None for a target that was not read."""
    if view.inventory is None or view.capabilities is None:
        return None
    changes = _possible(chosen, view.ties)
    adoptions = tuple(change for change in changes if isinstance(change, Adopt))
    ties = _with_adopted(view.ties, adoptions, view.capabilities)
    address = planned.addresses.seen_from(view.target.name)
    agreed = agreement(view.desired, view.inventory, ties, view.capabilities, address)
    given_back = tuple(_given_back(planned, view, ties))
    writes = tuple(change for change in changes if isinstance(change, Write))
    makings = tuple(wait_for_login(changes, view.capabilities))
    later = {id(change) for change in (*writes, *makings)}
    steps = compile_steps(view, [change for change in changes if id(change) not in later])
    return _Part(view, adoptions, steps, writes, makings, ties, view.capabilities, agreed, given_back)


def carry_out(
    site: Site,
    planned: Planned,
    chosen: Mapping[str, list[Change]],
    locks: Mapping[str, ServerLock],
    started: Started,
    how: How,
) -> Report | None:
    """Perform the chosen changes of every target, with the locks held; None when there is nothing to perform.

    First everything but texts that link things, then these: what they link to exists by then, or is left out. So do
    accounts that are tied to the login as they are made wait until the login has theirs. Texts
    about something that could not be made are left out as its other steps are.

    Raises `StateBehind` for changes of a target that a newer database changed, and other `StateError`s; what targets
    do stands in the report.
    """
    for name, view in planned.views.items():
        if view.behind is not None and chosen[name]:
            raise StateBehind(view.behind)
    prepared = (_prepared(planned, view, chosen[name]) for name, view in planned.views.items())
    parts = [part for part in prepared if part is not None]
    if not any(part.adoptions or part.has_steps for part in parts):
        for part in parts:
            _note_what_is_known(site, part, locks, run=0)
        site.ties_log.keep()
        return None
    runs, digest = Runs(site.database), planned.plan.digest()
    run = runs.begin(site.network, started.actor, started.cause, digest, site.clock.now())
    try:
        for lock in locks.values():
            lock.name_run(run)  # whoever finds the server locked is told by which run
        for part in parts:
            _note_what_is_known(site, part, locks, run)
    except ReadiError:
        runs.finish(run, Outcome.BROKEN, {}, site.clock.now())
        raise
    _log.info("run started", extra={"network": site.network, "run": run, "actor": started.actor})
    texts = [Texts(part.view, part.ties, part.writes, part.makings) for part in parts if part.writes or part.makings]
    report = execute(
        [_assignment(part, locks) for part in parts if part.has_steps],
        database=site.database,
        network=site.network,
        run=run,
        clock=site.clock,
        progress=Logged(how.progress or Silent()),
        retries=how.retries,
        interruption=how.interruption,
        ties_log=site.ties_log,
        then=write_texts(site, planned.addresses, [part.view for part in parts], texts) if texts else None,
    )
    ended = {"network": site.network, "run": run, "outcome": str(report.outcome), "counts": dict(report.counts)}
    _log.info("run ended", extra=ended)
    return report


def _assignment(part: _Part, locks: Mapping[str, ServerLock]) -> Assignment:
    target = part.view.target
    return Assignment(
        target=target.name,
        steps=part.steps,
        connector=target.connector,
        gate=target.gate,
        lock=locks[target.server],
        bound=remote_ids(part.ties),
        waiter=target.waiter,
    )


def _note_what_is_known(site: Site, part: _Part, locks: Mapping[str, ServerLock], run: int) -> None:
    """Write down what needs no write over there: settled steps, adoptions, agreements."""
    target, now = part.view.target, site.clock.now()
    journal = Journal(locks[target.server], site.network, target.server, run)
    if part.view.settlements:
        changing = {step.id for step in part.steps} | {change.id for change in (*part.writes, *part.makings)}
        journal.settle(part.view.settlements, now, frozenset(changing))
    if part.adoptions:
        journal.adopt(part.adoptions, part.capabilities.fields, now)
    if part.agreed:
        fields = [(part.ties.bindings[identity], values) for identity, values in part.agreed.fields.items()]
        journal.agree(target.name, fields, part.agreed.joined, part.agreed.left)
    remembered = part.view.remembered
    borrowed = [account for identity, account in part.ties.borrowed.items() if remembered.get(identity) != account]
    if borrowed or part.given_back:
        journal.borrow(target.name, borrowed, part.given_back)


def _given_back(planned: Planned, view: View, ties: Ties) -> Iterator[ResourceId]:
    """What was borrowed, and is ours by now, or has neither an entry nor a membership left."""
    for identity in view.remembered:
        in_groups = any(identity.key in members for members in view.known.edges.values())
        if identity in ties.bindings or not (identity in planned.desired.resources or in_groups):
            yield identity


def _with_adopted(ties: Ties, adoptions: Iterable[Adopt], capabilities: Capabilities) -> Ties:
    bindings = {change.id: adopted(change, capabilities.fields[change.id.kind]) for change in adoptions}
    return replace(ties, bindings={**ties.bindings, **bindings})


def _possible(changes: Sequence[Change], ties: Ties) -> list[Change]:
    """Without what waits for something that was not chosen: who is to join, or where, and is not (yet) ours."""
    ours = {*ties.bindings, *ties.borrowed, *ties.assumed}
    ours |= {change.id for change in changes if isinstance(change, Create | Adopt)}
    possible: list[Change] = []
    for change in changes:
        if change.id not in ours:
            continue
        if isinstance(change, Join):
            members = tuple(key for key in change.members if ResourceId(change.member, key) in ours)
            if members == change.members:
                possible.append(change)
            elif members:
                possible.append(replace(change, members=members))
        else:
            possible.append(change)
    return possible
