"""What the service's tables hold about one person: shown, and forgotten once their accounts are gone.

What the person decided for others stays, under an opaque id; so does the audit, which holds nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, and_, delete, func, or_, select, update

from provisioner.state import alert_traces
from provisioner.state.admission import Purpose
from provisioner.state.codec import dump, load
from provisioner.state.database import Within
from provisioner.state.enrolments import EnrolmentStore
from provisioner.state.meeting_schema import FEED, GUEST_ROOM, INVITATION
from provisioner.state.schema import META
from provisioner.state.service_schema import (
    AUDIT,
    CONFIRMATION,
    ENDING,
    ENROLLED_MEMBERSHIP,
    ENROLLED_PERSON,
    JOIN_REQUEST,
    ONE_TIME_LINK,
    OUTBOX,
    SESSION,
)
from provisioner.state.traces import Traces

_HIDDEN: Final = "digest"
"""Of sessions, links, feeds and invitations: shown to nobody."""
_OWN: Final = frozenset({"requests", "sessions", "links", "feeds", "letters"})
"""What goes by rows; how they came, and their places, go with the enrolments."""


def shown(
    connection: Connection, network: str, person: str, addresses: Collection[str], traces: Traces
) -> dict[str, list[Any]]:
    """By what it is, for the person to read; of others' requests without what these wrote."""
    found = {
        name: [_plain(row, person) for row in rows] for name, _, rows in _about(connection, network, person, addresses)
    }
    invitations = _invitations(connection, network)
    concerned = [row for row in invitations if row.invited_by == person or traces.are_in(row.guest_name)]
    told = alert_traces.shown(connection, network, person, traces)
    return found | {"invitations": [_plain(row, person) for row in concerned]} | told


def forget(connection: Connection, network: str, person: str, addresses: Collection[str], traces: Traces) -> None:
    """Delete what is the person's own; blank what the last plan and the jobs that are kept say of them.

    That they ended stays, under their opaque id: an entry that is still in the files must not come to life again.
    """
    for name, table, rows in list(_about(connection, network, person, addresses)):
        for row in rows if name in _OWN else ():
            if name == "requests" and row.person != person:
                continue  # somebody else's, on which the person decided
            keys = [column == getattr(row, column.name) for column in table.primary_key.columns]
            connection.execute(delete(table).where(*keys))
    for row in _invitations(connection, network):
        if traces.are_in(row.guest_name):  # of a guest, who has no id: so that nothing else tells who is meant
            mine = (INVITATION.c.network == network, INVITATION.c.id == row.id)
            connection.execute(delete(INVITATION).where(*mine))
    for row in connection.execute(select(GUEST_ROOM).where(GUEST_ROOM.c.network == network)).all():
        if traces.are_in(row.title):
            mine = (GUEST_ROOM.c.network == network, GUEST_ROOM.c.id == row.id)
            connection.execute(update(GUEST_ROOM).where(*mine).values(title=traces.blanked(row.title)))
    alert_traces.forget(connection, network, person, traces)
    ending = connection.execute(select(ENDING).where(ENDING.c.network == network, ENDING.c.person == person)).first()
    enrolments = EnrolmentStore(Within(connection), network)
    enrolments.forget_person(person)
    if ending is not None:
        enrolments.end(person, ending.leaves, ending.said_by, ending.said_at)
    for row in connection.execute(select(META).where(META.c.scope == network)).all():
        if row.value[:1] in ("{", "[") and traces.are_in(row.value):
            mine = (META.c.scope == network, META.c.name == row.name)
            connection.execute(update(META).where(*mine).values(value=dump(traces.blanked(load(row.value)))))


def _about(
    connection: Connection, network: str, person: str, addresses: Collection[str]
) -> Iterator[tuple[str, Table, list[Row[Any]]]]:
    tables = (
        ("enrolled", ENROLLED_PERSON, ENROLLED_PERSON.c.person == person),
        ("places", ENROLLED_MEMBERSHIP, _either(ENROLLED_MEMBERSHIP, person, "person", "decided_by")),
        ("endings", ENDING, _either(ENDING, person, "person", "said_by")),
        ("requests", JOIN_REQUEST, _either(JOIN_REQUEST, person, "person", "decided_by")),
        ("confirmed", CONFIRMATION, CONFIRMATION.c.done_by == person),
        ("sessions", SESSION, or_(SESSION.c.person == person, _one_of(SESSION.c.address, addresses))),
        ("links", ONE_TIME_LINK, or_(_one_of(ONE_TIME_LINK.c.subject, addresses), _decided_by(person))),
        ("feeds", FEED, FEED.c.person == person),
        ("guest_rooms", GUEST_ROOM, GUEST_ROOM.c.opened_by == person),
        ("deeds", AUDIT, or_(AUDIT.c.actor == person, AUDIT.c.subject == f"person:{person}")),
    )
    for name, table, condition in tables:
        told = (column for column in table.columns if column is not GUEST_ROOM.c.name)  # whoever knows it may enter
        statement = select(*told).where(table.c.network == network, condition)
        yield name, table, list(connection.execute(statement.order_by(*table.primary_key.columns)))
    yield "letters", OUTBOX, list(_letters(connection, network, person, addresses))


def _invitations(connection: Connection, network: str) -> list[Row[Any]]:
    statement = select(INVITATION).where(INVITATION.c.network == network).order_by(INVITATION.c.id)
    return list(connection.execute(statement))


def _letters(connection: Connection, network: str, person: str, addresses: Collection[str]) -> Iterator[Row[Any]]:
    """Those to the person, and such as tell others about the person."""
    own = {f"person:{person}", *(f"address:{address.casefold()}" for address in addresses)}
    named = re.compile(rf"(?<![\w.-]){re.escape(person)}(?![\w.-])")
    for row in connection.execute(select(OUTBOX).where(OUTBOX.c.network == network).order_by(OUTBOX.c.id)):
        if row.recipient.casefold() in own or named.search(row.about):
            yield row


def _plain(row: Row[Any], person: str) -> dict[str, Any]:
    found = {name: value for name, value in row._mapping.items() if name != _HIDDEN}
    for name, value in found.items():
        if hasattr(value, "isoformat"):
            found[name] = value.isoformat()
        elif name == "about":
            found[name] = load(value)
    if "word" in found and found["person"] != person:
        del found["word"]
    return found


def _either(table: Table, person: str, *columns: str) -> Any:
    return or_(*(table.c[column] == person for column in columns))


def _decided_by(person: str) -> Any:
    """Links by which the person decides: their subjects end with the id, and ids have no colon."""
    ours = ONE_TIME_LINK.c.subject.endswith(f":{person}", autoescape=True)
    return and_(ONE_TIME_LINK.c.purpose == str(Purpose.DECIDE), ours)


def _one_of(column: Any, addresses: Collection[str]) -> Any:
    return func.lower(column).in_(sorted({address.casefold() for address in addresses}))
