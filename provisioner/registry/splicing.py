"""Changing one entry of a YAML file and no other byte.

ruamel.yaml keeps comments, but writes whole files in one layout of its own, and takes seconds for thousands of people.
So it is only given the entry's lines; of what it writes, only the lines that the change touched go into the file.
"""

import difflib
import io
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from yaml._yaml import CParser

from provisioner.registry.parsing import Mapping, Parsed, Sequence, origin

Change = Callable[[Any], None]
"""Changes ruamel's mapping of the entry in place."""

_DASH: Final = re.compile(r"^( *)-(?= |$)")
_NEVER_WRAP: Final = 1 << 30


def change_entry(text: str, parsed: Parsed, section: str, index: int, change: Change) -> str:
    """The text with ``change`` made to entry ``index`` of ``section``. Raises ruamel's YAMLError."""
    listed = _listed(parsed, section)
    start = _offset_of(text, listed.places[index])
    if text[start] == "{":
        end = _end_of(text, start)
        return text[:start] + "\n".join(_change([text[start:end]], [text[start:end]], change, 2, 0)) + text[end:]
    lines = text.split("\n")
    region = _region(lines, parsed, section, index)
    block = lines[region.start : region.end]
    first = " " * region.inner + block[0][region.inner :]  # without the dash
    dedented = [
        line[region.inner :] if not line[: region.inner].strip() else line.lstrip() for line in (first, *block[1:])
    ]
    changed = _change(dedented, block, change, _list_offset(dedented), region.inner)
    if changed[0] != block[0]:
        changed[0] = block[0][: region.inner] + changed[0][region.inner :]
    return "\n".join([*lines[: region.start], *changed, *lines[region.end :]])


def add_entry(text: str, parsed: Parsed, section: str, entry: dict[str, Any]) -> str:
    """The text with a new last entry in ``section``, which is made where there is none."""
    root = parsed.root
    if not isinstance(root, Mapping) or section not in root:
        before = text if not text or text.endswith("\n") else text + "\n"
        gap = "\n" if isinstance(root, Mapping) and root else ""
        return f"{before}{gap}{section}:\n" + "\n".join(_render(entry, 2, 2)) + "\n"
    key, value = root.places[2 * list(root).index(section) :][:2]
    if not root[section]:
        start = _offset_of(text, value)
        if text[start : start + 1] == "[":
            text = text[:start].rstrip(" ") + text[_end_of(text, start) :]
        lines = text.split("\n")
        line = origin("", key).line
        return "\n".join([*lines[:line], *_render(entry, 2, 2), *lines[line:]])
    listed = _listed(parsed, section)
    last = _offset_of(text, listed.places[-1])
    if text[_offset_of(text, value)] == "[":
        end = _end_of(text, last)
        column = last - text.rfind("\n", 0, last) - 1
        own_line = not text[last - column : last].strip()
        return text[:end] + ("," + ("\n" + " " * column if own_line else " ")) + _in_brackets(entry) + text[end:]
    lines = text.split("\n")
    region = _region(lines, parsed, section, len(listed) - 1)
    above = region.start - 1
    while above > 0 and lines[above].lstrip().startswith("#"):
        above -= 1
    gap_lines = [""] if len(listed) > 1 and not lines[above].strip() else []
    if text[last] == "{":
        block = [lines[region.start][: region.inner] + _in_brackets(entry)]
    else:
        block = _render(entry, region.dash, region.inner - region.dash)
    return "\n".join([*lines[: region.end], *gap_lines, *block, *lines[region.end :]])


def short(**fields: Any) -> CommentedMap:
    """A mapping that is written in one line: ``{organisation: bretten, since: 2026-01-01}``. None is left out."""
    mapping = CommentedMap({name: value for name, value in fields.items() if value is not None})
    mapping.fa.set_flow_style()
    return mapping


def short_list(values: list[Any]) -> CommentedSeq:
    """A list that is written in one line."""
    listed = CommentedSeq(values)
    listed.fa.set_flow_style()
    return listed


def _render(entry: dict[str, Any], dash: int, width: int) -> list[str]:
    """A new entry's lines, with its dash in column ``dash`` and its fields ``width`` further right."""
    fields = CommentedMap({name: short_list(one) if type(one) is list else one for name, one in entry.items()})
    lines = [" " * (dash + width) + line for line in _dump(_yaml(2), fields)]
    lines[0] = " " * dash + "-" + " " * (width - 1) + lines[0][dash + width :]
    return lines


