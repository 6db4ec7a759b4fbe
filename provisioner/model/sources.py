"""People as a source of identities knows them: a city's directory, a list of its personnel office.

A source is read, compared with what is kept of it, and only then believed: what it gives is data, and what it no longer
gives is not gone before that was held to be true (see `provisioner.sources`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Literal, Protocol, get_args

from provisioner.model.inventory import NOBODY
from provisioner.model.ports import Finding
from provisioner.model.text import Text

PersonField = Literal[
    "given_name",
    "family_name",
    "email",
    "language",  # two letters
    "joined",  # date; first day
    "leaves",  # date; last day
]
"""What a source can say about a person. Roles and memberships never come from there."""

PERSON_FIELDS: Final[tuple[PersonField, ...]] = get_args(PersonField)

SourceValue = str | date | None


@dataclass(frozen=True, slots=True)
class SourcePerson:
    """Somebody as one source has them. ``key`` is immutable there (objectGUID, entryUUID, personnel number)."""

    key: str
    fields: Mapping[PersonField, SourceValue]
    """A field that is missing was not said; None: said to be empty."""
    active: bool = True
    """False: the source itself has switched this person off (a disabled account)."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """An entry that can't be used. It is left as it was, and blocks nobody else."""

    where: str
    """A line, or a directory's name of the entry: for the ranger's eyes, kept nowhere."""
    why: Text
    key: str | None = None
    """None: not even the key could be read."""


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What one reading gave."""

    people: tuple[SourcePerson, ...]
    unusable: tuple[Unusable, ...] = ()
    gap: Text | None = None
    """Why somebody may be missing from it: then absence means nothing."""
    whole: bool = True
    """False: only what changed since the mark that was given."""
    deleted: frozenset[str] = NOBODY
    """Keys of which the source itself says that they are gone; of a reading of changes alone."""
    present: frozenset[str] | None = None
    """Keys of all that are there, where a source names these instead of the deleted; of a reading of changes alone."""
    mark: str = ""
    """From where a next reading of changes can go on; opaque, "" for nowhere."""


class Source(Protocol):
    """One source, opened. Never writes. Not shared between threads."""

    @property
    def shape(self) -> str:
        """sha256 in hex over all settings that decide who is in an answer and what is said of them.

        With another shape absence means nothing until a ranger has looked.
        """
        ...

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never raises `TargetError`."""
        ...

    def read(self, mark: str = "") -> SourceRead:
        """Everybody; with a ``mark`` of an earlier reading only what changed, where the source can tell.

        Where it can't, the mark tells it what was believed last, so that it takes no older copy for news.

        Raises `TargetError` in all its kinds, `SettingsError`.
        """
        ...

    def close(self) -> None: ...


class Brings(StrEnum):
    """Whom of those in a source it brings into the network."""

    LINKED = "linked"  # those alone who are linked to a person of the registry
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """What is kept of somebody in a source, as last believed."""

    person: SourcePerson
    missing_since: date | None = None
    """The day from which on the source no longer had them, and that was held to be true."""
    first_seen: date | None = field(default=None, compare=False)
    """The day on which it had them first; None: not known."""


@dataclass(frozen=True, slots=True)
class Held:
    """News of a source that were not believed: whoever they are about is kept as before."""

    why: tuple[Text, ...]
    missing: tuple[str, ...] = ()
    """Keys, sorted, of those whom the reading did not have."""
    off: tuple[str, ...] = ()
    """Keys, sorted, of those whom the source has switched off, when these are too many."""
    fields: tuple[PersonField, ...] = ()
    """Those that nobody had any more."""
    word: str = ""
    """By which a ranger takes exactly these news; "" while nothing may be concluded from the reading."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What one source supplies to the registry: as last believed, not as last read."""

    source: str
    organisation: str
    """Id of the organisation whose people it has."""
    brings: Brings = Brings.LINKED
    authoritative: frozenset[PersonField] = frozenset(PERSON_FIELDS)
    """Fields in which it counts more than what is written; in others it fills what is empty."""
    decides_existence: bool = True
    """Whether somebody whom it no longer has is gone from the organisation."""
    people: Mapping[str, KeptPerson] = field(default_factory=dict)
    """By key."""
    complete: bool = True
    """False: it was never read whole, so that people of it may be missing."""
    apart: frozenset[tuple[str, str]] = frozenset()
    """(key, person id) of whom a ranger said that they are two humans."""
