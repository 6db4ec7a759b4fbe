"""What a receiver hands on: one message, and how to say that it is safe."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it came. ``settle`` is called once, from any thread, and never raises."""

    sender: str
    """Which of the network's senders, as the settings name it."""
    kind: str
    """The sender's ``kind``."""
    payload: bytes
    topic: str
    """Of MQTT; else ""."""
    received: datetime
    settle: Callable[[bool], None]
    """True: it is committed, and MQTT is told so. False: it is not, and the broker sends it again."""
    event: str = ""
    """ChirpStack's ``?event=``."""
    filled: bool = False
    """It comes out of a storage."""
