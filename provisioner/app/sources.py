"""Reads sources of identities and keeps what is believed of them.

A source that can't be read, or whose answer is doubtful, changes nothing that is believed: it is said, and the next
reading tries again.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from provisioner.app.site import Site
from provisioner.model.errors import ReadiError, SettingsError, StateError, TargetError
from provisioner.model.sources import KeptPerson, PersonField, SourcePerson
from provisioner.model.text import Text
from provisioner.sources.judging import Believed, Judgement, judge
from provisioner.sources.types import CommonSettings
from provisioner.state import Mirror, Mirrored, Mirrors

_log = logging.getLogger(__name__)

ROLLING: Final = timedelta(days=7)
_MOST_AT_ONCE: Final = 8
"""Sources that are read at the same time."""


@dataclass(frozen=True, slots=True)
class News:
    """What one reading of a source came to."""

    source: str
    mirror: Mirror
    """What is known of the source's readings now."""
    judgement: Judgement | None = None
    """None: it could not be read, or somebody else's reading was kept in the meantime."""
    error: ReadiError | None = None
    """Why it could not be read; all that is believed stays as it is."""
    known: Mapping[str, KeptPerson] = field(default_factory=dict)
    """Whom the mirror had before, by key."""
    read: int = 0
    """How many people the answer had."""
    filled: Mapping[PersonField, int] = field(default_factory=dict)
    """In how many of them a field had a value."""

    @property
    def beaten(self) -> bool:
        """Somebody else read the source at the same time, and was faster: theirs counts."""
        return self.judgement is None and self.error is None


@dataclass(frozen=True, slots=True)
class _Looked:
    """A source as it was read, beside what was believed when that began."""

    source: str
    was: Mirror
    before: Mapping[str, Mirrored]
    found: Judgement | ReadiError
    read: tuple[SourcePerson, ...] = ()

    def news(self) -> News:
        """As if nothing were kept of it."""
        known = {key: row.kept for key, row in self.before.items()}
        if isinstance(self.found, ReadiError):
            return News(self.source, self.was, error=self.found, known=known)
        filled = Counter(name for person in self.read for name, value in person.fields.items() if value)
        return News(self.source, self.was, self.found, known=known, read=len(self.read), filled=filled)


def refresh(site: Site, only: Sequence[str] = (), *, whole: bool = False) -> list[News]:
    """Read the sources (those named, else all), changes alone where that suffices, and keep what is believed.

    Raises `SettingsError` for wrong settings or names, `StateError`; what sources do stands in the news.
    """
    names = site.source_names(only)
    settings = {name: site.read_source(name) for name in names}
    if not names:
        return []
    mirrors = Mirrors(site.database)
    with ThreadPoolExecutor(min(len(names), _MOST_AT_ONCE), thread_name_prefix="source") as pool:
        looked = pool.map(lambda name: _look(site, mirrors, name, settings[name], whole=whole), names)
        return [_keep(site, mirrors, each) for each in looked]


def preview(site: Site, name: str) -> News:
    """What a whole reading would change; nothing is kept. Raises what `refresh` raises, and `TargetError`."""
    news = _look(site, Mirrors(site.database), name, _settings_of(site, name), whole=True).news()
    if news.error is not None:
        raise news.error
    return news


def accept(site: Site, name: str, word: str) -> News:
    """Read the source whole and take for true what was held, if ``word`` is the one for exactly that.

    Whether it was stands in ``judgement.accepted``. Raises what `preview` raises.
    """
    settings, mirrors = _settings_of(site, name), Mirrors(site.database)
    news = _keep(site, mirrors, _look(site, mirrors, name, settings, whole=True, word=word))
    if news.error is not None:
        raise news.error
    if news.beaten:
        raise StateError(Text.of("app.source_read_meanwhile", source=name))
    return news


