"""The tables of sensors and alerts: what came, what is known of each sensor, what goes on, what is to be said.

As in `provisioner.state.schema`: what belongs to a network carries its name. A sensor is known by its ``key``.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from provisioner.state.schema import METADATA, Moment

OPEN: Final = text("closed IS NULL")
"""Alerts that go on; word for word as in the index."""
TO_SAY: Final = text("state IN ('waiting', 'sending')")
"""Sayings that are on their way; word for word as in the index."""

_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")

UPLINK: Final = Table(
    "uplink",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("sensor", Text, primary_key=True),
    Column("at", Moment, primary_key=True),
    # 63 bits of a hash of device, session and counter: the same message has the same one.
    Column("word", BigInteger, primary_key=True),
    # Quantities of the sensor's model by name; nothing else of what came is kept.
    Column("quantities", Text, nullable=False),
    # What is written together lies together: one page for each uplink, and no index besides.
    sqlite_with_rowid=False,
)

SENSOR_STATE: Final = Table(
    "sensor_state",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("sensor", Text, primary_key=True),
    # When it has to be looked at next although nothing came (silence, durations, hours).
    Column("due", Moment),
    Column("heard", Moment),
    Column("about", Text, nullable=False),
    Index(None, "network", "due"),
    sqlite_with_rowid=False,
)

UNKNOWN_DEVICE: Final = Table(
    "unknown_device",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("first_heard", Moment, nullable=False),
    Column("last_heard", Moment, nullable=False),
    Column("count", Integer, nullable=False),
    # Names of what it measures; no value.
    Column("paths", Text, nullable=False),
)

GATEWAY: Final = Table(
    "gateway",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("online", Boolean, nullable=False),
    Column("since", Moment, nullable=False),
)

SENDER_STATE: Final = Table(
    "sender_state",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    # Cursor of its storage, since when it is listened to without a break, why it is not.
    Column("about", Text, nullable=False),
)

SENDER_COUNT: Final = Table(
    "sender_count",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    # What was counted: taken, twice, late, refused:too_big; a closed list of words.
    Column("what", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last", Moment, nullable=False),
)

ALERT: Final = Table(
    "alert",
    METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("network", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("opened", Moment, nullable=False),
    Column("closed", Moment),
    # Why it is over.
    Column("ending", Text),
    # When it has to be looked at next (repeat, escalation, end of what somebody took on).
    Column("due", Moment),
    # Its sensors with their values, who took it on until when.
    Column("about", Text, nullable=False),
    Index("ix_alert_open", "network", "body", "rule", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    Index(None, "network", "due"),
    Index(None, "network", "opened"),
    sqlite_autoincrement=True,
)

ALERT_OUTBOX: Final = Table(
    "alert_outbox",
    METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("network", Text, nullable=False),
    # None: an answer to a command.
    Column("alert", BigInteger),
    Column("kind", Text, nullable=False),
    # The body whose conversation it is for.
    Column("body", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    # Since when it may have gone; None: it certainly did not.
    Column("tried", Moment),
    # The saying with which it is said in one message.
    Column("gathered", BigInteger),
    Column("error", Text, nullable=False),
    # Where it went, and the message's id there, once it went.
    Column("target", Text),
    Column("conversation", Text),
    Column("message", BigInteger),
    Index("ix_alert_outbox_to_say", "network", "body", "id", sqlite_where=TO_SAY, postgresql_where=TO_SAY),
    Index(None, "network", "alert"),
    Index(None, "network", "conversation", "message"),
    sqlite_autoincrement=True,
)

ALERT_SILENCE: Final = Table(
    "alert_silence",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "network", "until"),
    sqlite_autoincrement=True,
)
