"""What others wrote, made fit to stand in a mail or a conversation: it is read, and does nothing."""

import re
import textwrap
import unicodedata
from typing import Final

LONGEST_NAME: Final = 100
"""Characters; a longer name is cut."""
LONGEST_SUBJECT: Final = 180
QUOTED: Final = "    "
"""Before each line that somebody else wrote."""
_WIDTH: Final = 72

_MARKUP: Final = str.maketrans(dict.fromkeys('<>[]{}*_~`|\\^#"„“”«»', " "))
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what controls, reorders or hides other letters."""


def plain(name: str, limit: int = LONGEST_NAME) -> str:
    """A name of somebody or something: one line without markup, mentions, links and signs that reorder letters.

    "re@di" keeps its sign: nobody is called by it in the middle of a word.
    """
    line = _seen(name).translate(_MARKUP).replace("://", " ")
    return one_line(re.sub(r"(?<!\w)@|@(?!\w)", " ", line), limit)


def one_line(text: str, limit: int = LONGEST_SUBJECT) -> str:
    """In one line, not longer than ``limit`` characters, and without what can't be seen."""
    line = " ".join(_seen(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def typed(text: str) -> str:
    """What somebody wrote to others: in its own lines, and without what can't be seen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").split("\n")
    return "\n".join(_seen(line).rstrip() for line in lines).strip("\n")


def flowed(text: str) -> str:
    """Lines of at most 72 characters that a telephone joins again (RFC 3676, format=flowed). Links stay whole."""
    return "\n".join(line for paragraph in text.split("\n") for line in _flowed(paragraph))


def _flowed(paragraph: str) -> list[str]:
    if paragraph == "-- ":
        return [paragraph]
    quoted = paragraph.startswith(QUOTED)
    lines = textwrap.wrap(
        paragraph.rstrip(),
        _WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
        subsequent_indent=QUOTED if quoted else "",
    ) or [""]
    stuffed = [f" {line}" if line.startswith((" ", ">", "From ")) else line for line in lines]
    if quoted:  # not joined again: every line of it has to look quoted, else its end would pass for our words
        return stuffed
    return [f"{line} " for line in stuffed[:-1]] + stuffed[-1:]


def _seen(text: str) -> str:
    return "".join(" " if unicodedata.category(letter) in _UNSEEN else letter for letter in text)
