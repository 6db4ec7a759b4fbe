"""One person in what is kept of alerts: who took one on, who muted one, who is told by mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Table, or_, select, update

from provisioner.state.alert_schema import ALERT, ALERT_OUTBOX, ALERT_SILENCE
from provisioner.state.codec import dump, load
from provisioner.state.traces import Traces


def shown(connection: Connection, network: str, person: str, traces: Traces) -> dict[str, list[dict[str, Any]]]:
    """By what it is, for the person to read: alerts, words about them, silences."""
    alerts = [
        {"id": row.id, "body": row.body, "rule": row.rule, "opened": row.opened.isoformat(), "about": load(row.about)}
        for row in _naming(connection, ALERT, network, person)
    ]
    sayings = [
        {"id": row.id, "kind": row.kind, "body": row.body, "about": load(row.about)}
        for row in _naming(connection, ALERT_OUTBOX, network, person)
    ]
    silences = [
        {
            "id": row.id,
            "scope": row.scope,
            "since": row.since.isoformat(),
            "until": row.until.isoformat(),
            "reason": row.reason,
        }
        for row in _silences(connection, network, person, traces)
    ]
    return {"alerts": alerts, "sayings": sayings, "silences": silences}


def forget(connection: Connection, network: str, person: str, traces: Traces) -> None:
    """Who they were is not known any more; alerts, words and silences stay."""
    for table in (ALERT, ALERT_OUTBOX):
        for row in list(_naming(connection, table, network, person)):
            about = dump(without(load(row.about), person))
            connection.execute(update(table).where(table.c.id == row.id).values(about=about))
    for row in list(_silences(connection, network, person, traces)):
        by = "" if row.said_by == person else row.said_by
        values = {"said_by": by, "reason": traces.blanked(row.reason)}
        connection.execute(update(ALERT_SILENCE).where(ALERT_SILENCE.c.id == row.id).values(values))


def without(told: Any, person: str) -> Any:
    """The same without the person's id. Of lists of people it goes; elsewhere nothing stands in its place."""
    if isinstance(told, dict):
        return {
            name: [one for one in part if one != person] if name == "people" else without(part, person)
            for name, part in told.items()
        }
    if isinstance(told, list):
        return [without(part, person) for part in told]
    return "" if told == person else told


def _naming(connection: Connection, table: Table, network: str, person: str) -> Iterator[Row[Any]]:
    """As a whole word of the JSON: ids are letters, digits and hyphens, and stand in it as they are."""
    word = table.c.about.contains(dump(person), autoescape=True)
    yield from connection.execute(select(table).where(table.c.network == network, word).order_by(table.c.id))


def _silences(connection: Connection, network: str, person: str, traces: Traces) -> Iterator[Row[Any]]:
    mine = (ALERT_SILENCE.c.network == network, or_(ALERT_SILENCE.c.said_by == person, ALERT_SILENCE.c.reason != ""))
    for row in connection.execute(select(ALERT_SILENCE).where(*mine).order_by(ALERT_SILENCE.c.id)):
        if row.said_by == person or traces.are_in(row.reason):
            yield row
