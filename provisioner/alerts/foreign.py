"""Alerts of others' engines: told once however often their senders repeat them."""

from datetime import datetime

from provisioner.alerts.harmless import SENTENCE
from provisioner.alerts.moments import aware
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
    for other in [rule_id for rule_id in state.watches if rule_id != rule.id]:  # another rule is about it now
        del state.watches[other]
    watch = state.watches.get(rule.id)
    if alert.firing:
        severity = _severity(rule, alert)
        if began < state.newest:
            return Heard(state, is_late=True)
        if watch is None:
            watch = state.watches[rule.id] = Watch([began], on=1, since=began)
            turn = Turn.BEGAN
        elif severity.value == watch.told:
            return Heard(state)
        else:
            turn = Turn.WORSE if severity.rank > AlertSeverity(watch.told).rank else Turn.BETTER
        watch.told = severity.value
        return Heard(state, (_happened(rule, alert, watch, turn, severity, at if turn is not Turn.BEGAN else began),))
    ended = (alert.ended or alert.at).timestamp()
    if watch is None or ended < watch.since:
        return Heard(state, is_late=True)
    del state.watches[rule.id]
    state.newest = ended
    return Heard(state, (_happened(rule, alert, watch, Turn.ENDED, AlertSeverity(watch.told), ended),))


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
