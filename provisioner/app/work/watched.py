"""Whether registry and policy are still those that were synchronised last: by their content, kept in the database."""

import hashlib
from pathlib import Path
from typing import Final

from provisioner.app.site import Site
from provisioner.registry.reading import MAX_BYTES, find_files
from provisioner.state import Meta, Transactions
from provisioner.transport.bounded import read_bounded

_NAME: Final = "service.watched"

Looks = tuple[tuple[str, int, int, int], ...]
"""Path, size, nanoseconds of the last change, inode; of a file that can't be looked at the path and zeros."""


def looks(site: Site) -> Looks:
    """What the file system says of them; cheap. Raises `SettingsError`."""
    return tuple(_look(path) for path in _files(site))


def content(site: Site) -> str:
    """sha256 in hex over all of them. Raises `SettingsError`."""
    hashed = hashlib.sha256()
    for path in _files(site):
        try:
            read = read_bounded(path, MAX_BYTES)
        except OSError:  # it has just gone; who plans with it says what is wrong
            continue
        hashed.update(f"{path.name}\0{len(read)}\0".encode())
        hashed.update(read)
    return hashed.hexdigest()


def last_seen(transactions: Transactions, network: str) -> str | None:
    """The content that a sync was made for; None: none was. Raises `StateError`."""
    return Meta(transactions).get(network, _NAME)


def note_seen(transactions: Transactions, network: str, seen: str) -> None:
    """A sync is made for this content. Raises `StateError`."""
    Meta(transactions).put(network, _NAME, seen)


def _files(site: Site) -> list[Path]:
    policy = site.section.policy
    return [*find_files(site.registry_folder), *([] if policy is None else [site.home / policy])]


def _look(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (str(path), 0, 0, 0)
    return (str(path), found.st_size, found.st_mtime_ns, found.st_ino)
