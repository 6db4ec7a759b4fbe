"""What is true of those who send to us, as far as it bears on silence: from when on does a sensor's count?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.alerts.states import SensorState


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is true of those who send to us, as far as it bears on silence."""

    listening_since: datetime | None = None
    """Without a break. None: not connected; then no silence means anything."""
    fills: bool = False
    """A gap is being filled from the sender's storage: no silence yet, and what it tells waits for its end."""
    gateways_down: frozenset[str] = frozenset()
    """Empty where the policy does not let a dead gateway mute its sensors' silence."""
    gateways_since: Mapping[str, datetime] = field(default_factory=dict)
    """Since when those are connected that are: a sensor's silence is counted from its gateway's return."""


def silent_from(state: SensorState, circumstances: Circumstances) -> float | None:
    """From when on the sensor's silence counts; None: nothing can be told of it now."""
    if circumstances.listening_since is None or circumstances.fills:
        return None
    base = max(state.newest or state.since, circumstances.listening_since.timestamp())
    known = state.gateways.keys()
    if not known or not (circumstances.gateways_down or circumstances.gateways_since):
        return base
    if known <= circumstances.gateways_down:
        return None
    back = [circumstances.gateways_since.get(name) for name in known - circumstances.gateways_down]
    if all(since is not None for since in back):
        base = max(base, min(since.timestamp() for since in back if since is not None))
    return base
