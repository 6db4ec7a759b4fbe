"""The demo's river: a sensor of an emulated Things Stack, and what people read of it in the emulated Talk."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from types import TracebackType
from typing import Any, Final

from provisioner.app.alerting.books import Books
from provisioner.app.alerting.catching_up import CatchingUp
from provisioner.app.alerting.intake import Intake
from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.posting import Poster
from provisioner.app.alerting.ticking import Ticker
from provisioner.app.demo.demo_cloud import DemoCloud
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.emulation import Request, Response, VirtualClock
from provisioner.emulation.server import HOST, LoopbackServer
from provisioner.emulation.server import Delivery as Sent
from provisioner.senders.emulation import ThingsStackEmulator
from provisioner.senders.receiving import Delivery

BODY: Final = "pg-sensorik"
"""Who is told of the river."""
_SENDER: Final = "ttn"
_BOT: Final = {"name": "re@di", "secret": "emulated-Bot-1-worth-nothing-emulated-Bot-1"}
BRIDGE: Final[Mapping[str, Any]] = {"senders": {_SENDER: {"kind": "things-stack"}}, "bot": _BOT}
"""The bridge's settings."""
_GAUGE: Final = ("pegel-alb", "A84041C4D1870001")
_OTHERS: Final = (("vitrine", "24E124785C400002"), ("keller", "24E124785C400003"))
_CALM: Final = {"temperature": 18.5, "humidity": 48, "battery": 87}
_MOUNT: Final = 320
"""Centimetres; both as in the example's registry."""
_INTERVAL: Final = timedelta(minutes=20)


class DemoAlerts:
    """Nothing runs by itself: each uplink is taken in, and what is to be said of it is said, before the next one."""

    def __init__(self, site: Site, cloud: DemoCloud, clock: VirtualClock) -> None:
        self._site, self._cloud, self._clock = site, cloud, clock
        pictures = Pictures(site)
        books = Books(pictures)
        section = site.section.bridge
        listening = Listening({} if section is None else section.senders, clock.now())
        self._intake = Intake(site.database, site.network, books, clock)
        self._ticker = Ticker(site.database, site.network, books, clock, listening)
        self._poster = Poster(site, pictures, books)
        self._answers = CatchingUp(site, pictures, books)
        self._door = LoopbackServer(self._called)
        self._stack = ThingsStackEmulator(clock=clock)
        self._stack.listeners.append(self._told)
        self._gauge = self._stack.device(*_GAUGE)
        self._others = [self._stack.device(*names) for names in _OTHERS]
        self._begin = self._read_so_far = 0

    def __enter__(self) -> "DemoAlerts":
        self._door.start()
        self._cloud.install_bot(BODY, _BOT["name"], _BOT["secret"], f"http://{HOST}:{self._door.port}/hooks/talk")
        self._begin = self._read_so_far = len(self._cloud.said(BODY))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._poster.stop()
        self._door.stop()

    def wait_until(self, hour: int) -> None:
        """The next time at which it is so late, in UTC."""
        now = self._clock.now()
        then = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
        self._clock.advance((then - now + timedelta(days=then <= now)).total_seconds())

    def stands_at(self, level: int) -> list[str]:
        """The sensor's next uplink, in centimetres of water; what is read of it in the chat."""
        self._clock.advance(_INTERVAL.total_seconds())
        for other in self._others:
            self._stack.send(other, _CALM)
        self._stack.send(self._gauge, {"Distance": (_MOUNT - level) * 10, "Bat": 3.52})
        return self._read()

    def says_yes(self, person: str) -> list[str]:
        """Somebody (by the registry's key) answers the first of these messages with a 👍; what is read then."""
        self._clock.advance(timedelta(minutes=3).total_seconds())
        self._cloud.react(BODY, person, self._begin)
        self._answers.look()
        return self._read()

    def _told(self, _: str, __: str, message: bytes) -> None:
        """The Things Stack calls: in the service this is a webhook, or MQTT."""
        self._intake.take([Delivery(_SENDER, "things-stack", message, "", self._clock.now(), lambda _: None)])

    def _called(self, request: Request) -> Sent:
        """Talk's bot calls."""
        known = self._answers.hearing.heard(request.headers, request.body)
        return Sent(Response(200 if known else 403))

    def _read(self) -> list[str]:
        self._ticker.turn()
        self._poster.turn()
        said = self._cloud.said(BODY)
        new, self._read_so_far = said[self._read_so_far :], len(said)
        return new
