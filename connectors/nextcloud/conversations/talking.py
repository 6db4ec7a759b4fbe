"""Conversations in which what was said is answered and changed; see `provisioner.model.offers.Talks`.

Facts as observed on Talk 22: a ``referenceId`` is kept with each message and not looked at, so that the same one twice
is two messages; an answer to a message that is gone is refused, and nothing is said.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.nextcloud.client import PRODUCT, Client, OcsRefusal, garbled, garbled_write, segment
from connectors.nextcloud.conversations.messages import messages_in, number_in
from connectors.nextcloud.conversations.reading import CHAT, PAGE, QUIETLY, ConversationReader
from connectors.nextcloud.conversations.shape import APP, LONGEST_MESSAGE, USERS
from provisioner.model.errors import NotAllowed, Permanent, TargetError, Transient
from provisioner.model.offers import Message
from provisioner.model.text import Text

REACTIONS: Final = "/ocs/v2.php/apps/spreed/api/v1/reaction"
MOST_PAGES: Final = 5
"""Pages of messages that `Talker.said_since` reads at most."""
APART: Final = timedelta(hours=1)
"""How far the server's clock may be from ours."""
LONGEST_REFERENCE: Final = 64
_EVERYBODY: Final = "\n\n@all"
_CALL: Final = re.compile(r"(?<!\w)@")


class Talker:
    """Talks with our account's name in rooms that it is in.

    Nothing is counted: the server limits no messages (observed), and how many people bear is for policy to say.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._reader = ConversationReader(client)

    def post(self, conversation: str, message: Message) -> int:
        """See `Talks.post`. What it answers may be gone: then it is said all the same, as an answer to nothing."""
        check_reference(message.reference)
        if message.not_again_since is not None:
            said = self._looked_up(conversation, message.reference, message.not_again_since)
            if said is not None:
                return said
        body: dict[str, object] = {
            "message": _worded(message.text, calls=message.calls),
            "referenceId": message.reference,
            "silent": message.silent,
        }
        answer: dict[str, object] = {} if message.reply_to is None else {"replyTo": message.reply_to}
        path = f"{CHAT}/{segment(conversation)}"
        try:
            data = self._write("POST", path, body | answer, conversation)
        except OcsRefusal as refusal:
            if not answer or error_in(refusal) != "reply-to":
                raise
            data = self._write("POST", path, body, conversation)
        number = number_in(data)
        if number is None:
            raise garbled_write(path)
        return number

    def rewrite(self, conversation: str, message: int, text: str) -> None:
        """See `Talks.rewrite`. Raises `Permanent` a day after it was said, and for one that was taken back."""
        body: dict[str, object] = {"message": _worded(text, calls=False)}
        self._write("PUT", f"{CHAT}/{segment(conversation)}/{message}", body, conversation)

    def reactions(self, conversation: str, message: int) -> Sequence[tuple[str, str]]:
        """See `Talks.reactions`. One request."""
        path = f"{REACTIONS}/{segment(conversation)}/{message}"
        try:
            data = self._client.get(path)
        except OcsRefusal as refusal:
            if refusal.code == 404 and refusal.data is None:  # of a room that is none of ours: []
                return []
            raise of_room(refusal, conversation) from refusal
        if data == []:
            return []
        if not isinstance(data, dict) or not all(isinstance(people, list) for people in data.values()):
            raise garbled(path)
        return [
            (emoji, str(one["actorId"]))
            for emoji, people in data.items()
            for one in people
            if isinstance(one, dict) and one.get("actorType") == USERS and one.get("actorId")
        ]

    def said_since(self, conversation: str, message: int) -> Sequence[tuple[int, str, str, int | None]]:
        """See `Talks.said_since`. A request for each 200 messages, `MOST_PAGES` of them."""
        own, path, last = self._reader.own_account(), f"{CHAT}/{segment(conversation)}", message
        found: list[tuple[int, str, str, int | None]] = []
        for _ in range(MOST_PAGES):
            params: dict[str, str | int] = {
                **QUIETLY,
                "lookIntoFuture": 1,
                "timeout": 0,
                "limit": PAGE,
                "lastKnownMessageId": last,
            }
            try:
                data = self._client.get(path, params)
            except OcsRefusal as refusal:
                raise of_room(refusal, conversation) from refusal
            if data is None:  # 304: nothing newer
                break
            messages = messages_in(data, path)
            found += [
                (said.number, said.account, said.text, said.answers)
                for said in messages
                if said.kind == "comment" and said.account not in ("", own)
            ]
            last = max(said.number for said in messages)
        return found

    def _looked_up(self, conversation: str, reference: str, since: datetime) -> int | None:
        try:
            return self._reader.message_of(conversation, reference, int((since - APART).timestamp()))
        except OcsRefusal as refusal:
            raise of_room(refusal, conversation) from refusal

    def _write(self, method: str, path: str, body: dict[str, object], conversation: str) -> object:
        try:
            return self._client.write(method, path, body)
        except NotAllowed as refused:  # about this room alone: it is read-only, or we were put out
            why = Text.of("nextcloud.conversation_not_ours", name=conversation)
            raise OcsRefusal(why, refused.detail, 403, 403) from refused
        except OcsRefusal as refusal:
            raise of_room(refusal, conversation) from refusal


def check_reference(reference: str) -> None:
    """Raise `ValueError` for one that Talk would cut."""
    if len(reference) > LONGEST_REFERENCE:
        raise ValueError(f"a reference of {len(reference)} letters would be cut")


def calling_nobody(text: str) -> str:
    """The same to the eye, without mentions: after ``@`` comes a sign that is not seen and belongs to no name.

    In the middle of a word it calls nobody anyway.
    """
    return _CALL.sub("@\u2060", text)


def error_in(refusal: OcsRefusal) -> str:
    """Talk's own word for what is wrong, e.g. ``age``."""
    error = refusal.data.get("error") if isinstance(refusal.data, dict) else None
    return error if isinstance(error, str) else ""


def _worded(text: str, *, calls: bool) -> str:
    """The text as it is sent: nobody is called by it, and at its end everybody or nobody."""
    call = _EVERYBODY if calls else ""
    return calling_nobody(text)[: LONGEST_MESSAGE - len(call)] + call


def of_room(refusal: OcsRefusal, conversation: str) -> TargetError:
    """What a refusal means for whoever talks in this room."""
    if refusal.code == 998:  # the address itself is unknown: while the app is switched off, e.g. for an update
        return Transient(Text.of("nextcloud.app_missing", app=APP), refusal.detail)
    if refusal.code == 404 and not error_in(refusal):
        return Permanent(Text.of("kit.gone", name=conversation, product=PRODUCT), refusal.detail)
    if refusal.code == 412:
        return Permanent(Text.of("nextcloud.conversation_not_ours", name=conversation), refusal.detail)
    return refusal
