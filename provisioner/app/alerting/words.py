"""By what the same uplink is known again, whoever brought it and whenever."""

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from provisioner.alerts.sensing import AGAIN
from provisioner.model.sensors import Uplink

WITHIN: Final = timedelta(seconds=AGAIN)
"""So far apart one uplink can come twice: a counter that began anew in the same session comes here again, too."""
_BITS: Final = (1 << 63) - 1


def word_of(uplink: Uplink) -> int:
    """63 bits that stand for device, session and counter."""
    told = f"{uplink.device.key}\0{uplink.session}\0{uplink.counter}"
    return int.from_bytes(blake2b(told.encode("utf-8", "replace"), digest_size=8).digest(), "big") & _BITS


def is_same(at: datetime, other: datetime) -> bool:
    """Whether two uplinks of one word are one."""
    return abs(at - other) <= WITHIN
