"""What doctor says of the bridge: whether it runs, who is heard, who would be told, and who could answer."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from provisioner.alerts.book import Book
from provisioner.app.alerting.asking import Asked, all_unasked
from provisioner.app.alerting.books import Books
from provisioner.app.alerting.bot_calls_noted import last_call
from provisioner.app.alerting.mouths import Floor, Mouth, Place
from provisioner.app.alerting.status import last_status, unsaid_for
from provisioner.app.alerting.unread import unread_of
from provisioner.app.bridge_settings import BridgeSettings
from provisioner.app.letters.delivering import OF_BRIDGES
from provisioner.app.letters.noticing import MOOT
from provisioner.app.looking import readable_secrets
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.errors import TargetError
from provisioner.model.messages import LetterState
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text
from provisioner.state import AlertOutbox, Outbox, SaidState, SenderStates, UnknownDevices

_UNSAID: Final = timedelta(minutes=5)
"""What waits for longer is said to no one for a reason that somebody should look at."""
_DEAF: Final = timedelta(minutes=2)
"""Talk calls the bot while we post; that it did is noted once a minute."""
_LATELY: Final = timedelta(days=1)
_LATEST: Final = 100

_MEND_STORAGE: Final = {
    "senders.stack_key": "app.mend_storage_key",
    "senders.stack_right": "app.mend_storage_right",
}
"""Of troubles that pass only when somebody does something."""
_MEND_GATEWAYS: Final = {
    "senders.stack_key": "app.mend_gateways_key",
    "senders.stack_right": "app.mend_gateways_right",
}


def examine_bridge(site: Site, unfit: Collection[str] = ()) -> Iterator[Finding]:
    """Nothing for a network without one. Asks no sender: whoever runs the bridge writes down how it is.

    ``unfit``: targets that were found out of order; they are asked nothing, for servers lock whoever goes on. Raises
    `SettingsError` for what commands can't do without, `StateError`.
    """
    bridge = site.section.bridge
    if bridge is None:
        return
    yield from readable_secrets(site, _files(bridge.model_dump(mode="json", exclude_none=True)))
    yield from _settings(site, bridge)
    book = Books(Pictures(site)).now()
    yield from _running(site, bridge, book.zone)
    for problem in book.problems:
        yield Finding(Severity.WARNING, problem, Text.of("app.mend_alert_entry"))
    strangers = len(UnknownDevices(site.database, site.network).all())
    if strangers:
        yield Finding(Severity.WARNING, Text.of("app.devices_unknown", count=strangers), Text.of("app.mend_unknown"))
    yield from _told(site, book, bridge, unfit)


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
    for one in unread_of(site, bridge):
        yield Finding(Severity.ERROR, one.why, one.mend)
    if not bridge.senders:
        yield Finding(Severity.WARNING, Text.of("app.no_senders"), Text.of("app.mend_no_senders"))
    if any(one.webhook is not None for one in bridge.senders.values()) and site.settings.service.url is None:
        yield Finding(Severity.WARNING, Text.of("app.no_way_to_hooks"), Text.of("app.mend_no_way_to_hooks"))
    if bridge.bot is None:
        yield Finding(Severity.NOTE, Text.of("app.no_bot"), Text.of("app.mend_no_bot"))
    if bridge.heartbeat is None:
        yield Finding(Severity.NOTE, Text.of("app.no_heartbeat"), Text.of("app.mend_no_heartbeat"))
    if bridge.test:
        yield Finding(Severity.WARNING, Text.of("app.bridge_in_test"), Text.of("app.mend_bridge_in_test"))


def _running(site: Site, bridge: BridgeSettings, zone: ZoneInfo) -> Iterator[Finding]:
    status, now = last_status(site), site.clock.now()
    if status is None or status.is_stale(now):
        what = (
            Text.of("app.bridge_never")
            if status is None
            else Text.of("app.bridge_stands", at=status.at.astimezone(zone))
        )
        yield Finding(Severity.ERROR, what, Text.of("app.mend_bridge_stands"))
        return
    for trouble in status.troubles():
        yield Finding(Severity.ERROR, trouble, Text.of("app.mend_sender_unheard"))
    counts = SenderStates(site.database, site.network).counts()
    for name in bridge.senders:
        heard = max((last for _, last in counts.get(name, {}).values()), default=None)
        if heard is not None:
            at = heard.astimezone(zone)
            yield Finding(Severity.OK, Text.of("app.sender_was_heard", sender=name, at=at))
        else:
            mend = Text.of("app.mend_never_heard", sender=name)
            yield Finding(Severity.WARNING, Text.of("app.sender_never_heard", sender=name), mend)
    yield from _asked(site, zone)


def _asked(site: Site, zone: ZoneInfo) -> Iterator[Finding]:
    """A gap that is not filled may hide an alert; gateways of which nothing is known hide none."""
    for sender, trouble in all_unasked(site, Asked.STORAGE):
        what = Text.of("app.storage_unread", sender=sender, at=trouble.since.astimezone(zone), why=trouble.why)
        is_bad = trouble.why.code in _MEND_STORAGE or trouble.is_long(site.clock.now())
        mend = _MEND_STORAGE.get(trouble.why.code, "app.mend_storage")
        yield Finding(Severity.ERROR if is_bad else Severity.WARNING, what, Text.of(mend, sender=sender))
    for sender, trouble in all_unasked(site, Asked.GATEWAYS):
        what = Text.of("app.gateways_unasked", sender=sender, at=trouble.since.astimezone(zone), why=trouble.why)
        mend = _MEND_GATEWAYS.get(trouble.why.code, "app.mend_gateways")
        yield Finding(Severity.WARNING, what, Text.of(mend, sender=sender))


def _told(site: Site, book: Book, bridge: BridgeSettings, unfit: Collection[str]) -> Iterator[Finding]:
    """Bodies that would be told: where they have no conversation, and whether the bot hears them there."""
    floor = Floor(site)
    if not floor.targets:
        yield Finding(Severity.ERROR, Text.of("app.nowhere_to_talk"), Text.of("app.mend_nowhere_to_talk"))
        return
    told = {body for sensor in book.registry.sensors.values() for body in sensor.tells}
    told |= {body for rule in book.rules.values() for body in rule.tells}
    told |= {body for rule in book.rules.values() for step in rule.escalations for body in step.bodies}
    places: dict[Place, str] = {}
    for body in sorted(told & book.registry.bodies.keys()):
        place, name = floor.place_of(body), book.registry.bodies[body].name
        if place is None:
            what = Text.of("app.body_without_talk", body=name)
            yield Finding(Severity.WARNING, what, Text.of("app.mend_body_without_talk"))
        elif place.target not in unfit:
            places[place] = name
    yield from _said(site, book)
    yield from _mailed(site)
    if bridge.bot is not None:
        with Mouth(site, floor) as mouth:
            yield from _bot(site, mouth, places, bridge.bot.name)


def _said(site: Site, book: Book) -> Iterator[Finding]:
    outbox, now = AlertOutbox(site.database, site.network), site.clock.now()
    refused = outbox.latest(SaidState.REFUSED, limit=_LATEST)
    lately = [one.body for one in refused if one.created is not None and now - one.created < _LATELY]
    for body, count in sorted(Counter(lately).items()):
        name = book.registry.bodies[body].name if body in book.registry.bodies else body
        what = Text.of("app.alerts_refused", count=count, body=name)
        yield Finding(Severity.WARNING, what, Text.of("app.mend_alerts_refused"))
    waits = unsaid_for(site)
    if waits >= _UNSAID.total_seconds():
        what = Text.of("app.alerts_wait", minutes=int(waits // 60))
        yield Finding(Severity.ERROR, what, Text.of("app.mend_alerts_wait"))


def _mailed(site: Site) -> Iterator[Finding]:
    """Mails about alerts that did not go. Rangers are told of the lost ones by `readi serve`, if it runs."""
    now = site.clock.now()
    outbox = Outbox(site.database, site.network, now)
    waiting = [one.created for one in outbox.find(LetterState.WAITING, limit=_LATEST, kinds=OF_BRIDGES)]
    waits = max((now - moment for moment in waiting), default=timedelta())
    if waits >= _UNSAID:
        what = Text.of("app.alert_mails_wait", count=len(waiting), minutes=int(waits.total_seconds() // 60))
        yield Finding(Severity.WARNING, what, Text.of("app.mend_alert_mails_wait"))
    gone = outbox.find(LetterState.UNKNOWN, LetterState.REFUSED, limit=_LATEST, kinds=OF_BRIDGES)
    lost = sum(1 for one in gone if one.error not in MOOT and now - one.created < _LATELY)
    if lost:
        what = Text.of("app.alert_mails_lost", count=lost)
        yield Finding(Severity.WARNING, what, Text.of("app.mend_alert_mails_lost"))


def _bot(site: Site, mouth: Mouth, places: Mapping[Place, str], bot: str) -> Iterator[Finding]:
    """Whether it is installed, where it is enabled, and whether its calls reach us."""
    hears: list[Place] = []
    for place, body in places.items():
        try:
            _, talks = mouth.talks(place.target)
            enabled = talks.hears(place.conversation, bot)
        except TargetError as error:
            what = Text.of("app.bot_not_asked", body=body, why=error.text)
            yield Finding(Severity.WARNING, what, Text.of("app.mend_bot_not_asked"))
            continue
        if enabled is None:
            what = Text.of("app.bot_missing", bot=bot, target=place.target)
            yield Finding(Severity.ERROR, what, Text.of("app.mend_bot_missing"))
            return
        if enabled:
            hears.append(place)
        else:
            what = Text.of("app.bot_not_enabled", bot=bot, body=body)
            yield Finding(Severity.NOTE, what, Text.of("app.mend_bot_not_enabled"))
    if not hears:
        return
    since, called = _should_have_called(site, hears), last_call(site)
    if since is not None and (called is None or called + _DEAF < since):
        yield Finding(Severity.ERROR, Text.of("app.bot_deaf", bot=bot), Text.of("app.mend_bot_deaf"))
    elif called is not None:
        yield Finding(Severity.OK, Text.of("app.bot_hears", bot=bot, count=len(hears)))


def _should_have_called(site: Site, hears: Collection[Place]) -> datetime | None:
    """When we said something last where the bot was enabled by then: it is by the first message of ours."""
    rooms = {place.conversation for place in hears}
    latest = AlertOutbox(site.database, site.network).latest(SaidState.SENT, limit=_LATEST)
    said = [one for one in latest if one.conversation in rooms and one.message is not None]
    first = {one.conversation: one.id for one in said}
    return next((one.created for one in said if one.id != first[one.conversation]), None)
