"""A source of identities made by hand: it answers what a test says, and remembers what it was asked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from provisioner.model.errors import TargetError, Transient
from provisioner.model.ports import Clock, Finding, Gate, Severity
from provisioner.model.sources import SourcePerson, SourceRead
from provisioner.model.text import Text
from provisioner.sources.types import CommonSettings, SourceType
from tests.support.site import Wish

KIND = "handmade"


def somebody(key: str, name: str = "", *, active: bool = True, **more: str | date | None) -> SourcePerson:
    """ "k1", "Änne Müßig": änne.müßig@bretten.example."""
    given, _, family = (name or f"Person {key.title()}").rpartition(" ")
    mail = f"{given}.{family}@bretten.example".lower()
    fields = {"given_name": given, "family_name": family, "email": mail, **more}
    return SourcePerson(key, fields, active)  # type: ignore[arg-type]


def down() -> TargetError:
    """What a source raises that does not answer."""
    return Transient(Text.of("transport.directory_unreachable", url="ldaps://ad.bretten.example"), "timed out")


class HandmadeSettings(CommonSettings):
    filter: str = "all"
    password_file: Path | None = None


@dataclass
class Handmade:
    """What one source says; give ``type`` to an `Installation`. Readings take effect in the order of ``answers``."""

    people: dict[str, SourcePerson] = field(default_factory=dict)
    """Who is in it, by key."""
    next: list[SourceRead | TargetError] = field(default_factory=list)
    """What it answers next, before it goes on with ``people``."""
    marks: bool = False
    """Whether it can tell what changed since a mark."""
    error: TargetError | None = None
    """What it raises for as long as this stands here."""
    findings: list[Finding] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The marks that it was asked with."""
    opened: int = 0
    closed: int = 0
    meanwhile: Callable[[], object] | None = None
    """Happens while it is read."""
    _seen: dict[str, dict[str, SourcePerson]] = field(default_factory=dict)

    def put(self, *people: SourcePerson) -> None:
        """These are in it from now on."""
        self.people |= {person.key: person for person in people}

    @property
    def types(self) -> Mapping[str, SourceType]:
        """To be injected where kinds of sources are looked up."""
        return {KIND: SourceType(KIND, HandmadeSettings, self._open)}

    def _open(self, name: str, settings: HandmadeSettings, gate: Gate, clock: Clock) -> "_Opened":
        self.opened += 1
        return _Opened(self, settings)

    def answer(self, mark: str) -> SourceRead:
        """Everybody, or what changed."""
        self.asked.append(mark)
        if self.meanwhile is not None:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        if self.error is not None:
            raise self.error
        if self.next:
            said = self.next.pop(0)
            if isinstance(said, TargetError):
                raise said
            return said
        new = f"m{len(self.asked)}" if self.marks else ""
        before = self._seen.get(mark) if mark else None
        self._seen[new] = dict(self.people)
        if before is None:
            return SourceRead(tuple(self.people.values()), mark=new)
        changed = tuple(person for key, person in self.people.items() if before.get(key) != person)
        return SourceRead(changed, whole=False, deleted=frozenset(before.keys() - self.people.keys()), mark=new)


@dataclass
class _Opened:
    made: Handmade
    settings: HandmadeSettings

    @property
    def shape(self) -> str:
        return f"shape of {self.settings.filter}"

    def examine(self) -> Iterator[Finding]:
        yield from self.made.findings or [Finding(Severity.OK, Text.of("sources.twice"))]

    def read(self, mark: str = "") -> SourceRead:
        return self.made.answer(mark)

    def close(self) -> None:
        self.made.closed += 1


def use(wish: Wish, name: str = "bretten-ad", **more: Any) -> None:
    """Name a source of Bretten in the settings."""
    wish.sources[name] = {"source": KIND, "organisation": "bretten", **more}
