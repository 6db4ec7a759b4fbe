"""Writing conversations: one write a step, save where somebody has to be let in before being made a moderator.

Nobody but accounts and groups is ever let in: an e-mail address would turn the room public (observed).
"""

from collections.abc import Mapping
from typing import Final

from connectors.kit.batch import located, text_of
from connectors.kit.outcomes import perhaps_created
from connectors.nextcloud.client import Client, OcsRefusal, segment
from connectors.nextcloud.conversations.reading import CHAT, ROOMS, ConversationReader, reference_of, room_path
from connectors.nextcloud.conversations.shape import (
    APP,
    GROUP_ROOM,
    GROUPS,
    LONGEST_DESCRIPTION,
    LONGEST_MESSAGE,
    MODERATOR,
    OWNER,
    USER,
    USERS,
    Attendee,
    People,
    objection,
)
from connectors.nextcloud.fresh import Fresh
from connectors.nextcloud.listing import identifier_of
from connectors.nextcloud.outcomes import creating
from provisioner.model.errors import Garbled, NotAllowed, OutcomeUnknown, Permanent, Transient
from provisioner.model.ports import Resolve
from provisioner.model.resources import Kind
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

NOT_CREATED: Final = frozenset({400, 403, 404})
"""OCS codes after which a POST has made nothing: Talk checks everything before it makes the room (read, observed)."""
WHOLE_CREATION: Final = "conversation-creation-all"
"""A Talk without this feature takes the name alone, and silently drops mark, groups and switches."""

SOURCES: Final[Mapping[Kind, str]] = {Kind.ACCOUNT: USERS, Kind.GROUP: GROUPS}

_SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "name": ("", "roomName"),
    "description": ("/description", "description"),
    "read_only": ("/read-only", "state"),
    "listed": ("/listable", "scope"),
    "lobby": ("/webinar/lobby", "state"),
}
"""Where a field is written, and what its value is called there."""


