"""Rooms, participants and messages as Talk shows them to one account. Keys and order observed on Talk 22."""

from __future__ import annotations

import re
import struct
from collections import Counter
from typing import Any

from connectors.nextcloud.emulation.accounts.state import Accounts
from connectors.nextcloud.emulation.talk.state import (
    CHANGELOG,
    EMAILS,
    GROUPS,
    MEMBER_BITS,
    MODERATOR_BITS,
    NO_CAPTION,
    NOTE,
    ONE_TO_ONE,
    PUBLIC,
    USERS,
    Attendee,
    Message,
    Room,
    Shared,
)
from connectors.nextcloud.emulation.talk.talk import Talk

_MENTION = re.compile(r'@"([^"]+)"|@([a-zA-Z0-9_.@\-]*[a-zA-Z0-9_@\-])')
_SAID = {
    "conversation_created": "created the conversation",
    "conversation_renamed": 'renamed the conversation from "{before}" to "{after}"',
    "user_added": "added {user}",
    "user_removed": "removed {user}",
    "group_added": "added group {group}",
    "group_removed": "removed group {group}",
    "moderator_promoted": "promoted {user} to moderator",
    "moderator_demoted": "demoted {user} from moderator",
    "description_set": "set the description",
    "description_removed": "removed the description",
    "read_only": "locked the conversation",
    "read_only_off": "unlocked the conversation",
    "listable_none": "limited the conversation to the current participants",
    "listable_users": "opened the conversation to registered users",
    "listable_all": "opened the conversation to registered users and users created with the Guests app",
    "lobby_none": "opened the conversation to everyone",
    "lobby_non_moderators": "restricted the conversation to moderators",
    "message_expiration_enabled": "set the message expiration",
    "message_expiration_disabled": "disabled message expiration",
    "password_set": "set a password",
    "password_removed": "removed the password",
    "guests_allowed": "allowed guests",
    "guests_disallowed": "disallowed guests",
    "message_edited": "edited a message",
    "message_deleted": "deleted a message",
    "reaction_revoked": "deleted a reaction",
    "history_cleared": "cleared the history of the conversation",
}


def room_view(talk: Talk, room: Room, me: Attendee | None, reader: str, *, last: bool = True) -> dict[str, Any]:
    """A room as `reader` sees it; `me` is None for somebody who is not in it, who sees less."""
    waits = room.lobby == 1 and not (me is not None and me.moderates)
    inside = me is not None
    name, shown = room.name, room.name
    if room.type == ONE_TO_ONE:
        shown = display_name(talk.accounts, USERS, room.name)
    read = room.messages[-1].id if room.messages and inside else 0
    bits = 1 if me is None else bits_of(room, me)
    told: dict[str, Any] = {
        "id": room.id,
        "token": room.token,
        "type": room.type,
        "name": name,
        "displayName": shown,
        "objectType": room.object_type,
        "objectId": room.object_id,
        "participantType": 4 if me is None else me.type,
        "participantFlags": 0,
        "readOnly": room.read_only,
        "hasPassword": bool(room.password),
        "hasCall": False,
        "callStartTime": 0,
        "callRecording": 0,
        "canStartCall": inside and not waits and room.type != NOTE,
        "lastActivity": room.last_activity,
        "lastReadMessage": read,
        "unreadMessages": 0,
        "unreadMention": False,
        "unreadMentionDirect": False,
        "isFavorite": me.favorite if me is not None else False,
        "canLeaveConversation": inside and room.type != NOTE,
        "canDeleteConversation": me is not None and me.moderates and room.type not in (ONE_TO_ONE, CHANGELOG),
        "notificationLevel": 3 if not inside else 1 if room.type == ONE_TO_ONE else 2,
        "notificationCalls": 1 if inside else 0,
        "lobbyState": room.lobby,
        "lobbyTimer": room.lobby_timer,
        "lastPing": 0,
        "sessionId": "0",
        "sipEnabled": 0,
        "actorType": USERS if inside else "",
        "actorId": me.actor if me is not None else "",
        "attendeeId": me.id if me is not None else 0,
        "permissions": bits,
        "attendeePermissions": 0 if inside else 1,
        "callPermissions": 0 if inside else 1,
        "defaultPermissions": room.permissions if inside else 1,
        "canEnableSIP": False,
        "attendeePin": "",
        "description": room.description,
        "lastCommonReadMessage": read,
        "listable": room.listable,
        "callFlag": 0,
        "messageExpiration": room.message_expiration if inside else 0,
        "avatarVersion": f"{room.id:08x}",
        "isCustomAvatar": room.type == NOTE or room.object_type == "sample",
        "breakoutRoomMode": 0,
        "breakoutRoomStatus": 0,
        "recordingConsent": 0,
        "mentionPermissions": room.mention_permissions if inside else 0,
        "isArchived": False,
        "isImportant": False,
    }
    seen = talk.seen(room)
    if last and inside and not waits and seen:
        told["lastMessage"] = message_view(talk, room, seen[-1], reader)
    return told


