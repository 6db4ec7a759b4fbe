"""What is known of user_oidc's settings, and what they make of ids and groups. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded

HASHED: Final = re.compile(r"[0-9a-f]{64}")
"""An id that user_oidc made with unique-uid=1 (its default), of an account or a group; nobody recognises it."""

_LITERAL: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
"""In a regular expression, what stands for one letter and may look like a bracket or a bar."""

_MOST: Final = 1 << 20
"""Bytes of a settings file."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One identity provider of user_oidc, with the defaults that the app has where nothing was set."""

    id: int
    identifier: str
    settings: Mapping[str, object]
    """By the names of its API (``uniqueUid``), which are those of occ's JSON."""

    def is_on(self, name: str, default: bool = False) -> bool:
        """A setting that is on or off."""
        value = self.settings.get(name)
        return value if isinstance(value, bool) else default

    def text(self, name: str, default: str = "") -> str:
        """A setting that is a text; empty is not set."""
        value = self.settings.get(name)
        return value if isinstance(value, str) and value else default

    @property
    def hashes_ids(self) -> bool:
        """Whether ids here are hashes of what the login calls people and groups."""
        return self.is_on("uniqueUid", True)

    @property
    def keeps_names(self) -> bool:
        """Whether an account here is called as the login calls the person, letter by letter."""
        return not self.hashes_ids and not self.is_on("providerBasedId")

    @property
    def writes_groups(self) -> bool:
        """Whether a login puts people into groups and takes them out."""
        return self.is_on("groupProvisioning")

    @property
    def whitelist(self) -> str:
        """The groups that a login may touch, as PHP reads it (between slashes); "" for all."""
        return self.text("groupWhitelistRegex")

    def touches(self, group: str) -> bool | None:
        """Whether a login decides who is in this group. None: we can't read the whitelist."""
        if not self.writes_groups:
            return False
        if not self.whitelist:
            return True
        pattern = compiled(self.whitelist)
        return None if pattern is None else pattern.search(group) is not None


def compiled(whitelist: str) -> re.Pattern[str] | None:
    """A whitelist as the login understands it; None where our regular expressions don't reach that far."""
    pattern, flags = whitelist, ""
    if whitelist.startswith("/"):
        pattern, _, flags = whitelist[1:].rpartition("/")
    try:
        return re.compile(pattern, re.IGNORECASE if "i" in flags else 0)
    except re.error:
        return None


def is_anchored(whitelist: str) -> bool:
    """Whether it is held to the beginning of a name in all its alternatives, so far as that can be seen."""
    pattern = whitelist[1:].rpartition("/")[0] if whitelist.startswith("/") else whitelist
    return _begins(_LITERAL.sub("_", pattern))


def _begins(pattern: str) -> bool:
    """``pattern`` has no brackets and bars but those that group and part."""
    return all(
        part.startswith("^") or (part.startswith("(") and _begins(_first_group(part)))
        for part in _alternatives(pattern)
    )


def _first_group(pattern: str) -> str:
    """What stands between the bracket with which it begins and the one that closes it."""
    depth = 0
    for position, letter in enumerate(pattern):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return pattern[1:position].removeprefix("?:")
    return ""


def _alternatives(pattern: str) -> list[str]:
    """The parts between bars that no bracket holds together."""
    parts, depth = [""], 0
    for letter in pattern:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody told of user_oidc: its providers, and what config.php says (None: that was not told)."""

    providers: tuple[Provider, ...] = ()
    system: Mapping[str, object] | None = None

    def provider(self, number: int) -> Provider | None:
        """The provider of this number."""
        return next((one for one in self.providers if one.id == number), None)

    def system_says(self, name: str, default: bool) -> bool:
        """A word of config.php; what nobody told has its default."""
        value = (self.system or {}).get(name, default)
        return value not in (False, 0, "", "0", "false")


def providers_of(data: object) -> tuple[Provider, ...] | None:
    """A list as the API gives it, or one object as occ does; None for anything else."""
    items = data if isinstance(data, list) else [data]
    found = []
    for item in items:
        number = item.get("id") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(number, int) or isinstance(number, bool):
            return None
        settings = item.get("settings")
        found.append(Provider(number, str(item.get("identifier", "")), settings if isinstance(settings, dict) else {}))
    return tuple(found)


def read_told(path: Path) -> Told:
    """A file with what the two occ commands gave, one after the other. Raises `SettingsError`."""
    wrong = Text.of("nextcloud.oidc_file", path=str(path))
    providers: list[Provider] = []
    system: Mapping[str, object] = {}  # the command says nothing at all where nothing is set
    try:
        for value in _documents(read_bounded(path, _MOST).decode()):
            found = providers_of(value)
            if found is not None:
                providers += found
            elif isinstance(value, dict):
                system = value
            else:
                raise SettingsError(wrong)
    except (OSError, ValueError) as error:
        raise SettingsError(wrong, type(error).__name__) from error
    return Told(tuple(providers), system)


def _documents(text: str) -> Iterator[object]:
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].strip()
