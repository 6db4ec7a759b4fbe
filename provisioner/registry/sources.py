"""What a source of the registry gives: entries that know where they were written, and whether that was all.

The YAML folder is one source; others that give the same documents are merged with it before anything is checked. What
directories and lists know of people comes in by `provisioner.registry.merging`.
"""

from collections.abc import Iterable
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from provisioner.model.registry import Identity, Origin, Period
from provisioner.registry.documents import (
    ALERTING,
    BodyDocument,
    NetworkDocument,
    OrganisationDocument,
    PersonDocument,
)
from provisioner.registry.parsing import Mapping, locate, origin
from provisioner.registry.problems import Problem
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.sensordocuments import SensorDocument, SensorModelDocument

D = TypeVar("D", covariant=True)


@dataclass(frozen=True, slots=True)
class Supplied:
    """What sources of identities say of a person, beside the fields that went into the document."""

    taken: AbstractMapping[str, Origin] = field(default_factory=dict)
    """Fields of the document that a source gave."""
    stays: tuple[str, ...] = ()
    """Organisations that the files do not name."""
    periods: AbstractMapping[str, Period] = field(default_factory=dict)
    """By organisation: the days that a source gives for it."""
    gone: AbstractMapping[str, str] = field(default_factory=dict)
    """Organisation → the source that decides about it and no longer has the person."""
    gone_from: str | None = None
    passes_address_on: bool = False
    """Gone from everywhere: who has this address now is somebody else, and no duplicate."""


NOTHING_SUPPLIED = Supplied()


@dataclass(frozen=True, slots=True)
class Entry(Generic[D]):
    """A well-formed document and the place that it came from."""

    document: D
    file: str
    """Or the name of the source, where there is no file."""
    node: Mapping | None = None
    supplied: Supplied = NOTHING_SUPPLIED

    def origin(self, *path: str | int, key: bool = False) -> Origin:
        """Where the entry, or what lies at ``path`` in it, was written."""
        if path and (taken := self.supplied.taken.get(str(path[0]))) is not None:
            return taken
        if self.node is None:
            return Origin(self.file)
        return origin(self.file, locate(self.node, path, key=key))


@dataclass(frozen=True, slots=True)
class Malformed:
    """What could be read of a malformed entry about a person: enough to make nobody a second time."""

    identities: frozenset[Identity]
    email: str
    name: tuple[str, str]
    """Given and family name."""


@dataclass(slots=True)
class SourceResult:
    """``blocked`` are ids of malformed entries, by kind; ``complete`` is False when entries may be missing."""

    networks: list[Entry[NetworkDocument]] = field(default_factory=list)
    organisations: list[Entry[OrganisationDocument]] = field(default_factory=list)
    bodies: list[Entry[BodyDocument]] = field(default_factory=list)
    people: list[Entry[PersonDocument]] = field(default_factory=list)
    sensor_models: list[Entry[SensorModelDocument]] = field(default_factory=list)
    sensors: list[Entry[SensorDocument]] = field(default_factory=list)
    rules: list[Entry[RuleDocument]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    blocked: dict[str, set[str]] = field(default_factory=dict)
    malformed: list[Malformed] = field(default_factory=list)
    complete: bool = True
    alerting_complete: bool = True
    """False when sensors, their models or rules may be missing, though nothing else is."""

    def lose(self, kind: str) -> None:
        """Remember that entries of this kind may be missing. A name that is none of the files' is any kind."""
        if kind in ALERTING:
            self.alerting_complete = False
        else:
            self.complete = False

    def may_miss(self, kind: str) -> bool:
        """Whether what nobody finds may stand in what could not be read."""
        return not self.complete or (kind in ALERTING and not self.alerting_complete)

    def block(self, kind: str, entry_id: str) -> None:
        """Remember that the entry of this id is malformed. ``kind`` is a key of the files: "people", …"""
        self.blocked.setdefault(kind, set()).add(entry_id)

    def is_blocked(self, kind: str, entry_id: str) -> bool:
        """Whether an entry of this kind and id is malformed."""
        return entry_id in self.blocked.get(kind, ())


def organisations_of(entry: Entry[PersonDocument]) -> tuple[str, ...]:
    """Ids of those that the person is, was or will be in, as far as no source says that they are gone from there."""
    document = entry.document
    written = [document.organisation] if document.organisation else [one.organisation for one in document.affiliations]
    return tuple(one for one in dict.fromkeys((*written, *entry.supplied.stays)) if one not in entry.supplied.gone)


def home_of(entry: Entry[PersonDocument]) -> str | None:
    """The one organisation to which the roles beside the name belong; None: they have to be written with each."""
    document, stays = entry.document, entry.supplied.stays
    if document.organisation is None and not document.affiliations and len(stays) == 1:
        return stays[0]
    return document.organisation


class Source(Protocol):
    """Somewhere the registry, or a part of it, is written."""

    def read(self) -> SourceResult:
        """All that the source says. Never raises for its content; what is missing makes it incomplete."""
        ...


def merge(results: Iterable[SourceResult]) -> SourceResult:
    """One result of many: complete when all are. Contradictions between them are found by the checks."""
    merged = SourceResult()
    for result in results:
        merged.networks += result.networks
        merged.organisations += result.organisations
        merged.bodies += result.bodies
        merged.people += result.people
        merged.sensor_models += result.sensor_models
        merged.sensors += result.sensors
        merged.rules += result.rules
        merged.problems += result.problems
        merged.malformed += result.malformed
        merged.complete = merged.complete and result.complete
        merged.alerting_complete = merged.alerting_complete and result.alerting_complete
        for kind, ids in result.blocked.items():
            merged.blocked.setdefault(kind, set()).update(ids)
    return merged
