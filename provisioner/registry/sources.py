"""What a source of the registry gives: entries that know where they were written, and whether that was all.

The YAML folder is one source. Others (a directory, a file of the personnel office, enrolments) give the same documents
with an origin of their own, and are merged before anything is checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from provisioner.model.registry import Origin
from provisioner.registry.documents import BodyDocument, NetworkDocument, OrganisationDocument, PersonDocument
from provisioner.registry.parsing import Mapping, locate, origin
from provisioner.registry.problems import Problem

D = TypeVar("D", covariant=True)


@dataclass(frozen=True, slots=True)
class Entry(Generic[D]):
    """A well-formed document and the place that it came from."""

    document: D
    file: str
    """Or the name of the source, where there is no file."""
    node: Mapping | None = None

    def origin(self, *path: str | int, key: bool = False) -> Origin:
        """Where the entry, or what lies at ``path`` in it, was written."""
        if self.node is None:
            return Origin(self.file)
        return origin(self.file, locate(self.node, path, key=key))


@dataclass(slots=True)
class SourceResult:
    """``blocked`` are ids of malformed entries, by kind; ``complete`` is False when entries may be missing."""

    networks: list[Entry[NetworkDocument]] = field(default_factory=list)
    organisations: list[Entry[OrganisationDocument]] = field(default_factory=list)
    bodies: list[Entry[BodyDocument]] = field(default_factory=list)
    people: list[Entry[PersonDocument]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    blocked: dict[str, set[str]] = field(default_factory=dict)
    complete: bool = True

    def block(self, kind: str, entry_id: str) -> None:
        """Remember that the entry of this id is malformed. ``kind`` is a key of the files: "people", …"""
        self.blocked.setdefault(kind, set()).add(entry_id)

    def is_blocked(self, kind: str, entry_id: str) -> bool:
        """Whether an entry of this kind and id is malformed."""
        return entry_id in self.blocked.get(kind, ())


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
        merged.problems += result.problems
        merged.complete = merged.complete and result.complete
        for kind, ids in result.blocked.items():
            merged.blocked.setdefault(kind, set()).update(ids)
    return merged
