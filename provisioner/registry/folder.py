"""The folder of YAML files as a source: every file may hold any of the sections, in any order."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from provisioner.model.registry import Identity, Origin
from provisioner.model.text import Text
from provisioner.registry.documents import (
    ALERTING,
    BodyDocument,
    FileDocument,
    NetworkDocument,
    OrganisationDocument,
    PersonDocument,
)
from provisioner.registry.mistakes import explain, mend_word, shown, suggestion
from provisioner.registry.parsing import Mapping as Node
from provisioner.registry.parsing import Sequence, locate, origin
from provisioner.registry.problems import error, error_of
from provisioner.registry.reading import NOTHING, ReadFile, read_folder
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.sensordocuments import SensorDocument, SensorModelDocument
from provisioner.registry.shapes import ID_PATTERN, Document
from provisioner.registry.sources import Entry, Malformed, SourceResult

_LISTS: Final[dict[str, type[Document]]] = {
    "organisations": OrganisationDocument,
    "bodies": BodyDocument,
    "people": PersonDocument,
    "sensor_models": SensorModelDocument,
    "sensors": SensorDocument,
    "rules": RuleDocument,
}
_ID: Final = re.compile(ID_PATTERN)


class YamlFolder:
    """A `Source`: all YAML files below a folder. ``instead``: see `read_folder`."""

    def __init__(self, folder: Path, instead: Mapping[str, str] = NOTHING) -> None:
        self.folder = folder
        self.instead = instead

    def read(self) -> SourceResult:
        """Every entry of every file; nothing raises for content."""
        read = read_folder(self.folder, self.instead)
        result = SourceResult(problems=read.problems, complete=read.whole)
        for words in read.lost:
            result.lose(_kind_of(words))
        for file in read.files:
            _read_sections(file, result)
        return result


def _read_sections(read: ReadFile, result: SourceResult) -> None:
    root, file = read.parsed.root, read.file
    if root is None:
        return  # nothing but comments
    if not isinstance(root, Node):
        _refuse(result, Origin(file, 1, 1), "registry.no_sections", lost="")
        return
    if root.flawed:
        result.complete = False
    for name, section in root.items():
        if name == "network":
            _read_network(section, root, read, result)
        elif name in _LISTS:
            _read_list(name, section, root, read, result)
        else:
            where = origin(file, locate(root, (name,), key=True))
            known = FileDocument.model_fields
            problem = error(where, Text.of("registry.unknown_section", section=shown(name)), mend_word(name, known))
            result.problems.append(problem)
            result.lose(_kind_of({suggestion(name, known)} - {None} or root))  # "rule:" loses rules, and no people


def _kind_of(words: Iterable[str | None]) -> str:
    """What is lost with sections of these names: sensors or rules alone, if they all are of that kind; else anything.

    A line of a rule that slipped to the margin is taken for a section, too: it says nothing.
    """
    known = {suggestion(word, FileDocument.model_fields) for word in words if word is not None} - {None}
    return ALERTING[0] if known and known <= set(ALERTING) else ""


def _read_network(section: Any, root: Node, read: ReadFile, result: SourceResult) -> None:
    if not isinstance(section, Node):
        _refuse(
            result,
            origin(read.file, locate(root, ("network",))),
            "registry.not_mapping",
            lost="network",
            field="network",
            value="",
        )
        return
    document = _validate(section, NetworkDocument, read, result)
    if document is None:
        result.complete = False
        result.block("network", "network")
    else:
        result.networks.append(Entry(document, read.file, section))


def _read_list(name: str, section: Any, root: Node, read: ReadFile, result: SourceResult) -> None:
    if section is None:
        return
    if not isinstance(section, Sequence):
        where = origin(read.file, locate(root, (name,)))
        _refuse(result, where, "registry.not_list", lost=name, field=name, value=shown(section))
        return
    entries: list[Any] = getattr(result, name)
    model = _LISTS[name]
    for index, node in enumerate(section):
        if not isinstance(node, Node):
            where = origin(read.file, section.places[index])
            _refuse(result, where, "registry.not_mapping", lost=name, field=name, value=shown(node))
            continue
        document = _validate(node, model, read, result)
        if document is not None:
            entries.append(Entry(document, read.file, node))
        else:
            _block(name, node, result)
            if name == "people":
                result.malformed.append(_malformed(node, read.parsed.plain))
                _tell_unnamed(node, read.file, result)


def _validate(node: Node, model: type[Document], read: ReadFile, result: SourceResult) -> Any:
    """The document, or None after its mistakes were reported."""
    try:
        document = model.model_validate(node)
    except ValidationError as fault:
        result.problems += explain(fault, model, read.file, node, read.parsed.plain)
        return None
    return None if node.flawed else document


def _block(kind: str, node: Node, result: SourceResult) -> None:
    """A malformed entry blocks itself when its id can be read; else nobody knows who is missing."""
    entry_id = node.get("id")
    if isinstance(entry_id, str) and not node.nameless and _ID.fullmatch(entry_id.strip().lower()):
        result.block(kind, entry_id.strip().lower())
    else:
        result.lose(kind)


def _malformed(node: Node, plain: Mapping[int, str]) -> Malformed:
    """What can be read of it all the same; a key of digits alone is one, though it lacks its quotes."""

    def text(*path: str | int) -> str:
        value: Any = node
        for part in path:
            value = value[part]
        return str(plain.get(locate(node, path), value)).strip()

    listed = node.get("identities")
    identities = frozenset(
        Identity(text("identities", index, "source"), text("identities", index, "key"))
        for index, one in enumerate(listed if isinstance(listed, Sequence) else ())
        if isinstance(one, Node) and {"source", "key"} <= one.keys()
    )
    email, *name = (text(field) if field in node else "" for field in ("email", "given_name", "family_name"))
    return Malformed(identities, email, (name[0], name[1]))


def _tell_unnamed(node: Node, file: str, result: SourceResult) -> None:
    """What a malformed entry also lacks: all mistakes come at once, where no source could supply it."""
    for field in ("given_name", "family_name", "email") if "identities" not in node else ():
        if field not in node:
            result.problems.append(error_of(origin(file, node.place), "registry.unnamed", field=field))


def _refuse(result: SourceResult, where: Origin, code: str, *, lost: str, **arguments: str) -> None:
    """Entries of the kind ``lost`` are gone with this mistake, and nobody knows which."""
    result.problems.append(error_of(where, code, **arguments))
    result.lose(lost)
