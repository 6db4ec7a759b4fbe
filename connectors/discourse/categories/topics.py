"""A category's "about" topic, which the server makes and pins with it: how our text becomes it, and back. Pure.

A line of text with our mark stands there as a comment, which nobody sees. The server tidies titles
(lib/text_cleaner.rb) and the ends of texts (lib/post_revisor.rb): both read.
"""

import re
from typing import Final, NamedTuple

from connectors.kit.mentions import mentioning, unmentioned

_MARK: Final = re.compile(r"^(readi:\S+)$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^<!-- (readi:\S+) -->$", re.MULTILINE)
_ODD_SPACES: Final = re.compile("[\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_NOTHING: Final = "-"
"""A post can't be empty."""
LONGEST_TITLE: Final = 255


class About(NamedTuple):
    """What such a topic is called, and what stands in its first post, in Markdown."""

    title: str
    raw: str


def to_topic(text: str) -> About:
    """From our text: a line with the title, an empty one, all else."""
    title, _, body = _ODD_SPACES.sub(" ", text).partition("\n")
    raw = _MARK.sub(r"<!-- \1 -->", body.strip("\n").rstrip())
    return About(tidied(title), unmentioned(raw) or _NOTHING)


def from_topic(about: About) -> str:
    """The text that was written so."""
    raw = mentioning(_ODD_SPACES.sub(" ", about.raw)).strip("\n").rstrip()
    return f"{tidied(about.title)}\n\n" + _COMMENT.sub(r"\1", raw)


def canonical(text: str) -> str:
    """The form in which a text comes back."""
    return from_topic(to_topic(text))


def tidied(title: str) -> str:
    """A title as a site tidies it that was not told otherwise (``title_prettify``), so often that it stays as it is."""
    while (again := _tidied_once(title)) != title:
        title = again
    return title


def _tidied_once(title: str) -> str:
    title = re.sub(r"\?+", "?", re.sub("!+", "!", title[:LONGEST_TITLE]))
    if re.search("[A-Z]", title) and title == title.upper():
        title = re.sub("[A-Z]+", lambda found: found[0].lower(), title)
    title = re.sub(r"\A([a-z]*)\b", lambda found: found[1].capitalize(), title)
    title = re.sub(r"([^.])\.+(\s*)\Z", r"\1\2", title)
    return re.sub(" +", " ", _ODD_SPACES.sub(" ", title)).strip()
