"""Fields and their values as people write them: sizes with their unit, yes and no, texts in quotes, long texts cut."""

from itertools import takewhile
from typing import Final

from babel import Locale, UnknownLocaleError

from provisioner.app.observing import MEMBER_KINDS
from provisioner.model.inventory import Unknown
from provisioner.model.registry import BodyKind
from provisioner.model.resources import PUBLIC, Kind, Value
from provisioner.model.text import Text
from provisioner.model.words import field_word
from provisioner.texts import Catalogue

NOTHING: Final = "\N{EN DASH}"
"""Stands for a value that there isn't."""

LINES_SHOWN: Final = 2
"""Of a text of several lines."""

_PARENTS: Final = ("archive", *BodyKind)
_CUT: Final = "\N{HORIZONTAL ELLIPSIS}"
_MOST_LETTERS: Final = 80
_UNITS: Final = ("B", "KB", "MB", "GB", "TB")


def shown_value(name: str, value: Value | Unknown, say: Catalogue) -> str:
    """One field's value; of a text of several lines the first ones."""
    if name == "quota" and not isinstance(value, Unknown):
        return _shown_quota(value, say)
    if value is None or isinstance(value, Unknown):
        return NOTHING
    if name == "open" and value == PUBLIC:
        return say(Text.of("app.public"))
    if isinstance(value, bool):
        return say(Text.of("app.yes" if value else "app.no"))
    if not isinstance(value, str):
        return say(Text.of("app.number", number=value))
    if name == "language":
        return _shown_language(value, say)
    if name == "parent":
        return _shown_parent(value, say)
    if name == "layout":  # one path a line, and all of them matter
        return say(Text.of("app.quoted", text=", ".join(value.splitlines())))
    return say(Text.of("app.quoted", text=beginning(value)))


def shown_pair(name: str, before: Value | Unknown, now: Value | Unknown, say: Catalogue) -> tuple[str, str]:
    """One field's two values; of two texts that begin alike, from the first line in which they differ."""
    if isinstance(before, str) and isinstance(now, str) and before != now:
        old, new = before.splitlines(), now.splitlines()
        alike = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))))
        if alike:
            rests = (f"{_CUT} " + "\n".join(lines[alike:]) for lines in (old, new))
            before, now = (rest.strip() for rest in rests)
    return shown_value(name, before, say), shown_value(name, now, say)


def beginning(text: str) -> str:
    """The first lines of a text that say something, as one; our own mark in it says nothing to people."""
    if "\n" not in text:
        return text  # one line is shown as it is
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("readi:")]
    shown = " / ".join(lines[:LINES_SHOWN])
    if len(shown) > _MOST_LETTERS:
        return f"{shown[: _MOST_LETTERS - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
    return f"{shown} \N{HORIZONTAL ELLIPSIS}" if len(lines) > LINES_SHOWN else shown


def word_of_field(kind: Kind, name: str) -> Text:
    """A field as people call it; what is an account's or a group's id is a name to everything else."""
    if name == "name" and kind not in MEMBER_KINDS:
        return Text.of("app.field_name_of_room")
    return field_word(name)  # type: ignore[arg-type]


def _shown_parent(value: str, say: Catalogue) -> str:
    """ "bodies:project" → "der Projektgruppen"; "#7", which is none of ours."""
    if not value:
        return say(Text.of("app.parent_none"))
    kind = value.removeprefix("bodies:")
    if kind not in _PARENTS:
        return say(Text.of("app.parent_other", id=value.removeprefix("#")))
    return say(Text.of(f"app.parent_{kind}"))


def _shown_language(value: str, say: Catalogue) -> str:
    """ "de" → "Deutsch"; what is no language stays as it is."""
    try:
        name = Locale.parse(value.replace("-", "_")).get_display_name(say.language)
    except (UnknownLocaleError, ValueError):
        name = None
    return name or say(Text.of("app.quoted", text=value))


def _shown_quota(value: Value, say: Catalogue) -> str:
    """Bytes in the largest unit that fits; Nextcloud's -3 is no end, None is the target's own default."""
    if not isinstance(value, int) or isinstance(value, bool):
        return say(Text.of("app.quota_default"))
    if value < 0:
        return say(Text.of("app.quota_unlimited"))
    size, unit = float(value), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return say(Text.of("app.quota", size=round(size, 1), unit=_UNITS[unit]))
