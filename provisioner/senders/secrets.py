"""A sender's settings with its files read: secrets stand in files that lie beside the settings file."""

from pathlib import Path
from typing import TypeVar

from provisioner.senders.settings import Section
from provisioner.transport.password import first_line

S = TypeVar("S", bound=Section)


def resolved(settings: S, home: Path) -> S:
    """The same with every secret in its place (``password`` for ``password_file``) and ``ca_file`` from ``home``.

    ``home``: what paths in the settings start from. Raises `SettingsError` for a file that can't be read or is empty.
    """
    found: dict[str, object] = {}
    for name, value in settings:
        if isinstance(value, Section):
            found[name] = resolved(value, home)
        elif isinstance(value, Path):
            if name == "ca_file":
                found[name] = home / value
            else:
                found[name.removesuffix("_file")] = first_line(home / value)
                found[name] = None
    return settings.model_copy(update=found)
