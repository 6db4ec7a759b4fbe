"""What one cell says. Each function takes what is there, and raises `Unfit` for what it can't mean."""

import re
import unicodedata
from datetime import date, timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from provisioner.model.text import Text
from provisioner.registry.fresh import visible
from provisioner.registry.shapes import Email, MaybeEmptyName
from provisioner.sources.table.settings import Mapping

_EMAIL: Final = TypeAdapter[str](Email)
_NAME: Final = TypeAdapter[str](MaybeEmptyName)

_KEPT_AS_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
"""How exports keep Excel from taking a number for one: ="00123"."""
_ROUNDED: Final = re.compile(r"[0-9][.,]?[0-9]*E\+?[0-9]+")
"""What Excel makes of a long number; the number itself is lost."""
_DAY: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})")
_ISO: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_SLASHES: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_SERIAL: Final = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?")
_TIME: Final = re.compile(r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?Z?)$")
_EXCEL_BEGINS: Final = date(1899, 12, 30)
"""Day 0: Excel believes in a 29 February 1900 (and so does what it exports)."""
_NO_DAY: Final = frozenset(
    {"-", "\N{EN DASH}", "\N{EM DASH}", "unbefristet", "0", "00.00.0000", "0000-00-00", "00000000"}
)
_FOR_EVER: Final = 9999
_CENTURY: Final = 70
"""Years of two digits below this are ours, others the last century's."""

_ACTIVE: Final = frozenset(["aktiv", "active", "ja", "j", "yes", "y", "1", "true", "wahr", "x"])
_INACTIVE: Final = frozenset(
    ["inaktiv", "inactive", "nein", "n", "no", "0", "false", "falsch", "ausgeschieden", "gesperrt", "deaktiviert"]
)
_LANGUAGES: Final = {"deutsch": "de", "german": "de", "englisch": "en", "english": "en", "französisch": "fr"}


class Unfit(Exception):
    """The cell can't mean what its column says; carries why, never what stands there."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.code)
        self.why = why


class LineBreak(Unfit):
    """No name, number or address has one: a quote too many has probably made one row of several."""

    def __init__(self) -> None:
        super().__init__(Text.of("table.line_break"))


def clean(cell: str) -> str:
    """Without what nobody sees, with composed letters and single spaces. A formula is text like any other."""
    kept = _KEPT_AS_TEXT.fullmatch(cell.strip())
    text = kept.group(1).replace('""', '"') if kept else cell.strip()
    if "\n" in text or "\r" in text:
        raise LineBreak
    if any(unicodedata.category(letter) == "Cc" and letter != "\t" for letter in text):
        raise Unfit(Text.of("table.control_character"))
    return " ".join(unicodedata.normalize("NFC", visible(text)).split())


def key(cell: str) -> str:
    """What never changes of a person, letter by letter: 0012 is not 12."""
    if not cell:
        raise Unfit(Text.of("table.empty_key"))
    if _ROUNDED.fullmatch(cell.upper()):
        raise Unfit(Text.of("table.rounded_key"))
    if len(cell) > 200:
        raise Unfit(Text.of("table.long_key"))
    return cell


def name(cell: str) -> str | None:
    """A name, or None."""
    try:
        return _NAME.validate_python(cell) or None
    except ValidationError:
        raise Unfit(Text.of("table.bad_name")) from None


def email(cell: str) -> str | None:
    """An address, or None."""
    if not cell:
        return None
    try:
        return _EMAIL.validate_python(cell)
    except ValidationError:
        raise Unfit(Text.of("table.bad_email")) from None


def language(cell: str) -> str | None:
    """Two letters, or None."""
    word = cell.casefold()
    found = _LANGUAGES.get(word, word[:2] if re.fullmatch(r"[a-z]{2}(?:[-_][a-z]{2})?", word) else "")
    if word and not found:
        raise Unfit(Text.of("table.bad_language"))
    return found or None


def day(cell: str, mapping: Mapping) -> date | None:
    """A day as Germans, ISO 8601, SAP and Excel write it, or None where there is none."""
    text = _TIME.sub("", cell)
    if not text or text.casefold() in _NO_DAY:
        return None
    try:
        found = _day(text, mapping)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        slashes = _SLASHES.fullmatch(text) and mapping.slash_dates is None
        raise Unfit(Text.of("table.slash_date" if slashes else "table.bad_date"))
    return None if found.year == _FOR_EVER else found


def _day(text: str, mapping: Mapping) -> date | None:
    if found := _DAY.fullmatch(text):
        year = int(found[3])
        if len(found[3]) == 2:
            year += 2000 if year < _CENTURY else 1900
        return date(year, int(found[2]), int(found[1]))
    if found := _ISO.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if (found := _SLASHES.fullmatch(text)) and mapping.slash_dates is not None:
        first, second = int(found[1]), int(found[2])
        day_first = mapping.slash_dates == "day/month"
        return date(int(found[3]), second if day_first else first, first if day_first else second)
    if found := _SERIAL.fullmatch(text):
        return _EXCEL_BEGINS + timedelta(days=int(found[1]))
    return None


def active(cell: str, mapping: Mapping) -> bool:
    """Whether the list says that somebody is active; an empty cell says nothing, and that is not enough."""
    word = cell.casefold()
    if word in _ACTIVE or word in {one.casefold() for one in mapping.active_words}:
        return True
    if word in _INACTIVE or word in {one.casefold() for one in mapping.inactive_words}:
        return False
    raise Unfit(Text.of("table.bad_active"))


class NamePattern:
    """Takes both names out of one cell."""

    def __init__(self, pattern: str) -> None:
        escaped = re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}")
        # Blanks beside a comma may be missing; between two words they are what tells them apart.
        spaced = re.sub(r"(?<=[^\w}\s])(?:\\ )+|(?:\\ )+(?=[^\w{\s\\])", r"\\s*", escaped)
        spaced = re.sub(r"(?:\\ )+", r"\\s+", spaced)
        self._pattern = re.compile(
            spaced.replace("{given_name}", "(?P<given>.+?)").replace("{family_name}", "(?P<family>.+?)")
        )

    def split(self, cell: str) -> tuple[str, str]:
        """(given name, family name)."""
        found = self._pattern.fullmatch(cell)
        if found is None:
            raise Unfit(Text.of("table.other_pattern"))
        return found["given"].strip(), found["family"].strip()
