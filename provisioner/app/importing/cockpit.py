"""Reads the database of readi-cockpit, the network's earlier tool: a SQLite file of a Laravel application.

Tables and columns as its public migrations up to October 2023 make them (AlexanderGabriel/readi-cockpit on GitHub):
``groups`` and ``groupmembers``. SQLite keeps in a column whatever was put there, so every value is looked at. The
passwords of mailing lists that the file holds are counted, never read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from provisioner.app.importing.outcome import ImportRefused
from provisioner.model.text import Text
from provisioner.registry.fresh import visible

MOST_BYTES: Final = 200_000_000
MOST_GROUPS: Final = 5_000
MOST_MEMBERS: Final = 200_000
_MAGIC: Final = b"SQLite format 3\0"
_LONGEST: Final = 500
"""Characters of a text that is looked at; longer ones are cut, and then unfit by themselves."""
_WAIT: Final = 5.0
"""Seconds for the tool itself to end a write."""

_GROUPS: Final = ("id", "name", "keycloakGroup", "keycloakAdminGroup", "moderated", "has_mailinglist")
_MEMBERS: Final = ("id", "email", "group_id", "toBeInNextCloud", "toBeInMailinglist", "waitingForJoin")
_MAYBE: Final = ("url", "mailingListURL", "automatic_mode")
"""Columns that came later, or that few used: taken where they are."""
_SEEN: Final = frozenset({"created_at", "updated_at", "description", "mailingListPassword"})
"""Columns without anything that a registry could hold."""


@dataclass(frozen=True, slots=True)
class CockpitGroup:
    """A row of ``groups``. Texts are "" where nothing stands."""

    id: int
    name: str
    keycloak_group: str
    keycloak_admin_group: str
    moderated: bool
    has_mailing_list: bool
    mailing_list_url: str = ""
    url: str = ""
    automatic: bool | None = None
    """Whether the tool carried changes over to Keycloak by itself; None: the database is older than that."""


@dataclass(frozen=True, slots=True)
class CockpitMember:
    """A row of ``groupmembers``."""

    row: int
    email: str
    """In lower case."""
    group: int | None
    """None: it names no group."""
    in_nextcloud: bool
    in_mailing_list: bool
    waiting: bool


@dataclass(frozen=True, slots=True)
class Cockpit:
    """What the database holds."""

    groups: tuple[CockpitGroup, ...]
    members: tuple[CockpitMember, ...]
    unknown_columns: tuple[str, ...]
    """``table.column``, sorted: nothing was taken from them."""
    list_passwords: int
    """How many mailing lists' passwords stand in the file, for whoever can read it."""


def read_cockpit(path: Path) -> Cockpit:
    """All groups and members. Raises `ImportRefused` for a file that is not such a database, or can't be read."""
    _refuse_other_files(path)
    try:
        with closing(_open(path)) as connection:
            return _read(connection, path)
    except sqlite3.Error as fault:
        raise ImportRefused(Text.of("app.cockpit_broken", file=path.name), str(fault)) from None


