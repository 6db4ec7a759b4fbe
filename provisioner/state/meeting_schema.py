"""The tables of meetings: rooms and who may enter them, who is in them in numbers, feeds, what was read before.

As in `provisioner.state.schema`: what belongs to a network carries its name. A room is known here by its ``key``: the
resource's ("body:<id>"), or "room:<id>" of one that a moderator opened; its name is a secret of the binding.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from provisioner.state.schema import METADATA, Moment

ROOM_ACCESS: Final = Table(
    "room_access",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("named_at", Moment, nullable=False),
    # Hashes, keyed with the room's name, of who may enter since it has that name: whoever is missing lost access.
    Column("audience", Text, nullable=False),
    # When somebody was let in last, within a minute or so; nobody's name.
    Column("passed_at", Moment),
    # Since when it waits for another name, and why.
    Column("due_since", Moment),
    Column("due_why", Text, nullable=False),
)

GUEST_ROOM: Final = Table(
    "guest_room",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    # Opened on behalf of this body; its moderators lead it.
    Column("body", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("closed_at", Moment),
    Index(None, "network", "body"),
    UniqueConstraint("network", "name"),
)

INVITATION: Final = Table(
    "invitation",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    # sha256 of the word in the guest's link.
    Column("digest", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("guest_name", Text, nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("invited_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    UniqueConstraint("network", "digest"),
    Index(None, "network", "key"),
)

GATHERING: Final = Table(
    "gathering",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    # Beginning and end: seconds since 1970, by the meeting server's clock. Only those that are over stand here.
    Column("created", BigInteger, primary_key=True),
    Column("ended", BigInteger, nullable=False),
    Column("most", Integer, nullable=False),
    Column("came", Integer, nullable=False),
    Index(None, "network", "ended"),
)

HEADCOUNT: Final = Table(
    "headcount",
    METADATA,
    # What was told of gatherings that are not put down yet: see `provisioner.model.gatherings.Count`.
    Column("network", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    # 0: the room itself; else a number for one of the rooms into which a gathering divides.
    Column("part", BigInteger, primary_key=True),
    Column("told", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("inside", Integer, primary_key=True),
    Column("most", Integer, primary_key=True),
)

RESERVATION: Final = Table(
    "reservation",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("network", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Index(None, "network", "name"),
    sqlite_autoincrement=True,
)

FEED: Final = Table(
    "feed",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    # sha256 of the word in the feed's address.
    Column("digest", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("network", "digest"),
)

REMEMBERED: Final = Table(
    "remembered",
    METADATA,
    Column("network", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("container", Text, primary_key=True),
    Column("revision", Text, nullable=False),
    Column("objects", Text, nullable=False),
)
