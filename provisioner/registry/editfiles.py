"""An edit's way into the folder's files and back: find the entry, change its lines, check everything, write."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml.error import YAMLError

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text
from provisioner.registry.folder import YamlFolder
from provisioner.registry.loading import Loaded, load, load_sources
from provisioner.registry.parsing import Mapping as Node
from provisioner.registry.parsing import Parsed
from provisioner.registry.problems import Problem
from provisioner.registry.reading import ReadFile, read_folder
from provisioner.registry.splicing import Change, add_entry, change_entry
from provisioner.registry.writing import replace_file

_ID_ALPHABET: Final = "23456789bcdfghjkmnpqrstvwxz"  # no vowels, no 0/o, 1/l: nothing to misread, no words
_ID_LENGTH: Final = 8
_EDITOR_LINE: Final = "# yaml-language-server:"


class EditRefused(ReadiError):
    """The edit makes no sense or would bring in the errors in ``problems``. Nothing was written."""

    def __init__(self, text: Text, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(text)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Edit:
    """What was done: ``files`` that changed, ``id`` of what was added or changed."""

    id: str
    files: tuple[Path, ...]
    summary: Text
    warnings: tuple[Problem, ...] = ()
    """What the registry now warns of and did not before."""


class Files:
    """The folder's files as they are now, and the way back into them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = read_folder(folder).files

    def entries(self, section: str) -> Iterator[tuple[ReadFile, int, Node]]:
        """Every entry of a section that has fields, well-formed or not."""
        for file in self.files:
            root = file.parsed.root
            listed = root.get(section) if isinstance(root, Node) else None
            for index, entry in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(entry, Node):
                    yield file, index, entry

    def of_people_in(self, organisation: str) -> str | None:
        """The last file in which somebody of the organisation stands."""
        found = None
        for file, _, person in self.entries("people"):
            stays = person.get("affiliations")
            stays = stays if isinstance(stays, list) else []
            if person.get("organisation") == organisation or any(
                isinstance(stay, Node) and stay.get("organisation") == organisation for stay in stays
            ):
                found = file.file
        return found

    def new_person_id(self) -> str:
        """An opaque id that nobody has."""
        taken = {person.get("id") for _, _, person in self.entries("people")}
        while True:
            made = "p-" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
            if made not in taken:
                return made

    def change(self, section: str, entry_id: str, change: Change, summary: Text) -> Edit:
        """Change the entry of this id."""
        found = [(file, index) for file, index, entry in self.entries(section) if entry.get("id") == entry_id]
        if len(found) != 1:
            raise EditRefused(
                Text.of("registry.no_such_entry" if not found else "registry.many_such_entries", id=entry_id)
            )
        ((file, index),) = found
        return self._write(
            file.file, entry_id, lambda text: change_entry(text, file.parsed, section, index, change), summary
        )

    def add(self, section: str, entry: dict[str, Any], file: str, summary: Text) -> Edit:
        """Write a new entry into ``file``, which is made if need be."""
        parsed = next((known.parsed for known in self.files if known.file == file), None)
        if parsed is None and (self.folder / file).exists():
            raise EditRefused(Text.of("registry.file_is_broken", file=file))
        return self._write(
            file, str(entry["id"]), lambda text: add_entry(text, parsed or Parsed(None), section, entry), summary
        )

    def _write(self, file: str, entry_id: str, edit: Callable[[str], str], summary: Text) -> Edit:
        path = self.folder / file
        before = path.read_bytes() if path.exists() else None
        text = before.decode() if before is not None else self._editor_line(file)
        windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
        try:
            after = edit(text.replace("\r\n", "\n") if windows else text)
        except YAMLError as fault:  # ruamel is stricter than libyaml: e.g. a tab before a comment
            raise EditRefused(Text.of("registry.edit_by_hand", id=entry_id, file=file)) from fault
        after = after if after.endswith("\n") else after + "\n"
        after = after.replace("\n", "\r\n") if windows else after
        old = load(self.folder)
        new = load_sources([YamlFolder(self.folder, {file: after})])
        errors = _new(old.errors, new)
        if errors:
            raise EditRefused(Text.of("registry.would_be_wrong", id=entry_id, count=len(errors)), tuple(errors))
        replace_file(path, before, after.encode())
        return Edit(entry_id, (path,), summary, tuple(_new(old.warnings, new, errors=False)))

    def _editor_line(self, file: str) -> str:
        """The line that tells editors the schema, as other files of the same folder have it."""
        here = [known.file for known in self.files if Path(known.file).parent == Path(file).parent]
        for neighbour in here:
            first = (self.folder / neighbour).read_text(encoding="utf-8").partition("\n")[0]
            if first.startswith(_EDITOR_LINE):
                return first.rstrip("\r") + "\n"
        return ""


def _new(old: tuple[Problem, ...], loaded: Loaded, *, errors: bool = True) -> list[Problem]:
    """Problems that were not there before, wherever their lines have moved to."""
    known = [(problem.where.file, problem.what.code) for problem in old]
    found = []
    for problem in loaded.errors if errors else loaded.warnings:
        key = (problem.where.file, problem.what.code)
        if key in known:
            known.remove(key)
        else:
            found.append(problem)
    return found
