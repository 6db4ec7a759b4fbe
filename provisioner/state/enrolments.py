"""What was decided through the service about people, places in bodies and bodies themselves.

Each change is also a fact for the file that outlives the database (`provisioner.state.ties_log`).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from provisioner.model.enrolments import Ending, EnrolledBody, EnrolledMembership, EnrolledPerson, Enrolments
from provisioner.model.registry import Period, Role
from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.enrolment_facts import REVISION, key_of, note, note_forgotten
from provisioner.state.inserts import insert_into, insert_new
from provisioner.state.schema import META
from provisioner.state.service_schema import ENDING, ENROLLED_BODY, ENROLLED_MEMBERSHIP, ENROLLED_PERSON


class EnrolmentStore:
    """The enrolments of one network. All methods raise `StateError`; each writing one is one transaction."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def revision(self) -> int:
        """Grows with every change: cheap to ask, so that nobody reads everything in vain."""
        with self._transactions.reading() as connection:
            return self._revision(connection)

    def all(self) -> Enrolments:
        """Everything, as one consistent picture."""
        with self._transactions.reading() as connection:
            return self._all(connection)

    def _all(self, connection: Connection) -> Enrolments:
        people = connection.execute(select(ENROLLED_PERSON).where(ENROLLED_PERSON.c.network == self._network))
        found = {row.person: _person(row) for row in people}
        mine = ENROLLED_MEMBERSHIP.c.network == self._network
        order = (ENROLLED_MEMBERSHIP.c.person, ENROLLED_MEMBERSHIP.c.body)
        memberships = connection.execute(select(ENROLLED_MEMBERSHIP).where(mine).order_by(*order))
        places = tuple(
            EnrolledMembership(row.person, row.body, Period(row.since, row.until), Role(row.role), row.decided_by)
            for row in memberships
        )
        endings = connection.execute(select(ENDING).where(ENDING.c.network == self._network))
        leaving = {row.person: Ending(row.person, row.leaves, row.said_by) for row in endings}
        made = connection.execute(select(ENROLLED_BODY).where(ENROLLED_BODY.c.network == self._network))
        bodies = {row.body: EnrolledBody(row.body, load(row.fields)) for row in made}
        return Enrolments(self._revision(connection), found, places, leaving, bodies)

    def person_with(self, address: str) -> EnrolledPerson | None:
        """Who came with this address, in whatever letters."""
        mine = (ENROLLED_PERSON.c.network == self._network, ENROLLED_PERSON.c.address == _same(address))
        with self._transactions.reading() as connection:
            row = connection.execute(select(ENROLLED_PERSON).where(*mine)).one_or_none()
        return None if row is None else _person(row)

    def person(self, person: str) -> EnrolledPerson | None:
        """The one with this id."""
        mine = (ENROLLED_PERSON.c.network == self._network, ENROLLED_PERSON.c.person == person)
        with self._transactions.reading() as connection:
            row = connection.execute(select(ENROLLED_PERSON).where(*mine)).one_or_none()
        return None if row is None else _person(row)

    def places_of(self, person: str) -> list[EnrolledMembership]:
        """What was decided about one person's places."""
        mine = (ENROLLED_MEMBERSHIP.c.network == self._network, ENROLLED_MEMBERSHIP.c.person == person)
        with self._transactions.reading() as connection:
            rows = connection.execute(select(ENROLLED_MEMBERSHIP).where(*mine).order_by(ENROLLED_MEMBERSHIP.c.body))
            return [
                EnrolledMembership(row.person, row.body, Period(row.since, row.until), Role(row.role), row.decided_by)
                for row in rows
            ]

    def hold(self) -> None:
        """Let nobody else change anything of these until the transaction ends: what is looked at now stays so."""
        with self._changing():
            pass

    def ending_of(self, person: str) -> Ending | None:
        """The last day that was said of one person."""
        mine = (ENDING.c.network == self._network, ENDING.c.person == person)
        with self._transactions.reading() as connection:
            row = connection.execute(select(ENDING).where(*mine)).one_or_none()
        return None if row is None else Ending(row.person, row.leaves, row.said_by)

    def enrol(self, person: EnrolledPerson) -> bool:
        """Somebody came. False: somebody with this address did already."""
        row = {
            "network": self._network,
            "person": person.id,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "email": person.email,
            "address": _same(person.email),
            "organisation": person.organisation,
            "language": person.language,
            "joined": person.joined,
        }
        with self._changing() as connection:
            if not insert_new(connection, ENROLLED_PERSON, row):
                return False
            self._changed(connection, ENROLLED_PERSON, (person.id,), row)
        return True

    def place(self, membership: EnrolledMembership, at: datetime) -> None:
        """What is decided about one person in one body from now on; what was decided before is forgotten."""
        mine = {"person": membership.person, "body": membership.body}
        values = {
            "role": str(membership.role),
            "since": membership.period.since,
            "until": membership.period.until,
            "decided_by": membership.by,
            "decided_at": at,
        }
        with self._changing() as connection:
            self._put(connection, ENROLLED_MEMBERSHIP, mine, values)

    def end(self, person: str, leaves: date, by: str, at: datetime) -> None:
        """``leaves`` is the person's last day in the network; said again it counts anew."""
        values = {"leaves": leaves, "said_by": by, "said_at": at}
        with self._changing() as connection:
            self._put(connection, ENDING, {"person": person}, values)

    def resume(self, person: str) -> bool:
        """The ending is taken back. False: there was none."""
        with self._changing() as connection:
            return bool(self._drop(connection, [ENDING], person=person))

    def make_body(self, body: EnrolledBody, by: str, at: datetime) -> bool:
        """A new body. False: one with this id was made before."""
        row = {"network": self._network, "body": body.id, "fields": dump(body.fields), "made_by": by, "made_at": at}
        with self._changing() as connection:
            if not insert_new(connection, ENROLLED_BODY, row):
                return False
            self._changed(connection, ENROLLED_BODY, (body.id,), row)
        return True

    def change_body(self, body: str, fields: Mapping[str, Any]) -> bool:
        """Put other fields in the place of a body's. False: none of this id was made here."""
        mine = (ENROLLED_BODY.c.network == self._network, ENROLLED_BODY.c.body == body)
        with self._changing() as connection:
            statement = update(ENROLLED_BODY).where(*mine).values(fields=dump(fields)).returning(ENROLLED_BODY)
            row = connection.execute(statement).one_or_none()
            if row is None:
                return False
            self._changed(connection, ENROLLED_BODY, (body,), row._asdict())
        return True

    def forget_person(self, person: str) -> int:
        """Everything about one person; how many rows. For erasing, and once the files say all of it."""
        with self._changing() as connection:
            return self._drop(connection, [ENROLLED_PERSON, ENROLLED_MEMBERSHIP, ENDING], person=person)

    def forget_stay(self, person: str) -> int:
        """Everything about one person but that they go: who is written in a file, too, is not to come back."""
        with self._changing() as connection:
            return self._drop(connection, [ENROLLED_PERSON, ENROLLED_MEMBERSHIP], person=person)

    def forget_place(self, person: str, body: str) -> bool:
        """What was decided about one person in one body, once the files say it. False: nothing was."""
        with self._changing() as connection:
            return bool(self._drop(connection, [ENROLLED_MEMBERSHIP], person=person, body=body))

    def forget_body(self, body: str) -> int:
        """Everything about one body; how many rows. Once the files say all of it, or it is erased."""
        with self._changing() as connection:
            return self._drop(connection, [ENROLLED_BODY, ENROLLED_MEMBERSHIP], body=body)

    def forget_settled(self, seen: Enrolments, people: Collection[str], bodies: Collection[str]) -> int:
        """What the files say by now: of these people and bodies, unless more was decided since; how many rows.

        ``seen``: what was written into the files.
        """
        gone = 0
        with self._changing() as connection:
            now, before = _by_person(self._all(connection)), _by_person(seen)
            for person in people:
                if now.get(person) == before.get(person):
                    gone += self._drop(connection, [ENROLLED_PERSON, ENROLLED_MEMBERSHIP, ENDING], person=person)
            made = self._all(connection).bodies
            for body in bodies:
                if made.get(body) == seen.bodies.get(body):
                    gone += self._drop(connection, [ENROLLED_BODY], body=body)
        return gone

    def _revision(self, connection: Connection) -> int:
        mine = (META.c.scope == self._network, META.c.name == REVISION)
        return int(connection.scalar(select(META.c.value).where(*mine)) or 0)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self._transactions.writing() as connection:
            self._hold(connection)
            yield connection

    def _hold(self, connection: Connection) -> None:
        """On PostgreSQL this row is locked until the transaction ends; on SQLite one alone writes in any case."""
        row = {"scope": self._network, "name": REVISION, "value": "0"}
        statement = insert_into(connection.dialect.name, META).values(row)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["scope", "name"], set_={"value": META.c.value})
        )

    def _put(self, connection: Connection, table: Table, key: Mapping[str, str], values: Mapping[str, Any]) -> None:
        row = {"network": self._network, **key, **values}
        statement = insert_into(connection.dialect.name, table).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["network", *key], set_=dict(values)))
        self._changed(connection, table, tuple(key.values()), row)

    def _drop(self, connection: Connection, tables: Sequence[Table], **mine: str) -> int:
        gone = 0
        for table in tables:
            where = [table.c.network == self._network, *(table.c[name] == value for name, value in mine.items())]
            rows = connection.execute(delete(table).where(*where).returning(*table.primary_key.columns)).all()
            note_forgotten(connection, self._network, table, [key_of(table, row) for row in rows])
            gone += len(rows)
        if gone:
            self._count(connection)
        return gone

    def _changed(self, connection: Connection, table: Table, key: tuple[str, ...], row: Mapping[str, Any]) -> None:
        note(connection, self._network, table, key, row)
        self._count(connection)

    def _count(self, connection: Connection) -> None:
        mine = (META.c.scope == self._network, META.c.name == REVISION)
        connection.execute(update(META).where(*mine).values(value=str(self._revision(connection) + 1)))


def _by_person(enrolments: Enrolments) -> dict[str, list[object]]:
    """All that was decided about each."""
    found = defaultdict[str, list[object]](list)
    for person in enrolments.people.values():
        found[person.id].append(person)
    for place in enrolments.memberships:
        found[place.person].append(place)
    for ending in enrolments.endings.values():
        found[ending.person].append(ending)
    return found


def _same(address: str) -> str:
    """What spellings of one address have in common: case, and how letters are composed."""
    return unicodedata.normalize("NFC", address).casefold()


def _person(row: Any) -> EnrolledPerson:
    return EnrolledPerson(
        row.person, row.given_name, row.family_name, row.email, row.organisation, row.joined, row.language
    )
