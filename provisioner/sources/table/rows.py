"""From letters to rows: the csv module parses, strictly; here is only what it does not know of exports."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Final

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.registry.fresh import visible

DELIMITERS: Final = (";", ",", "\t", "|")
_EXCEL: Final = "sep="
_FIRST: Final = 20
"""Rows among which the header is looked for: exports have titles, dates and empty lines above it."""


@dataclass(frozen=True, slots=True)
class Row:
    """``cells`` None: these lines are no row, e.g. since a quote that was opened is never closed."""

    first: int
    last: int
    """Physical lines, counted from 1: a cell may hold line breaks."""
    cells: tuple[str, ...] | None

    @property
    def lines(self) -> str:
        """ "7", or "7-9" of a row over several lines."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def is_empty(self) -> bool:
        """Nothing but delimiters and what nobody sees."""
        return self.cells is not None and not any(map(visible, self.cells))


def read_rows(text: str, delimiter: str) -> Iterator[Row]:
    """All rows that are not empty. A malformed one does not keep those behind it from being read."""
    lines = StringIO(text, newline="")
    skipped = 1 if _named_delimiter(text) is not None else 0
    for _ in range(skipped):
        lines.readline()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        before = reader.line_num
        try:
            cells = tuple(next(reader))
        except StopIteration:
            return
        except csv.Error:
            yield Row(skipped + before + 1, skipped + reader.line_num, None)
            continue
        row = Row(skipped + before + 1, skipped + reader.line_num, cells)
        if not row.is_empty:
            yield row


def first_rows(text: str, delimiter: str) -> list[Row]:
    """Those among which the header is."""
    return [row for row, _ in zip(read_rows(text, delimiter), range(_FIRST), strict=False) if row.cells is not None]


def delimiters(text: str, wanted: str | None) -> tuple[str, ...]:
    """Which are to be tried: the one wanted, the one that the file names ("sep=;", for Excel), else all.

    Raises `SettingsError` when both say something else.
    """
    named = _named_delimiter(text)
    if wanted is not None and named is not None and wanted != named:
        raise SettingsError(Text.of("table.other_delimiter", found=named, wanted=wanted))
    sure = wanted or named
    return DELIMITERS if sure is None else (sure,)


def swallows_rows(row: Row, delimiter: str) -> bool:
    """Whether a cell holds what looks like further rows: a quote too many makes one cell of all up to the next."""
    if row.first == row.last or row.cells is None:
        return False
    enough = len(row.cells) - 1
    inside = (line for cell in row.cells for line in cell.splitlines()[1:])
    return enough > 0 and any(line.count(delimiter) >= enough for line in inside)


def _named_delimiter(text: str) -> str | None:
    first = text.partition("\n")[0].strip("\r\"' ")
    found = first[len(_EXCEL) :] if first.lower().startswith(_EXCEL) else ""
    return found if found in DELIMITERS and found else None
