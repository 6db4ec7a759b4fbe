"""An edit's way into the folder's files and back: find the entry, change its lines, check everything, write."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from ruamel.yaml.error import YAMLError

from provisioner.model.enrolments import NO_ENROLMENTS, EnrolledMembership, Enrolments
from provisioner.model.errors import ReadiError
from provisioner.model.registry import Identity
from provisioner.model.sources import Brings, Supply
from provisioner.model.text import Text
from provisioner.registry.folder import YamlFolder
from provisioner.registry.loading import Loaded, load, load_sources
from provisioner.registry.parsing import Mapping as Node
from provisioner.registry.parsing import Parsed
from provisioner.registry.problems import Problem
from provisioner.registry.reading import ReadFile, read_folder
from provisioner.registry.splicing import Change, add_entry, change_entry, short
from provisioner.registry.supplying import person_id_of
from provisioner.registry.writing import replace_file

_ID_ALPHABET: Final = "23456789bcdfghjkmnpqrstvwxz"  # no vowels, no 0/o, 1/l: nothing to misread, no words
_ID_LENGTH: Final = 8
_EDITOR_LINE: Final = "# yaml-language-server:"
LINKED_FILE: Final = "people/linked.yaml"
"""Where those stand of whom the files tell little more than who they are in sources."""


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
    """The folder's files as they are now, and the way back into them. An edit is proved with what ``supplies`` say."""

    def __init__(self, folder: Path, supplies: Sequence[Supply] = (), enrolments: Enrolments = NO_ENROLMENTS) -> None:
        self.folder = folder
        self.supplies = supplies
        self.enrolments = enrolments
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
            stays = _mappings(person.get("affiliations"))
            if person.get("organisation") == organisation or any(
                stay.get("organisation") == organisation for stay in stays
            ):
                found = file.file
        return found

    def for_body(self, body_id: str) -> str:
        """The file for a new body: where the last one stands, or one of its own when each has one."""
        holders = [(file.file, body.get("id")) for file, _, body in self.entries("bodies")]
        each_alone = len({file for file, _ in holders}) == len(holders)
        named = all(Path(file).stem == body for file, body in holders)
        if each_alone and named and (self.folder / "bodies").is_dir():
            return f"bodies/{body_id}.yaml"
        return holders[-1][0] if holders else "bodies.yaml"

    def place_of(self, person_id: str, body: str, on: date) -> EnrolledMembership | None:
        """What was decided through the service about somebody in a body, if they are in it on that day."""
        for one in self.enrolments.memberships:
            if (one.person, one.body) == (person_id, body) and one.period.holds(on):
                return one
        return None

    def new_person_id(self) -> str:
        """An opaque id that nobody has."""
        taken = {person.get("id") for _, _, person in self.entries("people")} | self.enrolments.people.keys()
        while True:
            made = "p-" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
            if made not in taken:
                return made

    def organisations_by_source(self, person_id: str) -> list[str]:
        """Where sources alone say that the person is."""
        person = load(self.folder, self.supplies, enrolments=self.enrolments).registry.people.get(person_id)
        written = [entry for _, _, entry in self.entries("people") if entry.get("id") == person_id]
        named = {str(entry.get("organisation")) for entry in written}
        named |= {str(stay.get("organisation")) for entry in written for stay in _mappings(entry.get("affiliations"))}
        stays = () if person is None else person.affiliations
        return [one.organisation for one in stays if not one.gone and one.organisation not in named]

    def change(self, section: str, entry_id: str, change: Change, summary: Text) -> Edit:
        """Change the entry of this id.

        Somebody whom a source brings, or who came by themselves, gets one, in `LINKED_FILE`; a body that was made by
        form gets one with all that was said there.
        """
        found = [(file, index) for file, index, entry in self.entries(section) if entry.get("id") == entry_id]
        if not found and section == "people" and (identity := self.brought(entry_id)) is not None:
            entry = {"id": entry_id, "identities": [short(source=identity.source, key=identity.key)]}
            change(entry)
            return self.add(section, entry, LINKED_FILE, summary)
        if not found and section == "people" and entry_id in self.enrolments.people:
            entry = {"id": entry_id}  # all else is filled from what was told through the service
            change(entry)
            return self.add(section, entry, LINKED_FILE, summary)
        if not found and section == "bodies" and entry_id in self.enrolments.bodies:
            entry = dict(self.enrolments.bodies[entry_id].fields)
            change(entry)
            return self.add(section, entry, self.for_body(entry_id), summary)
        if len(found) != 1:
            raise EditRefused(
                Text.of("registry.no_such_entry" if not found else "registry.many_such_entries", id=entry_id)
            )
        ((file, index),) = found
        return self._write(
            file.file, entry_id, lambda text: change_entry(text, file.parsed, section, index, change), summary
        )

    def brought(self, person_id: str) -> Identity | None:
        """Who this person of a source is there."""
        for supply in self.supplies:
            for key in supply.people if supply.brings is Brings.EVERYBODY else ():
                if person_id_of(supply.source, key) == person_id:
                    return Identity(supply.source, key)
        return None

    def add(self, section: str, entry: dict[str, Any], file: str, summary: Text) -> Edit:
        """Write a new entry into ``file``, which is made if need be."""
        parsed = next((known.parsed for known in self.files if known.file == file), None)
        if parsed is None and (self.folder / file).exists():
            raise EditRefused(Text.of("registry.file_is_broken", file=file))
        return self._write(
            file, str(entry["id"]), lambda text: add_entry(text, parsed or Parsed(None), section, entry), summary
        )

    def _write(self, file: str, entry_id: str, edit: Callable[[str], str], summary: Text) -> Edit:
        before, after = self.edited(file, entry_id, edit)
        old = self.loaded()
        new = load_sources([YamlFolder(self.folder, {file: after})], self.supplies, enrolments=self.enrolments)
        errors = new_problems(old.errors, new)
        if errors:
            raise EditRefused(Text.of("registry.would_be_wrong", id=entry_id, count=len(errors)), tuple(errors))
        path = self.folder / file
        replace_file(path, before, after.encode())
        return Edit(entry_id, (path,), summary, tuple(new_problems(old.warnings, new, errors=False)))

    def loaded(self) -> Loaded:
        """The registry as it is now."""
        return load(self.folder, self.supplies, enrolments=self.enrolments)

    def edited(self, file: str, entry_id: str, edit: Callable[[str], str]) -> tuple[bytes | None, str]:
        """A file's bytes as they are (None: there is none), and its text after the edit."""
        path = self.folder / file
        before = path.read_bytes() if path.exists() else None
        text = before.decode() if before is not None else self._editor_line(file)
        windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
        try:
            after = edit(text.replace("\r\n", "\n") if windows else text)
        except YAMLError as fault:  # ruamel is stricter than libyaml: e.g. a tab before a comment
            raise EditRefused(Text.of("registry.edit_by_hand", id=entry_id, file=file)) from fault
        after = after if after.endswith("\n") else after + "\n"
        return before, after.replace("\n", "\r\n") if windows else after

    def _editor_line(self, file: str) -> str:
        """The line that tells editors the schema, as other files of the same folder have it."""
        here = [known.file for known in self.files if Path(known.file).parent == Path(file).parent]
        for neighbour in here:
            first = (self.folder / neighbour).read_text(encoding="utf-8").partition("\n")[0]
            if first.startswith(_EDITOR_LINE):
                return first.rstrip("\r") + "\n"
        return ""


def _mappings(listed: Any) -> list[Node]:
    """The mappings of a list that may be none, or no list."""
    return [one for one in listed if isinstance(one, Node)] if isinstance(listed, list) else []


def new_problems(old: tuple[Problem, ...], loaded: Loaded, *, errors: bool = True) -> list[Problem]:
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
