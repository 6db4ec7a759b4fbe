"""How sources of identities are, and what a reading came to: for people, and in the shape that ``--json`` prints."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from provisioner.app.reporting import Say, text_report
from provisioner.app.reports import JsonReport, TextReport
from provisioner.app.site import Site
from provisioner.app.sources import News, name_of
from provisioner.model.sources import KeptPerson
from provisioner.model.text import Text
from provisioner.model.words import field_word
from provisioner.state import Mirror, Mirrors

NAMED: Final = 20
"""How many people are named of each kind of news."""


@dataclass(frozen=True, slots=True)
class Status:
    """One source: what is known of its readings, and what somebody has to do about it."""

    source: str
    mirror: Mirror
    organisation: str | None = None
    """None: the settings no longer name it."""
    kind: str = ""
    people: int = 0
    missing: int = 0
    names: Mapping[str, str] | None = None
    """Of those whom something is held about, by key."""

    @property
    def forsaken(self) -> bool:
        """People of it are known, and the settings no longer name it."""
        return self.organisation is None

    @property
    def failure(self) -> tuple[datetime, Text] | None:
        """When and why the last reading failed; None when it did not."""
        mirror = self.mirror
        if not mirror.failing or mirror.failed_at is None or mirror.failure is None:
            return None
        return mirror.failed_at, mirror.failure

    @property
    def next_command(self) -> str | None:
        """What to type next; None: nothing is to be done."""
        if self.forsaken:
            return f"readi sources forget {self.source}"
        mirror = self.mirror
        if not mirror.failing and mirror.held is not None and mirror.held.word:
            return accept_command(self.source, mirror.held.word)
        if mirror.failing or mirror.whole_at is None or mirror.held is not None:
            return f"readi sources read {self.source}"
        return None

    @property
    def next_step(self) -> Text | None:
        """The same in words."""
        mirror = self.mirror
        if self.forsaken:
            return Text.of("app.source_next_forsaken")
        if mirror.failing:
            return Text.of("app.source_next_reach")
        if mirror.held is not None:
            if not mirror.held.word:
                return Text.of("app.source_next_mend")
            gone = mirror.held.missing or mirror.held.off
            return Text.of("app.source_next_accept" if gone else "app.source_next_accept_fields")
        return Text.of("app.source_next_read") if mirror.whole_at is None else None


def accept_command(source: str, word: str) -> str:
    """By which a ranger takes for true what is held."""
    return f"readi sources accept {source} --word {word}"


def status_of(site: Site, besides: Container[str] = ()) -> list[Status]:
    """Every source of the settings but ``besides``, then those that these no longer name. Asks no source.

    Raises `SettingsError`, `StateError`.
    """
    mirrors = Mirrors(site.database)
    kept, counts = mirrors.all(site.network), mirrors.counts(site.network)
    found = []
    for name in (*(name for name in site.section.sources if name not in besides), *site.forsaken()):
        mirror, (people, missing) = kept.get(name, Mirror()), counts.get(name, (0, 0))
        names = _names(mirrors, site.network, name) if mirror.held is not None else None
        section = site.section.sources.get(name)
        organisation = None if section is None else site.read_source(name).organisation
        kind = "" if section is None else str(section["source"])
        found.append(Status(name, mirror, organisation, kind, people, missing, names))
    return found


def _names(mirrors: Mirrors, network: str, source: str) -> dict[str, str]:
    _, people = mirrors.of(network, source)
    return {key: name_of(row.kept.person) for key, row in people.items()}


class HeldPersonReport(JsonReport):
    key: str
    name: str


class HeldReport(JsonReport):
    why: list[TextReport]
    missing: list[HeldPersonReport]
    off: list[HeldPersonReport] = Field(description="Whom the source has switched off.")
    fields: list[str] = Field(description="What nobody has any more.")
    command: str | None = Field(description="What takes exactly this for true; null: nothing can be concluded from it.")


class FailureReport(JsonReport):
    at: datetime
    why: TextReport


class UnusableReport(JsonReport):
    where: str
    why: TextReport


class NewsReport(JsonReport):
    """Counts; names only in a preview, and no more than twenty of each."""

    read: int = Field(description="How many people the answer had.")
    new: int
    changed: int
    back: int
    off: int
    missing: int
    names: dict[str, list[str]] = Field(description='By "new", "changed", "back", "off", "missing".')
    unusable: list[UnusableReport]
    fields: dict[str, int] = Field(description="In how many of the people read a field has a value.")
    accepted: bool = Field(description="It was believed by a ranger's word.")


class SourceReport(JsonReport):
    source: str
    organisation: str | None = Field(description="null: the settings no longer name the source.")
    kind: str
    people: int
    missing: int
    read_at: datetime | None
    whole_at: datetime | None = Field(description="The last reading of everybody that was believed whole.")
    failure: FailureReport | None = Field(description="Why the last reading failed; null when it did not.")
    held: HeldReport | None
    next: TextReport | None
    command: str | None
    news: NewsReport | None = Field(default=None, description="Only when sources were read.")


class SourcesReport(JsonReport):
    """`readi sources --json`, `readi sources read --json`, `readi sources accept --json`."""

    schema_: Literal["readi.sources/1"] = Field(default="readi.sources/1", alias="schema")
    network: str
    preview: bool = Field(default=False, description="Nothing of the news was kept.")
    sources: list[SourceReport]


def source_report(status: Status, say: Say, news: News | None = None, *, named: bool = False) -> SourceReport:
    """One source; ``named``: with the names of those whom the news are about."""
    mirror, step, failed = status.mirror, status.next_step, status.failure
    failure = None if failed is None else FailureReport(at=failed[0], why=text_report(failed[1], say))
    return SourceReport(
        source=status.source,
        organisation=status.organisation,
        kind=status.kind,
        people=status.people,
        missing=status.missing,
        read_at=mirror.read_at,
        whole_at=mirror.whole_at,
        failure=failure,
        held=_held_report(status, say),
        next=None if step is None else text_report(step, say),
        command=status.next_command,
        news=None if news is None else _news_report(news, say, named=named),
    )


def _held_report(status: Status, say: Say) -> HeldReport | None:
    held, names = status.mirror.held, status.names or {}
    if held is None:
        return None
    missing, off = (
        [HeldPersonReport(key=key, name=names.get(key, key)) for key in keys] for keys in (held.missing, held.off)
    )
    return HeldReport(
        why=[text_report(why, say) for why in held.why],
        missing=missing,
        off=off,
        fields=list(held.fields),
        command=accept_command(status.source, held.word) if held.word else None,
    )


def _news_report(news: News, say: Say, *, named: bool) -> NewsReport | None:
    found = news.judgement
    if found is None:
        return None
    return NewsReport(
        read=news.read,
        new=len(found.new),
        changed=len(found.changed),
        back=len(found.back),
        off=len(found.off),
        missing=len(found.missing),
        names=names_in(news) if named else {},
        unusable=[UnusableReport(where=each.where, why=text_report(each.why, say)) for each in found.unusable],
        fields={str(name): count for name, count in news.filled.items()},
        accepted=found.accepted,
    )


def names_in(news: News) -> dict[str, list[str]]:
    """Whom each kind of news is about, no more than `NAMED` of each."""
    found = news.judgement
    if found is None:
        return {}
    people: Mapping[str, KeptPerson] = {**news.known, **found.people}
    kinds = {"new": found.new, "changed": found.changed, "back": found.back, "off": found.off, "missing": found.missing}
    return {kind: sorted(name_of(people[key].person) for key in keys)[:NAMED] for kind, keys in kinds.items() if keys}


def filled_words(news: News) -> tuple[tuple[Text, int], ...]:
    """In how many of the people read each field has a value."""
    return tuple((field_word(name), count) for name, count in sorted(news.filled.items()))
