"""From rows to people. A row that can't be used is said with its lines, and what it would have said stays unknown."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from provisioner.model.sources import PersonField, SourcePerson, SourceValue, Unusable
from provisioner.model.text import Text
from provisioner.registry.fresh import visible
from provisioner.sources.table import cells
from provisioner.sources.table.cells import LineBreak, NamePattern, Unfit
from provisioner.sources.table.layout import Layout
from provisioner.sources.table.letters import Letters
from provisioner.sources.table.rows import Row, swallows_rows
from provisioner.sources.table.settings import Mapping

_TOTAL: Final = re.compile(
    r"(?:summe|gesamt|insgesamt|anzahl|total|ergebnis|stand|seite|datensätze|zeilen|ende|rows|count|end)\b",
    re.IGNORECASE,
)
_TOTALS: Final = 3
"""Rows at the end that may be sums and the like."""


@dataclass(slots=True)
class Found:
    """What the rows gave. ``lost``: lines in which further people may stand, whose keys nobody can know."""

    people: list[SourcePerson] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    rows: int = 0


class Reader:
    """Reads the rows below the header, one by one, and at the end looks for keys that stand there twice."""

    def __init__(self, layout: Layout, mapping: Mapping, letters: Letters, delimiter: str, file: str) -> None:
        self._layout = layout
        self._mapping = mapping
        self._letters = letters
        self._delimiter = delimiter
        self._file = file
        self._pattern = NamePattern(mapping.name_pattern)
        self._width = len(layout.headers)
        self._found = Found()
        self._by_key: defaultdict[str, list[tuple[Row, SourcePerson]]] = defaultdict(list)

    def read(self, rows: Sequence[Row], cut: Row | None) -> Found:
        """``cut``: the last row, where it may have been cut off in the middle."""
        self._width = max(self._width, _usual_width(rows))
        ends = {id(row) for row in rows[-_TOTALS:]}
        for row in rows:
            if id(row) in ends and self._is_total(row):
                continue
            self._found.rows += 1
            if row is cut:
                self._refuse(row, Text.of("table.cut_row"), self._key_of_cut(row))
            else:
                self._row(row)
        self._found.people += self._only_once()
        return self._found

    def _is_total(self, row: Row) -> bool:
        """A sum: no address, and the first thing that stands there is such a word."""
        if row.cells is None:
            return False
        first = next(filter(None, map(visible, row.cells)), "")
        return _TOTAL.match(first) is not None and "@" not in "".join(row.cells)

    def _row(self, row: Row) -> None:
        layout = self._layout
        if row.cells is None:
            self._found.lost.append(row.lines)
            self._refuse(row, Text.of("table.malformed_row"))
            return
        if swallows_rows(row, self._delimiter):
            self._found.lost.append(row.lines)
            self._refuse(row, Text.of("table.swallowed_rows"), self._key(row.cells))
            return
        width = len(layout.headers)
        if len(row.cells) > self._width or any(map(visible, row.cells[width:])):
            self._ragged(row, Text.of("table.too_many_cells", count=len(row.cells), width=width))
        elif len(row.cells) <= max(layout.used):
            self._ragged(row, Text.of("table.too_few_cells", count=len(row.cells), width=width))
        else:
            self._cells(row, row.cells)

    def _ragged(self, row: Row, why: Text) -> None:
        """A delimiter too many or too few moves what stands behind it: only a key that stands first is surely one."""
        self._refuse(row, why, self._key(row.cells) if row.cells and self._layout.key == 0 else None)

    def _cells(self, row: Row, given: Sequence[str]) -> None:
        key: str | None = None
        try:
            key = self._sure_key(given)
            person = self._person(key, given)
        except Unfit as unfit:
            if isinstance(unfit, LineBreak):
                self._found.lost.append(row.lines)
            self._refuse(row, unfit.why, key)
        else:
            self._by_key[person.key].append((row, person))

    def _person(self, key: str, given: Sequence[str]) -> SourcePerson:
        fields: dict[PersonField, SourceValue] = {}
        is_active = True
        for column, place in self._layout.columns.items():
            cell = self._clean(given[place], place)
            if column == "name":
                fields |= self._both_names(cell)
            elif column == "active":
                is_active = cells.active(cell, self._mapping)
            elif column in ("joined", "leaves"):
                fields[column] = cells.day(cell, self._mapping)
            elif column == "email":
                fields[column] = cells.email(cell)
            elif column == "language":
                fields[column] = cells.language(cell)
            elif column in ("given_name", "family_name"):
                fields[column] = cells.name(cell)
        if "family_name" in fields and fields["family_name"] is None:
            raise Unfit(Text.of("table.no_name"))
        return SourcePerson(key, fields, is_active)

    def _both_names(self, cell: str) -> dict[PersonField, SourceValue]:
        if not cell:
            raise Unfit(Text.of("table.no_name"))
        given, family = self._pattern.split(cell)
        return {"given_name": cells.name(given), "family_name": cells.name(family)}

    def _clean(self, cell: str, place: int) -> str:
        if self._letters.is_doubtful(cell):
            raise Unfit(Text.of("table.doubtful_letters", header=self._layout.headers[place]))
        return cells.clean(cell)

    def _sure_key(self, given: Sequence[str]) -> str:
        place = self._layout.key
        found = cells.key(self._clean(given[place], place))
        if not self._layout.key_is_address:
            return found
        cells.email(found)
        return found.casefold()

    def _key(self, given: Sequence[str]) -> str | None:
        """The key of a row that is not used for another reason, where it can be read."""
        try:
            return self._sure_key(given) if self._layout.key < len(given) else None
        except Unfit:
            return None

    def _key_of_cut(self, row: Row) -> str | None:
        """What stands in the last cell may be half of it."""
        return None if row.cells is None else self._key(row.cells[:-1])

    def _refuse(self, row: Row, why: Text, key: str | None = None) -> None:
        if key is None and row.lines not in self._found.lost:
            self._found.lost.append(row.lines)
        self._found.unusable.append(Unusable(f"{self._file}:{row.lines}", why, key))

    def _only_once(self) -> Iterable[SourcePerson]:
        """Of rows with the same key and the same content one; of others none, for nobody knows which is right."""
        refused = {one.key for one in self._found.unusable}
        for key, found in self._by_key.items():
            people = [person for _, person in found]
            if any(person != people[0] for person in people):
                lines = ", ".join(row.lines for row, _ in found)
                for row, _ in found:
                    self._refuse(row, Text.of("table.same_key", lines=lines), key)
            elif key in refused:
                for row, _ in found:
                    self._refuse(row, Text.of("table.key_unusable_elsewhere"), key)
            else:
                yield people[0]


def _usual_width(rows: Iterable[Row]) -> int:
    """Cells of most rows: some exports end each with a delimiter, below a header that does not."""
    counts = Counter(len(row.cells) for row in rows if row.cells is not None)
    return max(counts, key=lambda width: (counts[width], -width), default=0)
