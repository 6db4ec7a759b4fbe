"""The file of ties as such: a first line that says whose it is, then a fact a line, numbered without a gap."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state.tie_facts import Bound, Decided, Forgotten, Head, Numbered, Released, Retired, line

_TAIL: Final = 65_536
"""Bytes in which the last line is looked for; a line holds a few hundred."""
_NO_ROOM: Final = frozenset((errno.ENOSPC, errno.EDQUOT))


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line. All lines numbered ``seq`` are the ties as they were then; after them each fact counts on."""

    readi: Literal["ties/1"]
    database: str
    secret: str
    """The key of the tombstones' hashes: without it they would be worth nothing in another database."""
    seq: int
    epoch: int
    facts: int | None = None
    """How many lines are numbered ``seq``: so a file that was cut off is told from a whole one."""


@dataclass(frozen=True, slots=True)
class Tip:
    """Whose file it is, and how far it has come."""

    header: Header
    head: Head
    whole: int
    """Bytes up to the end of the last whole line; a line torn by a crash lies beyond."""


@dataclass(slots=True)
class Replayed:
    """What the facts of a file add up to."""

    header: Header
    head: Head
    ties: dict[tuple[str, str, str, str], Bound] = field(default_factory=dict)
    retired: dict[tuple[str, str, str], Retired] = field(default_factory=dict)
    decided: dict[tuple[str, str, tuple[str, ...]], Decided] = field(default_factory=dict)


class TiesFile:
    """One file. All methods raise `StateError`: unreadable, no room, damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes meanwhile, on this machine. The lock's own file stays, as those of the database do."""
        with self._translated():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path.with_name(f"{self.path.name}-lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with self._translated():
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def tip(self) -> Tip | None:
        """The first and the last line; None when there is no file."""
        with self._translated():
            try:
                handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError:
                return None
            with os.fdopen(handle, "rb") as file:
                first = file.readline()
                size = file.seek(0, os.SEEK_END)
                start = file.seek(max(0, size - _TAIL))
                tail = file.read()
        header = self._header(first)
        whole = tail.rfind(b"\n") + 1
        if start + whole == len(first):
            return Tip(header, Head(header.seq, header.epoch), len(first))
        last = self._numbered(tail[:whole].splitlines()[-1:], "-1")
        return Tip(header, Head(last.seq, last.epoch), start + whole)

    def append(self, tip: Tip, lines: Sequence[str], *, durable: bool) -> None:
        """Cut off what a crash tore, and add these. Only ``durable`` waits for the disk."""
        with self._translated():
            handle = os.open(self.path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
                    os.fchmod(handle, 0o600)
                if os.fstat(handle).st_size != tip.whole:
                    os.ftruncate(handle, tip.whole)
                os.lseek(handle, tip.whole, os.SEEK_SET)
                _write(handle, lines)
                if durable:
                    os.fsync(handle)
            finally:
                os.close(handle)

    def write(self, header: Header, lines: Iterable[str]) -> None:
        """Put a whole file in the place of whatever is there: on disk for good, or not at all."""
        fresh = self.path.with_name(f"{self.path.name}-new")
        with self._translated():
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _write(handle, (line(header), *lines))
                os.fsync(handle)
            finally:
                os.close(handle)
            fresh.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def replay(self) -> Replayed:
        """Read all of it. A torn last line is as if it were not there; any other damage raises."""
        with self._translated():
            content = self.path.read_bytes()
        lines = content[: content.rfind(b"\n") + 1].splitlines()
        header = self._header(lines[0] if lines else b"")
        found = Replayed(header, Head(header.seq, header.epoch))
        at_once = 0
        for number, raw in enumerate(lines[1:], 2):
            fact = self._numbered([raw], str(number))
            again = fact.seq == found.head.seq == header.seq
            at_once += again
            if not (again or fact.seq == found.head.seq + 1) or fact.epoch < found.head.epoch:
                raise self._damaged(str(number))
            found.head = Head(fact.seq, fact.epoch)
            what = fact.what
            if isinstance(what, Bound):
                found.ties[what.tie] = what
            elif isinstance(what, Released):
                found.ties.pop(what.tie, None)
            elif isinstance(what, Decided):
                found.decided[what.place] = what
            elif isinstance(what, Forgotten):
                found.decided.pop(what.place, None)
            else:
                found.retired[what.server, what.kind, what.digest] = what
        if header.facts is not None and at_once < header.facts:
            raise self._damaged(str(at_once + 2))
        return found

    def _header(self, raw: bytes) -> Header:
        try:
            return msgspec.json.decode(raw, type=Header)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._damaged("1") from None

    def _numbered(self, raw: Sequence[bytes], number: str) -> Numbered:
        try:
            return msgspec.json.decode(raw[0] if raw else b"", type=Numbered)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._damaged(number) from None

    def _damaged(self, number: str) -> StateError:
        return StateError(Text.of("state.ties_damaged", file=str(self.path), line=number))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            code = "state.ties_full" if error.errno in _NO_ROOM else "state.ties_unusable"
            raise StateError(Text.of(code, file=str(self.path)), detail=error.strerror or "") from error


def _write(handle: int, lines: Iterable[str]) -> None:
    """All at once, so that other processes' crashes and full disks tear one line at most; whoever reads cuts it."""
    rest = memoryview("".join(f"{text}\n" for text in lines).encode())
    while rest:
        rest = rest[os.write(handle, rest) :]
