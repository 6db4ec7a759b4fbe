"""Saying something in a conversation; see `provisioner.model.ports.Speaks`.

Talk keeps a ``referenceId`` with each message and takes the same one twice (observed): so it is looked up first.
"""

import re
from datetime import datetime, timedelta
from typing import Final

from connectors.nextcloud.client import PRODUCT, Client, OcsRefusal, segment
from connectors.nextcloud.conversations.reading import CHAT, ConversationReader
from connectors.nextcloud.conversations.shape import LONGEST_MESSAGE
from provisioner.model.errors import NotAllowed, Permanent
from provisioner.model.ports import Ledger
from provisioner.model.text import Text

SAY_BUCKET: Final = "nextcloud.say"
LIMIT: Final = (60, 60.0)
"""Messages, in so many seconds. The server has no limit of its own (observed); people have."""
LONGEST_REFERENCE: Final = 64
_APART: Final = timedelta(hours=1)
"""How far the server's clock may be from ours."""
_CALL: Final = re.compile(r"(?<!\w)@")


class Speaker:
    """Speaks with our account's name in rooms that it is in."""

    def __init__(self, client: Client, ledger: Ledger) -> None:
        self._client = client
        self._reader = ConversationReader(client)
        self._ledger = ledger

    def say(self, conversation: str, text: str, reference: str, since: datetime, *, silent: bool) -> bool:
        """See `Speaks.say`. One request to look, one to say."""
        if len(reference) > LONGEST_REFERENCE:
            raise ValueError(f"a reference of {len(reference)} letters would be cut")
        said = self._reader.said(conversation, reference, int((since - _APART).timestamp()))
        if said is None:
            raise Permanent(Text.of("kit.gone", name=conversation, product=PRODUCT))
        if said:
            return False
        self._ledger.acquire(SAY_BUCKET, *LIMIT)
        message = calling_nobody(text)[:LONGEST_MESSAGE]
        body: dict[str, object] = {"message": message, "referenceId": reference, "silent": silent}
        try:
            self._client.write("POST", f"{CHAT}/{segment(conversation)}", body)
        except NotAllowed as refused:  # about this room alone: it is read-only, or we were put out
            why = Text.of("nextcloud.conversation_not_ours", name=conversation)
            raise OcsRefusal(why, refused.detail, 403, 403) from refused
        return True


def calling_nobody(text: str) -> str:
    """The same to the eye, without mentions: after ``@`` comes a sign that is not seen and belongs to no name.

    In the middle of a word it calls nobody anyway.
    """
    return _CALL.sub("@\u2060", text)
