"""Reading conversations: the rooms that our account is in, who is in one, and whether it was greeted already.

One room is never asked for by its address: Talk counts such requests for rooms that are gone (10 in half an hour,
observed), and then refuses them all from our address with the words of the lock after wrong passwords. The list of
our own rooms is not counted, and tells the same.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, garbled, segment
from connectors.nextcloud.conversations.messages import Said, messages_in
from connectors.nextcloud.conversations.shape import People, Rooms, people_of, rooms_of
from connectors.nextcloud.listing import identifier_of
from provisioner.model.inventory import Remote
from provisioner.model.resources import ResourceId, marker_of

ROOMS: Final = "/ocs/v2.php/apps/spreed/api/v4/room"
CHAT: Final = "/ocs/v2.php/apps/spreed/api/v1/chat"
PAGE: Final = 200
"""Messages a request; Talk gives no more."""
MOST_PAGES: Final = 100
QUIETLY: Final[Mapping[str, str | int]] = {"setReadMarker": 0, "markNotificationsAsRead": 0, "noStatusUpdate": 1}
"""To read without being seen to read."""


def room_path(token: str, more: str = "") -> str:
    """The address of a room, or of something in it."""
    return f"{ROOMS}/{segment(token)}{more}"


def reference_of(identity: ResourceId) -> str:
    """The ``referenceId`` of the first message: 64 characters, more would be cut."""
    return hashlib.sha256(f"{marker_of(identity)}/first_message".encode()).hexdigest()


class ConversationReader:
    """The conversations of one target."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._own: str | None = None

    def own_account(self, told: str | None = None) -> str:
        """The user id of our technical account: as told by who knows it, else asked for once."""
        self._own = told or self._own
        if self._own is None:
            item = self._client.get(f"{CLOUD}/user")
            self._own = identifier_of(item.get("id") if isinstance(item, dict) else None)
            if not self._own:
                raise garbled(f"{CLOUD}/user")
        return self._own

    def rooms(self) -> Rooms:
        """All rooms that our account is in (one request), without a word of what people write in them."""
        params: dict[str, str | int] = {"includeLastMessage": "false", "noStatusUpdate": 1}
        return rooms_of(self._client.get(ROOMS, params), ROOMS)

    def room(self, token: str) -> Remote | None:
        """One room, fresh; None when it is none of ours any more. Raises `TargetError`."""
        rooms = self.rooms()
        remote = rooms.by_token.get(token)
        if remote is None and rooms.unreadable:
            raise garbled(ROOMS)
        return remote

    def people(self, token: str) -> People | None:
        """Everybody in a room; None when Talk itself says that it is none of ours (any more).

        Raises `TargetError`; so also where a lobby keeps us out (412).
        """
        path = room_path(token, "/participants")
        try:
            return people_of(self._client.get(path), path)
        except OcsRefusal as refusal:
            if refusal.code == 404:  # 404/998 is said while the app is switched off
                return None
            raise

    def greeted(self, token: str, reference: str) -> bool | None:
        """Whether our first message was posted, as far as can be told; None when the room is none of ours any more.

        A cleared history tells nothing, and a message of ours that was deleted may not tell its reference (observed
        once): both count as posted. Reads the whole chat, the newest first. Raises `TargetError`.
        """
        return self.said(token, reference, 0)

    def said(self, token: str, reference: str, since: int) -> bool | None:
        """Whether a message of ours with this reference was posted since then (seconds since 1970); see `greeted`."""
        try:
            return self.message_of(token, reference, since) is not None
        except OcsRefusal as refusal:
            if refusal.code == 404:
                return None
            raise

    def message_of(self, token: str, reference: str, since: int) -> int | None:
        """The message that tells or may tell of this reference (see `greeted`), since then; None: there is none.

        Raises `TargetError`; `OcsRefusal` 404 when the room is none of ours (any more).
        """
        own = self.own_account()
        for messages in self._newest_first(token):
            for said in messages:
                if said.at >= since and _tells(said, own, reference):
                    return said.number
            if messages[-1].at < since:
                return None
        return None

    def _newest_first(self, token: str) -> Iterator[Sequence[Said]]:
        """The chat, page by page. Raises `Garbled` when it has no end in sight."""
        path, last = f"{CHAT}/{segment(token)}", 0
        for _ in range(MOST_PAGES):
            params: dict[str, str | int] = {**QUIETLY, "lookIntoFuture": 0, "limit": PAGE, "lastKnownMessageId": last}
            data = self._client.get(path, params)
            if data is None:  # 304: nothing older
                return
            messages = messages_in(data, path)
            yield messages
            last = min(said.number for said in messages)
        raise garbled(path)


def _tells(said: Said, own: str, reference: str) -> bool:
    """Whether a message is the one of ours with this reference, or may have been."""
    if said.system == "history_cleared":
        return True
    return said.account == own and (said.reference == reference or said.kind == "comment_deleted")
