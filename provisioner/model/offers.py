"""What a connector can offer besides what all of them do: each is asked for by `isinstance`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class AilingAddress:
    """An address to which a target no longer writes, because what it wrote came back."""

    container: str
    """What people call the container that it is in (a mailing list's name)."""
    account: str | None
    """Remote id of the account that it belongs to; None: of nobody that the target knows."""
    address: str
    since: datetime | None
    """When something came back last, where the target tells."""
    score: int
    """How often something came back, as the target counts it."""


@runtime_checkable
class TellsBounces(Protocol):
    """What a connector can offer besides: whose mail comes back. Shown for tidying, changes nothing."""

    def ailing_addresses(self) -> Iterator[AilingAddress]:
        """Raises `TargetError`."""
        ...


@runtime_checkable
class Speaks(Protocol):
    """What a connector can offer besides: saying something in a conversation."""

    def say(self, conversation: str, text: str, reference: str, since: datetime, *, silent: bool = False) -> bool:
        """Say it, at most once. False: something with this ``reference`` was said there before.

        ``conversation``: its remote id. ``reference``: up to 64 letters; it is looked for among what was said after
        ``since`` (by our clock). ``silent``: nobody's telephone rings. Nobody is called by name, whatever the text
        holds. Raises `OutcomeUnknown` when it may have been said (ask again: it is looked up), `Permanent` when it
        can't be said there, else the fitting `TargetError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said in a conversation."""

    text: str
    reference: str
    """Up to 64 letters that tell this message from all others."""
    reply_to: int | None = None
    calls: bool = False
    """Everybody in the conversation is called (`@all`); nobody else is, whatever the text holds."""
    silent: bool = False
    """Nobody's telephone rings."""
    not_again_since: datetime | None = None
    """It may have been said since then: looked up by its reference first, and said only if it was not."""


@runtime_checkable
class Talks(Protocol):
    """What a connector can offer besides: conversations in which what was said is answered and changed.

    Conversations and accounts are remote ids. Raises `Permanent` where the conversation is none of ours or can't be
    spoken in, `OutcomeUnknown` when it may have been done, else the fitting `TargetError`.
    """

    def post(self, conversation: str, message: Message) -> int:
        """Say it; the message's id. One request, unless it may have been said before."""
        ...

    def rewrite(self, conversation: str, message: int, text: str) -> None:
        """Put other words in a message of ours. `Permanent` when it is too old or gone."""
        ...

    def show(self, conversation: str, picture: bytes, name: str, reference: str, caption: str, reply_to: int) -> int:
        """Share a PNG in a conversation, as an answer; the message's id. Its limit counts in the rate ledger."""
        ...

    def forget_pictures(self, begins: str, before: datetime, most: int) -> int:
        """Take away pictures that were shown before then, no more than ``most``, the oldest first; how many are left.

        Only what `show` put there, under a name that ``begins`` so. Their messages stay, with their captions.
        """
        ...

    def reactions(self, conversation: str, message: int) -> Sequence[tuple[str, str]]:
        """(emoji, account) of everybody who reacted; nothing for a message that is gone.

        This alone tells who it was: a bot is told of a reaction, and not by whom (observed on Talk 22).
        """
        ...

    def said_since(self, conversation: str, message: int) -> Sequence[tuple[int, str, str, int | None]]:
        """(id, account, text, id of the message it answers) of what people said after ``message``, the oldest first.

        Ours, bots' and the system's are left out. Bounded: a few hundred at most.
        """
        ...

    def hears(self, conversation: str, bot: str) -> bool | None:
        """Whether the bot of that name is enabled in the conversation. None: no such bot is installed."""
        ...

    def listen(self, conversation: str, bot: str) -> bool:
        """Enable the installed bot of that name in the conversation. False: no such bot is installed.

        Raises `Permanent` where only the server's administrator can.
        """
        ...


@dataclass(frozen=True, slots=True)
class LoginGroups:
    """What a login does to the groups of a target, as the target itself is set up."""

    provider: str
    """Who the login comes from, in the product's own words."""
    touches: Callable[[str], bool | None]
    """By name: whether it decides who is in that group. None: that can't be told."""


@runtime_checkable
class KnowsLogin(Protocol):
    """A connector of a product whose accounts people reach by a login that is kept elsewhere."""

    def login_groups(self) -> LoginGroups | None:
        """None: people log in otherwise, or nothing is known of it. Asks the target, and never raises `TargetError`."""
        ...
