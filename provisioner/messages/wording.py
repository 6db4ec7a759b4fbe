"""Puts letters into words: the sentences of ``texts.yaml``, and around them what every mail has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_skeleton

from provisioner.messages.plain import QUOTED, one_line, plain, typed
from provisioner.model.messages import LetterKind
from provisioner.model.text import Argument, Text
from provisioner.texts import Language

Say = Callable[[Text], str]

VARIANTS: Final[Mapping[LetterKind, tuple[str, ...]]] = {
    LetterKind.LEAVING: ("soon", "tomorrow", "ended", "erasing"),
    LetterKind.SUCCESSOR: ("lead", "moderation"),
    LetterKind.ALERT: ("member", "named"),
    LetterKind.NOTICE: (
        "changed",
        "waiting",
        "refused",
        "failing",
        "works",
        "letters",
        "namesake",
        "given_up",
        "not_pulled",
        "credential",
        "unsaid",
    ),
}
"""Kinds that are said in several ways."""

POSTED: Final = frozenset({LetterKind.JOINED, LetterKind.MEETING_REMINDER})
"""What is said in conversations alone; `POSTS` in all its ways."""
POSTS: Final = ("joined", "joined_alone", "meeting_reminder")


def _wordings() -> tuple[str, ...]:
    named = [kind for kind in LetterKind if kind not in POSTED]
    return tuple(
        name for kind in named for name in ([f"{kind}_{one}" for one in VARIANTS[kind]] if kind in VARIANTS else [kind])
    )


WORDINGS: Final = _wordings()
"""All that is said by mail: each has a text, ``…_subject`` and ``…_why`` (why the recipient is written to)."""
REASONS: Final = (*(name for name in WORDINGS if not name.startswith("notice_")), "notice")
"""Before ``_why``."""


class Ours(str):
    """A text of ours in a sentence, e.g. an address of a page: it stays as it is. All others are names."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a letter in the moment in which it is sent."""

    language: Language = "de"
    network: str = ""
    """The network's name."""
    name: str = ""
    """The recipient's; "" of somebody who is nobody yet."""
    variant: str = ""
    """Of a kind that is said in several ways: which one."""
    values: Mapping[str, Argument] = field(default_factory=dict)
    """What stands in the sentences. Texts are names that others wrote."""
    lines: tuple[Text | None, ...] = ()
    """A list below the text; None is an empty line."""
    below: tuple[Text, ...] = ()
    """Sentences below what somebody wrote."""
    writer: str = ""
    subject: str = ""
    quote: str = ""
    """What somebody wrote for the recipient to read, under which heading, and who."""
    link: str = ""
    """Where to go on."""
    contact: str = ""
    """Whom to ask; the policy's words."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's words. ``text`` has a line a paragraph."""

    subject: str
    text: str


def mail_of(kind: LetterKind, facts: Facts, say: Say) -> Mail:
    """The words of a mail. ``say`` speaks the language of ``facts``."""
    key = f"{kind}_{facts.variant}" if facts.variant else str(kind)
    values = {**arguments(facts), "subject": one_line(facts.subject)}
    named = Text.of("messages.dear", name=plain(facts.name)) if facts.name else Text.of("messages.dear_somebody")
    parts = [say(named), say(Text(f"messages.{key}", values)).strip()]
    if facts.lines:
        parts.append(_listed(facts, say))
    if facts.quote:
        wrote = say(Text.of("messages.wrote", name=plain(facts.writer))) if facts.writer else ""
        quoted = "\n".join(f"{QUOTED}{line}".rstrip() for line in typed(facts.quote).split("\n"))
        parts.append(f"{wrote}\n\n{quoted}".strip("\n"))
    parts += [say(Text(line.code, _clean(line.arguments, facts.language))) for line in facts.below]
    if facts.link:
        parts.append(facts.link)
    parts.append(say(Text(f"messages.{_why(kind, key)}_why", values)).strip())
    if facts.contact:
        parts.append(say(Text.of("messages.ask", contact=plain(facts.contact, 500))))
    parts.append(f"-- \n{say(Text.of('messages.signature', network=plain(facts.network)))}")
    subject = one_line(say(Text(f"messages.{key}_subject", values)))
    return Mail(subject, "\n\n".join(parts) + "\n")


def _why(kind: LetterKind, key: str) -> str:
    """Notices go to the same people for the same reason."""
    return str(kind) if kind is LetterKind.NOTICE else key


def post_of(kind: LetterKind, facts: Facts, say: Say) -> str:
    """The words of what is said in a conversation."""
    key = f"{kind}_{facts.variant}" if facts.variant else str(kind)
    parts = [say(Text(f"messages.{key}", arguments(facts))).strip(), _listed(facts, say), facts.link]
    return "\n".join(part for part in parts if part)


def arguments(facts: Facts) -> Mapping[str, Argument]:
    """The values as sentences take them: days written out, names made harmless.

    Moments are those of the clock on the wall of whoever gave them, without their year: they are near.
    """
    return _clean({"network": facts.network, **facts.values}, facts.language)


def _clean(given: Mapping[str, Argument], language: Language) -> dict[str, Argument]:
    return {name: _argument(value, language) for name, value in given.items()}


def _argument(value: Argument, language: Language) -> Argument:
    if isinstance(value, datetime):
        return f"{format_skeleton('MMMMEd', value, locale=language)}, {value:%H:%M}"
    if isinstance(value, date):
        return format_date(value, "long", locale=language)
    if isinstance(value, Ours):
        return str(value)
    return plain(value) if isinstance(value, str) else value


def _listed(facts: Facts, say: Say) -> str:
    said = (line and Text(line.code, _clean(line.arguments, facts.language)) for line in facts.lines)
    return "\n".join("" if line is None else say(line) for line in said)
