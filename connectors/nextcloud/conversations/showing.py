"""Pictures in a conversation: a file of our own account, shared with the room.

Facts as observed on Talk 22: a share is shown as a message, whose number the answer does not tell. The same file shared
a second time is refused (403), and shown a second time all the same: so each picture is a file of its own, and whether
it lies there already tells whether there is something to look up first. A file that is taken away leaves its message,
with caption, reactions and answers: for the picture stands that it is no longer available, and nobody is notified.
"""

import hashlib
import json
import re
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

from connectors.nextcloud.client import Client, OcsRefusal, garbled_write
from connectors.nextcloud.conversations.reading import ConversationReader
from connectors.nextcloud.conversations.shape import LONGEST_MESSAGE
from connectors.nextcloud.conversations.talking import APART, calling_nobody, check_reference, of_room
from connectors.nextcloud.folders.dav import Locked, WebDav
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import NotAllowed, Permanent, RateLimited, TargetError
from provisioner.model.ports import Clock, Ledger
from provisioner.model.text import Text

SHARES: Final = "/ocs/v2.php/apps/files_sharing/api/v1/shares"
PICTURE_BUCKET: Final = "nextcloud.talk-pictures"
FOLDER: Final = "readi-Bilder"
"""Where the pictures lie in our account's files. Who takes one away takes it out of the conversation."""
WITH_A_ROOM: Final = 10
"""The type of such a share."""
TO_READ: Final = 1
"""What people may do with the file; without it they could change it (observed: 19)."""
_UNFIT: Final = re.compile(r"[^\w -]+")
_LONGEST_STEM: Final = 100
_MARK: Final = 16
"""Letters at the end of a picture's name that tell it from all others."""
_OURS: Final = re.compile(rf"[\w -]{{1,{_LONGEST_STEM}}}-[0-9a-f]{{{_MARK}}}\.png")


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
        """See `Talks.show`. Three requests; nobody's telephone rings. Once only, however often it is asked for.

        Gone is what it answers: then it is shown as an answer to nothing.
        """
        check_reference(reference)
        stem = _UNFIT.sub("", PurePath(name).stem)[:_LONGEST_STEM].strip() or "Bild"
        file = f"{stem}-{hashlib.sha256(reference.encode()).hexdigest()[:_MARK]}.png"
        if not self._files().create([FOLDER, file], picture, "image/png"):
            shown = self._number(conversation, reference)
            if shown is not None:
                return shown
        self._ledger.acquire(PICTURE_BUCKET, *self._limit)
        told: dict[str, object] = {"caption": calling_nobody(caption)[:LONGEST_MESSAGE], "silent": True}
        if reply_to > 0:  # with 0 the file is shared, and no message shows it (observed)
            told["replyTo"] = reply_to
        body: dict[str, object] = {
            "path": f"/{FOLDER}/{file}",
            "shareType": WITH_A_ROOM,
            "shareWith": conversation,
            "permissions": TO_READ,
            "referenceId": reference,
            "talkMetaData": json.dumps(told),
        }
        refused: NotAllowed | None = None
        try:
            self._client.write("POST", SHARES, body)
        except RateLimited:
            self._ledger.exhausted(PICTURE_BUCKET, *self._limit)  # people's own shares with this account count, too
            raise
        except NotAllowed as refusal:  # of a file that is in the room, which is shown all the same; or of all shares
            refused = refusal
        except OcsRefusal as refusal:
            raise of_room(refusal, conversation) from refusal
        number = self._number(conversation, reference)
        if number is None and refused is not None:
            raise Permanent(Text.of("nextcloud.picture_refused", name=conversation), refused.detail) from refused
        if number is None:
            raise garbled_write(SHARES)
        return number

    def forget(self, begins: str, before: datetime, most: int) -> int:
        """See `Talks.forget_pictures`. One request to look, one for each that goes; into the trash bin (observed).

        What is no picture of ours by its name, or no file, stays. Raises the first refusal once all were tried.
        """
        dav = WebDav(self._client, self._reader.own_account())
        old = sorted(
            (written, name)
            for name, written in dav.files_in([FOLDER]).items()
            if written < before and name.startswith(begins) and _OURS.fullmatch(name)
        )
        refused: TargetError | None = None
        for _, name in old[:most]:
            try:
                dav.remove([FOLDER, name])
            except (Permanent, Locked) as error:  # of this very file: those behind it go all the same
                refused = refused or error
        if refused is not None:
            raise refused
        return len(old[most:])

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
