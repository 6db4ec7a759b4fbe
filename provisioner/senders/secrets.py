"""A sender's settings with its files read: secrets stand in files that lie beside the settings file."""

from pathlib import Path
from typing import Final, TypeVar

from provisioner.senders.settings import Section
from provisioner.transport.password import first_line

S = TypeVar("S", bound=Section)

_READ_LATER: Final = frozenset({"ca_file", "certificate_file", "certificate_key_file"})
"""What TLS reads itself."""


def resolved(settings: S, home: Path) -> S:
    """The same with every secret in its place (``password`` for ``password_file``) and certificates from ``home``.

    ``home``: what paths in the settings start from. Raises `SettingsError` for a file that can't be read or is empty.
    """
    found: dict[str, object] = {}
    for name, value in settings:
        if isinstance(value, Section):
            found[name] = resolved(value, home)
        elif isinstance(value, Path):
            if name in _READ_LATER:
                found[name] = home / value
            else:
                found[name.removesuffix("_file")] = first_line(home / value)
                found[name] = None
    return settings.model_copy(update=found)
