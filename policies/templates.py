"""Texts that policy writes into rooms: templates with {name}, {purpose} and links, line by line.

A line whose purpose is empty or whose link leads nowhere is left out. No line but the last may look like a marker.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from string import Formatter
from typing import Final
from urllib.parse import quote

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from policies.links import PLACES
from provisioner.model.registry import Body
from provisioner.model.resources import LateText, ResourceId, marker_of

LONGEST_DESCRIPTION: Final = 2_000
"""Characters that a conversation's description holds (Talk's own limit, as its capabilities tell)."""
_ROOM_FOR_ADDRESS: Final = 250
"""Characters kept free for each link, besides the names in it: its address is known only once its room exists."""
_MARKER: Final = "readi:"
_BLANK: Final = ("",)
_IN_LATE_TEXTS: Final = ("name", "purpose", *PLACES)
_IN_TOPICS: Final = ("name", "purpose", "moderators", *PLACES)
_IN_MESSAGES: Final = ("name", "purpose")

_USUAL: Final = {
    "de": {
        "description": "{purpose}\nDateien: {folder}\nVideokonferenz: {meeting_room}\nForum: {forum}\nWiki: {wiki}",
        "note": "# {name}\n\n{purpose}\n\nDieser Ordner gehört allen aus dieser Gruppe.\nChat: {conversation}\n"
        "Videokonferenz: {meeting_room}\nForum: {forum}\nWiki: {wiki}",
        "meeting": "{purpose}\nVideokonferenz: {meeting_room}",
        "first_message": "Willkommen im Chat von {name}! Worum es hier geht, steht in der Beschreibung.",
        "first_topic": "Willkommen bei {name}: worum es geht und wo alles ist\n\n{purpose}\n\n"
        "Hier ist der Platz für Fragen, Ideen und alles, was auch andere einmal nachlesen wollen. Keine Frage ist zu "
        "klein: Eröffnen Sie einfach ein neues Thema.\n\n"
        "- Moderation: {moderators}\n- Dateien: {folder}\n- Chat für kurze Fragen: {conversation}\n"
        "- Mailingliste: {mailing_list}\n- Videokonferenz: {meeting_room}\n- Wiki zum Nachschlagen: {wiki}\n\n"
        "Dieser Beitrag hält sich selbst aktuell; was Sie in ihm ändern, bleibt nicht stehen.",
        "archived_topic": "Archiv: {name}, was hier besprochen wurde\n\n{purpose}\n\n"
        "Die Arbeit dieser Gruppe ist abgeschlossen. Alles bleibt für Sie lesbar; neue Beiträge sind nicht mehr "
        "möglich.\n\n- Dateien: {folder}\n- Chat: {conversation}\n- Wiki: {wiki}",
        "first_page": "{name}\n\n{purpose}\n\n"
        "Diese Seiten gehören allen aus dieser Gruppe. Halten Sie hier fest, was bleiben soll: Beschlüsse, "
        "Anleitungen, Erfahrungen. Es muss nicht perfekt sein; andere ergänzen es.\n\n"
        "- Dateien: {folder}\n- Chat: {conversation}\n- Mailingliste: {mailing_list}\n"
        "- Videokonferenz: {meeting_room}\n- Fragen und Antworten im Forum: {forum}\n\n"
        "Bauen Sie diese Seite um, wie Sie sie brauchen: Sie wird nie überschrieben.",
        "index": "Hier finden Sie die Seiten aller Gremien. Manche sind nur für deren Mitglieder lesbar.",
        "index_archived": "Abgeschlossen:",
    },
    "en": {
        "description": "{purpose}\nFiles: {folder}\nVideo conference: {meeting_room}\nForum: {forum}\nWiki: {wiki}",
        "note": "# {name}\n\n{purpose}\n\nThis folder belongs to all in this group.\nChat: {conversation}\n"
        "Video conference: {meeting_room}\nForum: {forum}\nWiki: {wiki}",
        "meeting": "{purpose}\nVideo conference: {meeting_room}",
        "first_message": "Welcome to the chat of {name}! What it is about stands in the description.",
        "first_topic": "Welcome to {name}: what it is about and where things are\n\n{purpose}\n\n"
        "This is the place for questions, ideas and whatever others may want to look up one day. No question is too "
        "small: just open a new topic.\n\n"
        "- Moderators: {moderators}\n- Files: {folder}\n- Chat for quick questions: {conversation}\n"
        "- Mailing list: {mailing_list}\n- Video conference: {meeting_room}\n- Wiki to look things up: {wiki}\n\n"
        "This post keeps itself up to date; what you change in it does not stay.",
        "archived_topic": "Archive: {name}, what was discussed here\n\n{purpose}\n\n"
        "The work of this group is done. Everything stays readable for you; nothing new can be posted.\n\n"
        "- Files: {folder}\n- Chat: {conversation}\n- Wiki: {wiki}",
        "first_page": "{name}\n\n{purpose}\n\n"
        "These pages belong to all in this group. Write down here what shall last: decisions, instructions, "
        "experience. It need not be perfect; others will add to it.\n\n"
        "- Files: {folder}\n- Chat: {conversation}\n- Mailing list: {mailing_list}\n"
        "- Video conference: {meeting_room}\n- Questions and answers in the forum: {forum}\n\n"
        "Rebuild this page as you need it: it is never overwritten.",
        "index": "Here you find the pages of all bodies. Some can be read by their members alone.",
        "index_archived": "Finished:",
    },
}

Line = tuple[str | ResourceId, ...]
"""Texts, and links in their places."""


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


def _checked_topic(template: str) -> str:
    """A line with the title, an empty one, and then a text; the title is known before any link is."""
    title, *rest = _checked(template, _IN_TOPICS).splitlines() or [""]
    fields = {name for _, name, _, _ in Formatter().parse(title) if name is not None}
    if template and (not title.strip() or not fields <= {"name"} or len(rest) < 2 or rest[0].strip()):
        raise PydanticCustomError("policies.untitled_topic", "no title")
    return template


LATE_TEMPLATE: Final = AfterValidator(lambda template: _checked(template, _IN_LATE_TEXTS))
TOPIC_TEMPLATE: Final = AfterValidator(_checked_topic)
MESSAGE_TEMPLATE: Final = AfterValidator(lambda template: _checked(template, _IN_MESSAGES))


def usual(text: str, language: str) -> str:
    """The template that holds where policy names none: English for an English network, else German."""
    return _USUAL["en" if language == "en" else "de"][text]


def late_text(template: str, body: Body, links: Mapping[str, ResourceId]) -> LateText | None:
    """The template filled for ``body``, links left open; None where nothing would be left of it."""
    lines = _filled(template, body.name, body.purpose, links)
    return LateText(tuple(lines)) if lines else None


def first_topic(
    template: str, body: Body, moderators: str, links: Mapping[str, ResourceId], identity: ResourceId
) -> LateText | None:
    """The same with the names of who moderates, and with the marker of ``identity`` in its last line."""
    given: dict[str, str | ResourceId] = {**links, "moderators": moderators}
    lines = _filled(template, body.name, body.purpose, given)
    return LateText((*lines, _BLANK, (marker_of(identity),))) if lines else None


def description(
    template: str, body: Body, links: Mapping[str, ResourceId], identity: ResourceId, mount: str
) -> LateText:
    """The same with the marker of ``identity`` in its last line, and never longer than a description may be.

    What is too long is taken from the purpose; where that is not enough, from the end of the text. ``mount``: where
    the folder is, as it will stand in its address.
    """
    marker, purpose, link = (marker_of(identity),), body.purpose, _ROOM_FOR_ADDRESS + len(quote(mount))
    while True:
        lines = [*_filled(template, body.name, purpose, links), marker]
        over = _length(lines, link) - LONGEST_DESCRIPTION
        if over <= 0 or not purpose:
            break
        kept = purpose[: max(0, len(purpose) - over - 1)].rstrip()
        purpose = f"{kept}…" if kept else ""
    while _length(lines, link) > LONGEST_DESCRIPTION:
        del lines[-2]
    return LateText(tuple(lines))


def message(template: str, body: Body) -> str:
    """A text without links, filled at once."""
    return LateText(tuple(_filled(template, body.name, body.purpose, {}))).written(lambda link: None)


def shortened(text: str, longest: int) -> str:
    """``text`` in no more than ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _length(lines: Iterable[Line], link: int) -> int:
    return sum(1 + sum(len(part) if isinstance(part, str) else link for part in line) for line in lines) - 1


