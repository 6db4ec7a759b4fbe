"""Texts as policy writes them, in DokuWiki's own syntax, and back. Pure.

The first line is the page's heading; headings (``## …``), entries of lists (``- …``) and those with an address behind a
name (``- Name: https://…``) have a form of their own there. Whatever somebody else wrote comes back as it is.

What a wiki does more than show stands there without effect, whoever wrote it (a body's purpose is people's): fetching
what is elsewhere (``{{rss>…}}``, pictures), running code (``<php>``, ``<html>``), changing how the page works
(``~~NOCACHE~~``).
"""

import re
from typing import Final

_HEADING: Final = re.compile(r"(#{1,5}) (\S.*)")
_WIKI_HEADING: Final = re.compile(r"(={2,6}) (\S.*) \1")
_PLACE: Final = r"(?:https?://|mailto:)[^\s\[\]|]+"
_ENTRY: Final = re.compile(rf"- ([^\[\]|{{}}]+): ({_PLACE})")
_JOINER: Final = "\u2060"
"""Has no width, and takes the effect from what it stands in."""
_ACTIVE: Final = re.compile(r"(?<=\{)(?=\{)|(?<=~)(?=~)|(?<=<)(?=/?(?:php|html)\b)", re.IGNORECASE)
_WIKI_ENTRY: Final = re.compile(r"  \* \[\[([^\s\[\]|]+)\|([^\[\]|{}]+)\]\]")


def to_wiki(text: str) -> str:
    """The page's text."""
    plain = _ACTIVE.sub(_JOINER, text.replace(_JOINER, ""))
    first, *lines = [line.rstrip() for line in plain.strip().splitlines()] or [""]
    return "\n".join((f"====== {first.lstrip('# ')} ======", *(_wiki_line(line) for line in lines)))


def from_wiki(page: str) -> str:
    """What `to_wiki` was given, of a page that it wrote."""
    first, *lines = [line.rstrip() for line in page.replace(_JOINER, "").strip("\n").splitlines()] or [""]
    heading = _WIKI_HEADING.fullmatch(first)
    title = heading[2] if heading and len(heading[1]) == 6 else first
    return "\n".join((title, *(_plain_line(line) for line in lines)))


def canonical(text: str) -> str:
    """The form in which a text comes back."""
    return from_wiki(to_wiki(text))


def _wiki_line(line: str) -> str:
    if heading := _HEADING.fullmatch(line):
        marks = "=" * (7 - len(heading[1]))
        return f"{marks} {heading[2]} {marks}"
    if entry := _ENTRY.fullmatch(line):
        return f"  * [[{entry[2].removeprefix('mailto:')}|{entry[1]}]]"
    return f"  * {line[2:]}" if line.startswith("- ") else line


def _plain_line(line: str) -> str:
    if heading := _WIKI_HEADING.fullmatch(line):
        return f"{'#' * (7 - len(heading[1]))} {heading[2]}"
    if entry := _WIKI_ENTRY.fullmatch(line):
        return f"- {entry[2]}: {entry[1] if ':' in entry[1] else f'mailto:{entry[1]}'}"
    return f"- {line[4:]}" if line.startswith("  * ") else line
