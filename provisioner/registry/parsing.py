"""YAML text to plain values that remember where they stood.

Built on libyaml's events (PyYAML's `CParser`), not on its nodes: seven times faster, and nothing is resolved behind
our back. Plain scalars follow YAML 1.2's core schema, so ``NO`` is a text and ``012`` the number 12. Anchors, aliases,
tags and a key given twice are refused; nothing here raises for what a file says.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml._yaml import CParser

from provisioner.model.registry import Origin
from provisioner.model.text import Text
from provisioner.registry.problems import Problem, error

MAX_DEPTH: Final = 16
"""The registry's own shapes need 6."""

Scalar = str | int | float | bool | None
_COLUMN_BITS: Final = 25  # a file has at most 20 MB, so no column is larger
_COLUMN_MASK: Final = (1 << _COLUMN_BITS) - 1

_CAN_BE_NO_TEXT: Final = frozenset(["", *"0123456789+-.~nNtTfF"])
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL: Final = re.compile(r"0o[0-7]+", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)
_MAX_DIGITS: Final = 300


class Mapping(dict[str, Any]):
    """A mapping of the file. ``places`` holds, in the order of the keys, each key's place and its value's."""

    __slots__ = ("flawed", "nameless", "place", "places")

    def __init__(self, place: int = 0) -> None:
        self.place = place
        self.places: list[int] = []
        self.flawed = False
        """True when something in it was refused (a key given twice, a tag): it must not be used."""
        self.nameless = False
        """True when it has two ids: nobody knows which of them is meant."""


class Sequence(list[Any]):
    """A list of the file; ``places`` are its items'."""

    __slots__ = ("place", "places")

    def __init__(self, place: int = 0) -> None:
        self.place = place
        self.places: list[int] = []


Node = Mapping | Sequence | Scalar


@dataclass(slots=True)
class Parsed:
    """What a file holds. ``usable`` is False when it can't be used at all, ``whole`` when it may be cut off."""

    root: Node
    problems: list[Problem] = field(default_factory=list)
    usable: bool = True
    whole: bool = True
    words: frozenset[str] = frozenset()
    """Of a text that can't be used: what stands at the beginning of its lines where sections do."""
    plain: dict[int, str] = field(default_factory=dict)
    """By place: how the scalars that are not texts were written, e.g. ``012``."""


def pack(line: int, column: int) -> int:
    """A place (both 0-based) in one number, since there are hundreds of thousands of them."""
    return line << _COLUMN_BITS | column


def origin(file: str, place: int) -> Origin:
    """The place as people count: from 1."""
    return Origin(file, (place >> _COLUMN_BITS) + 1, (place & _COLUMN_MASK) + 1)


def locate(node: Node, path: tuple[str | int, ...], *, key: bool = False) -> int:
    """The place of what lies at ``path`` below ``node``, or of the nearest thing above it that exists.

    ``key``: of the key itself, not of its value.
    """
    place = node.place if isinstance(node, Mapping | Sequence) else 0
    for depth, part in enumerate(path):
        if isinstance(node, Mapping) and isinstance(part, str) and part in node:
            index = list(node).index(part)
            wants_key = key and depth == len(path) - 1
            place = node.places[2 * index + (0 if wants_key else 1)]
            node = node[part]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node):
            place = node.places[part]
            node = node[part]
        else:
            break
    return place


def resolve(text: str) -> Scalar:
    """A plain scalar by YAML 1.2's core schema. Numbers of absurd length stay text."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in _CAN_BE_NO_TEXT or len(text) > _MAX_DIGITS:
        return text
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _place(event: Any) -> int:
    mark = event.start_mark
    return int(mark.line << _COLUMN_BITS | mark.column)


class _Refused(Exception):
    """The file can't be used; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


def parse(text: str, file: str) -> Parsed:
    """Parse one document. ``file`` is only a name for the problems."""
    builder = _Builder(file)
    try:
        root = builder.build(text)
    except _Refused as refused:
        return Parsed(None, [*builder.problems, refused.problem], usable=False, whole=False)
    except yaml.YAMLError as fault:
        return Parsed(None, [*builder.problems, _explain(fault, text, file)], usable=False, whole=False)
    return Parsed(root, builder.problems, plain=builder.plain)


