"""What the service says to people: by mail, and in conversations. The port through which everybody speaks.

A letter names its recipient by the registry's id and carries no text of its own and no secret: it is put into words,
and one-time links are made, in the moment in which it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    """How a letter goes."""

    MAIL = "mail"
    CONVERSATION = "conversation"


class LetterKind(StrEnum):
    """What a letter is about; its words stand in ``provisioner/messages/texts.yaml`` under these names."""

    LOGIN_LINK = "login_link"  # to an address: somebody, perhaps a newcomer, wants to log in
    WELCOME = "welcome"  # to a person: the account is there
    JOINED = "joined"  # into a body's conversation: somebody joined
    REQUEST = "request"  # to a moderator: somebody asks to join
    REQUEST_REMINDER = "request_reminder"
    APPROVED = "approved"  # to the one who asked
    DECLINED = "declined"
    CONFIRM = "confirm"  # to a moderator: is this list right?
    CONFIRM_REMINDER = "confirm_reminder"
    CONFIRM_ESCALATED = "confirm_escalated"  # to the lead city's administrators
    STRUCK = "struck"  # to a person: a moderator took them off a body's list
    LEAVING = "leaving"  # to a person: the last day comes near, or access has ended; what happens when
    SUCCESSOR = "successor"  # to the lead city: a body will have no moderator
    HAND_OVER = "hand_over"  # to rangers: files wait to be handed over
    GUEST_ENDS = "guest_ends"  # to a sponsor
    TO_BODY = "to_body"  # to a person: somebody writes to all of a body
    NOTICE = "notice"  # into the rangers' conversation: what a sync did, what waits, what fails
    MEETING_REMINDER = "meeting_reminder"  # into a body's conversation: a meeting begins soon
    ALERT = "alert"  # to a person: sensors, of a body in whose conversation they are not
    WEEKLY = "weekly"  # to rangers: the summary


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one recipient.

    ``to``: for mail ``person:<id>``, or ``address:<address>`` of somebody who is nobody yet; for a conversation
    ``body:<id>``. ``about``: ids, numbers and what a person typed for others to read; never a name or an address of
    somebody else, never a secret.
    """

    kind: LetterKind
    channel: Channel
    to: str
    about: Mapping[str, str | int] = field(default_factory=dict)
    once: str | None = None
    """Of two letters of one network with the same word only the first is taken, for as long as the outbox remembers."""


class LetterState(StrEnum):
    """Where a letter in the outbox stands."""

    WAITING = "waiting"  # also: it failed and is tried again
    SENDING = "sending"  # handed over; if the process ends now, nobody knows whether it went
    SENT = "sent"
    UNKNOWN = "unknown"  # it may have gone: a ranger decides whether it goes again
    REFUSED = "refused"  # for good: no such address, recipient unknown, tried too long


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter in the outbox."""

    id: int
    network: str
    letter: Letter
    state: LetterState
    created: datetime
    not_before: datetime
    tries: int = 0
    error: str = ""
    """The last failure, as a text's code; never an address."""


class Messenger(Protocol):
    """What takes letters. Taking is lasting: what was taken is sent, or somebody is told that it was not."""

    def post(self, letter: Letter, not_before: datetime | None = None) -> bool:
        """False: one with the same ``once`` was taken before. Raises `StateError`."""
        ...