def bits_of(room: Room, one: Attendee) -> int:
    """What a participant may do, as Talk's permission bits."""
    return MODERATOR_BITS if one.moderates else room.permissions or MEMBER_BITS


def participant_view(talk: Talk, room: Room, one: Attendee, *, to_moderator: bool) -> dict[str, Any]:
    """A line of the list of participants. The address of a guest is for moderators."""
    told: dict[str, Any] = {
        "roomToken": room.token,
        "inCall": 0,
        "lastPing": 0,
        "sessionIds": [],
        "participantType": one.type,
        "attendeeId": one.id,
        "actorId": one.actor,
        "actorType": one.kind,
        "displayName": display_name(talk.accounts, one.kind, one.actor),
        "permissions": bits_of(room, one),
        "attendeePermissions": 0,
        "attendeePin": "",
        "phoneNumber": "",
        "callId": "",
    }
    if one.kind == EMAILS and to_moderator:
        told["invitedActorId"] = one.address
    return told


def listed_view(talk: Talk, room: Room, said: Message, reader: str) -> dict[str, Any]:
    """A message in the list of a chat: there, and not in answers to writes, it tells one's own reactions (observed)."""
    told = message_view(talk, room, said, reader)
    for view, message in ((told, said), (told.get("parent"), said.parent)):
        if view is not None and message is not None:
            own = [emoji for emoji, kind, actor in message.reactions if (kind, actor) == (USERS, reader)]
            view.update({"reactionsSelf": own} if own else {})
    return told


def message_view(talk: Talk, room: Room, said: Message, reader: str, *, nested: bool = False) -> dict[str, Any]:
    """A message as `reader` gets it: "You …" in one's own lines of the history."""
    text, parameters = said.text, {}
    actor = _person(talk.accounts, said.actor)
    if said.deleted:
        text = "Message deleted by you" if reader == said.actor else "Message deleted by author"
        parameters = {"actor": actor}
    elif said.system == "reaction":
        parameters = {}
    elif said.system == "reaction_deleted":
        text, parameters = "Reaction deleted by author", {}
    elif said.system:
        who = "You" if reader == said.actor and said.kind == USERS else "{actor}"
        text = f"{who} {_SAID.get(said.system, said.system)}"
        for place in ("before", "after"):
            text = text.replace(f"{{{place}}}", said.parameters.get(place, ""))
        parameters = {"actor": actor, **_subject(talk.accounts, said)}
    else:
        text, parameters = _mentions(talk.accounts, room, said.text)
        if said.picture is not None:
            text, shown = _picture(said, said.picture, text, reader)
            parameters = {"actor": actor, **shown, **parameters}
    told: dict[str, Any] = {
        "id": said.id,
        "token": room.token,
        "actorType": said.kind,
        "actorId": said.actor,
        "actorDisplayName": display_name(talk.accounts, said.kind, said.actor),
        "timestamp": said.at,
        "message": text,
        "messageParameters": parameters or [],
        "systemMessage": said.system,
        "messageType": "comment_deleted" if said.deleted else "system" if said.system else "comment",
        "isReplyable": not said.system and not said.deleted,
        "referenceId": said.reference,
        "reactions": _counted(said),
        "expirationTimestamp": said.expires,
        "markdown": not said.system,
    }
    if said.deleted:
        told["deleted"] = True
    elif said.edited_by is not None:
        told["lastEditActorType"] = USERS
        told["lastEditActorId"] = said.edited_by
        told["lastEditActorDisplayName"] = display_name(talk.accounts, USERS, said.edited_by)
        told["lastEditTimestamp"] = said.edited_at
    if said.silent:
        told["silent"] = True
    if said.parent is not None and not nested:
        told["parent"] = message_view(talk, room, said.parent, reader, nested=True)
    return told