@cache
def _parsed(template: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """By line: texts, each with the placeholder behind it, "" for none."""
    lines = (Formatter().parse(line) for line in template.splitlines())
    return tuple(tuple((text, name or "") for text, name, _, _ in line) for line in lines)


def _filled(template: str, name: str, purpose: str, more: Mapping[str, str | ResourceId]) -> list[Line]:
    """All lines, without blank ones at both ends or two of them in a row."""
    given: dict[str, str | ResourceId] = {"name": name.strip(), "purpose": purpose.strip(), **more}
    found: list[Line] = []
    for parts in _parsed(template):
        if not all(given.get(field) for _, field in parts if field):
            continue
        for line in _split(part for text, field in parts for part in (text, given[field] if field else "")):
            is_blank = not any(isinstance(part, ResourceId) or part.strip() for part in line)
            if is_blank and found and found[-1] != _BLANK:
                found.append(_BLANK)
            elif not is_blank and not (isinstance(line[0], str) and line[0].strip().startswith(_MARKER)):
                found.append(line)
    return found[:-1] if found and found[-1] == _BLANK else found


def _split(parts: Iterable[str | ResourceId]) -> Iterator[Line]:
    """Parts as lines: what people wrote (a purpose) may have line breaks of its own. Neighbouring texts are one."""
    line: list[str | ResourceId] = []
    for part in parts:
        if isinstance(part, ResourceId):
            line.append(part)
            continue
        first, *more = part.splitlines() or [""]
        if line and isinstance(line[-1], str):
            line[-1] += first
        elif first:
            line.append(first)
        for text in more:
            yield tuple(line)
            line = [text]
    yield tuple(line)
