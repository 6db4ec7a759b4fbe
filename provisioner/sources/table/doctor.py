"""What doctor asks a list: is it there, is it understood, and who else could write it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from provisioner.model.errors import SettingsError, TargetError, Transient
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text
from provisioner.sources.table.sheet import Sheet
from provisioner.sources.table.snapshot import others_may_write

_SHOWN: Final = 5
"""Unusable rows that are told one by one."""


def examine(path: Path, look: Callable[[], Sheet]) -> Iterator[Finding]:
    """Findings in the order in which they should be mended; after a list that can't be read there are no more."""
    if others_may_write(path):
        what = Text.of("table.doctor_world_writable", file=str(path))
        yield Finding(Severity.WARNING, what, Text.of("table.mend_world_writable", file=str(path)))
    try:
        sheet = look()
    except (TargetError, SettingsError) as error:
        yield Finding(Severity.ERROR, error.text, _mend(error))
        return
    found = sheet.found()
    encoding, delimiter = sheet.letters.encoding, "Tab" if sheet.delimiter == "\t" else sheet.delimiter
    yield Finding(
        Severity.OK,
        Text.of(
            "table.doctor_read",
            file=sheet.snapshot.name,
            date=sheet.snapshot.modified,
            rows=found.rows,
            people=len(found.people),
            encoding=encoding,
            delimiter=delimiter,
        ),
    )
    named = ", ".join(f"{field} ← {header}" for field, header in sheet.layout.named().items())
    yield Finding(Severity.OK, Text.of("table.doctor_columns", columns=named))
    if unused := sheet.layout.unused:
        yield Finding(Severity.NOTE, Text.of("table.doctor_unused", columns=", ".join(unused)))
    if sheet.layout.key_is_address:
        yield Finding(Severity.WARNING, Text.of("table.doctor_key_is_address"), Text.of("table.mend_key_is_address"))
    if not found.people:
        yield Finding(Severity.WARNING, Text.of("table.doctor_nobody"), Text.of("table.mend_nobody"))
    gap = sheet.gap(found)
    if gap is not None:
        yield Finding(Severity.WARNING, gap, Text.of("table.mend_gap"))
    for one in found.unusable[:_SHOWN]:
        yield Finding(Severity.WARNING, Text.of("table.doctor_unusable", where=one.where, why=one.why))
    if more := len(found.unusable[_SHOWN:]):
        yield Finding(Severity.WARNING, Text.of("table.doctor_more_unusable", count=more))


_MENDS: Final = {
    "table.missing": "table.mend_missing",
    "table.unreadable": "table.mend_unreadable",
    "table.which_key": "table.mend_which_key",
    "table.no_key": "table.mend_no_key",
    "table.no_header": "table.mend_no_header",
    "table.no_mark": "table.mend_encoding",
    "table.other_encoding": "table.mend_encoding",
    "table.wide": "table.mend_encoding",
}


def _mend(error: TargetError | SettingsError) -> Text:
    if isinstance(error, Transient):
        return Text.of("table.mend_later")
    return Text.of(
        _MENDS.get(error.text.code, "table.mend_columns" if isinstance(error, SettingsError) else "table.mend_export")
    )
