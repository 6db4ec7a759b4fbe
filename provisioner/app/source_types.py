"""Finds kinds of sources of identities by entry point, so that a third party can add one."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.sources.types import GROUP, SourceType


@cache
def source_types() -> Mapping[str, SourceType]:
    """Every installed kind of source by its name."""
    return {point.name: point.load() for point in entry_points(group=GROUP)}


def source_type(kind: str, source: str, known: Mapping[str, SourceType]) -> SourceType:
    """The kind of a source. Raises `SettingsError` that names those there are."""
    found = known.get(kind)
    if found is None:
        names = ", ".join(sorted(known))
        raise SettingsError(Text.of("app.unknown_source_kind", kind=kind, source=source, known=names))
    return found
