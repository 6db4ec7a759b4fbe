"""Who is leaving or gone and on which rung of the ladder; and what the ladder has to remember. Asks no target."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policies.desire import person_key
from policies.document import Policy
from policies.membership import Belongings, Standing, standing
from provisioner.app.connectors import Target
from provisioner.app.planning import Planned
from provisioner.app.site import Inputs, Site
from provisioner.lifecycle.days import ending_of
from provisioner.lifecycle.ladder import Holdings, Leaver, Rung, ladder
from provisioner.lifecycle.succession import Office, Succession, successions
from provisioner.model.bindings import Binding
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Capabilities
from provisioner.model.registry import Registry
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text
from provisioner.registry.mistakes import mend_word
from provisioner.state import Departures, TiedTo

_PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Held:
    """One account of ours in one target."""

    target: str
    binding: Binding
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Leavers:
    """What `readi leavers` tells."""

    people: tuple[Leaver, ...]
    vacancies: tuple[Succession, ...]


def find_leavers(site: Site) -> Leavers:
    """Everybody who is leaving or gone, and the bodies that need a successor. Raises `SettingsError`, `StateError`."""
    inputs = site.inputs()
    registry = inputs.loaded.registry
    today = site.today(registry.time_zone)
    with site.targets() as targets:
        people = tuple(leavers_of(site, inputs, accounts_held(site, targets)))
    return Leavers(people, tuple(successions(registry, Belongings(registry, today), today)))


def waiting_for_hands(site: Site, planned: Planned) -> tuple[int, int]:
    """How many leavers' files are to be handed over, and how many people may be erased, after a run over all targets.

    Of a run over some of them nothing is said. Raises `StateError`.
    """
    targets = [view.target for view in planned.views.values()]
    if [target.name for target in targets] != site.target_names():
        return 0, 0
    rungs = [leaver.rung for leaver in leavers_of(site, planned.inputs, accounts_held(site, targets))]
    return rungs.count(Rung.HAND_OVER), rungs.count(Rung.ERASABLE)


def leavers_of(site: Site, inputs: Inputs, held: Mapping[str, list[Held]]) -> Iterator[Leaver]:
    """The ladder, from what was read already."""
    registry = inputs.loaded.registry
    return ladder_of(site, registry, inputs.policy, site.today(registry.time_zone), held)


def ladder_of(
    site: Site, registry: Registry, policy: Policy, today: date, held: Mapping[str, list[Held]]
) -> Iterator[Leaver]:
    """The same of any registry and day."""
    departures = Departures(site.database).of(site.network)
    holdings = {person: _holdings(accounts) for person, accounts in held.items()}
    return ladder(registry, today, policy.lifecycle.wait_days, holdings, departures)


def accounts_held(
    site: Site, targets: Sequence[Target], only: Callable[[str], bool] = lambda _: True
) -> dict[str, list[Held]]:
    """By person, in the order of the targets. No request is made. ``only``: whose, by person."""
    capabilities = {target.name: target.connector.capabilities() for target in targets}
    tied, found = TiedTo(site.database, site.network, capabilities), dict[str, list[Held]]()
    keys = [key for key in tied.account_keys() if key.startswith(_PERSON) and only(key.removeprefix(_PERSON))]
    for one in tied.find(keys, (Kind.ACCOUNT,)):
        if not one.borrowed:
            person = one.binding.id.key.removeprefix(_PERSON)
            found.setdefault(person, []).append(Held(one.target, one.binding, capabilities[one.target]))
    return found


def _holdings(accounts: list[Held]) -> Holdings:
    """What was found anew and never compared counts as suspended until the next apply says otherwise."""
    first = accounts[0].binding
    return Holdings(
        name=str(first.applied.get("display_name") or first.name),
        suspended=not any(held.binding.applied.get("enabled") is True for held in accounts),
        files=any(held.capabilities.hand_over is not None for held in accounts),
    )


def note_departures(site: Site, registry: Registry, targets: Sequence[Target]) -> None:
    """Write down who is suspended by now, and forget who came back. To be done at the end of every apply.

    From the day that stands here the wait counts. A run over some of the targets can't tell who is suspended in all.
    Raises `StateError`.
    """
    departures, today = Departures(site.database), site.today(registry.time_zone)
    noted = dict(departures.of(site.network))
    for person, departure in list(noted.items()):
        entry = registry.people.get(person)
        vanished = entry is not None and standing(entry, registry, today) is Standing.VANISHED
        ending = None if entry is None or vanished else ending_of(entry, registry)
        back = entry is not None and ending is None and not vanished
        earlier = departure.suspended_on is not None and ending is not None and departure.suspended_on <= ending.day
        if back or earlier:
            departures.forget(site.network, person)
            del noted[person]
    if [target.name for target in targets] != site.target_names():
        return

    def is_news(person: str) -> bool:
        known = person in noted and noted[person].suspended_on is not None
        return not known and _is_gone(person, registry, today)

    for person, accounts in accounts_held(site, targets, is_news).items():
        if _holdings(accounts).suspended:
            departures.note_suspended(site.network, person, today)


def _is_gone(person: str, registry: Registry, today: date) -> bool:
    entry = registry.people.get(person)
    if entry is None:
        return registry.complete and person not in registry.blocked
    if standing(entry, registry, today) is Standing.VANISHED:
        return registry.complete
    ending = ending_of(entry, registry)
    return ending is not None and ending.day < today


@dataclass(frozen=True, slots=True)
class HandOver:
    """What became of a leaver's files, or how to see to it. ``how``: by target, where files can be."""

    leaver: Leaver
    how: Mapping[str, Text]
    noted: bool = False
    """Written down by this very call."""
    already: bool = False
    """It was written down before, just so."""


