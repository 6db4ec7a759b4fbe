"""A sender's settings with its files read: secrets stand in files that lie beside the settings file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.senders.settings import HookSettings, Section, SenderSettings
from provisioner.transport.password import first_line, long_enough

S = TypeVar("S", bound=Section)

_READ_LATER: Final = frozenset({"ca_file", "certificate_file", "certificate_key_file"})
"""What TLS reads itself."""


def readable(settings: SenderSettings, home: Path, field: str) -> tuple[SenderSettings, Mapping[str, Text]]:
    """The same as `resolved`, part by part (``mqtt``, ``webhook``, ``storage`` …), and why a part is left out.

    Left out is one of which a file can't be read, or whose callers' secret could be guessed: the rest of it, and all
    others, go on without. ``field``: where the sender stands in the settings file.
    """
    found: dict[str, Section | None] = {}
    unread: dict[str, Text] = {}
    for name, part in settings:
        if isinstance(part, Section):
            try:
                found[name] = known = resolved(part, home)
                if isinstance(known, HookSettings):
                    long_enough(known.secret, f"{field}.{name}")
            except SettingsError as error:
                found[name], unread[name] = None, error.text
    return settings.model_copy(update=found), unread


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
