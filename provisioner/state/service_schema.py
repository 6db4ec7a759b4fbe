"""The service's tables: enrolments and requests, links and sessions, letters, errands, audit.

As in `provisioner.state.schema`: what belongs to a network carries its name.
"""

from typing import Final

from sqlalchemy import Column, Date, Index, Integer, Table, Text, UniqueConstraint, text

from provisioner.state.schema import METADATA, Moment

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
