"""A bridge as it runs: a real broker, an emulated Talk, and everything in between on the emulator's clock."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import requests

from connectors.nextcloud.emulation.talk.state import REACTION, WEBHOOK, Message, Room
from policies.keys import person_key
from provisioner.alerts.alerting import decode_alert
from provisioner.app.site import Site
from provisioner.model.alerts import SayingKind
from provisioner.model.resources import Kind
from provisioner.service.bridge_serving import BridgeService
from provisioner.service.serve import Options
from provisioner.state import AlertOutbox, Alerts, TiedTo
from provisioner.state.alert_outbox import SaidState
from tests.support.alert_rooms import SECRET as BOT_SECRET
from tests.support.alerting import eui, uplink_bytes
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt import publish
from tests.support.rooms import room_of
from tests.support.serving import wait_until
from tests.support.site import Installation

HOOK: Final = "invented-Secret-of-thirty-two-letters"
AUTHORISED: Final[Mapping[str, str]] = {"Authorization": f"Bearer {HOOK}"}


def senders(port: int, topic: str, **more: object) -> dict[str, Any]:
    """One of each way: MQTT and calls."""
    mqtt = {"host": "127.0.0.1", "port": port, "tls": False, "topics": [topic], "client_id": topic, **more}
    kinds: dict[str, dict[str, Any]] = {
        "ttn": {"kind": "things-stack", "mqtt": mqtt},
        "chirp": {"kind": "chirpstack"},
        "mon": {"kind": "alertmanager"},
    }
    return {name: {**kind, "webhook": {"secret": HOOK}} for name, kind in kinds.items()}


def settings(broker: Mosquitto, topic: str, **more: object) -> dict[str, Any]:
    """The network's section."""
    bot = {"name": "re@di", "secret": BOT_SECRET}
    return {"bridge": {"senders": senders(broker.port, topic, **more), "bot": bot}}


class Running:
    """One network's, and what is said in its conversations."""

    def __init__(self, installation: Installation, broker: Mosquitto, topic: str, service: BridgeService) -> None:
        self.installation, self.broker, self.topic, self.service = installation, broker, topic, service
        self.bridge = service.bridge.networks["redi"]
        self._counter = 0
        self.cloud = installation.cloud
        self.bot = self.cloud.talk.install_bot(
            "re@di", BOT_SECRET, f"http://{service.address}/redi/hooks/talk", WEBHOOK | REACTION
        )

    @property
    def site(self) -> Site:
        """Of the network."""
        return self.service.sites["redi"]

    @property
    def room(self) -> Room:
        """Where pg-sensorik talks."""
        return room_of(self.installation, "Sensorik")

    def account(self, person: str) -> str:
        """The name of somebody's account."""
        (found,) = TiedTo(self.site.database, "redi", ["cloud"]).find([person_key(person)], (Kind.ACCOUNT,))
        return found.binding.remote_id

    def says(self, person: str, words: str, answers: Message | None = None) -> None:
        """Somebody writes, as soon as the bot hears what is written there."""
        wait_until(lambda: self.bot.id in self.room.bots, "the bot hears")
        self.cloud.says(self.account(person), self.room.token, words, None if answers is None else answers.id)

    def reacts(self, person: str, message: Message, *, back: bool = False) -> None:
        """Somebody's 👍, or not any more."""
        wait_until(lambda: self.bot.id in self.room.bots, "the bot hears")
        self.cloud.reacts(self.account(person), self.room.token, message.id, back=back)

    def taker(self) -> str | None:
        """Who has the one alert that goes on."""
        (row,) = Alerts(self.site.database, "redi").going_on()
        taken = decode_alert(row.about).taken
        return None if taken is None else taken.by

    def publish(self, gauge: int, level: float, counter: int | None = None) -> bytes:
        """A gauge tells by MQTT how high the water stands; what was published."""
        payload = self.payload(gauge, level, counter)
        publish(self.broker, payload.decode(), topic=self.topic)
        return payload

    def payload(self, gauge: int, level: float, counter: int | None = None) -> bytes:
        """The same as bytes, without sending them."""
        self._counter += 1
        number = self._counter if counter is None else counter
        return uplink_bytes(eui(gauge), number, 500 - level, self.installation.clock.now())

    def call(self, sender: str, payload: bytes, **headers: str) -> requests.Response:
        """A sender calls."""
        address = f"http://{self.service.address}/redi/senders/{sender}"
        return requests.post(address, data=payload, headers={**AUTHORISED, **headers}, timeout=30)

    def messages(self, name: str = "Sensorik") -> list[Message]:
        """What we said there of alerts."""
        room = room_of(self.installation, name)
        ours = [one for one in room.messages if one.actor == "readi-provisioner" and not one.system and one.reference]
        return ours[1:]  # the first greeted

    def words(self, name: str = "Sensorik") -> list[Message]:
        """Without charts, which come when they are drawn."""
        return [one for one in self.messages(name) if one.picture is None]

    def charts(self, name: str = "Sensorik") -> list[Message]:
        """The pictures, as far as it is known which messages they are."""
        outbox = AlertOutbox(self.site.database, "redi")
        known = {one.message for one in outbox.latest(SaidState.SENT) if one.kind is SayingKind.PICTURE}
        return [one for one in self.messages(name) if one.picture is not None and one.id in known]

    def wait_for(self, words: str, times: int = 1, name: str = "Sensorik") -> Message:
        """Until something with these words stands there, and is known to; the last of them."""
        wait_until(lambda: len(self._with(words, name)) >= times, f"{words}: {[m.text for m in self.messages(name)]}")
        found = self._with(words, name)[-1]
        outbox = AlertOutbox(self.site.database, "redi")
        wait_until(lambda: found.id in {one.message for one in outbox.latest(SaidState.SENT)}, "it is written down")
        return found

    def _with(self, words: str, name: str) -> list[Message]:
        return [one for one in self.messages(name) if words in one.text]


@contextmanager
def running(
    installation: Installation,
    broker: Mosquitto,
    topic: str,
    section: Mapping[str, object] | None = None,
    **more: object,
) -> Iterator[Running]:
    """`readi bridge` in this process, listening to a topic of its own, and heard to be so.

    ``section``: what stands there instead of the usual senders and settings.
    """
    usual = settings(broker, topic, **more)
    installation.more_network = {"bridge": {**usual["bridge"], **(section or {})}}
    installation.write()
    service = BridgeService(Options(installation.settings, clock=installation.clock), "127.0.0.1:0")
    service.start()
    try:
        found = Running(installation, broker, topic, service)
        wait_until(lambda: is_listening(found), "it listens")
        yield found
    finally:
        service.stop()


def is_listening(found: Running) -> bool:
    """Whether its brokers are heard."""
    lines = found.bridge.status().lines.values()
    return bool(lines) and all(line.listening_since is not None for line in lines)
