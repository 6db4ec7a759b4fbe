"""What the server makes of values: sizes, languages, addresses, passwords."""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

_NUMERIC = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE)
_LEADING = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_UNITS: Final = {"b": 0, "k": 1, "kb": 1, "m": 2, "mb": 2, "g": 3, "gb": 3, "t": 4, "tb": 4, "p": 5, "pb": 5}
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

MAX_PASSWORD: Final = 469
UNLIMITED: Final = -3


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGES: Final = _words(
    "ar ast be bg ca cs da de de_DE el en en_GB eo es es_EC es_MX et_EE eu fa fi fr ga gl hr hu id is it ja ka ko lo"
    " lt_LT lv mk mn nb nl oc pl pt_BR pt_PT ro ru sc sk sl sr sv sw th tr ug uk uz vi zh_CN zh_HK zh_TW"
)
LOCALES: Final = _words(
    "cs cs_CZ da da_DK de de_AT de_BE de_CH de_DE de_LI de_LU en en_AU en_CA en_GB en_IE en_US es es_ES fi fi_FI fr"
    " fr_BE fr_CH fr_FR it it_CH it_IT nb nb_NO nl nl_BE nl_NL pl pl_PL pt pt_BR pt_PT ru ru_RU sv sv_SE tr tr_TR uk"
    " uk_UA"
)
COMMON_PASSWORDS: Final = _words(
    "123456 1234567890 abc abc123 geheim hallo iloveyou letmein passwort password password1 qwertz qwerty qwertyuiop"
    " short sommer willkommen welcome"
)


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The rules of the app password_policy; the defaults are those of a fresh Nextcloud 34."""

    min_length: int = 10
    non_common: bool = True
    numeric: bool = False
    upper_lower: bool = False
    special: bool = False

    def complaint(self, password: str) -> str | None:
        """Why a password is refused, in the server's words; None when it is fine."""
        found: list[str] = []
        if self.non_common and password.lower() in COMMON_PASSWORDS:
            found.append("Password is among the 1,000,000 most common ones. Please make it unique.")
        if len(password) < self.min_length:
            found.append(f"Password needs to be at least {self.min_length} characters long.")
        if self.numeric and not re.search(r"\d", password):
            found.append("Password needs to contain at least one numeric character.")
        if self.upper_lower and (password.lower() == password or password.upper() == password):
            found.append("Password needs to contain at least one lower and one upper case character.")
        if self.special and not re.search(r"[^\w\s]|_", password):
            found.append("Password needs to contain at least one special character.")
        return " ".join(found) or None


def login_complaint(user_id: str, homes: frozenset[str] = frozenset()) -> str | None:
    """Why an id can't be a new account's, in the server's words; `homes` are folders left on its disk."""
    if re.search(r"[^a-zA-Z0-9 _.@\-']", user_id):
        return 'Only the following characters are allowed in an Login: "a-z", "A-Z", "0-9", spaces and "_.@-\'"'
    if not user_id.strip():
        return "A valid Login must be provided"
    if user_id.strip() != user_id:
        return "Login contains whitespace at the beginning or at the end"
    if user_id in {".", ".."}:
        return "Login must not consist of dots only"
    if len(user_id) > 64:
        return "Username is too long"
    reserved = {".htaccess", "files_external", "__groupfolders", ".ncdata", "owncloud.log", "nextcloud.log"}
    if user_id in reserved | {"updater.log", "audit.log"} or user_id in homes:
        return "Login is invalid because files already exist for this user"
    return None


def is_email(text: str) -> bool:
    """Whether the server takes this for an address where it checks at all."""
    local, _, domain = text.partition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in text
    return _EMAIL.fullmatch(text) is not None and not dots and len(local) <= 64 and not domain.startswith("-")


