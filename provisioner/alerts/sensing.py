"""One sensor's state, moved by what it sends and by time that passes without its sending; what turned is told.

Everything goes by the times of the measurements. What is not newer than the newest is late: it completes the history
and never begins, ends or delays anything. While a storage fills a gap nothing is told (``settled`` is false); what is
still true when it is filled is told as late, what came and went in between stays in the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from provisioner.alerts.checks import CALM, Check, Fault, Judgement, SilenceCheck, Undecided
from provisioner.alerts.circumstances import Circumstances as Circumstances
from provisioner.alerts.circumstances import silent_from
from provisioner.alerts.counting import AGAIN as AGAIN
from provisioner.alerts.counting import count, count_late, is_newer, is_repeated, remember_gateways
from provisioner.alerts.moments import aware, reached
from provisioner.alerts.reading import percentage, read
from provisioner.alerts.states import SensorState as SensorState
from provisioner.alerts.states import Watch
from provisioner.alerts.states import decode as decode
from provisioner.alerts.states import encode as encode
from provisioner.alerts.stations import Station
from provisioner.model.alerts import AlertSeverity, Happened, Turn
from provisioner.model.sensors import BatteryNews, Uplink

_RETRY: Final = 60.0
"""Seconds after which a sensor is looked at again whose silence could not be judged."""
_SEVERITY: Final = {severity.value: severity for severity in AlertSeverity}


@dataclass(frozen=True, slots=True)
class Heard:
    state: SensorState
    """The one that was given, moved; a new one where there was none."""
    happened: tuple[Happened, ...] = ()
    kept: Mapping[str, float] = field(default_factory=dict)
    """Quantities by name, and `battery`: for the history."""
    refused: tuple[str, ...] = ()
    """What could not be used: ``outside:<quantity>``, ``no_number:<quantity>``, ``expression:<rule>``."""
    undecided: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By rule about an expression that kept its state: quantities that are too old for it, or were never told."""
    is_late: bool = False
    is_repeated: bool = False
    """The newest uplink once more: nothing of it counts."""


def hear(station: Station, state: SensorState | None, uplink: Uplink, now: datetime, *, settled: bool) -> Heard:
    """An uplink came. ``settled``: turns are told; false for what fills a gap."""
    at, clock = uplink.at.timestamp(), now.timestamp()
    if state is None:
        state = SensorState(since=clock)
    state.heard = clock
    if is_repeated(state, uplink, at):
        return Heard(state, is_repeated=True, is_late=True)
    kept, refused = read(station, uplink)
    if not is_newer(state, uplink, at):
        count_late(state, uplink)
        return Heard(state, (), kept, tuple(refused), is_late=True)
    count(state, uplink)
    state.newest, state.sender, state.device = at, uplink.sender, uplink.device.device
    state.ordinal += 1
    if uplink.gateways or state.gateways:
        remember_gateways(state, uplink.gateways)
    undecided: dict[str, frozenset[str]] = {}
    happened = _judge(
        station, state, kept, at, clock, undecided, settled=settled, filled=uplink.filled, refused=refused
    )
    for name, value in kept.items():
        if name == "battery":
            state.battery, state.battery_at = value, at
        else:
            state.values[name] = (value, at)
    return Heard(state, happened, kept, tuple(refused), undecided)


def battery(station: Station, state: SensorState | None, news: BatteryNews, now: datetime, *, settled: bool) -> Heard:
    """A sender told a battery apart from any measurement."""
    at, clock = news.at.timestamp(), now.timestamp()
    if state is None:
        state = SensorState(since=clock)
    state.heard = clock
    percent = percentage(news.percent)
    if percent is None:
        return Heard(state, refused=("outside:battery",))
    kept = {"battery": percent}
    if at <= state.battery_at:
        return Heard(state, (), kept, is_late=True)
    happened = _judge(station, state, kept, at, clock, {}, settled=settled, filled=False, refused=[])
    state.battery, state.battery_at = kept["battery"], at
    return Heard(state, happened, kept)


def look(station: Station, state: SensorState | None, now: datetime, circumstances: Circumstances) -> Heard:
    """Time passed: silence, hours that began, what a filled gap left to be told, rules that are gone."""
    clock = now.timestamp()
    if state is None:
        state = SensorState(since=clock)
    happened: list[Happened] = []
    base = silent_from(state, circumstances)
    for rule, check in station.checks.items():
        watch = state.watches.get(rule)
        if (
            isinstance(check, SilenceCheck)
            and watch is None
            and base is not None
            and reached(clock, base + check.limit)
        ):
            watch = state.watches[rule] = Watch([base], on=1, since=state.newest or base)
        if watch is not None and not circumstances.fills:
            happened += _told(station, state, check, watch, clock)
    happened += _gone(station, state, clock)
    return Heard(state, tuple(happened))


def due(station: Station, state: SensorState, circumstances: Circumstances, now: datetime) -> datetime | None:
    """When the sensor has to be looked at although nothing came; None: there is nothing to wait for."""
    clock = now.timestamp()
    moments: list[float] = []
    if station.silences:
        base = silent_from(state, circumstances)
        for check in station.silences:
            if check.rule.id not in state.watches:
                then = (state.newest or state.since if base is None else base) + check.limit
                moments.append(then if base is not None and not reached(clock, then) else max(then, clock + _RETRY))
    for rule, watch in state.watches.items():
        watching = station.checks.get(rule)
        if watching is None:
            if station.has_lost(rule):
                moments.append(clock)
        elif _severity(watching, watch) != watch.told:
            if circumstances.fills:
                moments.append(clock + _RETRY)
            elif watching.hours is None or not _waits(watching, watch, clock):
                moments.append(clock)
            elif (begins := watching.hours.next_begin(clock)) is not None:
                moments.append(begins)
    return aware(min(moments)) if moments else None


