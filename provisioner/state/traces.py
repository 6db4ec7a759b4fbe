"""Finding one person in stored data, and making what names them unreadable. Pure; knows no database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from provisioner.model.resources import FieldName
from provisioner.state.codec import dump

BLANK: Final = "…"
"""Stands where a name stood."""

_OUR_KEYS: Final = r"(?:person|body|organisation):[\w.:-]+"
_KINDS_OF_WORDS: Final = re.compile(r"[a-z]+(-[a-z]+)*|[0-9a-f]{64}")
"""What our own vocabularies and digests look like."""
_TOLD: Final = frozenset((*get_args(FieldName), "arguments", "text"))
"""Under these names stands what is known of an object, or said of it."""
_OURS: Final = frozenset(("code", "date", "datetime"))
"""Under these what no sentence can do without (see `provisioner.state.codec`)."""


@dataclass(frozen=True)
class Traces:
    """How one person is written down: by the registry's key, which may stay, and by names, which may not.

    Names are found as whole words, however they are capitalised. Keys are never taken for names.
    """

    key: str
    names: frozenset[str]
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # As they are, and as they stand within JSON.
        written = {form for name in self.names if name.strip() for form in (name, dump(name)[1:-1])}
        longest_first = sorted(written, key=lambda name: (-len(name), name))
        words = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in longest_first]
        pattern = "|".join([f"(?P<key>{_OUR_KEYS})", *words])
        object.__setattr__(self, "_pattern", re.compile(pattern, re.IGNORECASE))

    def with_names(self, names: Iterable[str]) -> Traces:
        """The same person, of whom more names are known."""
        return Traces(self.key, self.names | frozenset(names))

    def are_in(self, text: str | None) -> bool:
        """Whether a text, JSON or not, names or means the person."""
        found = self._pattern.finditer(text or "")
        return any(match["key"] is None or match["key"] == self.key for match in found)

    def blanked(self, value: Any) -> Any:
        """The same data without the names; in what is about the person alone, without all that is told of them."""
        if isinstance(value, str):
            return self._pattern.sub(lambda match: match[0] if match["key"] is not None else BLANK, value)
        if isinstance(value, Mapping):
            about = self._is_about(value)
            return {name: self._told(name, part) if about else self.blanked(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.blanked(part) for part in value]
        return value

    def parts(self, value: Any) -> Iterator[Any]:
        """The innermost mappings that name the person, without what their lists say of others."""
        if isinstance(value, Mapping):
            own = {name: self._mine(part) for name, part in value.items()}
            beside = {name: part for name, part in own.items() if not isinstance(part, Mapping)}
            if self._is_about(value):
                yield own
            elif any(self.are_in(dump(part)) for part in beside.values()):
                yield beside
            else:
                for part in value.values():
                    yield from self.parts(part)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from self.parts(one)

    def _is_about(self, value: Mapping[str, Any]) -> bool:
        return self.key in (part for part in value.values() if isinstance(part, str))

    def _mine(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [one for one in value if not isinstance(one, Mapping) and self.are_in(dump(one))]
        return value

    def _told(self, name: str, value: Any) -> Any:
        if name in _TOLD:
            return without_strings(value)
        if isinstance(value, Mapping):
            return {inner: self._told(inner, part) for inner, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._told(name, part) for part in value]
        if not isinstance(value, str) or name in _OURS or value == self.key:
            return value
        return self.blanked(value) if _KINDS_OF_WORDS.fullmatch(value) else BLANK


def without_strings(value: Any) -> Any:
    """The same shape, all texts in it blank but for the codes of ours and days."""
    if isinstance(value, Mapping):
        return {name: part if name in _OURS else without_strings(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_strings(part) for part in value]
    return BLANK if isinstance(value, str) else value
