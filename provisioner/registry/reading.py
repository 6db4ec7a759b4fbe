"""Finding the registry's files and turning their bytes into text. Never raises for what it finds there."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from provisioner.model.registry import Origin
from provisioner.model.text import Text
from provisioner.registry.parsing import Parsed, parse
from provisioner.registry.problems import Problem, error, warning
from provisioner.transport.bounded import read_bounded

MAX_BYTES: Final = 20_000_000
"""The largest file that is read: about 50,000 people."""

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
SUFFIXES: Final = (".yaml", ".yml")

_CONFLICT: Final = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)
_TAB_INDENT: Final = re.compile(r"^ *(\t)\s*[^\s#]", re.MULTILINE)
_SECTION: Final = re.compile(r"^[\"']?([A-Za-z][\w -]{0,40}?)[\"']?\s*:", re.MULTILINE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(slots=True)
class ReadFile:
    """One file of the registry: its name relative to the folder, with ``/``, and what it holds."""

    file: str
    parsed: Parsed


@dataclass(slots=True)
class ReadFolder:
    """All files of a folder, by name. ``whole``: everything that might hold entries could be read to its end."""

    files: list[ReadFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True
    lost: list[frozenset[str]] = field(default_factory=list)
    """Of each file that was all there and can't be used: what its sections seem to be."""


def read_folder(folder: Path, instead: Mapping[str, str] = NOTHING) -> ReadFolder:
    """Read every ``*.yaml`` and ``*.yml`` below ``folder``; what begins with a dot is passed over.

    ``instead`` has texts to take for files (by relative name), be they there or not: an edit before it is written.
    """
    result = ReadFolder()
    if not folder.is_dir():
        result.problems.append(_error(".", "registry.no_folder", folder=str(folder)))
        result.whole = False
        return result
    found = {path.relative_to(folder).as_posix(): path for path in _find(folder, folder, result, set())}
    for file in sorted(found.keys() | instead.keys()):
        parsed = read_bytes(instead[file].encode(), file) if file in instead else read_file(found[file], file)
        result.problems += parsed.problems
        if parsed.words:
            result.lost.append(parsed.words)
        else:
            result.whole = result.whole and parsed.whole
        if parsed.usable:
            result.files.append(ReadFile(file, parsed))
    if not result.files and not result.lost and result.whole:
        result.problems.append(_error(".", "registry.empty_folder", folder=str(folder)))
        result.whole = False
    return result


def find_files(folder: Path) -> list[Path]:
    """What `read_folder` would read, and what can't be looked into; the folder itself where it is none."""
    if not folder.is_dir():
        return [folder]
    result = ReadFolder()
    found = list(_find(folder, folder, result, set()))
    return [*found, *(folder / problem.where.file for problem in result.problems)]


def _find(directory: Path, root: Path, result: ReadFolder, seen: set[str]) -> Iterator[Path]:
    """The folder's files in the order of their names. What can't be looked into makes the reading partial.

    Each folder is read once, however many links lead to it: twelve that link to each other have millions of ways.
    """
    here = os.path.realpath(directory)
    if here in seen:
        return
    seen.add(here)
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError as fault:
        _unreadable(result, directory.relative_to(root).as_posix(), fault)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        try:
            entry.stat()  # follows links: a dangling one, e.g. to a share that is not mounted, is no empty folder
            if entry.is_dir():
                yield from _find(path, root, result, seen)
            elif entry.name.lower().endswith(SUFFIXES):
                yield path
        except OSError as fault:
            _unreadable(result, path.relative_to(root).as_posix(), fault)


def _unreadable(result: ReadFolder, file: str, fault: OSError) -> None:
    result.problems.append(_error(file, "registry.unreadable", reason=fault.strerror or str(fault)))
    result.whole = False


def read_file(path: Path, file: str) -> Parsed:
    """One file, checked from the outside in: size, encoding, conflict markers, tabs, then YAML."""
    try:
        data = read_bounded(path, MAX_BYTES)
        size = max(path.stat().st_size, len(data))
    except OSError as fault:
        return _unusable(_error(file, "registry.unreadable", reason=fault.strerror or str(fault)))
    if len(data) > MAX_BYTES:
        return _unusable(_error(file, "registry.too_large", size=size // 1_000_000, limit=MAX_BYTES // 1_000_000))
    return read_bytes(data, file)


def read_bytes(data: bytes, file: str) -> Parsed:
    """As `read_file`, of bytes that are already here."""
    if data.startswith(_WIDE_MARKS):
        return _unusable(_error(file, "registry.utf16", line=1, column=1))
    if data.startswith(b"\xef\xbb\xbf"):
        return _unusable(_error(file, "registry.bom", line=1, column=1))
    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return _unusable(_error(file, "registry.not_utf8", line, column, byte=f"0x{data[fault.start]:02x}"))
    if found := _CONFLICT.search(text):
        return _unusable(_error(file, "registry.conflict", *_place(text, found.start())), text)
    if found := _CONTROL.search(text):
        code = f"U+{ord(found.group()):04X}"
        problem = _error(file, "registry.control_character", *_place(text, found.start()), detail=code)
        return _unusable(problem, text)
    if found := _TAB_INDENT.search(text):
        return _unusable(_error(file, "registry.tab", *_place(text, found.start(1))), text)
    parsed = parse(text, file)
    if not parsed.usable:
        parsed.words = _words(text)
    if parsed.usable and text and not text.endswith("\n"):
        # Half a file is often still valid YAML. One without its last newline may be one that was cut.
        where = Origin(file, *_place(text, len(text)))
        parsed.problems.append(warning(where, Text.of("registry.no_newline"), Text.of("registry.no_newline_mend")))
        parsed.whole = False
    return parsed


def _place(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _unusable(problem: Problem, text: str = "") -> Parsed:
    return Parsed(None, [problem], usable=False, whole=False, words=_words(text))


def _words(text: str) -> frozenset[str]:
    """What may be its sections. Nothing for a text without its last newline: it may go on with anything."""
    return frozenset(_SECTION.findall(text)) if text.endswith("\n") else frozenset()


def _error(file: str, code: str, line: int = 0, column: int = 0, **arguments: str | int) -> Problem:
    return error(Origin(file, line, column), Text.of(code, **arguments), Text.of(f"{code}_mend", **arguments))