def forget(site: Site, name: str) -> int:
    """Drop all that is kept of a source's people; of how many. Raises `SettingsError` when there is nothing."""
    mirrors = Mirrors(site.database)
    kept = mirrors.all(site.network)
    if name not in kept:
        raise SettingsError(Text.of("app.no_mirror", source=name, known=", ".join(kept)))
    return mirrors.forget(site.network, name)


def day_of(moment: datetime) -> date:
    """In UTC: the network's own time zone stands in the registry, which is read after its sources."""
    return moment.date()


def _settings_of(site: Site, name: str) -> CommonSettings:
    [known] = site.source_names([name])
    return site.read_source(known)


def _look(site: Site, mirrors: Mirrors, name: str, settings: CommonSettings, *, whole: bool, word: str = "") -> _Looked:
    """Read and judge; keeps nothing."""
    was, rows = mirrors.of(site.network, name)
    now, known = site.clock.now(), {key: row.kept for key, row in rows.items()}
    recent = sum(1 for row in rows.values() if row.went_on is not None and row.went_on > day_of(now - ROLLING))
    before = Believed(known, was.shape, recent)
    try:
        with site.source(name) as source:
            shape = source.shape
            anew = not settings.reads_all and (whole or _has_to_be_whole(was, shape, settings, now))
            mark = "" if anew else was.mark
            read = source.read(mark)
            found = judge(name, before, read, shape, settings.most_missing, day_of(now), word)
            if mark and found.held is not None and not settings.reads_all:  # whether it is so, only everybody can tell
                read = source.read()
                found = judge(name, before, read, shape, settings.most_missing, day_of(now), word)
    except (TargetError, SettingsError) as error:
        return _Looked(name, was, rows, error)
    return _Looked(name, was, rows, found, read.people)


def _has_to_be_whole(was: Mirror, shape: str, settings: CommonSettings, now: datetime) -> bool:
    if was.whole_at is None or was.held is not None or shape != was.shape:
        return True
    age = now - was.whole_at
    return not timedelta(0) <= age < timedelta(hours=settings.whole_every_hours)  # a clock may have been ahead


def _keep(site: Site, mirrors: Mirrors, looked: _Looked) -> News:
    found, now = looked.found, site.clock.now()
    about = {"network": site.network, "source": looked.source}
    if isinstance(found, ReadiError):
        mirrors.note_failure(site.network, looked.source, found.text, now)
        _log.warning("source not read", extra={**about, "why": found.text.code})
        return replace(looked.news(), mirror=replace(looked.was, failed_at=now, failure=found.text))
    mirror = replace(
        looked.was,
        revision=looked.was.revision + 1,
        shape=found.shape,
        mark=found.mark if found.held is None else looked.was.mark,
        read_at=now,
        whole_at=now if found.whole else looked.was.whole_at,
        held=found.held,
    )
    rows = {key: _row(found, looked.before.get(key), key, kept, day_of(now)) for key, kept in found.people.items()}
    if not mirrors.keep(site.network, looked.source, looked.was, mirror, rows):
        return News(looked.source, mirrors.all(site.network).get(looked.source, Mirror()))
    counts = {name: len(getattr(found, name)) for name in ("new", "changed", "back", "off", "missing", "unusable")}
    _log.info("source read", extra={**about, **counts, "held": found.held is not None})
    return replace(looked.news(), mirror=mirror)


def _row(found: Judgement, before: Mirrored | None, key: str, kept: KeptPerson, today: date) -> Mirrored:
    first_seen = today if before is None else before.first_seen
    if kept.missing_since is None and kept.person.active:
        went_on = None
    elif key in found.missing or key in found.off:
        went_on = None if found.accepted else today
    else:
        went_on = None if before is None else before.went_on
    return Mirrored(kept, first_seen, today, went_on)


def name_of(person: SourcePerson) -> str:
    """What people call somebody of a source; whoever has no name there, by the address, else by the key."""
    names = (str(person.fields.get(name) or "") for name in ("given_name", "family_name"))
    return " ".join(part for part in names if part) or str(person.fields.get("email") or person.key)
