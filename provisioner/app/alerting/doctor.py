"""What doctor says of the bridge: whether it runs, who is heard, who would be told, and who could answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.alerts.book import Book
from provisioner.app.alerting.books import Books
from provisioner.app.alerting.hearing import bot_secret
from provisioner.app.alerting.heartbeat import Heartbeat
from provisioner.app.alerting.mouths import Floor
from provisioner.app.alerting.status import last_status
from provisioner.app.bridge_settings import BridgeSettings
from provisioner.app.looking import readable_secrets
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text
from provisioner.senders.secrets import resolved
from provisioner.state import SenderStates


def examine_bridge(site: Site) -> Iterator[Finding]:
    """Nothing for a network without one. Asks no sender: whoever runs the bridge writes down how it is.

    Raises `SettingsError` for what commands can't do without, `StateError`.
    """
    bridge = site.section.bridge
    if bridge is None:
        return
    yield from readable_secrets(site, _files(bridge.model_dump(mode="json", exclude_none=True)))
    yield from _settings(site, bridge)
    yield from _running(site, bridge)
    book = Books(Pictures(site)).now()
    for problem in book.problems:
        yield Finding(Severity.WARNING, problem, Text.of("app.mend_alert_entry"))
    yield from _told(site, book)


def _files(section: Mapping[str, Any]) -> dict[str, object]:
    """Names of files as the settings have them, keys and addresses with secrets among them."""
    found: dict[str, object] = {}
    for name, value in section.items():
        if isinstance(value, Mapping):
            found[name] = _files(value)
        elif name in ("key_file", "url_file"):
            found[f"{name}.secret_file"] = value
        else:
            found[name] = value
    return found


def _settings(site: Site, bridge: BridgeSettings) -> Iterator[Finding]:
    for name, settings in bridge.senders.items():
        try:
            resolved(settings, site.home)
        except SettingsError as error:
            yield Finding(Severity.ERROR, error.text, Text.of("app.mend_sender", sender=name))
    if not bridge.senders:
        yield Finding(Severity.WARNING, Text.of("app.no_senders"), Text.of("app.mend_no_senders"))
    if any(one.webhook is not None for one in bridge.senders.values()) and site.settings.service.url is None:
        yield Finding(Severity.WARNING, Text.of("app.no_way_to_hooks"), Text.of("app.mend_no_way_in"))
    if bridge.bot is None:
        yield Finding(Severity.NOTE, Text.of("app.no_bot"), Text.of("app.mend_no_bot"))
    try:
        bot_secret(site)
        if bridge.heartbeat is not None:
            Heartbeat(site, bridge.heartbeat, lambda: True)
    except SettingsError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("app.mend_bridge_settings"))
    if bridge.heartbeat is None:
        yield Finding(Severity.NOTE, Text.of("app.no_heartbeat"), Text.of("app.mend_no_heartbeat"))
    if bridge.test:
        yield Finding(Severity.WARNING, Text.of("app.bridge_in_test"), Text.of("app.mend_bridge_in_test"))


def _running(site: Site, bridge: BridgeSettings) -> Iterator[Finding]:
    status, now = last_status(site), site.clock.now()
    if status is None or status.is_stale(now):
        what = Text.of("app.bridge_never") if status is None else Text.of("app.bridge_stands", at=status.at)
        yield Finding(Severity.ERROR, what, Text.of("app.mend_bridge_stands"))
        return
    for trouble in status.troubles():
        yield Finding(Severity.ERROR, trouble, Text.of("app.mend_sender_unheard"))
    counts = SenderStates(site.database, site.network).counts()
    for name in bridge.senders:
        heard = max((last for _, last in counts.get(name, {}).values()), default=None)
        if heard is not None:
            yield Finding(Severity.OK, Text.of("app.sender_was_heard", sender=name, at=heard))
        else:
            mend = Text.of("app.mend_never_heard", sender=name)
            yield Finding(Severity.WARNING, Text.of("app.sender_never_heard", sender=name), mend)


def _told(site: Site, book: Book) -> Iterator[Finding]:
    """Bodies that would be told, and have no conversation."""
    floor = Floor(site)
    if not floor.targets:
        yield Finding(Severity.ERROR, Text.of("app.nowhere_to_talk"), Text.of("app.mend_nowhere_to_talk"))
        return
    told = {body for sensor in book.registry.sensors.values() for body in sensor.tells}
    told |= {body for rule in book.rules.values() for body in rule.tells}
    told |= {body for rule in book.rules.values() for step in rule.escalations for body in step.bodies}
    for body in sorted(told & book.registry.bodies.keys()):
        if floor.place_of(body) is None:
            what = Text.of("app.body_without_talk", body=book.registry.bodies[body].name)
            yield Finding(Severity.WARNING, what, Text.of("app.mend_body_without_talk"))
