"""Which uplink is newer, which is the same once more, which never came; and by which gateways a sensor is heard."""

from typing import Final

from provisioner.alerts.states import SensorState
from provisioner.model.sensors import Uplink

AGAIN: Final = 3600.0
"""Seconds within which the same session and counter are the same uplink once more, not a counter that began anew."""
LARGEST_GAP: Final = 16_384
"""LoRaWAN's MAX_FCNT_GAP: a counter that leaps further began anew somewhere else, and nothing is missing."""
RECENT_UPLINKS: Final = 5
"""A gateway is a sensor's as long as it heard one of so many of its last uplinks."""


def is_repeated(state: SensorState, uplink: Uplink, at: float) -> bool:
    return (
        state.newest > 0
        and uplink.counter is not None
        and uplink.counter == state.counter
        and uplink.session == state.session
        and abs(at - state.newest) <= AGAIN
    )


def is_newer(state: SensorState, uplink: Uplink, at: float) -> bool:
    if at != state.newest:
        return at > state.newest
    known, counter = state.counter, uplink.counter
    return uplink.session == state.session and known is not None and counter is not None and counter > known


def count(state: SensorState, uplink: Uplink) -> None:
    """Gaps and new beginnings, by the counter. Senders that have none have neither."""
    counter, known = uplink.counter, state.counter
    if counter is not None:
        if known is None:
            state.first = counter
        elif uplink.session != state.session or not known < counter <= known + LARGEST_GAP:
            state.generation += 1
            state.first = counter
        else:
            state.missing += counter - known - 1
    state.session, state.counter = uplink.session, counter


def count_late(state: SensorState, uplink: Uplink) -> None:
    counter, known = uplink.counter, state.counter
    if counter is None or known is None or uplink.session != state.session:
        return
    if state.first < counter < known:
        state.missing = max(0, state.missing - 1)


def remember_gateways(state: SensorState, heard_by: tuple[str, ...]) -> None:
    oldest = state.ordinal - RECENT_UPLINKS
    known = state.gateways
    for gateway in heard_by:
        known[gateway] = state.ordinal
    for gateway in [name for name, ordinal in known.items() if ordinal <= oldest]:
        del known[gateway]
