"""A copy of an SQLite state each night, and the end of those that were kept long enough."""

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from provisioner.app.site import Site
from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state.backup import back_up

FOLDER = "backups"
"""Beside the database's file."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One nightly copy."""

    file: Path
    made: date
    expires: date
    """The first day on which it is deleted, as the settings are now."""


def back_up_nightly(site: Site) -> Path | None:
    """Today's copy, if there is none yet, then the end of the old ones; the new file.

    None: there is one already, none are wanted, or the state is PostgreSQL's (of which pg_dump makes copies, and not
    we). The networks of one installation share a state: whoever comes first makes the copy. Old copies are deleted
    only once today's is there and sound. Raises `StateError`.
    """
    folder, days = _folder(site), site.settings.service.backup_days
    if folder is None:
        return None
    today = site.clock.now().date()
    made = _make(site, folder, today) if days else None
    for backup in backups(site):
        if backup.expires <= today:
            backup.file.unlink(missing_ok=True)
    return made


def backups(site: Site) -> list[Backup]:
    """The nightly copies that there are, oldest first. Files of other names are nobody's business."""
    folder = _folder(site)
    if folder is None or not folder.is_dir():
        return []
    keep = timedelta(days=site.settings.service.backup_days)
    return sorted((Backup(file, day, day + keep) for file, day in _dated(site, folder)), key=lambda one: one.made)


def _folder(site: Site) -> Path | None:
    path = site.database.path
    return None if path is None else path.parent / FOLDER


def _dated(site: Site, folder: Path) -> Iterator[tuple[Path, date]]:
    pattern = re.compile(re.escape(_stem(site)) + r"-(\d{4}-\d{2}-\d{2})\.db")
    for file in folder.iterdir():
        if (found := pattern.fullmatch(file.name)) is not None:
            try:
                yield file, date.fromisoformat(found[1])
            except ValueError:  # 2026-02-31: none of ours
                continue


def _stem(site: Site) -> str:
    return (site.database.path or Path()).stem


def _make(site: Site, folder: Path, today: date) -> Path | None:
    whole = folder / f"{_stem(site)}-{today.isoformat()}.db"
    part = whole.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with _alone(folder):
            if whole.exists():
                return None
            part.unlink(missing_ok=True)  # of a night that was cut short
            back_up(site.database, part)
            try:
                _check(part, whole)
                _settle(part, whole)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise StateError(Text.of("state.no_backup", file=str(whole)), detail=error.strerror or "") from error
    return whole


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Workers of two networks may be at it in the same minute: one waits for the other's copy."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _check(part: Path, whole: Path) -> None:
    """A copy that nobody could go back to is none, and must not cost an older one."""
    with closing(sqlite3.connect(part)) as copy:
        try:
            (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            said = type(error).__name__
    if said != "ok":
        raise StateError(Text.of("state.no_backup", file=str(whole)), detail=str(said))


def _settle(part: Path, whole: Path) -> None:
    """On the disk before it has its name, and the name before anything older goes."""
    for path, then in ((part, part.rename), (whole.parent, None)):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if then is not None:
            then(whole)
