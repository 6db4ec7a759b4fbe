"""Files that are shared with rooms: the one kind of share that is imitated. Observed on Nextcloud 34 with Talk 22.

A file that is in the room already is refused, and shown all the same a second time. Shared as an answer to message 0 it
is in the room, and no message shows it. Refused shares count for the limit, too.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from typing import Any, Final

from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import OcsError
from connectors.nextcloud.emulation.talk.chat import MAX_REFERENCE, message_in
from connectors.nextcloud.emulation.talk.rooms import APP, stumble
from connectors.nextcloud.emulation.talk.state import NO_CAPTION, USERS, Room, Shared
from connectors.nextcloud.emulation.talk.views import display_name

SHARES = "/apps/files_sharing/api/v1/shares"
WITH_A_ROOM = 10
ALL_BITS = 19
"""What it is shared with unless told otherwise: to read, change and pass on (observed)."""
SHARE_LIMIT: Final = "share"
_IDS = itertools.count(1)


def add_to(route: Routes) -> None:
    """Register the route. Its limit counts by account, whatever comes of a request."""
    route("POST", SHARES, limit=SHARE_LIMIT, confirm=False)(share)


def share(call: Call) -> Any:
    """Share a file of one's own with a room; a message there shows it."""
    arguments, talk, user = call.arguments, call.world.talk, call.user
    path = arguments.text("path", "").strip("/")
    node = call.world.home(user.id).find(path)
    if node is None or node.is_folder:
        raise OcsError(404, "Wrong path, file/folder does not exist")
    if arguments.number("shareType") != WITH_A_ROOM:
        raise OcsError(501, "not imitated")
    if APP not in call.world.apps:
        raise OcsError(403, "Sharing /" + path + " failed because the back end does not support room shares")  # read
    room = talk.rooms.get(arguments.text("shareWith", ""))
    if room is None or room.find(USERS, user.id) is None or room.read_only:
        raise OcsError(404, "Conversation not found")
    stumble(call)
    again = node.id in room.shared
    room.shared.add(node.id)
    shared = Shared(user.id, path, node, arguments.number("permissions") or ALL_BITS)
    _shown(call, room, shared)
    if again:
        raise OcsError(403, "Path is already shared with this conversation")
    return _view(call, room, shared)


def _shown(call: Call, room: Room, shared: Shared) -> None:
    """The message; none for an answer to 0. What is told of it in a form that can't be read is passed over."""
    told: Any = {}
    with contextlib.suppress(ValueError):
        told = json.loads(call.arguments.text("talkMetaData", "{}"))
    told = told if isinstance(told, dict) else {}
    if told.get("replyTo") == 0:
        return
    parent = message_in(room, int(told.get("replyTo") or 0))
    if parent is not None and (parent.system or parent.deleted):
        parent = None
    call.world.talk.say(
        room,
        USERS,
        call.user.id,
        str(told.get("caption") or "").strip() or NO_CAPTION,
        reference=call.arguments.text("referenceId", "")[:MAX_REFERENCE],
        parent=parent,
        silent=bool(told.get("silent")),
        picture=shared,
    )


def _view(call: Call, room: Room, shared: Shared) -> dict[str, Any]:
    """A share as its owner sees it. It does not tell the message."""
    name = display_name(call.accounts, USERS, shared.owner)
    node = shared.node
    return {
        "id": str(next(_IDS)),
        "share_type": WITH_A_ROOM,
        "uid_owner": shared.owner,
        "displayname_owner": name,
        "permissions": shared.permissions,
        "can_edit": True,
        "can_delete": True,
        "stime": int(call.world.now()),
        "parent": None,
        "expiration": None,
        "token": None,
        "uid_file_owner": shared.owner,
        "note": "",
        "label": "",
        "displayname_file_owner": name,
        "path": f"/{shared.path}",
        "item_type": "file",
        "item_permissions": 27,
        "is-mount-root": False,
        "mount-type": "",
        "mimetype": "image/png",
        "has_preview": True,
        "storage_id": f"home::{shared.owner}",
        "storage": 4,
        "item_source": node.id,
        "file_source": node.id,
        "file_parent": 0,
        "file_target": f"/{{TALK_PLACEHOLDER}}/{node.name}",
        "item_size": node.size,
        "item_mtime": int(node.modified),
        "share_with": room.token,
        "share_with_displayname": room.name,
        "share_with_link": f"/call/{room.token}",
        "mail_send": 0,
        "hide_download": 0,
        "attributes": None,
    }
