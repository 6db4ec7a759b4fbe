"""What an attribute's values say. Each function takes bytes as they came; what they can't mean is `Unfit`."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from provisioner.model.sources import PersonField
from provisioner.model.text import Text
from provisioner.model.words import field_word
from provisioner.registry.fresh import visible
from provisioner.registry.shapes import Email, MaybeEmptyName
from provisioner.sources.directory.active_directory import NEVER, moment_of

_EMAIL: Final = TypeAdapter[str](Email)
_NAME: Final = TypeAdapter[str](MaybeEmptyName)

_LANGUAGE: Final = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9]+)*(?:\s*[,;].*)?")
"""RFC 2798, 2.7: as in Accept-Language; the first counts."""
_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?(?:[.,]\d+)?(Z|[+-]\d{2}(?:\d\d)?)")
"""RFC 4517, 3.3.13."""
_ISO: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_GERMAN: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_NUMBER: Final = re.compile(r"-?\d{1,20}")
_EPOCH: Final = date(1970, 1, 1)


class Unfit(Exception):
    """Values that can't be used; carries why, never what stands there."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.code)
        self.why = why


def text(name: PersonField, value: bytes) -> str:
    """One value, composed, without what nobody sees. Control characters are no part of anybody's data."""
    try:
        found = value.decode()
    except UnicodeDecodeError:
        raise Unfit(Text.of("directory.not_text", field=field_word(name))) from None
    if not found.isprintable():
        if any(unicodedata.category(letter) == "Cc" for letter in found.strip()):
            raise Unfit(Text.of("directory.control_character", field=field_word(name)))
        found = visible(found)
    return " ".join(unicodedata.normalize("NFC", found).split())


def person_name(name: PersonField, values: Sequence[bytes]) -> str | None:
    """A name; of several the first in the alphabet, since a directory keeps no order (RFC 4512, 2.2)."""
    for found in sorted(filter(None, (text(name, value) for value in values))):
        try:
            return _NAME.validate_python(found)
        except ValidationError:
            raise Unfit(Text.of("directory.bad_name", field=field_word(name))) from None
    return None


def email(values: Sequence[bytes], domains: Iterable[str]) -> str:
    """The address; of several the one in the first of ``domains`` that has one, else the first in the alphabet.

    A directory keeps no order of values: without a rule of ours it could be another one each time.
    """
    found = sorted(filter(None, (text("email", value) for value in values)), key=str.casefold)
    if not found:
        raise Unfit(Text.of("directory.no_email"))
    endings = [f"@{domain}".casefold() for domain in domains]
    chosen = next((one for ending in endings for one in found if one.casefold().endswith(ending)), found[0])
    try:
        return _EMAIL.validate_python(chosen)
    except ValidationError:
        raise Unfit(Text.of("directory.bad_email")) from None


def language(values: Sequence[bytes]) -> str | None:
    """Two letters. What is no language is as good as none: nobody should be left out for it."""
    for value in sorted(values):
        found = _LANGUAGE.fullmatch(value.decode(errors="replace").strip())
        if found:
            return found[1].lower()
    return None


def day(name: PersonField, attribute: str, values: Sequence[bytes], zone: ZoneInfo) -> date | None:
    """The first or the last day that a date or a moment stands for; None: there is none.

    A moment is the end of the last day: midnight, from which on an account has expired, belongs to the day before.
    """
    if len(values) > 1:
        raise Unfit(Text.of("directory.several_dates", field=field_word(name)))
    if not values:
        return None
    written = text(name, values[0])
    try:
        found = _moment(attribute.lower(), written)
        if not isinstance(found, datetime):
            return found
        end = found - timedelta(microseconds=1) if name == "leaves" else found
        return end.astimezone(zone).date()
    except (ValueError, OverflowError):
        raise Unfit(Text.of("directory.bad_date", field=field_word(name))) from None


def _moment(attribute: str, written: str) -> datetime | date | None:
    if attribute == "accountexpires":
        number = _number(written)
        return None if number in NEVER else moment_of(number)
    if attribute == "shadowexpire":  # RFC 2307, shadow(5): the day from which on the account has expired
        number = _number(written)
        return None if number < 0 else _EPOCH + timedelta(days=number - 1)
    if found := _MOMENT.fullmatch(written):
        year, month, of_month, hour, minute, second, offset = found.groups()
        zone = UTC if offset == "Z" else _offset(offset)
        return datetime(
            int(year), int(month), int(of_month), int(hour), int(minute or 0), min(int(second or 0), 59), tzinfo=zone
        )
    if found := _ISO.fullmatch(written):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _GERMAN.fullmatch(written):
        return date(int(found[3]), int(found[2]), int(found[1]))
    raise ValueError("no date")


def _number(written: str) -> int:
    if not _NUMBER.fullmatch(written):
        raise ValueError("no number")
    return int(written)


def _offset(written: str) -> timezone:
    sign = -1 if written[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(written[1:3]), minutes=int(written[3:5] or 0)))
