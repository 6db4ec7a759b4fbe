"""Receives what a sender publishes on its broker, and acknowledges only what is safe.

The session outlives us: what comes while we are away waits at the broker, and what was not acknowledged comes again.
The Things Stack keeps nothing and knows QoS 0 alone; its storage fills the gap (`provisioner.senders.storage`).
"""

import logging
import platform
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.senders.mqtt_line import Ending, Line, Message
from provisioner.senders.receiving import Delivery
from provisioner.senders.settings import ChirpStackSettings, PlainSettings, ThingsStackSettings

_log = logging.getLogger(__name__)

HearsMqtt = ThingsStackSettings | ChirpStackSettings | PlainSettings


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds until the next try: from ``first``, doubled, up to ``longest``; ``refused``: by wrong credentials."""

    first: float = 1.0
    longest: float = 60.0
    refused: float = 300.0


@dataclass(frozen=True, slots=True)
class MqttStatus:
    """How a receiver is."""

    listening_since: datetime | None
    """Without a break; None: it hears nothing."""
    trouble: Text | None
    """What is wrong; also of one that listens, when the broker refused some of its topics."""
    received: int
    lost: int
    """Messages that could not be kept and that no broker sends again (QoS 0)."""
    connections: int


_TROUBLES: Final[Mapping[Ending, str]] = {
    Ending.AGAIN: "senders.mqtt_again",
    Ending.FILES: "senders.mqtt_files",
    Ending.UNREACHABLE: "senders.mqtt_unreachable",
    Ending.CERTIFICATE: "senders.mqtt_certificate",
    Ending.CREDENTIALS: "senders.mqtt_credentials",
    Ending.VERSION: "senders.mqtt_version",
    Ending.TAKEN_OVER: "senders.mqtt_taken_over",
    Ending.CONTESTED: "senders.mqtt_contested",
    Ending.TOPICS: "senders.mqtt_topics",
    Ending.BROKEN: "senders.mqtt_broken",
}
_REFUSALS: Final = frozenset(
    {Ending.CERTIFICATE, Ending.CREDENTIALS, Ending.TAKEN_OVER, Ending.CONTESTED, Ending.TOPICS}
)
"""What trying again soon does not mend."""
_FIGHT: Final = 4
"""Connections in a row that stood and broke off before anything was acknowledged."""


class MqttReceiver:
    """One sender's broker. A thread of its own from `start` to `stop`."""

    def __init__(
        self,
        network: str,
        sender: str,
        settings: HearsMqtt,
        deliver: Callable[[Delivery], None],
        clock: Clock,
        waits: Waits = Waits(),
    ) -> None:
        """``settings``: with ``mqtt``, its files read (`provisioner.senders.secrets`).

        ``deliver`` is called in the receiver's thread. It may block, and then nothing more is read: messages wait at
        the broker and not in memory. What raises there ends the connection, and comes again.
        """
        if settings.mqtt is None:
            raise ValueError(f"sender {sender} has no broker")
        self.sender, self._kind = sender, settings.kind
        self._mqtt = settings.mqtt
        self._topics = settings.mqtt.topics or usual_topics(settings)
        self._deliver = deliver
        self._clock = clock
        self._waits = waits
        self._client_id = settings.mqtt.client_id or _client_id(network, sender, settings.mqtt.shared is not None)
        self._modern = settings.kind != "things-stack"  # which knows MQTT 3.1.1 alone
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._line: Line | None = None
        self._since: datetime | None = None
        self._trouble: Text | None = None
        self._received = self._lost = self._connections = 0

    def start(self) -> None:
        """Begin; a broker that is not there is waited for."""
        self._thread = threading.Thread(target=self._run, name=f"mqtt {self.sender}", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Hang up. Idempotent. Whoever takes deliveries goes on taking them until this returns, at most ``timeout``."""
        self._stopping.set()
        if (line := self._line) is not None:
            line.end(Ending.STOPPED)
        if self._thread is not None:
            self._thread.join(timeout)

    def status(self) -> MqttStatus:
        """How it is at this moment. Callable from any thread."""
        return MqttStatus(self._since, self._trouble, self._received, self._lost, self._connections)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            line = Line(
                self._mqtt,
                self._topics,
                self._client_id,
                modern=self._modern,
                came=self._came,
                listening=self._listening,
            )
            self._line = line
            ending, listened = self._serve(line)
            if ending is Ending.STOPPED:
                return
            if listened is None and ending in (Ending.VERSION, Ending.BROKEN):
                self._modern = not self._modern  # some brokers hang up on a version that they do not know
            failures = 0 if line.acknowledged or (listened or 0.0) >= self._waits.longest else failures + 1
            if listened is not None and ending is Ending.BROKEN and failures >= _FIGHT:
                ending = Ending.CONTESTED
            self._trouble = Text.of(_TROUBLES[ending], host=self._mqtt.host, port=self._mqtt.port)
            _log.warning("mqtt connection ended", extra={"sender": self.sender, "why": ending.name.lower()})
            self._stopping.wait(self._pause(ending, failures))

    def _serve(self, line: Line) -> tuple[Ending, float | None]:
        """Why it ended, and for how many seconds it listened before; None: not at all."""
        if self._stopping.is_set():
            line.end(Ending.STOPPED)
        try:
            ending = line.serve()
        except Exception:  # noqa: BLE001 - whatever it is, the bridge goes on, and the broker sends it again
            _log.exception("mqtt receiver", extra={"sender": self.sender})
            ending = Ending.BROKEN
        since, self._since = self._since, None
        listened = None if since is None else (self._clock.now() - since).total_seconds()
        return ending, listened

    def _pause(self, ending: Ending, failures: int) -> float:
        if ending in _REFUSALS:
            return self._waits.refused
        return float(min(self._waits.first * 2 ** min(failures, 16), self._waits.longest))

    def _listening(self, refused: tuple[str, ...]) -> None:
        self._connections += 1
        self._trouble = Text.of("senders.mqtt_some_topics", topics=", ".join(refused)) if refused else None
        self._since = self._clock.now()

    def _came(self, line: Line, message: Message) -> None:
        self._received += 1
        number = message.number
        settle = self._settle_unacknowledged if number is None else partial(_settle, line, number)
        if message.retained and self._kind != "chirpstack":  # which keeps gateways' states so
            settle(True)  # a measurement of whenever: it would count as one of now at each reconnection
            return
        self._deliver(Delivery(self.sender, self._kind, message.payload, message.topic, self._clock.now(), settle))

    def _settle_unacknowledged(self, done: bool) -> None:
        if not done:
            self._lost += 1


def _settle(line: Line, number: int, done: bool) -> None:
    """Brokers send again only on a new connection (observed on Mosquitto 2.0)."""
    if done:
        line.acknowledge(number)
    else:
        line.end(Ending.AGAIN)


def usual_topics(settings: HearsMqtt) -> tuple[str, ...]:
    """Where such a sender publishes what counts; nothing for one that has no usual place."""
    match settings.kind:
        case "things-stack":
            return (f"v3/{settings.mqtt.user if settings.mqtt else ''}/devices/+/up",)
        case "chirpstack":
            events = (f"application/+/device/+/event/{event}" for event in ("up", "status"))
            return (*events, "+/gateway/+/state/conn")
        case _:
            return ()


def _client_id(network: str, sender: str, shared: bool) -> str:
    """The same after each start, so that the broker knows whose session it keeps; several that share need several."""
    return "-".join(["readi", network, sender, *([platform.node()] if shared else [])])[:64]
