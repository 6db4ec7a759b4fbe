"""What of a reading is believed. Pure.

Whoever is there is news that is taken at once. That somebody is not there means something only when everybody was read,
without a gap, by the same settings, and not many go at once; else it is held until a better reading, or a ranger's
word. Whoever comes back was never gone.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from provisioner.model.sources import PERSON_FIELDS, Held, KeptPerson, PersonField, SourcePerson, SourceRead, Unusable
from provisioner.model.text import Text
from provisioner.model.words import field_words
from provisioner.registry.supplying import same_address, same_name
from provisioner.sources.types import MostMissing

_FEW: Final = 2
"""So many may go whatever share of all they are."""
_SOME: Final = 3
"""Of fewer people nothing can be said about a field that nobody has any more."""


@dataclass(frozen=True, slots=True)
class Believed:
    """What was believed before."""

    people: Mapping[str, KeptPerson]
    """By key."""
    shape: str = ""
    """That of the last reading which was believed whole; "" before the first."""
    recent: int = 0
    """How many went within the last seven days without a ranger's word, and are still gone."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is believed now, and what is not."""

    people: Mapping[str, KeptPerson]
    """By key, those alone of whom something else is believed than before."""
    new: frozenset[str]
    """Who had never been there."""
    changed: frozenset[str]
    """Whose fields are others."""
    back: frozenset[str]
    """Who were missing, or switched off, and are here again."""
    off: frozenset[str]
    """Whom the source has switched off."""
    missing: frozenset[str]
    """Whom the source no longer has."""
    unusable: tuple[Unusable, ...]
    held: Held | None
    accepted: bool
    """Some of it was believed by a ranger's word alone."""
    whole: bool
    """Everybody was read, and all of it is believed."""
    shape: str
    mark: str
    """From where the next reading of changes can go on; "": everybody has to be read."""


def judge(
    source: str, before: Believed, read: SourceRead, shape: str, most: MostMissing, today: date, word: str = ""
) -> Judgement:
    """Hold a reading against what was believed. ``shape`` is that of the source as it was read.

    ``word``: that of a `Held` whose news a ranger took for true; it counts for exactly these.
    """
    given, unusable = _sorted_out(read, before.people)
    blocked = {each.key for each in unusable}
    here = {key for key, kept in before.people.items() if kept.missing_since is None}
    absent = _away(read, here) - given.keys() - blocked
    off = {key for key in here & given.keys() if before.people[key].person.active and not given[key].active}
    held = _held(source, before, read, _News(given, unusable, here, absent, off), shape, most)
    accepted = held is not None and held.word == word != ""
    if accepted:
        held = None
    kept_on, lost = ((), ()) if held is None else (held.off, held.fields)
    gone = absent if held is None else set[str]()
    now = {key: KeptPerson(_taken(person, before.people.get(key), lost, kept_on)) for key, person in given.items()}
    now |= {key: replace(before.people[key], missing_since=today) for key in gone}
    news = {key: kept for key, kept in now.items() if kept != before.people.get(key)}
    pairs = {key: (before.people[key], kept) for key, kept in news.items() if key in before.people}
    whole = read.whole and held is None
    return Judgement(
        people=news,
        new=frozenset(news.keys() - before.people.keys()),
        changed=frozenset(key for key, (was, now) in pairs.items() if was.person.fields != now.person.fields),
        back=frozenset(key for key, (was, now) in pairs.items() if _is_back(was, now)),
        off=frozenset(off).difference(kept_on),
        missing=frozenset(gone),
        unusable=unusable,
        held=held,
        accepted=accepted,
        whole=whole,
        shape=shape if whole or not before.shape else before.shape,
        mark="" if held is not None else read.mark,
    )


def _away(read: SourceRead, here: Set[str]) -> Set[str]:
    """Those of ``here`` whom the source does not have, as far as it was asked."""
    if read.whole:
        return here
    return here & read.deleted if read.present is None else here - read.present


@dataclass(frozen=True, slots=True)
class _News:
    """A reading beside what was believed."""

    given: Mapping[str, SourcePerson]
    unusable: tuple[Unusable, ...]
    here: Set[str]
    """Keys of those who are not missing by now."""
    absent: Set[str]
    """Of these, whom the reading does not have."""
    off: Set[str]
    """Of these, whom the source has switched off since."""


