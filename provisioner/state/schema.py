"""The tables. What belongs to a network carries its name; what belongs to a server carries that server's identity.

Moments are stored as seconds since 1970 in UTC, structured values as JSON in text: both databases keep them alike.
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as seconds since 1970-01-01 UTC (SQLite would drop the time zone)."""

    impl = Float(53)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> float | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.timestamp()

    def process_result_value(self, value: float | None, _: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BINDING: Final = Table(
    "binding",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("server", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("applied", Text, nullable=False),
    Column("bound_at", Moment, nullable=False),
    # One object over there is tied once, whichever network or target looks at it.
    UniqueConstraint("server", "kind", "remote_id"),
)

BORROWED: Final = Table(
    "borrowed",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("remote_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    # An account that another network owns is one person's here, too.
    UniqueConstraint("network", "target", "remote_id"),
)

EDGE: Final = Table(
    "edge",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("container", Text, primary_key=True),
    # Kind of the container, role in it and kind of the member, e.g. "group/member/account".
    Column("sort", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    sqlite_with_rowid=False,
)

TOMBSTONE: Final = Table(
    "tombstone",
    METADATA,
    Column("server", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("at", Moment, nullable=False),
)

DEPARTURE: Final = Table(
    "departure",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("suspended_on", Date),
    Column("handed_to", Text),
    Column("handed_by", Text),
    Column("handed_on", Date),
)

MIRROR: Final = Table(
    "mirror",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    # Counts what was kept: who judged by an older picture keeps nothing.
    Column("revision", Integer, nullable=False),
    Column("shape", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("read_at", Moment),
    Column("whole_at", Moment),
    Column("failed_at", Moment),
    Column("failure", Text),
    Column("held", Text),
)

MIRRORED: Final = Table(
    "mirrored",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fields", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("missing_since", Date),
    # The day on which they went without a ranger's word, as the guard over rolling seven days counts.
    Column("went_on", Date),
    Column("first_seen", Date, nullable=False),
    Column("changed_on", Date, nullable=False),
)

APART: Final = Table(
    "apart",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("said_by", Text, nullable=False),
    Column("said_on", Date, nullable=False),
)

RUN: Final = Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    Column("actor", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("outcome", Text),
    Column("counts", Text, nullable=False),
    Index(None, "network", "started"),
    sqlite_autoincrement=True,
)

OPEN: Final = text("state IN ('intent', 'unknown')")
"""Steps whose outcome is not known. As a text, word for word as in the index: so both databases use that."""

STEP: Final = Table(
    "step",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("run.id"), nullable=False),
    Column("network", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("remote_id", Text),
    Column("payload", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("effects", Text, nullable=False),
    Column("creates", Boolean, nullable=False),
    Column("repeatable", Boolean, nullable=False),
    # What the guards over rolling seven days add up: see `provisioner.state.runs.Recent`.
    Column("suspends", Boolean, nullable=False),
    Column("updates", Boolean, nullable=False),
    Column("removes", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("intent_at", Moment, nullable=False),
    Column("outcome_at", Moment),
    Index(None, "run"),
    Index("ix_step_open", "network", "target", sqlite_where=OPEN, postgresql_where=OPEN),
    Index(None, "network", "target", "outcome_at"),
    sqlite_autoincrement=True,
)

SAVED_PLAN: Final = Table(
    "saved_plan",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("decided", Moment),
    Column("decided_by", Text),
)

RATE: Final = Table(
    "rate",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("server", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "server", "account", "bucket", "at"),
)

SERVER_LOCK: Final = Table(
    "server_lock",
    METADATA,
    Column("server", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("run", Integer),
    Column("since", Moment, nullable=False),
)

SECRET: Final = Table(
    "secret",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

META: Final = Table(
    "meta",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