def _judge(
    station: Station,
    state: SensorState,
    fresh: Mapping[str, float],
    at: float,
    clock: float,
    undecided: dict[str, frozenset[str]],
    *,
    settled: bool,
    filled: bool,
    refused: list[str],
) -> tuple[Happened, ...]:
    happened: list[Happened] = []
    watches = state.watches
    for rule, check in station.judged:
        try:
            judged = check.judge(state, fresh, at)
        except Fault:
            refused.append(f"expression:{rule}")
            continue
        except Undecided as missing:
            judged, undecided[rule] = None, missing.names
        watch = watches.get(rule)
        if judged is not None and judged.missing and watch is not None:
            undecided[rule] = judged.missing
        if judged is not None and judged is not CALM:
            watch = _move(state, check, watch, judged, at, filled=filled)
        if watch is not None and settled:
            happened += _told(station, state, check, watch, at)
    if watches:
        for silence in station.silences:
            watch = watches.get(silence.rule.id)
            if watch is not None:
                if not reached(clock, state.newest + silence.limit):
                    watch.on, watch.held = 0, [0.0]
                if settled:
                    happened += _told(station, state, silence, watch, at)
        if settled:
            happened += _gone(station, state, at)
    return tuple(happened)


def _move(
    state: SensorState, check: Check, watch: Watch | None, judged: Judgement, at: float, *, filled: bool
) -> Watch | None:
    """Each level begins when its limit was crossed for long enough, and lets go when the value is back."""
    levels = len(check.severities)
    if watch is None:
        if not judged.crossed:
            return None
        watch = state.watches[check.rule.id] = Watch([0.0] * levels)
    elif len(watch.held) != levels:
        watch.held, watch.on = [0.0] * levels, 0
    was_on = watch.on
    for level in range(levels):
        bit = 1 << level
        if judged.crossed & bit:
            watch.held[level] = watch.held[level] or at
            if at - watch.held[level] >= check.lasting:
                watch.on |= bit
        else:
            watch.held[level] = 0.0
            if judged.cleared & bit:
                watch.on &= ~bit
    watch.value, watch.measured = judged.value, at
    if watch.on and not was_on:
        watch.since = min(since for since in watch.held if since)
        watch.late = filled
        watch.before = judged.before
    if judged.value is not None and (watch.on or any(watch.held)):
        worst = max if judged.worse_is_higher else min
        watch.peak = judged.value if watch.peak is None else worst(watch.peak, judged.value)
    if not watch.on and not any(watch.held) and not watch.told:
        del state.watches[check.rule.id]
        return None
    return watch


def _severity(check: Check, watch: Watch) -> str:
    return check.severities[watch.on.bit_length() - 1].value if watch.on else ""


def _waits(check: Check, watch: Watch, moment: float) -> bool:
    """What begins or gets worse outside of a rule's hours waits for them; what ends or gets better does not."""
    severity = _severity(check, watch)
    if check.hours is None or not severity or check.hours.holds(moment):
        return False
    return not watch.told or _SEVERITY[severity].rank > _SEVERITY[watch.told].rank


def _told(station: Station, state: SensorState, check: Check, watch: Watch, moment: float) -> list[Happened]:
    """The turn from what was told to what is; none while the hours of its rule have not begun."""
    severity = _severity(check, watch)
    if severity == watch.told or _waits(check, watch, moment):
        return []
    if not severity:
        turn = Turn.ENDED
    elif not watch.told:
        turn = Turn.BEGAN
    else:
        turn = Turn.WORSE if _SEVERITY[severity].rank > _SEVERITY[watch.told].rank else Turn.BETTER
    happened = _happened(station, state, check, watch, turn, _SEVERITY[severity or watch.told], moment)
    watch.told = severity
    if not severity and not any(watch.held):
        del state.watches[check.rule.id]
    return [happened]


def _happened(
    station: Station, state: SensorState, check: Check, watch: Watch, turn: Turn, severity: AlertSeverity, at: float
) -> Happened:
    about = {"device": state.device or station.device}
    if watch.before is not None:
        about["before"] = repr(watch.before)
    if isinstance(check, SilenceCheck) and state.newest:
        about["last"] = aware(watch.since).isoformat()
    return Happened(
        turn,
        check.rule.id,
        station.key,
        severity,
        aware(at),
        aware(watch.since),
        watch.value,
        check.quantity,
        watch.late,
        about,
        watch.peak,
        aware(watch.measured) if watch.measured else None,
    )


def _gone(station: Station, state: SensorState, at: float) -> list[Happened]:
    """What was told under rules that watch this sensor no more is over."""
    happened = []
    moment = aware(at)
    for rule in [name for name in state.watches if station.has_lost(name)]:
        watch = state.watches.pop(rule)
        if watch.told:
            since = aware(watch.since)
            severity = _SEVERITY[watch.told]
            happened.append(
                Happened(Turn.ENDED, rule, station.key, severity, moment, since, watch.value, about={"gone": "rule"})
            )
    for rule in [name for name in state.recent if station.has_lost(name)]:
        del state.recent[rule]
    return happened
