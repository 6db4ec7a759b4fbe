"""What stands in which column: as the settings say, else by the words that such lists use."""

import re
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from provisioner.model.errors import SettingsError
from provisioner.model.sources import PersonField
from provisioner.model.text import Text
from provisioner.registry.fresh import visible
from provisioner.sources.table.settings import Mapping

Column = PersonField | Literal["name", "active"]
BY_ADDRESS: Final = "email"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEYS: Final = _words(
    "personalnummer personalnr persnummer persnr pnr personalid mitarbeiternummer mitarbeiternr mitarbeiterid manr "
    "employeeid employeenumber employeeno staffid staffnumber personnelnumber objectguid entryuuid guid uuid"
)
_WORDS: Final[Lookup[Column, frozenset[str]]] = MappingProxyType(
    {
        "given_name": _words("vorname vornamen rufname givenname firstname forename"),
        "family_name": _words("nachname familienname zuname surname lastname familyname"),
        "name": _words("name nachnamevorname namevorname familiennamevorname"),
        "email": _words(
            "email mail emailadresse mailadresse emaildienstlich dienstlicheemail dienstlicheemailadresse "
            "emailaddress mailaddress workemail"
        ),
        "language": _words("sprache language"),
        "joined": _words("eintritt eintrittsdatum eintrittam entrydate hiredate joined"),
        "leaves": _words("austritt austrittsdatum austrittam exitdate leavingdate leaves"),
        "active": _words("aktiv active aktivjanein"),
    }
)
_ONLY_A_COUNT: Final = _words("nr no lfdnr lfdnummer laufendenummer zeile zeilennummer row pos position")
"""Numbers of rows: they mean somebody else as soon as the list is sorted otherwise."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of columns, counted from 0."""

    headers: tuple[str, ...]
    key: int
    columns: Lookup[Column, int]

    @property
    def key_is_address(self) -> bool:
        return self.key == self.columns.get("email")

    @property
    def used(self) -> frozenset[int]:
        return frozenset({self.key, *self.columns.values()})

    @property
    def unused(self) -> list[str]:
        """Headers of columns from which nothing is taken, in their order."""
        return [name for place, name in enumerate(self.headers) if place not in self.used and name]

    def named(self) -> dict[str, str]:
        """Field → header, the key first."""
        return {"key": self.headers[self.key], **{name: self.headers[at] for name, at in sorted(self.columns.items())}}


def lay_out(headers: Sequence[str], mapping: Mapping, samples: Sequence[Sequence[str]]) -> Layout:
    """Find the columns. ``samples``: rows below the header, to propose a key. Raises `SettingsError`."""
    shown = tuple(visible(header) for header in headers)
    finder = _Finder(shown)
    columns: dict[Column, int] = {}
    for name in _WORDS:
        wanted = getattr(mapping.columns, name)
        if wanted is not None:
            columns[name] = finder.named(wanted)
        elif name not in mapping.columns.model_fields_set and (place := finder.usual(_WORDS[name])) is not None:
            columns[name] = place
    _settle_names(columns, mapping)
    key = _key(finder, mapping, columns, samples)
    if not columns.keys() & {"name", "family_name", "email"}:
        raise SettingsError(Text.of("table.no_columns", headers=_listed(shown)))
    for name, place in columns.items():
        twice = [other for other, at in columns.items() if at == place and other != name]
        if twice:
            raise SettingsError(Text.of("table.same_column", header=shown[place], fields=f"{name}, {twice[0]}"))
    return Layout(shown, key, columns)


def score(headers: Sequence[str], mapping: Mapping) -> int:
    """How many columns are known in a row, to find the header and the delimiter by."""
    words = {plain(visible(header)) for header in headers}
    given = mapping.columns.model_dump(exclude_none=True).values()
    named = {plain(header) for header in (*given, mapping.key) if header is not None}
    return len(words & (named | _KEYS | frozenset().union(*_WORDS.values())))


def plain(header: str) -> str:
    """ "E-Mail-Adresse" → "emailadresse"."""
    return re.sub(r"[\W_]+", "", header.casefold())


class _Finder:
    """Looks headers up, and takes none of two that are called alike."""

    def __init__(self, headers: tuple[str, ...]) -> None:
        self.headers = headers

    def named(self, wanted: str) -> int:
        """The column with this header, letter by letter, else however it is written."""
        exactly = [place for place, header in enumerate(self.headers) if header == visible(wanted)]
        found = exactly or [place for place, header in enumerate(self.headers) if plain(header) == plain(wanted)]
        if not found:
            raise SettingsError(Text.of("table.no_such_column", header=wanted, headers=_listed(self.headers)))
        if len(found) > 1:
            raise SettingsError(Text.of("table.header_twice", header=self.headers[found[0]]))
        return found[0]

    def usual(self, words: frozenset[str]) -> int | None:
        """The only column that is called by one of these words; None when there is none."""
        found = [place for place, header in enumerate(self.headers) if plain(header) in words]
        if len(found) > 1:
            names = _listed([self.headers[place] for place in found])
            raise SettingsError(Text.of("table.two_columns", headers=names))
        return found[0] if found else None


def _settle_names(columns: dict[Column, int], mapping: Mapping) -> None:
    """ "Name" beside "Vorname" is the family name; beside both names it is not needed."""
    if mapping.columns.name is not None:
        return
    if "name" in columns and "given_name" in columns:
        place = columns.pop("name")
        if "family_name" not in mapping.columns.model_fields_set:
            columns.setdefault("family_name", place)
    elif "family_name" in columns:
        columns.pop("name", None)


def _key(finder: _Finder, mapping: Mapping, columns: Lookup[Column, int], samples: Sequence[Sequence[str]]) -> int:
    if mapping.key is not None:
        if plain(mapping.key) == BY_ADDRESS and "email" in columns:
            return columns["email"]
        return finder.named(mapping.key)
    found = finder.usual(_KEYS)
    if found is not None:
        return found
    likely = [
        header
        for place, header in enumerate(finder.headers)
        if header and place not in columns.values() and _may_be_key(header, place, samples)
    ]
    if likely:
        raise SettingsError(Text.of("table.which_key", headers=_listed(likely)))
    raise SettingsError(Text.of("table.no_key", headers=_listed(finder.headers)))


def _may_be_key(header: str, place: int, samples: Sequence[Sequence[str]]) -> bool:
    """Whether everybody has something else there. The number of a row is none."""
    values = [visible(row[place]) if place < len(row) else "" for row in samples]
    return plain(header) not in _ONLY_A_COUNT and all(values) and len(set(values)) == len(values) > 0


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(header for header in headers if header)