class ConversationWriter:
    """Performs the steps. ``people`` is what was read of the room right before."""

    def __init__(self, client: Client, reader: ConversationReader, people: Fresh[People | None]) -> None:
        self._client = client
        self._reader = reader
        self._people = people

    def create(self, step: Step, resolve: Resolve) -> Done:
        """POST with name, mark, switches and groups. Raises `OutcomeUnknown` unless surely nothing was made.

        202: made, and some groups were unknown; the rest is told in ``Done.missed``.
        """
        name, marker = text_of(step, "name"), text_of(step, "marker")
        why = objection(name)
        if why is not None:
            raise Permanent(why)
        features = self._client.told_by(APP).get("features")
        if not isinstance(features, list) or WHOLE_CREATION not in features:
            raise Permanent(Text.of("nextcloud.conversation_talk_too_old"))
        groups = {resolve(edge_to): edge for edge_to, edge in zip(step.refers, step.effects.joins, strict=True)}
        body: dict[str, object] = {
            "roomType": GROUP_ROOM,
            "roomName": name,
            "description": marker,
            "listable": int(step.payload.get("listed") is True),
            "lobbyState": int(step.payload.get("lobby") is True),
            "readOnly": int(step.payload.get("read_only") is True),
            "participants": {GROUPS: list(groups)},
        }
        data = creating(lambda: self._write("POST", ROOMS, body, name), name, NOT_CREATED)
        made = data if isinstance(data, dict) else {}
        token, number = made.get("token"), identifier_of(made.get("id"))
        if not isinstance(token, str) or not token or not number or made.get("description") != marker:
            raise perhaps_created(name, "")
        invalid = made.get("invalidParticipants")
        unknown = invalid.get(GROUPS) if isinstance(invalid, dict) else None
        missing = [one for one in map(identifier_of, unknown) if one in groups] if isinstance(unknown, list) else []
        if not missing:
            return Done(token, number)
        note = Text.of("nextcloud.conversation_without", name=name, groups=", ".join(missing))
        return Done(token, number, note, tuple(groups[one] for one in missing))

    def set(self, step: Step, resolve: Resolve) -> Done:
        """PUT of one field."""
        token, field, value = located(step, resolve), text_of(step, "field"), step.payload.get("value")
        path, key = _SETTINGS[field]
        if isinstance(value, str):
            why = objection(value) if field == "name" else None
            if field == "description" and len(value) > LONGEST_DESCRIPTION:
                why = Text.of("nextcloud.conversation_description_too_long", name=step.name, limit=LONGEST_DESCRIPTION)
            if why is not None:
                raise Permanent(why)
        sent = value if isinstance(value, str) else int(value is True)
        self._write("PUT", room_path(token, path), {key: sent}, step.name)
        return Done(token)

    def greet(self, step: Step, resolve: Resolve, greeted: bool) -> Done:
        """POST of the first message, which notifies nobody; ``greeted``: it was posted before, and nothing is sent."""
        token, message = located(step, resolve), text_of(step, "message")
        if greeted:
            return Done(token, note=Text.of("nextcloud.conversation_greeted", name=step.name))
        if len(message) > LONGEST_MESSAGE:
            raise Permanent(Text.of("nextcloud.conversation_message_too_long", name=step.name, limit=LONGEST_MESSAGE))
        body: dict[str, object] = {"message": message, "referenceId": reference_of(step.id), "silent": True}
        self._write("POST", f"{CHAT}/{segment(token)}", body, step.name)
        return Done(token)

    def invite(self, step: Step, resolve: Resolve) -> Done:
        """POST of one account or group; twice is the same as once."""
        token = located(step, resolve)
        self._let_in(token, SOURCES[step.refers[0].kind], resolve(step.refers[0]), step.name)
        return Done(token)

    def promote(self, step: Step, resolve: Resolve) -> Done:
        """POST of somebody's number; who is not inside yet (its group may be on its way) is let in first."""
        token, user_id = located(step, resolve), resolve(step.refers[0])
        found = self._find(token, USERS, user_id)
        if found is None:
            self._let_in(token, USERS, user_id, step.name)
            self._people.forget()
            found = self._find(token, USERS, user_id)
            if found is None:
                raise Permanent(Text.of("nextcloud.conversation_not_entered", user=user_id, name=step.name))
        if not found.moderates:
            self._regrade("POST", token, found, MODERATOR, step.name)
        return Done(token)

    def demote(self, step: Step, resolve: Resolve) -> Done:
        """DELETE of somebody's number among the moderators."""
        token, user_id = located(step, resolve), resolve(step.refers[0])
        found = self._find(token, USERS, user_id)
        if found is not None and found.moderates:
            self._keep_hands_off(found, step.name)
            self._regrade("DELETE", token, found, USER, step.name)
        return Done(token)

    def remove(self, step: Step, resolve: Resolve) -> Done:
        """DELETE of an account, or of a group with all its plain members that no other group brings along."""
        token, member = located(step, resolve), step.refers[0]
        found = self._find(token, SOURCES[member.kind], resolve(member))
        if found is None:
            return Done(token)
        self._keep_hands_off(found, step.name)
        try:
            self._write("DELETE", room_path(token, "/attendees"), {"attendeeId": found.id}, step.name)
        except OcsRefusal as refusal:
            if refusal.code != 404 or self._find_again(token, found) is not None:
                raise
        if found.kind == GROUPS:
            self._people.forget()  # who went along is not ours to guess
        else:
            self._people.correct(lambda people: None if people is None else people.without(found.id))
        return Done(token)

    def erase(self, step: Step, resolve: Resolve) -> Done:
        """DELETE of the room, for everybody in it.

        That it is gone from our list proves a deletion only right after one of ours: else we may have been put out.
        """
        token = located(step, resolve)
        try:
            self._write("DELETE", room_path(token), None, step.name)
        except (OutcomeUnknown, Transient, Garbled):
            if self._reader.room(token) is not None:
                raise
        return Done(token)

    def _regrade(self, method: str, token: str, found: Attendee, to: int, name: str) -> None:
        """Talk answers 400 to what is so already; a fresh read tells whether that is why."""
        try:
            self._write(method, room_path(token, "/moderators"), {"attendeeId": found.id}, name)
        except OcsRefusal as refusal:
            now = self._find_again(token, found)
            if refusal.code != 400 or now is None or now.moderates is not (to == MODERATOR):
                raise
            return
        self._people.correct(lambda people: None if people is None else people.now_of_type(found.id, to))

    def _let_in(self, token: str, source: str, identifier: str, name: str) -> None:
        body: dict[str, object] = {"newParticipant": identifier, "source": source}
        self._write("POST", room_path(token, "/participants"), body, name)

    def _find(self, token: str, kind: str, actor: str) -> Attendee | None:
        people = self._people.read(token, lambda: self._reader.people(token))
        return None if people is None else people.find(kind, actor)

    def _find_again(self, token: str, found: Attendee) -> Attendee | None:
        self._people.forget()
        return self._find(token, found.kind, found.actor)

    def _keep_hands_off(self, found: Attendee, name: str) -> None:
        """Neither from ourselves, whom the room would be lost with, nor from its owner, whom Talk lets nobody touch."""
        if found.kind == USERS and found.actor == self._reader.own_account():
            raise Permanent(Text.of("nextcloud.conversation_own_account", user=found.actor, name=name))
        if found.type == OWNER:
            raise Permanent(Text.of("nextcloud.conversation_owner", user=found.actor, name=name))

    def _write(self, method: str, path: str, body: Mapping[str, object] | None, name: str) -> object:
        """A refusal here is about this room alone: elsewhere our rights are as they were."""
        try:
            return self._client.write(method, path, body)
        except NotAllowed as refused:
            raise OcsRefusal(
                Text.of("nextcloud.conversation_not_ours", name=name), refused.detail, 403, 403
            ) from refused
