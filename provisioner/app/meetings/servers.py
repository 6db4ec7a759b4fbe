"""A Jitsi server's keys and set-up, for rangers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from connectors.jitsi.keys import make_key, read_keys, superseded
from connectors.jitsi.settings import JitsiSettings
from provisioner.app.connectors import connector_type
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class NewKey:
    """One that was made."""

    kid: str
    folder: Path
    signs_from: datetime
    """Until then it is only published, so that whoever serves or fetches keys has it."""
    superseded: tuple[str, ...]
    """Ids of keys by which nothing that is still good was signed: their files can be deleted."""


def jitsi_of(site: Site, target: str | None) -> tuple[str, JitsiSettings]:
    """A Jitsi of the network, and its name; ``target`` None: the only one. Raises `SettingsError`."""
    found: dict[str, JitsiSettings] = {}
    for name in site.target_names(() if target is None else (target,)):
        kind = connector_type(str(site.section.targets[name].get("connector", "")), name)
        settings = site.read_target(kind, name) if kind.settings is JitsiSettings else None
        if isinstance(settings, JitsiSettings):
            found[name] = settings
    if not found:
        raise SettingsError(Text.of("app.no_meeting_server"))
    if len(found) > 1:
        raise SettingsError(Text.of("app.which_meeting_server", known=", ".join(found)))
    return next(iter(found.items()))


def new_key(site: Site, target: str | None = None) -> NewKey:
    """Make a key that signs in a while; the ones before it stay published. Raises `SettingsError`."""
    name, settings = jitsi_of(site, target)
    if settings.keys is None:
        raise SettingsError(Text.of("app.signs_by_secret", target=name))
    now, rest = site.clock.now(), timedelta(seconds=settings.key_rest)
    is_first = not settings.keys.is_dir() or not any(settings.keys.glob("*.pem"))
    kid = make_key(settings.keys, now)
    old = superseded(read_keys(settings.keys), rest, now)
    return NewKey(kid, settings.keys, now if is_first else now + rest, old)
