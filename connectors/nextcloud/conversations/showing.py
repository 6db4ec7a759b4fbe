"""Pictures in a conversation: a file of our own account, shared with the room.

Facts as observed on Talk 22: a share is shown as a message, whose number the answer does not tell; the same file is
shared with a room only once (403), so that a picture whose answer was lost is not shown twice.
"""

import json
import re
from datetime import timedelta
from pathlib import PurePath
from typing import Final

from connectors.nextcloud.client import Client, OcsRefusal, garbled_write
from connectors.nextcloud.conversations.reading import ConversationReader
from connectors.nextcloud.conversations.shape import LONGEST_MESSAGE
from connectors.nextcloud.conversations.talking import APART, calling_nobody, check_reference, of_room
from connectors.nextcloud.folders.dav import WebDav
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import NotAllowed, RateLimited
from provisioner.model.ports import Clock, Ledger
from provisioner.model.text import Text

SHARES: Final = "/ocs/v2.php/apps/files_sharing/api/v1/shares"
PICTURE_BUCKET: Final = "nextcloud.picture"
FOLDER: Final = "readi-Bilder"
"""Where the pictures lie in our account's files. Who takes one away takes it out of the conversation."""
WITH_A_ROOM: Final = 10
"""The type of such a share."""
_UNFIT: Final = re.compile(r"[^\w -]+")
_LONGEST_STEM: Final = 60


class Shower:
    """Shows pictures with our account's name in rooms that it is in."""

    def __init__(self, client: Client, settings: NextcloudSettings, ledger: Ledger, clock: Clock) -> None:
        self._client = client
        self._reader = ConversationReader(client)
        self._limit = (settings.picture_limit, settings.picture_window)
        self._ledger = ledger
        self._clock = clock
        self._dav: WebDav | None = None

    def show(self, conversation: str, picture: bytes, name: str, reference: str, caption: str, reply_to: int) -> int:
        """See `Talks.show`. Three requests; nobody's telephone rings.

        With the same ``reference`` again it is shown at most once.
        """
        check_reference(reference)
        self._ledger.acquire(PICTURE_BUCKET, *self._limit)
        stem = _UNFIT.sub("", PurePath(name).stem)[:_LONGEST_STEM].strip() or "Bild"
        file = f"{stem}-{reference[:16]}.png"
        self._files().create([FOLDER, file], picture, "image/png")
        told = {"caption": calling_nobody(caption)[:LONGEST_MESSAGE], "replyTo": reply_to, "silent": True}
        body: dict[str, object] = {
            "path": f"/{FOLDER}/{file}",
            "shareType": WITH_A_ROOM,
            "shareWith": conversation,
            "referenceId": reference,
            "talkMetaData": json.dumps(told),
        }
        refused: NotAllowed | None = None
        try:
            self._client.write("POST", SHARES, body)
        except RateLimited:
            self._ledger.exhausted(PICTURE_BUCKET, *self._limit)  # people's own shares with this account count, too
            raise
        except NotAllowed as refusal:
            refused = refusal
        except OcsRefusal as refusal:
            raise of_room(refusal, conversation) from refusal
        number = self._number(conversation, reference)
        if number is None:
            if refused is not None:
                why = Text.of("nextcloud.conversation_not_ours", name=conversation)
                raise OcsRefusal(why, refused.detail, 403, 403) from refused
            raise garbled_write(SHARES)
        return number

    def _number(self, conversation: str, reference: str) -> int | None:
        since = self._clock.now() - APART - timedelta(days=1)
        try:
            return self._reader.message_of(conversation, reference, int(since.timestamp()))
        except OcsRefusal as refusal:
            raise of_room(refusal, conversation) from refusal

    def _files(self) -> WebDav:
        if self._dav is None:
            dav = WebDav(self._client, self._reader.own_account())
            dav.make_folder([FOLDER])
            self._dav = dav
        return self._dav
