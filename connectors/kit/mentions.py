"""Texts in which nobody is called: what people wrote about a body ("@all", "24/7@support") must not notify anybody.

Forums look for "@" and a name behind anything that is no letter, also in the middle of a text (NodeBB's mentions plugin
and Discourse's text_post_process: read), and write to everybody in a group that is called so. Pure.
"""

import re
from typing import Final

_JOINER: Final = "\u2060"
"""Has no width and is no letter of any name. It keeps what is before and behind it on one line."""
_AT: Final = re.compile(
    r"(?P<kept>(?<![\w.+-])[\w.+-]*[^\W\d_]@[\w-]+(?:\.[\w-]+)+)"  # an address: no forum sees a name behind a letter
    r"|(?P<link>https?://\S+)"
    r"|@(?=[^\s\u2060])"
)
_JOINED: Final = re.compile(f"@{_JOINER}+")
_LINK: Final = re.compile(r"https?://\S+")


def unmentioned(text: str) -> str:
    """``text``, with an invisible letter behind each "@" that could call somebody; in links it is written "%40"."""
    return _AT.sub(_without, text)


def mentioning(text: str) -> str:
    """What `unmentioned` was given; "%40" in links is "@" again, whoever wrote it so."""
    return _LINK.sub(lambda found: found[0].replace("%40", "@"), _JOINED.sub("@", text))


def _without(found: re.Match[str]) -> str:
    if found["kept"] is not None:
        return found["kept"]
    return f"@{_JOINER}" if found["link"] is None else found["link"].replace("@", "%40")
