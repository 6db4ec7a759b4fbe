"""The file as it lies there at one moment: whole, unchanged while it was read, and of a known age."""

import hashlib
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from provisioner.model.errors import Garbled, Permanent, Transient
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded

MOST: Final = 20_000_000
"""Bytes of the largest list that is read: some 150,000 people."""
_FRESH: Final = 10.0
_LOOK_AGAIN: Final = 0.5
"""Seconds. Who writes a list in one go does not pause for so long; what is older than `_FRESH` is not waited for."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Bytes and where they come from."""

    name: str
    """Of the file, without its folder."""
    data: bytes
    modified_ns: int
    """Nanoseconds since 1970, as the file system says."""
    digest: str

    @property
    def modified(self) -> datetime:
        return _moment(self.modified_ns)

    @property
    def mark(self) -> str:
        """By which a later reading knows that it has no older file before it."""
        return f"{self.modified_ns}:{self.digest}"

    def refuse_older(self, mark: str) -> None:
        """Raise `Permanent` when another file, and a later one, was read before: then this is an old copy."""
        before, _, digest = mark.partition(":")
        if before.isdecimal() and digest != self.digest and self.modified_ns < int(before):
            raise Permanent(
                Text.of("table.older", file=self.name, date=self.modified, before=_moment(int(before))),
            )


def take(path: Path, clock: Clock) -> Snapshot:
    """Read the file. Raises `Permanent` when it can't be read, `Transient` while somebody writes it, `Garbled`."""
    try:
        before = path.stat()
        if 0 <= clock.now().timestamp() - before.st_mtime < _FRESH:
            clock.sleep(_LOOK_AGAIN)
        data = read_bounded(path, MOST)
        after = path.stat()
    except FileNotFoundError:
        raise Permanent(Text.of("table.missing", file=str(path))) from None
    except OSError as fault:
        raise Permanent(Text.of("table.unreadable", file=str(path), reason=fault.strerror or "")) from None
    if len(data) > MOST:
        raise Garbled(Text.of("table.too_large", file=path.name, limit=MOST // 1_000_000))
    if _state(before) != _state(after) or len(data) != after.st_size:
        raise Transient(Text.of("table.being_written", file=path.name))
    if not data.strip():
        raise Garbled(Text.of("table.empty", file=path.name))
    return Snapshot(path.name, data, after.st_mtime_ns, hashlib.sha256(data).hexdigest())


def others_may_write(path: Path) -> bool:
    """Whether anybody on this machine can put another list in its place."""
    try:
        real = path.resolve(strict=True)
        file, folder = real.stat().st_mode, real.parent.stat().st_mode
    except OSError:
        return False  # nothing there to be changed; that is said elsewhere
    return bool(file & stat.S_IWOTH) or (bool(folder & stat.S_IWOTH) and not folder & stat.S_ISVTX)


def _state(seen: os.stat_result) -> tuple[int, int, int]:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)