NEW_OWNER = "NEW_OWNER"
"""Stands in commands for an account that is still to be named."""

NOTHING = ""
"""In the place of whoever has the files now: there were none."""


def hand_over(site: Site, person: str, to: str | None, actor: str) -> HandOver:
    """Note that the files of ``person`` are with ``to`` (`NOTHING`: there were none); None: only tell how it is done.

    Raises `SettingsError` for somebody who is not leaving, or hands over to nobody who could have the files.
    """
    inputs = site.inputs()
    registry = inputs.loaded.registry
    with site.targets() as targets:
        held = accounts_held(site, targets)
    leaver = find_leaver(registry, list(leavers_of(site, inputs, held)), person)
    if leaver.rung is Rung.ERASED:
        raise SettingsError(Text.of("lifecycle.no_files_left", name=leaver.name))
    if to:
        _check_recipient(site, registry, held, leaver, to)
    names = {account.target: account.binding.name for account in held.get(to or "", ())}
    how = {}
    for account in held.get(person, ()):
        if account.capabilities.hand_over is not None:
            recipient = names.get(account.target, NEW_OWNER)
            how[account.target] = account.capabilities.hand_over(account.binding.name, recipient)
    if to is None:
        return HandOver(leaver, how)
    departures = Departures(site.database)
    before = departures.of(site.network).get(person)
    if before is not None and before.handed_on is not None and before.handed_to == to:
        return HandOver(leaver, how, already=True)
    departures.hand_over(site.network, person, to, actor, site.today(registry.time_zone))
    return HandOver(leaver, how, noted=True)


def find_leaver(registry: Registry, leavers: list[Leaver], person: str) -> Leaver:
    """The one of this id. Raises `SettingsError` for an id that means nothing, and for somebody who stays."""
    found = next((leaver for leaver in leavers if leaver.person == person), None)
    if found is not None:
        return found
    if person in registry.blocked:
        raise SettingsError(Text.of("lifecycle.entry_malformed", id=person))
    if person in registry.people:
        raise SettingsError(Text.of("lifecycle.not_leaving", id=person, name=registry.people[person].display_name))
    raise SettingsError(Text.of("lifecycle.no_such_person", id=person, mend=mend_word(person, registry.people.keys())))


def _check_recipient(site: Site, registry: Registry, held: Mapping[str, list[Held]], leaver: Leaver, to: str) -> None:
    if to == leaver.person:
        raise SettingsError(Text.of("lifecycle.handed_to_oneself", name=leaver.name))
    if to not in registry.people:
        raise SettingsError(Text.of("lifecycle.no_such_person", id=to, mend=mend_word(to, registry.people.keys())))
    other = registry.people[to]
    if standing(other, registry, site.today(registry.time_zone)) is not Standing.ACTIVE or to not in held:
        raise SettingsError(Text.of("lifecycle.handed_to_nobody", id=to, name=other.display_name))


def next_command(leaver: Leaver) -> str | None:
    """What to type next; None where only time or somebody's decision helps."""
    match leaver.rung:
        case Rung.LEFT:
            return "readi apply" if leaver.ending is not None else "readi plans list"
        case Rung.HAND_OVER:
            return f"readi person handed-over {leaver.person}"
        case Rung.ERASABLE:
            return f"readi person erase {leaver.person}"
    return None


def succession_command(vacancy: Succession) -> str:
    """What names a successor."""
    return f"readi body {'lead' if vacancy.office is Office.LEAD else 'moderator'} {vacancy.body}"


def account_of(person: str) -> ResourceId:
    """The account that a person has, or had, in every target."""
    return ResourceId(Kind.ACCOUNT, person_key(person))
