"""Saying something once in a conversation; see `provisioner.model.offers.Speaks`."""

from datetime import datetime
from typing import Final

from connectors.nextcloud.client import PRODUCT, Client
from connectors.nextcloud.conversations.reading import ConversationReader
from connectors.nextcloud.conversations.talking import APART, Talker, check_reference
from provisioner.model.errors import Permanent
from provisioner.model.offers import Message
from provisioner.model.ports import Ledger
from provisioner.model.text import Text

SAY_BUCKET: Final = "nextcloud.say"
LIMIT: Final = (60, 60.0)
"""Messages in all conversations together, in so many seconds: letters are in no hurry."""


class Speaker:
    """Says what has to be said once."""

    def __init__(self, client: Client, ledger: Ledger, talker: Talker) -> None:
        self._reader = ConversationReader(client)
        self._ledger = ledger
        self._talker = talker

    def say(self, conversation: str, text: str, reference: str, since: datetime, *, silent: bool) -> bool:
        """See `Speaks.say`. One request to look, one to say."""
        check_reference(reference)
        said = self._reader.said(conversation, reference, int((since - APART).timestamp()))
        if said is None:
            raise Permanent(Text.of("kit.gone", name=conversation, product=PRODUCT))
        if said:
            return False
        self._ledger.acquire(SAY_BUCKET, *LIMIT)
        self._talker.post(conversation, Message(text, reference, silent=silent))
        return True
