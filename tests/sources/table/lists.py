"""Lists as cities export them, written to a file of a known age."""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from provisioner.emulation import VirtualClock
from provisioner.model.sources import SourceRead
from provisioner.sources.table import CsvSettings, CsvSource

LONG_AGO = datetime(2019, 5, 1, tzinfo=UTC)
HEAD = "Personalnummer;Vorname;Nachname;E-Mail;Austritt"
ANNA = "0012;Anna;Müller;anna.mueller@bretten.example;"
BEN = "0013;Ben;Öztürk;ben@bretten.example;31.12.2026"
TWO = "\r\n".join([HEAD, ANNA, BEN, ""])
EVERYTHING = {"given_name": "Anna", "family_name": "Müller", "email": "anna.mueller@bretten.example", "leaves": None}


def put(folder: Path, content: str | bytes, encoding: str = "utf-8", at: datetime = LONG_AGO) -> Path:
    """The file, last changed ``at``."""
    path = folder / "personal.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def opened(path: Path, **more: Any) -> CsvSource:
    settings = CsvSettings.model_validate({"organisation": "bretten", "csv_file": path, **more})
    return CsvSource(settings, VirtualClock())


def read(folder: Path, content: str | bytes, codec: str = "utf-8", /, **more: Any) -> SourceRead:
    """What the source makes of a file."""
    return opened(put(folder, content, codec), **more).read()


def fields(answer: SourceRead, key: str = "0012") -> Mapping[str, str | date | None]:
    (found,) = (dict(person.fields) for person in answer.people if person.key == key)
    return found


def codes(answer: SourceRead) -> dict[str, str]:
    """Line → why the row there is not used."""
    return {one.where.rpartition(":")[2]: one.why.code.removeprefix("table.") for one in answer.unusable}


def keys(answer: SourceRead) -> set[str]:
    return {person.key for person in answer.people}
