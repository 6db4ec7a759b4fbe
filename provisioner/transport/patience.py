"""Reads are tried again after a while; writes never are."""

from collections.abc import Callable
from typing import Final, TypeVar

from provisioner.model.errors import Transient
from provisioner.model.ports import Clock

ATTEMPTS: Final = 4
"""How often a read is tried."""
LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries of a read, whatever the server wishes for: somebody waits for the plan."""

T = TypeVar("T")


def patiently(read: Callable[[], T], clock: Clock) -> T:
    """What ``read`` gives, which changes nothing over there. Raises what it raises, `Transient` after the last try."""
    pause = 1.0
    for _ in range(ATTEMPTS - 1):
        try:
            return read()
        except Transient as error:
            clock.sleep(min(pause if error.retry_after is None else error.retry_after, LONGEST_PAUSE))
            pause *= 2
    return read()
