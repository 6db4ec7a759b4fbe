"""Texts that policy writes into rooms: templates with {name}, {purpose} and links, line by line.

A line whose purpose is empty or whose link leads nowhere is left out. No line but the last may look like a marker.
"""

from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from provisioner.model.registry import Body
from provisioner.model.resources import LateText, ResourceId, marker_of

LONGEST_DESCRIPTION: Final = 2_000
"""Characters that a conversation's description holds (Talk's own limit, as its capabilities tell)."""
_ROOM_FOR_LINK: Final = 300
"""Characters kept free for each link, whose address is known only once its room exists."""
_MARKER: Final = "readi:"
_IN_LATE_TEXTS: Final = ("name", "purpose", "folder", "conversation")
_IN_MESSAGES: Final = ("name", "purpose")

_USUAL: Final = {
    "de": {
        "description": "{purpose}\nDateien: {folder}",
        "note": "# {name}\n\n{purpose}\n\nDieser Ordner gehört allen aus dieser Gruppe.\nChat: {conversation}",
        "first_message": "Willkommen im Chat von {name}! Worum es hier geht, steht in der Beschreibung.",
    },
    "en": {
        "description": "{purpose}\nFiles: {folder}",
        "note": "# {name}\n\n{purpose}\n\nThis folder belongs to all in this group.\nChat: {conversation}",
        "first_message": "Welcome to the chat of {name}! What it is about stands in the description.",
    },
}

Line = tuple[str | ResourceId, ...]


def _checked(template: str, known: tuple[str, ...]) -> str:
    words = ", ".join(f"{{{name}}}" for name in known)
    try:
        fields = [field for field in Formatter().parse(template) if field[1] is not None]
    except ValueError as fault:
        raise PydanticCustomError("policies.bad_braces", "braces", {"known": words}) from fault
    for _, name, form, conversion in fields:
        if name not in known or form or conversion:
            context = {"placeholder": f"{{{name}}}", "known": words}
            raise PydanticCustomError("policies.bad_placeholder", "no such placeholder", context)
    if any(line.strip().startswith(_MARKER) for line in template.splitlines()):
        raise PydanticCustomError("policies.marker_in_text", "a marker of ours")
    return template


LATE_TEMPLATE: Final = AfterValidator(lambda template: _checked(template, _IN_LATE_TEXTS))
MESSAGE_TEMPLATE: Final = AfterValidator(lambda template: _checked(template, _IN_MESSAGES))


def usual(text: str, language: str) -> str:
    """The template that holds where policy names none: English for an English network, else German."""
    return _USUAL["en" if language == "en" else "de"][text]


def late_text(template: str, body: Body, links: Mapping[str, ResourceId]) -> LateText | None:
    """The template filled for ``body``, links left open; None where nothing would be left of it."""
    lines = _filled(template, body.name, body.purpose, links)
    return LateText(tuple(lines)) if lines else None


def description(template: str, body: Body, links: Mapping[str, ResourceId], identity: ResourceId) -> LateText:
    """The same with the marker of ``identity`` in its last line, and never longer than a description may be.

    What is too long is taken from the purpose; where that is not enough, from the end of the text.
    """
    marker, purpose = (marker_of(identity),), body.purpose
    while True:
        lines = [*_filled(template, body.name, purpose, links), marker]
        over = _length(lines) - LONGEST_DESCRIPTION
        if over <= 0 or not purpose:
            break
        kept = purpose[: max(0, len(purpose) - over - 1)].rstrip()
        purpose = f"{kept}…" if kept else ""
    while _length(lines) > LONGEST_DESCRIPTION:
        del lines[-2]
    return LateText(tuple(lines))


def message(template: str, body: Body) -> str:
    """A text without links, filled at once."""
    return LateText(tuple(_filled(template, body.name, body.purpose, {}))).written(lambda link: None)


def _length(lines: Iterable[Line]) -> int:
    return sum(1 + sum(len(part) if isinstance(part, str) else _ROOM_FOR_LINK for part in line) for line in lines) - 1


def _filled(template: str, name: str, purpose: str, links: Mapping[str, ResourceId]) -> list[Line]:
    """All lines, without blank ones at both ends or two of them in a row."""
    given: dict[str, str | ResourceId] = {"name": name.strip(), "purpose": purpose.strip(), **links}
    lines: list[Line] = []
    for line in template.splitlines():
        parts = list(Formatter().parse(line))
        if all(given.get(field) for _, field, _, _ in parts if field is not None):
            lines += _split(part for text, field, _, _ in parts for part in (text, given.get(field or "", "")))
    found: list[Line] = []
    for filled in lines:
        is_blank = not any(isinstance(part, ResourceId) or part.strip() for part in filled)
        if is_blank and (not found or found[-1] == ("",)):
            continue
        if not (filled and isinstance(filled[0], str) and filled[0].strip().startswith(_MARKER)):
            found.append(("",) if is_blank else filled)
    return found[:-1] if found and found[-1] == ("",) else found


def _split(parts: Iterable[str | ResourceId]) -> Iterator[Line]:
    """Parts as lines: what people wrote (a purpose) may have line breaks of its own."""
    line: list[str | ResourceId] = []
    for part in parts:
        if isinstance(part, ResourceId):
            line.append(part)
            continue
        first, *more = part.splitlines() or [""]
        line = _with(line, first)
        for text in more:
            yield tuple(line) or ("",)
            line = _with([], text)
    yield tuple(line) or ("",)


def _with(line: list[str | ResourceId], text: str) -> list[str | ResourceId]:
    """``line`` with ``text`` behind it; neighbouring texts are one."""
    if not text:
        return line
    if line and isinstance(line[-1], str):
        return [*line[:-1], line[-1] + text]
    return [*line, text]
