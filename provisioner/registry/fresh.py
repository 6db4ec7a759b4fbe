"""Writing registry files that were not there before: commented, sorted, in the layout that people write by hand.

Changing files that exist is `provisioner.registry.editing`'s business.
"""

import contextlib
import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text
from provisioner.registry.parsing import resolve
from provisioner.registry.reading import SUFFIXES
from provisioner.registry.schema import SCHEMA_FILE, schema_text
from provisioner.registry.writing import WriteFailed, replace_file

_WIDTH: Final = 110
_PLAIN: Final = re.compile(r"[^\W\d_][\w .,()/'+&@-]*")
_WORDS_OF_OLD_YAML: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNSEEN: Final = frozenset({"Cf", "Cs", "Zl", "Zp"})
_GIT_IGNORES: Final = "people/"


class FolderNotEmpty(ReadiError):
    """There are registry files already; a fresh one is never mixed into them."""


@dataclass(frozen=True, slots=True)
class FreshEntry:
    """One entry's fields in their order, and a line that says something about it."""

    fields: Mapping[str, Any]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class FreshFile:
    """One file: ``header`` and ``footer`` are paragraphs and lines of comment."""

    section: str = ""
    entries: Sequence[FreshEntry] = ()
    header: Sequence[str] = ()
    footer: Sequence[str] = field(default_factory=tuple)

    def render(self, name: str) -> str:
        """The file's text. ``name`` is relative to the registry's folder."""
        lines = [f"# yaml-language-server: $schema={'../' * name.count('/')}{SCHEMA_FILE}", "#"]
        for paragraph in self.header:
            lines += comment(paragraph, wrapped=True)
        if self.entries:
            lines.append(f"{self.section}:")
        for number, entry in enumerate(self.entries):
            if self.section == "network":
                lines += _mapping(entry.fields, 2)
                continue
            if number:
                lines.append("")
            if entry.comment:
                lines.append(f"  # {visible(entry.comment)}")
            block = _mapping(entry.fields, 4)
            lines += [f"  - {block[0].lstrip()}", *block[1:]]
        if self.footer:
            lines += [*([""] if self.entries else []), *self.footer]
        return "\n".join(lines) + "\n"


def visible(text: str) -> str:
    """``text`` without what nobody sees: direction marks, zero-width letters, line breaks."""
    kept = (
        "" if unicodedata.category(one) in _UNSEEN else " " if one < " " or "\x7f" <= one < "\xa0" else one
        for one in text
        if not _is_no_character(ord(one))
    )
    return "".join(kept).strip()


def _is_no_character(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def comment(paragraph: str, *, wrapped: bool = False) -> list[str]:
    """A paragraph as lines of comment: one, or as many as are pleasant to read."""
    text = visible(paragraph)
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False) if wrapped else [text]
    return [f"# {line}" for line in lines]


def commented_entry(fields: Mapping[str, Any]) -> Iterator[str]:
    """An entry that is only a proposal: to use it, the comment signs go."""
    block = _mapping(fields, 4)
    for line in [f"  - {block[0].lstrip()}", *block[1:]]:
        yield f"# {line}"


def scalar(value: str | bool | int) -> str:
    """A value as YAML, in quotes where YAML (also the older one of other tools) would take it for something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = _PLAIN.fullmatch(value) and value == value.strip() and value.casefold() not in _WORDS_OF_OLD_YAML
    return value if plain and isinstance(resolve(value), str) else json.dumps(value, ensure_ascii=False)


def _mapping(fields: Mapping[str, Any], indent: int) -> list[str]:
    lines: list[str] = []
    margin = " " * indent
    for name, value in fields.items():
        if isinstance(value, Mapping):
            lines += [f"{margin}{name}:", *_mapping(value, indent + 2)]
        elif isinstance(value, list | tuple):
            lines += _sequence(name, value, margin)
        else:
            lines.append(f"{margin}{name}: {scalar(value)}")
    return lines


def _sequence(name: str, values: Iterable[Any], margin: str) -> list[str]:
    """In one line where they fit, else one a line."""
    items = [_short(value) for value in values]
    line = f"{margin}{name}: [{', '.join(items)}]"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{margin}{name}:", *(f"{margin}  - {item}" for item in items)]


def _short(value: Any) -> str:
    """Ids and domains, which are safe between brackets, or a mapping of such."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_short(inner)}" for name, inner in value.items()) + "}"
    text = scalar(value)
    return json.dumps(value, ensure_ascii=False) if "," in text and not text.startswith('"') else text


def refuse_filled(folder: Path) -> None:
    """Raise `FolderNotEmpty` when a registry file stands anywhere below ``folder``."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            raise FolderNotEmpty(
                Text.of("registry.folder_not_empty", folder=str(folder), file=path.relative_to(folder).as_posix())
            )


def write_fresh(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write the files, all or none, with what editors and git need beside them. Returns what was written.

    The order of ``texts`` is kept. Raises `FolderNotEmpty`, or `WriteFailed` after taking back what it wrote.
    """
    refuse_filled(folder)
    written: list[Path] = []
    try:
        _ignore_people(folder)
        if not (folder / SCHEMA_FILE).exists():
            replace_file(folder / SCHEMA_FILE, None, schema_text().encode())
            written.append(folder / SCHEMA_FILE)
        for name, text in texts.items():
            replace_file(folder / name, None, text.encode())
            written.append(folder / name)
    except WriteFailed:
        for path in written:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        raise
    return tuple(folder / name for name in texts)


def _ignore_people(folder: Path) -> None:
    """People's data stays out of git, whatever the repository around says."""
    path = folder / ".gitignore"
    before = path.read_bytes() if path.exists() else None
    lines = [] if before is None else before.decode(errors="replace").splitlines()
    if not any(line.strip() in (_GIT_IGNORES, f"/{_GIT_IGNORES}", "people", "/people") for line in lines):
        after = (before or b"") + (b"" if before is None or before.endswith(b"\n") else b"\n")
        replace_file(path, before, after + _GIT_IGNORES.encode() + b"\n")
