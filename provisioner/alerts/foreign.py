"""Alerts of others' engines: told once however often their senders repeat them, and over when they do so no more."""

from datetime import datetime

from provisioner.alerts.book import Book
from provisioner.alerts.harmless import SENTENCE
from provisioner.alerts.moments import aware, reached
from provisioner.alerts.sensing import Heard
from provisioner.alerts.states import SensorState, Watch
from provisioner.model.alerts import AlertSeverity, Foreign, Happened, Rule, Turn
from provisioner.model.sensors import ForeignAlert

_WORDS = {"warn": AlertSeverity.WARNING, "error": AlertSeverity.CRITICAL, "page": AlertSeverity.CRITICAL}
"""Severities of others beside our own words."""


def key(alert: ForeignAlert) -> str:
    """What stands in the place of a sensor's key, and is none: no entry's id holds a colon."""
    return f"{alert.sender}:{alert.fingerprint}"


def hear_foreign(rule: Rule, state: SensorState | None, alert: ForeignAlert, now: datetime) -> Heard:
    """It fires, or it is over. What began before the end that is known already is old news and changes nothing."""
    at, began = alert.at.timestamp(), alert.began.timestamp()
    if state is None:
        state = SensorState(since=now.timestamp())
    state.heard, state.sender = now.timestamp(), alert.sender
    # Where another rule is about it now, it is over under the one before.
    others = [
        _ended(other, key(alert), state.watches.pop(other), now, gone="rule")
        for other in [rule_id for rule_id in state.watches if rule_id != rule.id]
    ]
    watch = state.watches.get(rule.id)
    if alert.firing:
        severity = _severity(rule, alert)
        if began < state.newest:
            return Heard(state, tuple(others), is_late=True)
        if watch is None:
            watch = state.watches[rule.id] = Watch([began], on=1, since=began)
            turn = Turn.BEGAN
        elif severity.value == watch.told:
            return Heard(state, tuple(others))
        else:
            turn = Turn.WORSE if severity.rank > AlertSeverity(watch.told).rank else Turn.BETTER
        watch.told = severity.value
        happened = _happened(rule, alert, watch, turn, severity, at if turn is not Turn.BEGAN else began)
        return Heard(state, (*others, happened))
    ended = (alert.ended or alert.at).timestamp()
    if watch is None or ended < watch.since:
        return Heard(state, tuple(others), is_late=True)
    del state.watches[rule.id]
    state.newest = ended
    happened = _happened(rule, alert, watch, Turn.ENDED, AlertSeverity(watch.told), ended)
    return Heard(state, (*others, happened))


def look_foreign(book: Book, key: str, state: SensorState, now: datetime, listening_since: datetime | None) -> Heard:
    """Time passed: what its sender says nothing of any more is over as far as we know.

    ``listening_since``: from then on we would have heard of it; None: we would not. When it comes again it begins anew.
    """
    happened: list[Happened] = []
    for rule in list(state.watches):
        then = _unheard_at(book, rule, state, listening_since)
        if then is not None and reached(now.timestamp(), then):
            happened.append(_ended(rule, key, state.watches.pop(rule), now, unheard=repr(state.heard)))
    return Heard(state, tuple(happened))


def due_foreign(book: Book, state: SensorState, now: datetime, listening_since: datetime | None) -> datetime | None:
    """When it has to be looked at if nothing is heard of it; None: never."""
    moments = [_unheard_at(book, rule, state, listening_since or now) for rule in state.watches]
    return min((aware(then) for then in moments if then is not None), default=None)


def _unheard_at(book: Book, rule: str, state: SensorState, listening_since: datetime | None) -> float | None:
    test = known.test if (known := book.rules.get(rule)) is not None else None
    if not isinstance(test, Foreign) or listening_since is None:
        return None
    longest = book.policy.foreign_unheard if test.unheard is None else test.unheard
    return max(state.heard, listening_since.timestamp()) + longest.total_seconds() if longest else None


def _ended(rule: str, key: str, watch: Watch, now: datetime, **about: str) -> Happened:
    return Happened(Turn.ENDED, rule, key, AlertSeverity(watch.told), now, aware(watch.since), about=about)


def _severity(rule: Rule, alert: ForeignAlert) -> AlertSeverity:
    if isinstance(rule.test, Foreign) and rule.test.severity is not None:
        return rule.test.severity
    said = alert.labels.get("severity", "").lower()
    return next((each for each in AlertSeverity if each == said), _WORDS.get(said, AlertSeverity.WARNING))


def _happened(
    rule: Rule, alert: ForeignAlert, watch: Watch, turn: Turn, severity: AlertSeverity, at: float
) -> Happened:
    about = {
        "name": alert.name,
        "summary": alert.summary[:SENTENCE],
        "description": alert.description[:SENTENCE],
        "value": alert.value,
        "link": alert.links[0] if alert.links else "",
    }
    moment, since = aware(at), aware(watch.since)
    return Happened(turn, rule.id, key(alert), severity, moment, since, about=about)