def _in_brackets(entry: dict[str, Any]) -> str:
    return "\n".join(_dump(_yaml(2), short(**entry)))


def _yaml(offset: int) -> YAML:
    writer = YAML()
    writer.preserve_quotes = True
    writer.width = _NEVER_WRAP
    writer.representer.ignore_aliases = lambda _: True  # one day that stands in two places is no anchor
    writer.indent(mapping=2, sequence=offset + 2, offset=offset)
    return writer


def _change(lines: list[str], written: list[str], change: Change, offset: int, indent: int) -> list[str]:
    """``written`` with the change, made by ruamel on ``lines`` (the same without indentation).

    A line that the change does not touch stays as it was written.
    """
    writer = _yaml(offset)
    loaded = writer.load("\n".join(lines))
    before = _dump(writer, loaded)
    change(loaded)
    after = [" " * indent + line if line else line for line in _dump(writer, loaded)]
    before = [" " * indent + line if line else line for line in before]
    if len(before) != len(written):
        return after  # folded in a way that ruamel does not keep: lines can't be matched
    result: list[str] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for operation, start, end, new_start, new_end in matcher.get_opcodes():
        result += written[start:end] if operation == "equal" else after[new_start:new_end]
    return result if _same(result, after, indent) else after


def _same(one: list[str], other: list[str], indent: int) -> bool:
    """Whether both say the same. Old and new lines of one list may be indented differently: then they do not."""
    try:
        first, second = (
            YAML(typ="safe", pure=True).load("\n".join([" " * indent + lines[0][indent:], *lines[1:]]))
            for lines in (one, other)
        )
    except YAMLError:
        return False
    return bool(first == second)


def _dump(writer: YAML, loaded: Any) -> list[str]:
    out = io.StringIO()
    writer.dump(loaded, out)
    return out.getvalue().removesuffix("\n").split("\n")


def _listed(parsed: Parsed, section: str) -> Sequence:
    listed = parsed.root[section] if isinstance(parsed.root, Mapping) else None
    if not isinstance(listed, Sequence):
        raise TypeError(f"{section} is no list")
    return listed


def _offset_of(text: str, place: int) -> int:
    """Index in the text of a place (which counts lines and columns)."""
    where = origin("", place)
    start = 0
    for _ in range(where.line - 1):
        start = text.index("\n", start) + 1
    return start + where.column - 1


def _end_of(text: str, start: int) -> int:
    """Index behind the bracket that closes the one at ``start``."""
    parser = CParser(text[start:])
    depth = 0
    while True:
        event: Any = parser.get_event()
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if depth == 0:
                mark: Any = event.end_mark
                return start + int(mark.index)


class _Region(NamedTuple):
    """An entry's lines: the first, the one behind the last, the columns of its dash and of its fields (0-based)."""

    start: int
    end: int
    dash: int
    inner: int


def _region(lines: list[str], parsed: Parsed, section: str, index: int) -> _Region:
    """Where an entry of a list with dashes stands. The first line is that of its first field."""
    listed = _listed(parsed, section)
    where = origin("", listed.places[index])
    start, inner = where.line - 1, where.column - 1
    found = _DASH.match(lines[_dash_line(lines, start)])
    dash = len(found.group(1)) if found else 0
    if index + 1 < len(listed):
        end = _dash_line(lines, origin("", listed.places[index + 1]).line - 1)
    else:
        root: Any = parsed.root
        keys = [origin("", place).line - 1 for place in root.places[::2]]
        end = min((line for line in keys if line > start), default=len(lines))
    # Blank lines, and comments no further right than the dash, belong to what follows.
    while end > start + 1 and _belongs_to_next(lines[end - 1], dash):
        end -= 1
    return _Region(start, end, dash, inner)


def _dash_line(lines: list[str], line: int) -> int:
    """The line of the dash of an entry whose first field is in ``line``: only comments can lie between."""
    while line > 0 and not _DASH.match(lines[line]):
        line -= 1
    return line


def _belongs_to_next(line: str, dash: int) -> bool:
    content = line.strip()
    return not content or (content.startswith(("...", "#")) and len(line) - len(line.lstrip()) <= dash)


def _list_offset(lines: list[str]) -> int:
    """How far lists are indented below their key in these lines."""
    key_column = 0
    for line in lines:
        found = _DASH.match(line)
        if found is not None:
            return max(len(found.group(1)) - key_column, 0)
        if line.strip() and not line.lstrip().startswith("#"):
            key_column = len(line) - len(line.lstrip())
    return 2
