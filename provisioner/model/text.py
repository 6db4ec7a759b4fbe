"""What is said to people: a code and its arguments, put into German or English only when shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

Argument: TypeAlias = "str | int | float | date | datetime | Text | tuple[Text, ...]"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence not yet in a language.

    ``code`` is ``<room>.<what>``, e.g. ``planning.joined``; the sentences stand in the ``texts.yaml`` of that
    room, German beside English. ``arguments`` fill its ``{names}``; they are data, never sentences in one language: a
    word of ours among them (a role, a field) is a `Text` itself, several are a tuple.
    """

    code: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **arguments: Argument) -> "Text":
        """Shorthand: ``Text.of("planning.joined", person="p-1")``."""
        return cls(code, arguments)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.arguments.items(), key=lambda item: item[0]))))
