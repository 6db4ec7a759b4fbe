"""Lists of people in CSV files, as cities export them: see docs/sources-csv.md."""

from typing import Any, Final

from provisioner.model.ports import Clock, Gate
from provisioner.sources.table.settings import CsvSettings
from provisioner.sources.table.source import CsvSource
from provisioner.sources.types import SourceType

__all__ = ["CSV_SOURCE", "CsvSettings", "CsvSource"]


def _open(name: str, settings: Any, gate: Gate, clock: Clock) -> CsvSource:
    """The gate has nothing to guard: a list is only read."""
    return CsvSource(settings, clock)


CSV_SOURCE: Final = SourceType("csv", CsvSettings, _open, texts="provisioner.sources.table")
