"""One connection to a broker, from its beginning to its end. Whoever wants another one makes another line.

So an acknowledgement can't reach a connection other than the one that brought its message, whose number may stand for
another message there. paho-mqtt's own threads and reconnecting are not used: its callbacks hold a lock that `ack` from
another thread waits for, so that a full queue would stand still for good (read in 2.2's source).
"""

import os
import selectors
import ssl
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from provisioner.senders.reading import MOST_BYTES
from provisioner.senders.settings import MqttSettings

KEPT: Final = 7 * 24 * 3600
"""Seconds for which a broker of MQTT 5 keeps what comes while we are away; older ones decide themselves."""
AT_ONCE: Final = 1_000
"""Messages that may be on their way to us without having been acknowledged (MQTT 5)."""
KEEPALIVE: Final = 60
PATIENCE: Final = 10.0
"""Seconds to connect in."""
_TICK: Final = 1.0
_WRONG_CREDENTIALS: Final = frozenset({134, 135})  # paho gives MQTT 3's codes 4 and 5 these numbers of MQTT 5
_WRONG_VERSION: Final = 132
_TAKEN_OVER: Final = 142
_REFUSED: Final = 128
"""Reason codes from here on are refusals."""


class _ClosingSocket(ssl.SSLSocket):
    """Closes when no trust comes about: paho leaves it open (observed on 2.2)."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class Ending(Enum):
    """Why a line ended."""

    STOPPED = auto()
    AGAIN = auto()  # what it brought could not be kept: the broker sends it again on the next line
    FILES = auto()  # certificates of the settings that can't be read
    UNREACHABLE = auto()
    CERTIFICATE = auto()
    CREDENTIALS = auto()
    VERSION = auto()  # the broker does not speak this version of MQTT
    TAKEN_OVER = auto()  # somebody else came with our client id; MQTT 5 says so, Mosquitto 2.0 does not (observed)
    CONTESTED = auto()  # it breaks again and again soon after it stood, as when two fight for one client id
    TOPICS = auto()  # it lets us hear nothing of what we asked for
    BROKEN = auto()


class Message(NamedTuple):
    """What came on a line."""

    topic: str
    payload: bytes
    number: int | None
    """To acknowledge; None: nobody waits for that (QoS 0)."""
    retained: bool
    """It was not said now: the broker keeps it for whoever subscribes."""


class Line:
    """One connection. `serve` blocks until it is over; all else may be called from any thread."""

    def __init__(
        self,
        settings: MqttSettings,
        topics: tuple[str, ...],
        client_id: str,
        *,
        modern: bool,
        came: Callable[["Line", Message], None],
        listening: Callable[[tuple[str, ...]], None],
    ) -> None:
        """``modern``: MQTT 5, else 3.1.1. ``came`` may block.

        ``listening``: called when the broker has taken the subscriptions, with those topics that it refused.
        """
        self._settings = settings
        self._topics = topics
        self._came = came
        self._listening = listening
        self._modern = modern
        self._ending: Ending | None = None
        self._to_acknowledge: deque[int] = deque()
        self._woken = False
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._ear, False)
        self._over = False
        self._closing = threading.Lock()
        self.acknowledged = 0
        self._client = self._made(client_id)

    def acknowledge(self, number: int) -> None:
        """The message is safe. Nothing happens on a line that is over: the broker sends it again."""
        self._to_acknowledge.append(number)
        self._wake()

    def end(self, ending: Ending) -> None:
        """Hang up."""
        self._ending = self._ending or ending
        self._wake()

    def serve(self) -> Ending:
        """Connect, and hand on what comes until the line ends."""
        try:
            return self._connect() or self._hand_on()
        finally:
            with self._closing:
                self._over = True
                os.close(self._ear)
                os.close(self._mouth)

    def _wake(self) -> None:
        if self._woken or self._over:
            return
        with self._closing:  # a number of a file that is closed may be another file's by now
            if not self._over:
                self._woken = True
                os.write(self._mouth, b"!")

    def _made(self, client_id: str) -> Client:
        version = MQTTProtocolVersion.MQTTv5 if self._modern else MQTTProtocolVersion.MQTTv311
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self._modern else False,
            protocol=version,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = PATIENCE
        if self._settings.user is not None:
            password = self._settings.password
            client.username_pw_set(self._settings.user, password.get_secret_value() if password else None)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _connect(self) -> Ending | None:
        if self._settings.tls:
            try:
                self._client.tls_set_context(self._trust())
            except OSError:  # ssl's errors are such, too
                return Ending.FILES
        kept = None
        if self._modern:
            kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            kept.SessionExpiryInterval = KEPT
            kept.ReceiveMaximum = AT_ONCE
            kept.MaximumPacketSize = 2 * MOST_BYTES
        start = False if self._modern else MQTT_CLEAN_START_FIRST_ONLY
        try:
            self._client.connect(
                self._settings.host, self._settings.port, KEEPALIVE, clean_start=start, properties=kept
            )
        except ssl.SSLError:
            return Ending.CERTIFICATE
        except (OSError, ValueError):  # a host that is no name is a ValueError
            return Ending.UNREACHABLE
        return None

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._settings.ca_file)
        context.sslsocket_class = _ClosingSocket
        if self._settings.certificate_file is not None:
            context.load_cert_chain(self._settings.certificate_file, self._settings.certificate_key_file)
        return context

    def _hand_on(self) -> Ending:
        with selectors.DefaultSelector() as selector:
            line = self._client.socket()
            selector.register(line, selectors.EVENT_READ)  # type: ignore[arg-type] # open since it connected
            selector.register(self._ear, selectors.EVENT_READ)
            while self._ending is None and self._client.socket() is not None:
                self._turn(selector, line)
        if self._client.socket() is not None:
            self._settle_up()
            self._client.disconnect()
            self._client.loop_write()
        return self._ending or Ending.BROKEN

    def _turn(self, selector: selectors.BaseSelector, line: Any) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        if selector.get_key(line).events != wanted:
            selector.modify(line, wanted)
        has_more = isinstance(line, ssl.SSLSocket) and line.pending()
        events = {key.fd: mask for key, mask in selector.select(0 if has_more else _TICK)}
        if self._ear in events:
            os.read(self._ear, 64)
            self._woken = False
            self._settle_up()
        mask = selectors.EVENT_READ if has_more else events.get(line.fileno(), 0)
        if mask & selectors.EVENT_READ and self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return
        if mask & selectors.EVENT_WRITE and self._client.loop_write() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return
        self._client.loop_misc()

    def _settle_up(self) -> None:
        while self._to_acknowledge:
            self._client.ack(self._to_acknowledge.popleft(), 1)
            self.acknowledged += 1

    def _on_connect(self, client: Client, _: Any, __: ConnectFlags, reason: ReasonCode, ___: Properties | None) -> None:
        if reason.value in _WRONG_CREDENTIALS:
            self._ending = Ending.CREDENTIALS
        elif reason.value == _WRONG_VERSION:
            self._ending = Ending.VERSION
        elif reason.is_failure:
            self._ending = Ending.BROKEN
        else:
            prefix = f"$share/{self._settings.shared}/" if self._settings.shared else ""
            client.subscribe([(prefix + topic, 1) for topic in self._topics])

    def _on_subscribe(self, _: Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Properties | None) -> None:
        refused = [topic for topic, reason in zip(self._topics, reasons, strict=False) if reason.value >= _REFUSED]
        if len(refused) == len(self._topics):
            self._ending = Ending.TOPICS
        else:
            self._listening(tuple(refused))

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        # One letter too many is enough to see that it is too big: what waits in queues is bounded.
        payload = bytes(message.payload[: MOST_BYTES + 1])
        self._came(self, Message(topic, payload, message.mid if message.qos else None, message.retain))

    def _on_disconnect(
        self, _: Client, __: Any, ___: DisconnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        if reason.value == _TAKEN_OVER and self._ending is None:
            self._ending = Ending.TAKEN_OVER
