"""A consistent copy of an SQLite database while others use it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state.database import Database
from provisioner.state.errors import translated


def back_up(database: Database, to: Path) -> None:
    """Copy into a new file, for our eyes only; nothing that exists is overwritten. Raises `StateError`.

    A copy of a live database's file alone lacks what its write-ahead log still holds; this one lacks nothing.
    """
    try:
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise StateError(Text.of("state.no_backup", file=str(to)), detail=error.strerror or "") from error
    try:
        with translated(database.where), closing(database.engine.raw_connection()) as pooled:
            source: Any = pooled.driver_connection
            with closing(sqlite3.connect(to)) as copy:
                source.backup(copy)
    except sqlite3.Error as error:
        to.unlink(missing_ok=True)
        raise StateError(Text.of("state.no_backup", file=str(to)), detail=type(error).__name__) from error