class _Builder:
    """Turns events into values, with a stack of its own: deep nesting can't exhaust Python's."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.plain: dict[int, str] = {}
        self.root: Node = None
        self.stack: list[Mapping | Sequence] = []
        self.parent: Mapping | Sequence | None = None
        self.key: str | None = None
        """The key of the mapping ``parent`` whose value comes next."""
        self.key_place = 0

    def build(self, text: str) -> Node:
        """The document's root. Raises `_Refused`, or PyYAML's errors for bad syntax."""
        parser = CParser(text)
        documents = 0
        while True:
            event: Any = parser.get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event, self._begin(event))
            elif kind is yaml.MappingStartEvent:
                place = self._begin(event)
                self._open(Mapping(place), place)
            elif kind is yaml.SequenceStartEvent:
                place = self._begin(event)
                self._open(Sequence(place), place)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.stack.pop()
                self.parent = self.stack[-1] if self.stack else None
            elif kind is yaml.AliasEvent:
                raise _Refused(self._error(_place(event), "registry.anchor"))
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise _Refused(self._error(_place(event), "registry.second_document"))
            elif kind is yaml.StreamEndEvent:
                return self.root

    def _begin(self, event: Any) -> int:
        """What scalars and containers have in common. Returns the place."""
        place = _place(event)
        if event.anchor is not None:
            raise _Refused(self._error(place, "registry.anchor"))
        if event.tag is not None and event.tag != "!":
            self._flaw(place, Text.of("registry.tag", tag=event.tag))
        return place

    def _scalar(self, event: Any, place: int) -> None:
        text: str = event.value
        if self.key is None and type(self.parent) is Mapping:
            self.key, self.key_place = text, place
            return
        if event.implicit[0] and text[:1] in _CAN_BE_NO_TEXT:
            value = resolve(text)
            if type(value) is not str:
                self.plain[place] = text
            self._put(value, place)
        else:
            self._put(text, place)

    def _open(self, container: Mapping | Sequence, place: int) -> None:
        if self.key is None and type(self.parent) is Mapping:
            raise _Refused(self._error(place, "registry.complex_key"))
        if len(self.stack) == MAX_DEPTH:
            raise _Refused(self._error(place, "registry.too_deep", depth=MAX_DEPTH))
        self._put(container, place)
        self.stack.append(container)
        self.parent = container

    def _put(self, value: Node, place: int) -> None:
        parent = self.parent
        if parent is None:
            self.root = value
        elif isinstance(parent, Sequence):
            parent.append(value)
            parent.places.append(place)
        else:
            key, self.key = self.key or "", None
            if key in parent:
                self._duplicate(key, parent)
            else:
                parent[key] = value
                parent.places += (self.key_place, place)

    def _duplicate(self, key: str, parent: Mapping) -> None:
        line = (locate(parent, (key,), key=True) >> _COLUMN_BITS) + 1
        if len(self.stack) == 1:  # a whole section would be lost
            raise _Refused(self._error(self.key_place, "registry.duplicate_key", key=key, line=str(line)))
        self._flaw(self.key_place, Text.of("registry.duplicate_key", key=key, line=str(line)))
        parent.nameless = parent.nameless or key == "id"

    def _error(self, place: int, code: str, **arguments: str | int) -> Problem:
        return error(origin(self.file, place), Text.of(code, **arguments), Text.of(f"{code}_mend", **arguments))

    def _flaw(self, place: int, what: Text) -> None:
        """Report something that spoils the entry it stands in, not the file."""
        mend = Text(f"{what.code}_mend", what.arguments)
        self.problems.append(error(origin(self.file, place), what, mend))
        for container in self.stack:
            if isinstance(container, Mapping) and (container is not self.stack[0] or len(self.stack) == 1):
                container.flawed = True


_SYNTAX: Final = (
    ("mapping values are not allowed", "registry.syntax_colon"),
    ("could not find expected ':'", "registry.syntax_no_colon"),
    ("unexpected end of stream", "registry.syntax_cut"),
    ("cannot start any token", "registry.syntax_start"),
    ("did not find expected ',' or", "registry.syntax_bracket"),
    ("did not find expected key", "registry.syntax_indent"),
    ("did not find expected '-' indicator", "registry.syntax_indent"),
    ("did not find expected <document start>", "registry.syntax_indent"),
    ("found unknown escape character", "registry.syntax_escape"),
    ("control characters are not allowed", "registry.control_character"),
)


def _explain(fault: yaml.YAMLError, text: str, file: str) -> Problem:
    """libyaml's words in ours. The wording is libyaml 0.2.5's; what is not known is handed on as it is."""
    message = str(getattr(fault, "problem", None) or getattr(fault, "reason", None) or fault)
    mark = getattr(fault, "problem_mark", None)
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    lines = text.splitlines()
    line = min(line, max(len(lines) - 1, 0))  # at the end of the stream libyaml points behind the last line
    code = next((code for part, code in _SYNTAX if part in message), "registry.syntax_other")
    where = origin(file, pack(line, column))
    return error(where, Text.of(code, detail=message), Text.of(f"{code}_mend", detail=message))
