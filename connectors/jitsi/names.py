"""Names as Jitsi takes them: of rooms, of people, of meetings. Pure.

Observed on Prosody 0.12 with Jitsi's plugins: a room is compared byte by byte with the claim of the token, of which
only A to Z are put into small letters. So what the browser makes of a name has to be made here, too.
"""

import json
import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote

ROOM_PREFIX: Final = "re-"
"""How the rooms of bodies begin; 32 hexadecimal digits follow."""
LONGEST_ROOM: Final = 255
"""Characters of a room in an address. The server takes 1,023 bytes; a token has to stay below 2 kB."""
_LONGEST_NAME: Final = 240
"""Bytes of a display name as it stands in the token."""
_LONGEST_TITLE: Final = 200
"""Characters."""
_KEPT: Final = "!'()*-._~"
"""Besides letters and digits, what a browser's encodeURIComponent leaves as it is."""

_NO_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def backend_safe(room: str) -> str:
    """The room as its address and the server have it: NFKC, small letters, percent-encoded in small letters.

    A name that is percent-encoded already is decoded first, as the page does: it does not know either.
    """
    name = unicodedata.normalize("NFKC", _decoded(room)).lower()
    return quote(name, safe=_KEPT, errors="replace").lower()


def is_room(room: str) -> bool:
    """Whether a token can be made for this room, in the form of its address: one room, and no pattern of rooms."""
    return 0 < len(room) <= LONGEST_ROOM and room not in (".", "..") and "*" not in room and backend_safe(room) == room


def display_name(name: str) -> str:
    """The name on one line, composed, without what nobody sees, cut to what a token has room for; "" for none."""
    return _cut(_one_line(name))


def title(text: str) -> str:
    """The same for a meeting's title."""
    return _one_line(text)[:_LONGEST_TITLE].rstrip()


def in_fragment(value: str) -> str:
    """A value of the fragment: JSON, then percent-encoded.

    Jitsi's page takes curly quotes for straight ones and a backslash away before "&", both before it reads the JSON
    (parseURLParams.ts): they are written as escapes.
    """
    return quote(json.dumps(value).replace("&", "\\u0026"), safe="")


def _decoded(room: str) -> str:
    """As a browser's decodeURIComponent, which takes all or nothing."""
    if _NO_ESCAPE.search(room):
        return room
    try:
        return unquote(room, errors="strict")
    except UnicodeDecodeError:
        return room


def _one_line(text: str) -> str:
    return " ".join("".join(map(_seen, unicodedata.normalize("NFC", text))).split())


def _seen(one: str) -> str:
    """Nothing for halves of letters, private or unassigned ones, and what turns the writing round; else itself.

    The joiner stays: emoji are made with it. Line ends and control characters separate words.
    """
    category = unicodedata.category(one)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category.startswith("C") and one != "\u200d" else one


def _cut(name: str) -> str:
    while len(name.encode()) > _LONGEST_NAME:
        name = name[:-1]
    return name.rstrip(" \u200d")