def _counted(said: Message) -> dict[str, int]:
    """How often which reaction; the most frequent first."""
    counts = Counter(emoji for emoji, _, _ in said.reactions)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _picture(said: Message, shared: Shared, caption: str, reader: str) -> tuple[str, dict[str, Any]]:
    """A shared file as `reader` sees it; nobody ("") sees it by a link. Gone: the caption alone (observed)."""
    node = shared.node
    if node.content is None or node.gone:
        who = "You" if reader == said.actor else "{actor}"
        gone = f"*{who} shared a file which is no longer available*"
        return gone if said.text == NO_CAPTION else f"{gone}\n\n{caption}", {}
    path = shared.path if reader == shared.owner else node.name if not reader else f"Talk/{node.name}"
    told: dict[str, Any] = {
        "type": "file",
        "id": str(node.id),
        "name": node.name,
        "size": str(node.size),
        "path": path,
        "link": f"/f/{node.id}" if reader else f"/s/{node.id}",
        "etag": node.etag,
        "permissions": str(27 if reader in ("", shared.owner) else shared.permissions),
        "mimetype": "image/png",
        "preview-available": "yes",
    }
    if node.content.startswith(b"\x89PNG") and len(node.content) >= 24:
        told["width"], told["height"] = (str(one) for one in struct.unpack(">II", node.content[16:24]))
    return caption, {"file": told}


def display_name(accounts: Accounts, kind: str, actor: str) -> str:
    """What is shown of an account or a group; nothing of others, or of what is gone."""
    if kind == USERS and (user := accounts.users.get(actor)) is not None:
        return user.display_name
    if kind == GROUPS and (group := accounts.groups.get(actor)) is not None:
        return group.display_name
    return ""


def _person(accounts: Accounts, user_id: str) -> dict[str, str]:
    name = display_name(accounts, USERS, user_id) or user_id
    return {"type": "user", "id": user_id, "name": name, "mention-id": user_id}


def _subject(accounts: Accounts, said: Message) -> dict[str, Any]:
    subject = said.parameters.get("subject", "")
    if not subject:
        return {}
    if said.system.startswith("group_"):
        name = display_name(accounts, GROUPS, subject) or subject
        return {"group": {"type": "group", "id": subject, "name": name, "mention-id": f"user-group/{subject}"}}
    return {"user": _person(accounts, subject)}


def _mentions(accounts: Accounts, room: Room, text: str) -> tuple[str, dict[str, Any]]:
    """The text with its mentions as places, longest first; nobody is `@nobody` and stays as it is (observed)."""
    wanted = {found.group(1) or found.group(2) for found in _MENTION.finditer(text)}
    parameters: dict[str, Any] = {}
    counts = {"call": 0, "group": 0, "user": 0}
    for mention in sorted(wanted, key=lambda word: (-len(word), word)):
        told: dict[str, Any]
        if mention == "all":
            kind = "call"
            told = {
                "type": "call",
                "id": room.token,
                "name": room.name,
                "call-type": "public" if room.type == PUBLIC else "group",
                "icon-url": f"/ocs/v2.php/apps/spreed/api/v1/room/{room.token}/avatar",
                "mention-id": "all",
            }
        elif mention.startswith("group/") and (group := accounts.groups.get(mention[6:])) is not None:
            kind = "group"
            told = {"type": "user-group", "id": group.id, "name": group.display_name, "mention-id": mention}
        elif (user := accounts.users.get(mention)) is not None:
            kind = "user"
            told = _person(accounts, user.id)
        else:
            continue
        counts[kind] += 1
        place = f"mention-{kind}{counts[kind]}"
        parameters[place] = told
        text = text.replace(f'@"{mention}"', f"{{{place}}}").replace(f"@{mention}", f"{{{place}}}")
    return text, parameters