def _held(source: str, before: Believed, read: SourceRead, news: _News, shape: str, most: MostMissing) -> Held | None:
    """What of it waits for a ranger, or for a better reading; None: all of it is believed."""
    gaps = tuple(_gaps(read, news.unusable))
    doubts: dict[str, Text] = {}
    reshaped = bool(before.shape) and shape != before.shape
    going = len(news.absent) + len(news.off)
    if reshaped and going:
        doubts["reshaped"] = Text.of("sources.reshaped", count=going)
    many = _too_many(before, news.here, len(news.off) if gaps else going, most)
    if read.whole and not news.given and news.absent == news.here != set():
        doubts["empty"] = Text.of("sources.empty", count=len(news.here))
    elif many is not None:
        doubts["many"] = many
    lost = tuple(_lost(before, news, whole=read.whole))
    if lost:
        doubts["fields"] = Text.of("sources.fields_lost", fields=field_words(lost))
    if not gaps and not doubts:
        return None
    off = news.off if {"reshaped", "many"} & doubts.keys() else frozenset[str]()
    absent = tuple(sorted(news.absent))
    held = Held((*gaps, *doubts.values()), absent, tuple(sorted(off)), lost)
    return held if gaps else replace(held, word=_word(source, doubts, held))


def _sorted_out(
    read: SourceRead, before: Mapping[str, KeptPerson]
) -> tuple[dict[str, SourcePerson], tuple[Unusable, ...]]:
    """Everybody by key. A key that stands for two different people, at once or one after the other, is nobody's."""
    given: dict[str, SourcePerson] = {}
    twice: set[str] = set()
    more: list[Unusable] = []
    for person in read.people:
        if not person.key.strip():
            more.append(Unusable("", Text.of("sources.empty_key")))
        elif given.setdefault(person.key, person) != person:
            twice.add(person.key)
    blocked = {each.key for each in read.unusable}
    more += (Unusable(key, Text.of("sources.twice"), key) for key in sorted(twice - blocked))
    blocked |= twice
    others = {key for key in given.keys() & before.keys() - blocked if _is_another(before[key].person, given[key])}
    more += (Unusable(key, Text.of("sources.another"), key) for key in sorted(others))
    return {key: person for key, person in given.items() if key not in blocked | others}, (*read.unusable, *more)


def _is_another(before: SourcePerson, now: SourcePerson) -> bool:
    """Whether a key seems to have been given to somebody else: no part of the name and no address is left.

    A running number that moved when the list was sorted, a personnel number used again: the account must not follow.
    An address that is the key itself tells nothing.
    """
    (old, old_name), (new, new_name) = ((_address(one), _name(one)) for one in (before, now))
    if not old_name or not new_name or not old_name.isdisjoint(new_name):
        return False
    return not old or old != new or old == same_address(now.key)


def _address(person: SourcePerson) -> str:
    return same_address(str(person.fields.get("email") or ""))


def _name(person: SourcePerson) -> frozenset[str]:
    """The words of it, whichever of the two fields they stand in."""
    given, family = (str(person.fields.get(name) or "") for name in ("given_name", "family_name"))
    return frozenset(same_name(given, family).replace("-", " ").split())


def _gaps(read: SourceRead, unusable: Iterable[Unusable]) -> Iterator[Text]:
    """Why somebody may be missing from it."""
    if read.gap is not None:
        yield read.gap
    nameless = sum(each.key is None for each in unusable)
    if nameless:
        yield Text.of("sources.keyless", count=nameless)


def _lost(before: Believed, news: _News, *, whole: bool) -> Iterator[PersonField]:
    """Fields that at least half had, and nobody has any more."""
    known = [before.people[key].person for key in news.here if whole or key in news.given]
    if len(known) < _SOME or not news.given:
        return
    for name in PERSON_FIELDS:
        had = sum(1 for person in known if person.fields.get(name))
        if 2 * had >= len(known) and not any(person.fields.get(name) for person in news.given.values()):
            yield name


def _too_many(before: Believed, here: Collection[str], going: int, most: MostMissing) -> Text | None:
    """Why so many may not go unattended, together with those of the last seven days; None: they may."""
    if not going:
        return None
    together = going + before.recent
    everybody = sum(1 for key in here if before.people[key].person.active) + before.recent
    share = max(_FEW, int(most.share * everybody))
    limit = min(most.count, share)
    if together <= limit:
        return None
    if before.recent:
        return Text.of("sources.too_many_in_a_week", count=going, recent=before.recent, limit=limit)
    return Text.of("sources.too_many", count=going, everybody=everybody, limit=limit)


def _word(source: str, doubts: Iterable[str], held: Held) -> str:
    """Short enough to be typed; for other news it is another one."""
    content = json.dumps([source, sorted(doubts), held.missing, held.off, held.fields])
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def _taken(
    person: SourcePerson, before: KeptPerson | None, lost: Collection[PersonField], kept_on: Collection[str]
) -> SourcePerson:
    """Somebody as the source gives them, but for what is held."""
    if not lost and person.key not in kept_on:
        return person
    known = {} if before is None else before.person.fields
    fields = {name: value for name, value in person.fields.items() if name not in lost}
    fields |= {name: known[name] for name in lost if name in known}
    return replace(person, fields=fields, active=person.active or person.key in kept_on)


def _is_back(before: KeptPerson, now: KeptPerson) -> bool:
    return now.missing_since is None and (
        before.missing_since is not None or (now.person.active and not before.person.active)
    )
