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

ASKED: Final = text("state = 'waiting'")
"""Requests that nobody decided on; word for word as in the index."""

ENROLLED_PERSON: Final = Table(
    "enrolled_person",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    # In small letters: two people never share an address.
    Column("address", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("language", Text),
    Column("joined", Date, nullable=False),
    UniqueConstraint("network", "address"),
)

ENROLLED_MEMBERSHIP: Final = Table(
    "enrolled_membership",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("body", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
)

ENDING: Final = Table(
    "ending",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("leaves", Date, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Moment, nullable=False),
)

ENROLLED_BODY: Final = Table(
    "enrolled_body",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("body", Text, primary_key=True),
    Column("fields", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
)

JOIN_REQUEST: Final = Table(
    "join_request",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Text),
    Column("answer", Text, nullable=False),
    Column("reminded_at", Moment),
    Index(None, "network", "state"),
    # Who asks twice asks once.
    Index(
        "uq_join_request_waiting", "network", "person", "body", unique=True, sqlite_where=ASKED, postgresql_where=ASKED
    ),
    sqlite_autoincrement=True,
)

CONFIRMATION: Final = Table(
    "confirmation",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("body", Text, primary_key=True),
    Column("due", Date, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("reminded_at", Moment),
    Column("escalated_at", Moment),
    Column("done_at", Moment),
    Column("done_by", Text),
    Column("struck", Integer, nullable=False),
)

ONE_TIME_LINK: Final = Table(
    "one_time_link",
    METADATA,
    # sha256 of what stands in the link: a copy of the database opens nothing.
    Column("digest", Text, primary_key=True),
    Column("network", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used_at", Moment),
)

SESSION: Final = Table(
    "session",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("network", Text, nullable=False),
    # A person's id; of a newcomer who is nobody yet the address alone.
    Column("person", Text),
    Column("address", Text),
    Column("via", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Index(None, "network", "person"),
)

ATTEMPT: Final = Table(
    "attempt",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    # A keyed hash of an address, a sender or a delivery: nobody is told who tried.
    Column("key", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "network", "bucket", "key", "at"),
)

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("once", Text),
    Column("state", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Index(None, "state", "not_before"),
    UniqueConstraint("network", "once"),
    sqlite_autoincrement=True,
)

ERRAND: Final = Table(
    "errand",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("only", Text),
    Column("about", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Index(None, "network", "not_before"),
    sqlite_autoincrement=True,
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("about", Text, nullable=False),
    Index(None, "network", "at"),
    sqlite_autoincrement=True,
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
