"""``readi init``: a commented starter for a network of one's own."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text
from provisioner.registry.schema import SCHEMA_FILE, schema_text
from provisioner.registry.writing import make_folder, replace_file

REGISTRY: Final = "registry"
"""The registry's folder within the starter's."""
_PRIVATE_FOLDERS: Final = ("secrets", "state", "registry/people")
_OWNER_ONLY: Final = 0o700


class NotEmpty(ReadiError):
    """The folder holds something already; nothing was written."""


def init(folder: Path, policy: str) -> tuple[Path, ...]:
    """Write the starter into ``folder``, which must be empty or not exist. Returns the files, sorted.

    ``policy``: the commented policy, which this room knows nothing of.

    Raises `NotEmpty`, or `provisioner.registry.writing.WriteFailed` when the disk refuses.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotEmpty(Text.of("registry.not_empty", folder=str(folder)))
    contents = {name.replace("gitignore", ".gitignore"): text for name, text in _templates()}
    contents[f"{REGISTRY}/{SCHEMA_FILE}"] = schema_text()
    contents["policy.yaml"] = policy
    for private in _PRIVATE_FOLDERS:
        path = folder / private
        make_folder(path)
        path.chmod(_OWNER_ONLY)
    for name, text in contents.items():
        replace_file(folder / name, None, text.encode())
    return tuple(sorted(folder / name for name in contents))


def _templates() -> Iterator[tuple[str, str]]:
    """The starter's files by relative name."""
    yield from _below(files("provisioner.registry") / "starter", "")


def _below(directory: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in directory.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_text(encoding="utf-8")
