"""Bodies whose sensors speak in their conversations on an emulated Nextcloud: poster, bot and all that is said."""

import hashlib
import hmac
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, Final

from connectors.nextcloud.emulation.talk.state import Message
from policies.keys import person_key
from provisioner.alerts.alerting import decode_alert
from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.books import Books
from provisioner.app.alerting.catching_up import CatchingUp
from provisioner.app.alerting.intake import Intake
from provisioner.app.alerting.posting import Poster
from provisioner.app.picture import Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.model.alerts import Quiet, SayingKind
from provisioner.model.messages import LetterKind, LetterState
from provisioner.model.resources import Kind
from provisioner.senders.receiving import Delivery
from provisioner.state import AlertOutbox, Alerts, AlertSilences, Attempts, Outbox, Said, SaidState, TiedTo, Within
from tests.support.alerting import eui, uplink_bytes
from tests.support.change import Known
from tests.support.rooms import furnish, room_of
from tests.support.site import Installation, fill, held, new_cloud, person

SENSORIK, LORA = "pg-sensorik", "pg-lora"
SECRET: Final = "invented-secret-of-the-bot-with-more-than-forty-letters"
FLOOD: Final = "hochwasser"
SENDER: Final = "ttn"
BRIDGE: Final[dict[str, Any]] = {
    "senders": {SENDER: {"kind": "things-stack", "webhook": {"secret": "invented-Secret-of-thirty-two-letters"}}},
    "bot": {"name": "re@di", "secret": SECRET},
}
REGISTRY: Final[dict[str, Any]] = {
    "sensor_models": [
        {
            "id": "radar",
            "name": "Radar",
            "interval": "15 min",
            "quantities": {"level": {"fields": "distance", "label": "Wasserstand", "unit": "cm", "from_mount": True}},
        }
    ],
    "sensors": [
        {
            "id": f"pegel-{number}",
            "devices": eui(number),
            "organisation": "bretten",
            "model": "radar",
            "place": f"Alb, Brücke {number}",
            "tells": SENSORIK if number < 10 else LORA,
            "mount_height": 500,
        }
        for number in (1, 2, 3, 11)
    ],
    "rules": [
        {
            "id": FLOOD,
            "name": "Hochwasser",
            "applies": {"models": "radar"},
            "threshold": {"quantity": "level", "levels": [{"severity": "critical", "above": 200, "clear": 180}]},
            "meaning": "Der Uferweg wird überflutet.",
            "advice": "Uferweg sperren.",
        }
    ],
}


def with_alerts(installation: Installation) -> None:
    """Wish for two project groups with conversations, and sensors that tell them."""
    furnish(installation)
    installation.wish.add(person("Rita", roles=["ranger"]))
    installation.wish.more["sensors.yaml"] = REGISTRY
    installation.wish.policy = {"alerts": {"quiet": {"up_to": None}}}
    installation.more_network = {"bridge": BRIDGE}


def first_sync(folder: Path) -> Known:
    """Such a network, synchronised."""
    with new_cloud() as cloud:
        installation = Installation(folder, cloud)
        with_alerts(installation)
        installation.apply()
        return folder, held(cloud)


@contextmanager
def another(folder: Path, known: Known) -> Iterator[Installation]:
    """The same once more, on an emulator of its own."""
    shutil.copytree(known[0], folder, dirs_exist_ok=True)
    with new_cloud() as cloud:
        fill(cloud, known[1])
        installation = Installation(folder, cloud)
        with_alerts(installation)
        installation.write()
        yield installation


