"""A file of people as it was understood: letters, columns, rows."""

from dataclasses import dataclass

from provisioner.model.text import Text
from provisioner.sources.table.layout import Layout
from provisioner.sources.table.letters import Letters
from provisioner.sources.table.people import Found, Reader
from provisioner.sources.table.rows import Row
from provisioner.sources.table.settings import Mapping
from provisioner.sources.table.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file, understood."""

    snapshot: Snapshot
    letters: Letters
    delimiter: str
    layout: Layout
    rows: tuple[Row, ...]
    """Below the header."""
    mapping: Mapping

    @property
    def is_cut(self) -> bool:
        """Whether its last line has no end, though it should have."""
        return self.mapping.ends_with_newline and not self.letters.text.endswith(("\n", "\r"))

    def found(self) -> Found:
        """Who stands there."""
        reader = Reader(self.layout, self.mapping, self.letters, self.delimiter, self.snapshot.name)
        return reader.read(self.rows, self.rows[-1] if self.is_cut and self.rows else None)

    def gap(self, found: Found) -> Text | None:
        """Why somebody may be missing from it."""
        reasons: list[Text] = []
        if self.is_cut:
            reasons.append(Text.of("table.no_last_newline", file=self.snapshot.name))
        if found.lost:
            lines = ", ".join(found.lost[:5]) + (", …" if len(found.lost) > 5 else "")
            reasons.append(Text.of("table.lost_lines", file=self.snapshot.name, lines=lines))
        return Text.of("table.gaps", reasons=tuple(reasons)) if len(reasons) > 1 else next(iter(reasons), None)
