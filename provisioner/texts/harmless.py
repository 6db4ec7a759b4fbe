"""What others wrote (names of a server's accounts, a server's own words), made safe to be shown in a terminal.

A terminal obeys escape sequences: a display name could clear the screen, set its title, or write over a plan's lines.
Direction marks reorder what is read. So each such character is shown as what it is, e.g. ``\\x1b``.
"""

import re
from typing import Final

_HARMFUL: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\U000e0000-\\U000e007f]"
)


def harmless(text: str, *, lines: bool = False) -> str:
    """``text`` without what a terminal would obey; line breaks stay only where ``lines`` are wanted."""
    if text.isprintable() or not _HARMFUL.search(text):
        return text
    return _HARMFUL.sub(lambda found: _spelled(found.group(), lines), text)


def _spelled(letter: str, lines: bool) -> str:
    if letter == "\n" and lines:
        return letter
    return " " if letter in "\t" else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
