"""Reads the other YAML files (policy, settings) with the registry's care and the registry's messages."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.registry.mistakes import explain
from provisioner.registry.parsing import Mapping, Parsed
from provisioner.registry.problems import Problem, in_order
from provisioner.registry.reading import read_file

Model = TypeVar("Model", bound=BaseModel)


def read_document(path: Path, model: type[Model]) -> tuple[Model | None, tuple[Problem, ...]]:
    """A file as ``model``, or None and every mistake with its place. An empty file is the model's defaults."""
    parsed = read_file(path, path.name)
    problems = list(parsed.problems)
    node = _mapping(parsed)
    if node is None or any(problem.is_error for problem in problems):
        return None, in_order(problems)
    try:
        return model.model_validate(node), in_order(problems)
    except ValidationError as fault:
        problems += explain(fault, model, path.name, node, parsed.plain)
        return None, in_order(problems)


def read_mapping(path: Path) -> dict[str, Any]:
    """A file as plain data. Raises `SettingsError` naming the first place where it is not YAML as we read it."""
    parsed = read_file(path, path.name)
    node = _mapping(parsed)
    wrong: Problem | None = next((problem for problem in parsed.problems if problem.is_error), None)
    if wrong is not None:
        raise SettingsError(wrong.what, detail=str(wrong.where))
    if node is None:
        raise SettingsError(Text.of("registry.no_sections"), detail=path.name)
    return dict(node)


def _mapping(parsed: Parsed) -> Mapping | None:
    """The root; nothing but comments is an empty mapping."""
    if parsed.usable and parsed.root is None:
        return Mapping()
    return parsed.root if isinstance(parsed.root, Mapping) else None
