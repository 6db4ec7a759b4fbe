"""What others wrote (names of devices, texts of foreign alerts), made fit to stand in a message that is Markdown.

It is one line, has no markup, calls nobody, links nowhere and holds no sign that reorders or hides others.
"""

import re
from typing import Final

from provisioner.messages.plain import plain, typed

NAME: Final = 120
SENTENCE: Final = 400
_SAFE_LINK: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9._~:/?#@!$&'*+,;=%-]*)?")
_LONGEST_LINK: Final = 1000
_CALLS: Final = re.compile(r"(?<!\w)@")


def name(text: str) -> str:
    """A name or a place."""
    return plain(text, NAME)


def sentence(text: str) -> str:
    """What somebody else's engine says of its alert."""
    return plain(text, SENTENCE)


def advice(text: str) -> str:
    """What the registry says to people, in its own lines and with its markup; it calls nobody either."""
    return _CALLS.sub("", typed(text)).strip()


def link(address: str) -> str | None:
    """An https address that ends where it seems to end; None for anything else."""
    address = address.replace("(", "%28").replace(")", "%29")
    return address if len(address) <= _LONGEST_LINK and _SAFE_LINK.fullmatch(address) else None
