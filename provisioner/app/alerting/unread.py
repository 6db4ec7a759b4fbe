"""What a bridge's settings name and can't be used: a file that can't be read, a secret that could be guessed.

It is left out alone. A restart at night with one unreadable file must not keep every other sender's alerts from people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioner.app.alerting.hearing import bot_secret
from provisioner.app.alerting.heartbeat import heartbeat_address
from provisioner.app.bridge_settings import BridgeSettings
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Origin
from provisioner.model.text import Text
from provisioner.registry.problems import Problem, error
from provisioner.senders.secrets import readable
from provisioner.senders.settings import SenderSettings


@dataclass(frozen=True, slots=True)
class Unread:
    """One thing that is left out."""

    why: Text
    mend: Text


@dataclass(frozen=True, slots=True)
class ReadSender:
    """A sender's settings with their files read, but for what can't be."""

    settings: SenderSettings
    unread: Mapping[str, Text]
    """Why, by part (``mqtt``, ``webhook``, ``storage``, ``gateways``)."""

    @property
    def is_deaf(self) -> bool:
        """Whether it may tell us something that we do not hear: then nobody can call its sensors silent."""
        hears_broker = getattr(self.settings, "mqtt", None) is not None
        return not hears_broker and bool({"mqtt", "webhook"} & self.unread.keys())

    @property
    def trouble(self) -> Text | None:
        """What was left out, and the first reason; None: nothing was."""
        parts, whys = ", ".join(self.unread), list(self.unread.values())
        return Text.of("app.left_out", what=parts, why=whys[0]) if whys else None


def read_senders(site: Site, bridge: BridgeSettings) -> dict[str, ReadSender]:
    """All of them, by name."""
    return {
        name: ReadSender(*readable(one, site.home, f"networks.{site.network}.bridge.senders.{name}"))
        for name, one in bridge.senders.items()
    }


def unread_of(site: Site, bridge: BridgeSettings) -> Iterator[Unread]:
    """All that is left out, as the files are at this moment."""
    for name, one in read_senders(site, bridge).items():
        for why in one.unread.values():
            yield Unread(why, Text.of("app.mend_sender", sender=name))
    try:
        bot_secret(site)
    except SettingsError as bad:
        yield Unread(bad.text, Text.of("app.mend_bridge_settings"))
    try:
        if bridge.heartbeat is not None:
            heartbeat_address(site, bridge.heartbeat)
    except SettingsError as bad:
        yield Unread(bad.text, Text.of("app.mend_bridge_settings"))


def unread_problems(site: Site, settings_file: str) -> Iterator[Problem]:
    """The same as mistakes of the settings file. Nothing for a network without a bridge."""
    bridge = site.section.bridge
    if bridge is not None:
        for one in unread_of(site, bridge):
            yield error(Origin(settings_file), one.why, one.mend)
