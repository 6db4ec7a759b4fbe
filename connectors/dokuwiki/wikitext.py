"""Texts as policy writes them, in DokuWiki's own syntax, and back. Pure.

Headings (``# …``), entries of lists (``- …``) and addresses with a name (``- Name: https://…``) have a form of their
own there. Whatever somebody else wrote comes back as it is, and differs.
"""

import re
from typing import Final

_HEADING: Final = re.compile(r"(#{1,5}) (\S.*)")
_NAMED_LINK: Final = re.compile(r"- ([^\[\]|{}]+): (https?://[^\s\[\]|]+)")
_WIKI_HEADING: Final = re.compile(r"(={2,6}) (\S.*) \1")
_WIKI_LINK: Final = re.compile(r"  \* \[\[(https?://[^\s\[\]|]+)\|([^\[\]|{}]+)\]\]")


def to_wiki(text: str) -> str:
    """The page's text."""
    return "\n".join(_wiki_line(line.rstrip()) for line in text.strip().splitlines())


def from_wiki(page: str) -> str:
    """What `to_wiki` was given, of a page that it wrote."""
    return "\n".join(_plain_line(line.rstrip()) for line in page.strip("\n").splitlines())


def canonical(text: str) -> str:
    """The form in which a text comes back."""
    return from_wiki(to_wiki(text))


def _wiki_line(line: str) -> str:
    if heading := _HEADING.fullmatch(line):
        marks = "=" * (7 - len(heading[1]))
        return f"{marks} {heading[2]} {marks}"
    if link := _NAMED_LINK.fullmatch(line):
        return f"  * [[{link[2]}|{link[1]}]]"
    return f"  * {line[2:]}" if line.startswith("- ") else line


def _plain_line(line: str) -> str:
    if heading := _WIKI_HEADING.fullmatch(line):
        return f"{'#' * (7 - len(heading[1]))} {heading[2]}"
    if link := _WIKI_LINK.fullmatch(line):
        return f"- {link[2]}: {link[1]}"
    return f"- {line[4:]}" if line.startswith("  * ") else line
