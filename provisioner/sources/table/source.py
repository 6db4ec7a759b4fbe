"""A list of people as cities export them from their personnel systems: one file, read whole every time."""

import hashlib
import json
from collections.abc import Iterator

from provisioner.model.errors import SettingsError
from provisioner.model.ports import Clock, Finding
from provisioner.model.sources import SourceRead
from provisioner.model.text import Text
from provisioner.sources.table.doctor import examine
from provisioner.sources.table.layout import lay_out, score
from provisioner.sources.table.letters import read_letters
from provisioner.sources.table.rows import Row, delimiters, first_rows, read_rows
from provisioner.sources.table.settings import CsvSettings, Mapping
from provisioner.sources.table.sheet import Sheet
from provisioner.sources.table.snapshot import take

_SAMPLES = 200
"""Rows by which a key is proposed."""


class CsvSource:
    """One list, opened. The file is read by `read`, and once by whatever else asks about it."""

    def __init__(self, settings: CsvSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._sheet: Sheet | None = None

    @property
    def shape(self) -> str:
        """With the columns as they were found: which they are depends on the file's own header.

        Raises what `read` raises.
        """
        sheet = self._sheet or self._look()
        told = {
            "file": str(self._settings.csv_file),
            "mapping": sheet.mapping.model_dump(mode="json"),
            "columns": sheet.layout.named(),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def examine(self) -> Iterator[Finding]:
        """See `provisioner.sources.table.doctor`."""
        return examine(self._settings.csv_file, self._look)

    def read(self, mark: str = "") -> SourceRead:
        """Everybody in it. With a ``mark``, an older file than that one is refused (`Permanent`).

        Raises `Permanent` for a file that can't be read, `Transient` for one that is being written, `Garbled` for one
        that is no list, `SettingsError` when its columns are not those of the settings.
        """
        sheet = self._look()
        sheet.snapshot.refuse_older(mark)
        found = sheet.found()
        return SourceRead(
            people=tuple(found.people),
            unusable=tuple(found.unusable),
            gap=sheet.gap(found),
            mark=sheet.snapshot.mark,
        )

    def close(self) -> None:
        self._sheet = None

    def _look(self) -> Sheet:
        mapping = self._settings.mapping()
        snapshot = take(self._settings.csv_file, self._clock)
        letters = read_letters(snapshot.data, mapping.encoding)
        delimiter, header = _header(letters.text, mapping)
        rows = tuple(row for row in read_rows(letters.text, delimiter) if row.first > header.last)
        samples = [row.cells for row in rows[:_SAMPLES] if row.cells is not None]
        assert header.cells is not None  # noqa: S101 - for the type checker: rows without cells are no header
        layout = lay_out(header.cells, mapping, samples)
        self._sheet = Sheet(snapshot, letters, delimiter, layout, rows, mapping)
        return self._sheet


def _header(text: str, mapping: Mapping) -> tuple[str, Row]:
    """The delimiter and the row by which most columns are known. Raises `SettingsError`."""
    wanted = "\t" if mapping.delimiter == "tab" else mapping.delimiter
    tried = [
        (score(row.cells, mapping), len(row.cells), delimiter, row)
        for delimiter in delimiters(text, wanted)
        for row in first_rows(text, delimiter)
        if row.cells is not None
    ]
    best = max(tried, key=lambda one: (one[0], one[1], -one[3].first), default=None)
    if best is None or best[0] == 0 or best[1] < 2:
        raise SettingsError(Text.of("table.no_header"))  # what stands there instead may be people
    return best[2], best[3]
