"""The database of readi-cockpit, as its public migrations make it, with invented people."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = """
CREATE TABLE "migrations" ("id" integer primary key autoincrement not null, "migration" varchar not null,
  "batch" integer not null);
CREATE TABLE "users" ("id" integer primary key autoincrement not null, "name" varchar not null,
  "email" varchar not null, "password" varchar not null);
CREATE TABLE "groups" ("id" integer primary key autoincrement not null, "created_at" datetime, "updated_at" datetime,
  "name" varchar not null, "keycloakGroup" varchar, "keycloakAdminGroup" varchar, "moderated" tinyint(1) not null
  default '0', "has_mailinglist" tinyint(1) not null default '0', "mailingListURL" varchar,
  "mailingListPassword" varchar, "automatic_mode" tinyint(1) default '0', "url" varchar);
CREATE UNIQUE INDEX "groups_name_unique" on "groups" ("name");
CREATE TABLE "groupmembers" ("id" integer primary key autoincrement not null, "created_at" datetime,
  "updated_at" datetime, "email" varchar not null, "group_id" integer not null,
  "toBeInNextCloud" tinyint(1) not null default '1', "toBeInMailinglist" tinyint(1) not null default '1',
  "waitingForJoin" tinyint(1) not null default '0');
"""
LIST_PASSWORD: Final = "emulated-list-password-7"
CITIES: Final = ("baden-baden", "bretten", "bruchsal", "buehl", "ettlingen", "gaggenau", "rastatt", "rheinstetten")
GIVEN: Final = ("anna", "ben", "cleo", "dora", "emil", "fatma", "gerd", "hanna", "ida", "jan")
FAMILY: Final = ("muster", "beispiel", "probe", "weber", "sommer", "zander")
TOPICS: Final = (
    *("Sensorik", "E-Akte", "E-Rechnung", "Online-Bürgerservice", "Engagementplattform", "Projektmanagement"),
    *("Digitale Mobilität", "Personal und Organisation", "Digitale Strategie", "Schuldigitalisierung"),
    *("Recht und Datenschutz", "LoRaWAN"),
)


def group(number: int, name: str, **more: Any) -> dict[str, Any]:
    """A row of ``groups``: "Sensorik" is PG_Sensorik in Keycloak."""
    plain = {"id": number, "name": name, "keycloakGroup": f"PG_{name}"}
    return {**plain, "keycloakAdminGroup": f"PG_{name}-Administratoren", "automatic_mode": 1, **more}


def member(email: str, group_id: object, **more: Any) -> dict[str, Any]:
    """A row of ``groupmembers``."""
    return {"email": email, "group_id": group_id, **more}


def write(path: Path, groups: Iterable[Mapping[str, Any]], members: Iterable[Mapping[str, Any]] = ()) -> Path:
    """A database with these rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        for table, rows in (("groups", groups), ("groupmembers", members)):
            for row in rows:
                insert(connection, table, row)
    return path


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    """One row, whatever is in it."""
    names = ", ".join(f'"{name}"' for name in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def people(count: int) -> list[str]:
    """Addresses of so many people, none twice."""
    return [
        f"{GIVEN[number % len(GIVEN)]}.{FAMILY[number // len(GIVEN)]}@{CITIES[number % len(CITIES)]}.example"
        for number in range(count)
    ]


def network(path: Path) -> Path:
    """Sixty people in twelve project groups, each in one to four of them: as the real one is said to be in size."""
    crowd = people(60)
    groups = [
        group(
            number,
            name,
            moderated=number % 2,
            has_mailinglist=1,
            mailingListURL=f"https://lists.example/mailman/admin/pg-{number}",
            mailingListPassword=LIST_PASSWORD,
            url=f"https://wiki.example/PG_{number}",
        )
        for number, name in enumerate(TOPICS, start=1)
    ]
    members = [
        member(email, 1 + (place + 3 * step) % len(TOPICS))
        for place, email in enumerate(crowd)
        for step in range(1 + place % 4)
    ]
    return write(path, groups, members)