def bytes_of(size: str) -> float | None:
    """Bytes of a size such as "1.5 GB"; None for nonsense. "5 XB" is 5 bytes, as on the server (observed)."""
    text = size.lower()
    if _NUMERIC.fullmatch(text):
        return float(text)
    leading = _LEADING.match(text)
    number = float(leading.group()) if leading else 0.0
    unit = re.search(r"([kmgtp]?b?)$", text)
    if unit is None or unit.group(1) not in _UNITS:
        return None
    return _round(number * 1024.0 ** _UNITS[unit.group(1)], 0)


def size_of(number: float) -> str:
    """A size as the server keeps it, rounded for people: 1500000000 becomes "1.4 GB"; "?" for a negative one."""
    if number < 0:
        return "?"
    if number < 1024:
        return f"{_plain(number)} B"
    number = _round(number / 1024, 0)
    for unit in ("KB", "MB", "GB", "TB"):
        if number < 1024:
            return f"{_plain(number)} {unit}"
        number = _round(number / 1024, 1)
    return f"{_plain(number)} PB"


def parse_quota(value: str) -> str:
    """The quota to keep. Raises ValueError with the server's words for nonsense; negative ones become "?"."""
    if value in {"default", "none"}:
        return value
    number = bytes_of(value)
    if number is None:
        raise ValueError(f"Invalid quota value: {value}")
    return size_of(number)


def storage(quota: str, used: int) -> dict[str, float]:
    """The quota block of a user's details; quota "default" is unlimited here.

    PHP writes and reads the number with 14 digits: 100 TB and more come back as floats (observed for 1000 PB).
    """
    limit: float = UNLIMITED
    if quota not in {"default", "none"}:
        written = f"{bytes_of(quota) or 0:.14G}"
        limit = int(written) if written.isdigit() else float(written)
    if limit > 0:
        share = _round(used / limit * 10_000, 0) / 100
        relative = int(share) if share == int(share) else share
        return {"free": limit - used, "used": used, "total": limit, "relative": relative, "quota": limit}
    return {"free": UNLIMITED, "used": used, "total": UNLIMITED, "relative": 0, "quota": limit}


@cache
def _timezones() -> frozenset[str]:
    areas = _words("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific")
    found = {name for name in zoneinfo.available_timezones() if name.partition("/")[0] in areas}
    return frozenset(found | {"UTC", "Europe/Berlin"})


def is_timezone(name: str) -> bool:
    """Whether PHP lists this time zone."""
    return name in _timezones()


def phone_number(text: str) -> str:
    """A phone number in international form. Raises ValueError for what is none (German numbers may lack +49)."""
    digits = re.sub(r"[\s()/.-]", "", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+49{digits[1:]}"
    if not re.fullmatch(r"\+\d{7,15}", digits):
        raise ValueError(text)
    return digits


def website(text: str) -> str:
    """A web address. Raises ValueError for what is none."""
    if not re.fullmatch(r"https?://[^\s/.]+(\.[^\s/.]+)+(/\S*)?", text):
        raise ValueError(text)
    return text


def handle(text: str) -> str:
    """A name in a social network, without its first @ (observed). Raises ValueError for a long one."""
    return free_text(text.removeprefix("@"))


def free_text(text: str) -> str:
    """Any text of up to 2,048 bytes. Raises ValueError beyond."""
    if len(text.encode()) > 2048:
        raise ValueError(text)
    return text


PROFILE: Final[dict[str, Callable[[str], str]]] = {
    "phone": phone_number,
    "address": free_text,
    "website": website,
    "twitter": handle,
    "bluesky": free_text,
    "fediverse": handle,
    "organisation": free_text,
    "role": free_text,
    "headline": free_text,
    "biography": free_text,
    "profile_enabled": free_text,
    "pronouns": free_text,
}
"""The profile's fields in the order of a user's details, and what makes a value of each."""


def _round(number: float, places: int) -> float:
    """Half away from zero, as PHP rounds."""
    scale = 10.0**places
    return math.copysign(math.floor(abs(number) * scale + 0.5), number) / scale


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)