def _refuse_other_files(path: Path) -> None:
    try:
        if not path.is_file():
            raise ImportRefused(Text.of("app.cockpit_no_file", file=str(path)))
        with path.open("rb") as file:
            begin = file.read(len(_MAGIC))
        size = path.stat().st_size
    except OSError as fault:
        raise ImportRefused(Text.of("app.cockpit_no_file", file=str(path)), fault.strerror or "") from None
    if begin != _MAGIC:
        raise ImportRefused(Text.of("app.cockpit_no_database", file=path.name))
    if size > MOST_BYTES:
        raise ImportRefused(Text.of("app.cockpit_too_large", file=path.name, limit=MOST_BYTES // 1_000_000))


def _open(path: Path) -> sqlite3.Connection:
    """For reading alone. Not ``immutable``: the tool may still run, and its locks count."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _read(connection: sqlite3.Connection, path: Path) -> Cockpit:
    with _one_moment(connection):
        groups, members = _columns(connection, "groups", path), _columns(connection, "groupmembers", path)
        _refuse_missing(path, "groups", _GROUPS, groups)
        _refuse_missing(path, "groupmembers", _MEMBERS, members)
        damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise ImportRefused(Text.of("app.cockpit_broken", file=path.name), str(damage))
        known = {"groups": {*_GROUPS, *_MAYBE, *_SEEN}, "groupmembers": {*_MEMBERS, *_SEEN}}
        there = {"groups": groups, "groupmembers": members}
        wanted = (*_GROUPS, *(name for name in _MAYBE if name in groups))
        return Cockpit(
            groups=tuple(_group(row) for row in _rows(connection, "groups", wanted, MOST_GROUPS, path)),
            members=tuple(_member(row) for row in _rows(connection, "groupmembers", _MEMBERS, MOST_MEMBERS, path)),
            unknown_columns=tuple(
                sorted(f"{table}.{visible(name)}" for table in there for name in there[table] - known[table])
            ),
            list_passwords=_passwords(connection) if "mailingListPassword" in groups else 0,
        )


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Both tables as they were at the same time."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def _columns(connection: sqlite3.Connection, table: str, path: Path) -> frozenset[str]:
    """Of a plain table: a view, or a virtual one, could run whatever its maker wished."""
    found = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", [table]).fetchone()
    if found is None or not isinstance(found["sql"], str) or found["sql"].lstrip()[:12].upper() != "CREATE TABLE":
        raise ImportRefused(Text.of("app.cockpit_no_table", file=path.name, table=table))
    return frozenset(str(row["name"]) for row in connection.execute(f"PRAGMA table_info({table})"))


def _refuse_missing(path: Path, table: str, needed: tuple[str, ...], there: frozenset[str]) -> None:
    missing = [name for name in needed if name not in there]
    if missing:
        raise ImportRefused(Text.of("app.cockpit_no_columns", file=path.name, table=table, columns=", ".join(missing)))


def _rows(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], most: int, path: Path
) -> list[sqlite3.Row]:
    names = ", ".join(f'"{name}"' for name in columns)
    rows = connection.execute(f'SELECT {names} FROM {table} ORDER BY "id" LIMIT ?', [most + 1]).fetchall()  # noqa: S608 - names of ours
    if len(rows) > most:
        raise ImportRefused(Text.of("app.cockpit_too_many", file=path.name, table=table, limit=most))
    return rows


def _passwords(connection: sqlite3.Connection) -> int:
    asked = "SELECT count(*) FROM groups WHERE coalesce(mailingListPassword, '') <> ''"
    return int(connection.execute(asked).fetchone()[0])


def _group(row: sqlite3.Row) -> CockpitGroup:
    later = {name: row[name] for name in row.keys() if name in _MAYBE}  # noqa: SIM118 - a Row is no mapping
    automatic = later.get("automatic_mode")
    return CockpitGroup(
        id=_number(row["id"]) or 0,
        name=_text(row["name"]),
        keycloak_group=_text(row["keycloakGroup"]),
        keycloak_admin_group=_text(row["keycloakAdminGroup"]),
        moderated=_flag(row["moderated"]),
        has_mailing_list=_flag(row["has_mailinglist"]),
        mailing_list_url=_text(later.get("mailingListURL")),
        url=_text(later.get("url")),
        automatic=None if automatic is None else _flag(automatic),
    )


def _member(row: sqlite3.Row) -> CockpitMember:
    return CockpitMember(
        row=_number(row["id"]) or 0,
        email=_text(row["email"]).lower(),
        group=_number(row["group_id"]),
        in_nextcloud=_flag(row["toBeInNextCloud"]),
        in_mailing_list=_flag(row["toBeInMailinglist"]),
        waiting=_flag(row["waitingForJoin"]),
    )


def _text(value: Any) -> str:
    """What people read; numbers as they are written, anything else is nothing."""
    if isinstance(value, int | float):
        return str(value)
    return visible(value[:_LONGEST]) if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else None


def _flag(value: Any) -> bool:
    """Laravel writes 0 and 1; other ways into the database write words."""
    if isinstance(value, str):
        return value.strip().lower() in {"1", "true", "t", "yes", "on"}
    return bool(value) if isinstance(value, int | float) else False
