"""Bots of Talk: an administrator of the server installs them, a moderator of a room enables them in it.

Observed on Talk 22, where not said otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.nextcloud.client import Client, OcsRefusal, garbled, segment
from connectors.nextcloud.conversations.talking import error_in, of_room
from provisioner.model.errors import NotAllowed, Permanent
from provisioner.model.text import Text

BOTS: Final = "/ocs/v2.php/apps/spreed/api/v1/bot"
ENABLED: Final = frozenset({1, 2})
"""2: and moderators can't take it out. Such a bot is not told of at all where it is not in the room (read)."""


@dataclass(frozen=True, slots=True)
class Bot:
    """An installed bot, as the moderators of a room see it."""

    number: int
    name: str
    enabled: bool
    """Whether it is in this room."""


class Bots:
    """The bots of a server, seen from rooms that our account moderates."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def hears(self, conversation: str, name: str) -> bool | None:
        """See `Talks.hears`. One request. That it is switched off for the whole server is not told (observed)."""
        bot = self._find(conversation, name)
        return None if bot is None else bot.enabled

    def listen(self, conversation: str, name: str) -> bool:
        """See `Talks.listen`. One request where it is enabled already."""
        bot = self._find(conversation, name)
        if bot is None or bot.enabled:
            return bot is not None
        try:
            self._client.write("POST", f"{BOTS}/{segment(conversation)}/{bot.number}")
        except NotAllowed as refused:
            raise _not_ours(conversation, refused) from refused
        except OcsRefusal as refusal:
            if error_in(refusal) == "bot":
                why = Text.of("nextcloud.bot_not_ours", bot=name, number=bot.number, room=conversation)
                raise Permanent(why, refusal.detail) from refusal
            raise of_room(refusal, conversation) from refusal
        return True

    def _find(self, conversation: str, name: str) -> Bot | None:
        """The bot of this name, the one that is in this room if there are several; None: none is installed."""
        path = f"{BOTS}/{segment(conversation)}"
        try:
            listed = self._client.get(path)
        except NotAllowed as refused:
            raise _not_ours(conversation, refused) from refused
        except OcsRefusal as refusal:
            raise of_room(refusal, conversation) from refusal
        if not isinstance(listed, list):
            raise garbled(path)
        bots = [_bot(item, path) for item in listed]
        return max((bot for bot in bots if bot.name == name), key=lambda bot: bot.enabled, default=None)


def _bot(item: object, path: str) -> Bot:
    number, name = (item.get("id"), item.get("name")) if isinstance(item, Mapping) else (None, None)
    if not isinstance(item, Mapping) or not isinstance(number, int) or not isinstance(name, str):
        raise garbled(path)
    return Bot(number, name, item.get("state") in ENABLED)


def _not_ours(conversation: str, refused: NotAllowed) -> OcsRefusal:
    return OcsRefusal(Text.of("nextcloud.conversation_not_ours", name=conversation), refused.detail, 403, 403)
