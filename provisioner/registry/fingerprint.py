"""Whether the registry's files are still those that were read: by what the file system says of them, as git does.

A file that changed in the same tick of the file system's clock in which it was read, and kept its size, looks
unchanged. So of files that were young when they were looked at, the contents count, too.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioner.registry.reading import MAX_BYTES
from provisioner.transport.bounded import read_bounded

_YOUNG: Final = 2_000_000_000
"""Nanoseconds: two seconds is the coarsest tick that a file system has (FAT)."""

_Looks = tuple[str, int, int, int, int, int]
"""Path, size, nanoseconds of the last change of content and of the entry, inode, device."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of some files at one moment."""

    looks: tuple[_Looks, ...]
    contents: str | None
    """sha256 over all of them, where one was so young that its looks alone prove nothing."""

    def still_holds(self, paths: Iterable[Path]) -> bool:
        """Whether these are the same files with the same contents."""
        now = tuple(map(_looks, paths))
        return now == self.looks and (self.contents is None or self.contents == _contents(now))


def fingerprint(paths: Iterable[Path], now: int) -> Fingerprint:
    """Of the files as they are; one that is not there counts, too. ``now``: nanoseconds, by the system's clock.

    Take it before the files are read: what changes in between is then found later.
    """
    looks = tuple(map(_looks, paths))
    young = any(max(changed, entered) > now - _YOUNG for _, _, changed, entered, _, _ in looks)
    return Fingerprint(looks, _contents(looks) if young else None)


def _looks(path: Path) -> _Looks:
    try:
        found = path.stat()
    except OSError:
        return (str(path), -1, 0, 0, 0, 0)
    return (str(path), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)


def _contents(looks: tuple[_Looks, ...]) -> str:
    hashed = hashlib.sha256()
    for path, *_ in looks:
        try:
            hashed.update(hashlib.sha256(read_bounded(Path(path), MAX_BYTES)).digest())
        except OSError as fault:
            hashed.update(os.strerror(fault.errno or 0).encode())
    return hashed.hexdigest()