@dataclass
class Rooms:
    """The bridge of such a network, and what is said in its conversations."""

    installation: Installation
    site: Site = field(init=False)

    def __post_init__(self) -> None:
        found = self.installation
        self.site = Site(load_settings(found.settings), found.folder, "redi", found.clock)
        self.pictures = Pictures(self.site)
        self.books = Books(self.pictures)
        self.poster = Poster(self.site, self.pictures, self.books)
        self.catching_up = CatchingUp(self.site, self.pictures, self.books, self.poster.wake)
        self._counter = 0

    def anew(self) -> None:
        """Another process takes over."""
        self.poster.stop()
        self.poster = Poster(self.site, self.pictures, self.books)

    def close(self) -> None:
        self.poster.stop()
        self.site.close()

    @property
    def outbox(self) -> AlertOutbox:
        return AlertOutbox(self.site.database, "redi")

    @property
    def alerts(self) -> Alerts:
        return Alerts(self.site.database, "redi")

    def say(self, text: str = "Hallo", body: str = SENSORIK, alert: int | None = None, **more: Any) -> int:
        """Put something down that nothing is known of but its kind."""
        kind = more.pop("kind", SayingKind.FIRST)
        severity = more.pop("severity", "warning")
        about = {"severity": severity, "rule": FLOOD, "count": 1, "members": [{"about": {}, "sensor": text}]}
        return self.outbox.add(alert, kind, body, about, self.site.clock.now(), **more)

    def level(self, sensor: int, level: float) -> None:
        """A gauge tells how high the water stands; some time passes."""
        self._counter += 1
        now = self.site.clock.now()
        payload = uplink_bytes(eui(sensor), self._counter, 500 - level, now)
        intake = Intake(self.site.database, "redi", self.books, self.site.clock, told=self.poster.wake)
        intake.take([Delivery(SENDER, "things-stack", payload, "", now, lambda _: None)])

    def tick(self) -> None:
        """Alerts whose time has come are looked at."""
        with self.site.database.writing() as connection:
            Alarms(Within(connection), "redi", self.books.now(), self.site.clock.now()).look(1000)

    def wait(self, seconds: float) -> None:
        self.site.clock.sleep(seconds)

    def said(self, name: str = "Sensorik") -> list[str]:
        """What stands in a conversation by us, without what was said when it was made."""
        return [one.text for one in self.messages(name)]

    def messages(self, name: str = "Sensorik") -> list[Message]:
        """The same with all that belongs to it."""
        room = room_of(self.installation, name)
        ours = [one for one in room.messages if one.actor == "readi-provisioner" and not one.system and one.reference]
        return [one for one in ours if one.id > self._greeting(name)]

    def _greeting(self, name: str) -> int:
        room = room_of(self.installation, name)
        return min((one.id for one in room.messages if one.actor == "readi-provisioner" and one.reference), default=0)

    def states(self) -> list[tuple[SaidState, str]]:
        """Of all sayings, in order."""
        found: list[Said] = self.outbox.latest(*SaidState, limit=10_000)
        return [(one.state, one.error) for one in reversed(found)]

    def mails(self) -> list[tuple[str, str]]:
        """(to, why) of letters about alerts."""
        letters = Outbox(self.site.database, "redi", self.site.clock.now())
        found = [one.letter for one in reversed(letters.find(*LetterState, limit=1000))]
        return [(one.to, str(one.about["why"])) for one in found if one.kind is LetterKind.ALERT]

    def silences(self) -> tuple[Quiet, ...]:
        """Those that hold now."""
        return AlertSilences(self.site.database, "redi").active(self.site.clock.now())

    def forget_attempts(self) -> None:
        """As tidying does with those of more than a week ago."""
        Attempts(self.site.database, "redi").forget(self.site.clock.now() - timedelta(days=7))

    @property
    def bot_secret(self) -> str:
        return SECRET

    def notices(self) -> list[str]:
        """What rangers were told."""
        letters = Outbox(self.site.database, "redi", self.site.clock.now()).find(*LetterState, limit=1000)
        return [str(one.letter.about["what"]) for one in letters if one.letter.kind is LetterKind.NOTICE]

    def call(self, event: dict[str, Any], random: str = "r" * 64, secret: str = SECRET) -> bool:
        """The bot's call."""
        return self.call_bytes(json.dumps(event).encode(), random, secret)

    def call_bytes(self, body: bytes, random: str = "r" * 64, secret: str = SECRET) -> bool:
        """A call of whatever content."""
        signature = hmac.new(secret.encode(), random.encode() + body, hashlib.sha256).hexdigest()
        headers = {"x-nextcloud-talk-random": random, "x-nextcloud-talk-signature": signature}
        return self.catching_up.hearing.heard(headers, body)

    def write(self, account: str, text: str, name: str = "Sensorik", answers: int | None = None) -> dict[str, Any]:
        """Somebody writes in a conversation; what the bot is told of it."""
        room = room_of(self.installation, name)
        parent = next((one for one in room.messages if one.id == answers), None)
        said = self.installation.cloud.talk.say(room, "users", account, text, parent=parent)
        content = json.dumps({"message": text, "parameters": []})
        note: dict[str, Any] = {"type": "Note", "id": str(said.id), "name": "message", "content": content}
        if answers is not None:
            note["inReplyTo"] = {"type": "Note", "actor": {}, "object": {"id": str(answers)}}
        actor = {"type": "Person", "id": f"users/{account}", "name": account}
        return {"type": "Create", "actor": actor, "object": note, "target": {"id": room.token, "name": name}}

    def command(self, account: str, text: str, name: str = "Sensorik", answers: int | None = None) -> bool:
        """Somebody writes, and the bot hears it."""
        return self.call(self.write(account, text, name, answers))

    def react(self, account: str, message: Message, emoji: str = "👍", name: str = "Sensorik") -> dict[str, Any]:
        """Somebody reacts; what the bot is told of it."""
        room = room_of(self.installation, name)
        assert self.installation.cloud.talk.react(room, message, "users", account, emoji)
        return self.like(message, emoji, name)

    def unreact(self, account: str, message: Message, emoji: str = "👍", name: str = "Sensorik") -> dict[str, Any]:
        room = room_of(self.installation, name)
        assert self.installation.cloud.talk.unreact(room, message, "users", account, emoji)
        like = self.like(message, emoji, name)
        return {"type": "Undo", "actor": like["actor"], "object": like, "target": like["target"]}

    def like(self, message: Message, emoji: str = "👍", name: str = "Sensorik") -> dict[str, Any]:
        room = room_of(self.installation, name)
        note = {"type": "Note", "id": str(message.id), "name": "", "content": "{}"}
        actor = {"type": "Person", "id": "users/readi-provisioner", "name": "re@di"}
        target = {"id": room.token, "name": name}
        return {"type": "Like", "actor": actor, "object": note, "target": target, "content": emoji}

    def account(self, person: str) -> str:
        """The name of somebody's account."""
        (found,) = TiedTo(self.site.database, "redi", ["cloud"]).find([person_key(person)], (Kind.ACCOUNT,))
        return found.binding.remote_id

    def until(self, happened: Callable[[], bool]) -> None:
        """Another thread is at work; it fails when that takes it unusually long."""
        for _ in range(1_000):
            if happened():
                return
            Event().wait(0.02)
        raise AssertionError("it did not happen")

    def takers(self) -> set[str]:
        """Who has something that goes on."""
        every = (decode_alert(row.about).taken for row in self.alerts.going_on())
        return {one.by for one in every if one is not None}

    def taker(self) -> str | None:
        """Who has the one alert that goes on."""
        (row,) = self.alerts.going_on()
        taken = decode_alert(row.about).taken
        return None if taken is None else taken.by


@contextmanager
def rooms_of(installation: Installation) -> Iterator[Rooms]:
    """Of an installation that `with_alerts` furnished."""
    rooms = Rooms(installation)
    installation.cloud.log.clear()
    try:
        yield rooms
    finally:
        rooms.close()


AN_HOUR = timedelta(hours=1).total_seconds()
