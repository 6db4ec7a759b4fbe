"""Names of users and groups: what Discourse takes, and what ours become so that it does. Pure.

One namespace for both, compared in lower case: A-Z, a-z, 0-9, "_", "." and "-"; the first a letter, digit or "_", the
last a letter or digit, no two of "-_." in a row, no ending such as ".json"; 3 to 20 characters unless the site says
otherwise (app/models/username_validator.rb, read).
"""

import re
import unicodedata
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from provisioner.model.text import Text

SHORTEST: Final = 3
LONGEST: Final = 20
"""Characters, as a site is set up at first (min_ and max_username_length)."""
_TAIL: Final = 4
"""Characters of the hash by which names that begin alike are told apart once they are cut."""
_WRITTEN_OUT: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ẞ": "Ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "æ": "ae", "Æ": "Ae"}
    | {"ø": "oe", "Ø": "Oe", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "&": "-und-", "@": "-at-"}
)
_OTHERS: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_DOUBLED: Final = re.compile(r"([-_.])[-_.]+")
_CONFUSING: Final = re.compile(r"\.(?=(?:js|json|css|htm|html|xml|jpg|jpeg|png|gif|bmp|ico|tif|tiff|woff)$)", re.I)
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
RESERVED: Final = frozenset(
    {"admin", "moderator", "administrator", "mod", "sys", "system", "community", "info", "you", "name", "username"}
    | {"user", "nickname", "discourse", "discourseorg", "discourseforum", "support", "all", "here"}
)
"""No user may be called so (site setting reserved_usernames, as it is at first)."""
AUTOMATIC: Final[Mapping[str, str]] = {
    "everyone": "0",
    "admins": "1",
    "moderators": "2",
    "staff": "3",
    **{f"trust_level_{level}": str(10 + level) for level in range(5)},
}
"""By these names a category's rights mean the server's own groups, whatever the site's language calls them (Group's
lookup_group, read). Where it calls them otherwise the names are free: a group of ours of such a name would be taken for
the server's, and "everyone" lets strangers in."""


def forum_name(name: str, longest: int = LONGEST) -> str:
    """What ``name`` becomes over there: umlauts written out, accents left off, all else that is refused a "-".

    What is too long is cut, and ends in four characters that are made of the whole. A name that fits stays as it is,
    so that doing it twice changes nothing. "" where nothing is left.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name).translate(_WRITTEN_OUT))
    plain = _OTHERS.sub("-", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    plain = _DOUBLED.sub(r"\1", plain).lstrip("-.").rstrip("-_.")
    plain = _CONFUSING.sub("-", plain)
    if len(plain) <= longest:
        return plain
    number = int.from_bytes(sha256(plain.lower().encode()).digest()[:8])
    tail = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_TAIL))
    return f"{plain[: longest - _TAIL - 1].rstrip('-_.')}-{tail}"


def objection(name: str, longest: int = LONGEST, *, user: bool) -> Text | None:
    """Why nothing is made under this name: too little is left of it, or users may not have it."""
    made = forum_name(name, longest)
    if len(made) < SHORTEST:
        return Text.of("discourse.name_too_short", name=name, made=made, least=SHORTEST)
    if user and made.lower() in RESERVED:
        return Text.of("discourse.name_reserved", name=name)
    if not user and made.lower() in AUTOMATIC:
        return Text.of("discourse.group_reserved", name=name)
    return None
