"""Trying rules: stored messages played again, and a test message to those whom a rule would tell."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from typing import Final

from provisioner.alerts.book import Book
from provisioner.alerts.replay import Replayed, Told, replay
from provisioner.app.site import Site
from provisioner.model.alerts import AlertSeverity, Foreign, Rule, SayingKind
from provisioner.model.errors import SettingsError
from provisioner.model.sensors import BatteryNews, Uplink
from provisioner.model.text import Text
from provisioner.registry.mistakes import mend_word
from provisioner.senders.chirpstack import event_of
from provisioner.senders.parsing import REFUSALS, parse
from provisioner.senders.reading import MOST_BYTES
from provisioner.senders.secrets import resolved
from provisioner.senders.settings import ThingsStackSettings
from provisioner.senders.storage import Storage
from provisioner.state import AlertOutbox

_WITH_STORAGE: Final = "things-stack"
_WITH_EVENTS: Final = "chirpstack"


def rule_of(book: Book, identity: str) -> Rule:
    """Raises `SettingsError` for one that there is not, or that can't be used."""
    found = book.rules.get(identity)
    if found is None:
        raise SettingsError(Text.of("app.no_such_rule", rule=identity, mend=mend_word(identity, book.rules)))
    return found


@dataclass(frozen=True, slots=True)
class Messages:
    """What was read."""

    told: tuple[Told, ...]
    """By sensors: measurements, and batteries that are told apart from any."""
    refused: Mapping[str, int]
    """How many could not be read, by a key of `provisioner.senders.parsing.REFUSALS`."""

    def concerning(self, book: Book, rule: Rule) -> int:
        """How many are of sensors that this rule watches."""
        stations = (book.sensor(one.sender, one.device) for one in self.told)
        return sum(station is not None and rule.id in station.checks for station in stations)


def uplinks_of_file(site: Site, path: Path, sender: str | None) -> Messages:
    """One message a line, as the sender tells them or its storage gives them out (``{"result": …}``).

    ``sender``: whose messages they are; None: of that one of the network's who could have said most of them. Raises
    `SettingsError` for a file that can't be read, for one in which there is no message, and for a sender that there is
    not.
    """
    try:
        with path.open("rb") as lines:
            payloads = [_unwrapped(line) for line in lines if line.strip()]
    except OSError:
        raise SettingsError(Text.of("app.no_such_uplinks", file=str(path))) from None
    if not payloads:
        raise SettingsError(Text.of("app.empty_uplinks", file=str(path)))
    senders = {} if site.section.bridge is None else site.section.bridge.senders
    if sender is not None and sender not in senders:
        raise SettingsError(Text.of("app.no_such_sender", sender=sender, mend=mend_word(sender, senders)))
    kinds = {name: one.kind for name, one in senders.items() if sender in (None, name)} or {"": _WITH_STORAGE}
    found = max((_parsed(site, payloads, *one) for one in kinds.items()), key=lambda one: len(one.told))
    if not found.told:
        why = max(found.refused, key=found.refused.__getitem__, default=None)
        known = ", ".join(sorted(set(kinds.values())))
        reason = Text.of("app.no_measurements") if why is None else REFUSALS[why]
        raise SettingsError(Text.of("app.unread_uplinks", file=str(path), kinds=known, why=reason))
    return found


def uplinks_of_storage(site: Site, sender: str, lasts: timedelta) -> Messages:
    """What a sender's storage holds of the last while. Raises `SettingsError`, `TargetError`."""
    bridge = site.section.bridge
    settings = None if bridge is None else bridge.senders.get(sender)
    if not isinstance(settings, ThingsStackSettings) or settings.storage is None:
        raise SettingsError(Text.of("app.no_storage", sender=sender))
    known = resolved(settings, site.home)
    if known.storage is None:
        raise SettingsError(Text.of("app.no_storage", sender=sender))
    storage, now = Storage(known.storage, site.clock), site.clock.now()
    try:
        # Where one page ends the next begins with what it ended with.
        payloads = list(dict.fromkeys(payload for page in storage.fill(now - lasts, now) for payload in page))
    finally:
        storage.close()
    return _parsed(site, payloads, sender, settings.kind)


def _unwrapped(line: bytes) -> bytes:
    if len(line) > MOST_BYTES:  # it is refused for that
        return line
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return line
    inside = found.get("result") if isinstance(found, dict) else None
    return json.dumps(inside).encode() if isinstance(inside, dict) else line


def _parsed(site: Site, payloads: Sequence[bytes], sender: str, kind: str) -> Messages:
    now = site.clock.now()
    events = map(event_of, payloads) if kind == _WITH_EVENTS else repeat("")
    parsed = [
        parse(kind, payload, now, sender, event=event, filled=True, test=True)
        for payload, event in zip(payloads, events, strict=False)
    ]
    refused = Counter(one.refused for one in parsed if one.refused is not None)
    told = tuple(news for one in parsed for news in one.news if isinstance(news, Uplink | BatteryNews))
    return Messages(told, refused)


def tried(book: Book, told: Sequence[Told], rule: str) -> Iterator[Replayed]:
    """When it would have fired, and what would have been said, until the last of them came."""
    last = max((one.at for one in told), default=None)
    return replay(book, told, only=rule, until=last)


def fire(site: Site, book: Book, rule: Rule, bodies: Sequence[str]) -> list[str]:
    """Put a test message down for these bodies, else for all whom the rule would tell; which. Raises `SettingsError`.

    It is no alert: nobody can take it on, and nothing follows.
    """
    known = book.registry.bodies
    for body in bodies:
        if body not in known:
            raise SettingsError(Text.of("app.no_such_body", id=body, mend=mend_word(body, known)))
    told = list(bodies) or sorted(_told(book, rule))
    if not told:
        raise SettingsError(Text.of("app.rule_tells_nobody", rule=rule.id))
    outbox, now = AlertOutbox(site.database, site.network), site.clock.now()
    about = {"severity": str(AlertSeverity.INFO), "rule": rule.id, "count": 0, "new": 0, "members": []}
    for body in told:
        outbox.add(None, SayingKind.TEST, body, {**about, "opened": now.timestamp()}, now)
    return told


def _told(book: Book, rule: Rule) -> set[str]:
    found = set(rule.tells) & book.registry.bodies.keys()
    if isinstance(rule.test, Foreign):
        return found
    for sensor in book.registry.sensors.values():
        station = book.station(sensor.id) or book.station(f"{sensor.id}/*")
        if station is not None and rule.id in station.checks:
            found |= set(book.bodies(rule, station))
    return found
