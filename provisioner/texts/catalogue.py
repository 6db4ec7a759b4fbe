"""Reads the rooms' ``texts.yaml`` and renders texts with dates and numbers as people of that language write them."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import yaml
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from provisioner.model.errors import ReadiError
from provisioner.model.text import Argument, Text
from provisioner.texts.harmless import harmless

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")
_ELSEWHERE: Final = {"policies": "policies", "kit": "connectors.kit", "alerting": "provisioner.app.alerting"}
"""Rooms of the project that are not directly below `provisioner`."""
_MANY = 10**15
"""From about here on babel can't write a number with its separators."""


class _Number(str):
    """A number as it is written. ``{count:Konto|Konten}`` puts the first word for one and the second for all others."""

    __slots__ = ("is_one",)
    is_one: bool

    @classmethod
    def of(cls, value: float, shown: str) -> "_Number":
        number = cls(shown)
        number.is_one = value == 1
        return number

    def __format__(self, spec: str) -> str:
        one, bar, other = spec.partition("|")
        if not bar:
            return str(self)
        return one if self.is_one else other


_NO_QUANTITIES: Final = frozenset({"run", "pid", "port", "line"})
"""Arguments whose numbers are names: run 1024 is typed as it is read, and is not "1.024"."""


class Catalogue:
    """Renders texts in one language.

    ``packages`` maps a room to the package that holds its ``texts.yaml``; rooms of the project itself need not be
    named, connectors' rooms (e.g. ``nextcloud``) do, since third parties bring their own.
    """

    def __init__(self, language: Language = "de", packages: Mapping[str, str] | None = None) -> None:
        self.language: Language = language
        self._packages = dict(packages or {})

    def __call__(self, text: Text) -> str:
        """The sentence. A code without an entry is shown as it is, with its arguments: better than nothing."""
        room, _, what = text.code.partition(".")
        sentence = (
            sentences(self._packages.get(room) or _ELSEWHERE.get(room, f"provisioner.{room}"))
            .get(what, {})
            .get(self.language)
        )
        arguments = {
            name: str(value) if name in _NO_QUANTITIES and isinstance(value, int) else self._shown(value)
            for name, value in text.arguments.items()
        }
        if sentence is None:
            return " ".join([text.code, *(f"{name}={value}" for name, value in arguments.items())])
        return sentence.format_map(arguments)

    def error(self, error: ReadiError) -> str:
        """The error's sentence, with the product's own words behind it where there are any."""
        said = self(error.text)
        return f"{said} ({harmless(error.detail)})" if error.detail else said

    def _shown(self, value: Argument) -> str:
        if isinstance(value, datetime):
            return format_datetime(value, "short", locale=self.language)
        if isinstance(value, date):
            return format_date(value, "medium", locale=self.language)
        if isinstance(value, int | float) and not isinstance(value, bool):
            shown = format_decimal(value, locale=self.language) if abs(value) < _MANY else str(value)
            return _Number.of(value, shown)
        if isinstance(value, Text):
            return self(value)
        if isinstance(value, tuple):
            return ", ".join(map(self, value))
        return harmless(str(value))


@cache
def sentences(package: str) -> Mapping[str, Mapping[str, str]]:
    """All sentences of one room: what → language → sentence. A package without ``texts.yaml`` has none."""
    try:
        resource = files(package) / "texts.yaml"
    except ModuleNotFoundError:
        return {}
    if not resource.is_file():
        return {}
    loaded = yaml.load(resource.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded if isinstance(loaded, dict) else {}
