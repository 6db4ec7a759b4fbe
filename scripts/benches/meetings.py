"""Entering meeting rooms: from the click to the redirect with a pass, when many come at once.

Asked in an open loop (`scripts.benches.open_loop`), each from the moment at which it was due, of the whole service in a
network of ten thousand; beside it the service's barest redirect, which looks nobody up, in turns.
"""

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

from provisioner.app.picture import Pictures
from provisioner.console.network import Network
from provisioner.model.bindings import Binding
from provisioner.model.errands import Job
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import Errands
from provisioner.state.bindings import BindingWriter
from scripts.benches.children import ROOT
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.serving import ServiceProcess
from scripts.benches.sites import Size, brought

SIZE: Final = Size(10_000, 500, 60_000)
RATE: Final = 200
"""Requests a second."""
SECONDS: Final = 10
TURNS: Final = 3
PEOPLE: Final = 2_000
"""Who come, each with a session of their own."""
GOAL: Final = 20.0
"""Milliseconds."""
_MEET: Final = {"connector": "jitsi", "url": "https://meet.example", "secret": "only-for-measuring-0123456789-abcdef"}
_SERVER: Final = "jitsi:meet.example"
_BARE: Final = "/redi"


@bench("service.room_p99_ms", "service.room_during_sync_p99_ms")
def rooms(say: Say) -> Iterator[Figure]:
    """Alone, and while the worker reads and compares everything."""
    say(f"bringing {SIZE.people:,} people and {SIZE.bodies} bodies to a server …")
    made, server = brought(SIZE)
    server.step_aside()
    with ServiceProcess(made, {"meet": _MEET}) as service:
        wanted = _clicks(service)
        say("letting all of them in once …")
        _asked(
            service, wanted, PEOPLE / RATE
        )  # caches are cold after a start, and every room is used for the first time
        yield _measured(service, wanted, say, "service.room_p99_ms", "")
        with _Syncing(service):
            yield _measured(
                service, wanted, say, "service.room_during_sync_p99_ms", "; while the worker syncs everything"
            )


@dataclass
class _Took:
    """Of all turns, in milliseconds."""

    all: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        """That share of them took no longer."""
        return sorted(self.all)[int(len(self.all) * share)]


def _measured(service: ServiceProcess, wanted: Sequence[str], say: Say, name: str, when: str) -> Figure:
    say(f"{RATE} clicks a second, {TURNS} times {SECONDS} s{when} …")
    bare, clicked = _Took(), _Took()
    for _ in range(TURNS):
        bare.all += _asked(service, [_request(_BARE)], SECONDS)
        clicked.all += _asked(service, wanted, SECONDS)
    note = (
        f"p99 of {len(clicked.all):,} at {RATE}/s{when}; median {clicked.at(0.5):.1f}, slowest {max(clicked.all):.0f}"
    )
    note += f"; baseline: {_BARE}, median {bare.at(0.5):.1f}; {SIZE.people:,} people, {SIZE.bodies} rooms"
    return Figure(name, clicked.at(0.99), "ms", bare.at(0.99), GOAL, note)


def _asked(service: ServiceProcess, wanted: Sequence[str], seconds: float) -> list[float]:
    """Raises RuntimeError for anything but redirects."""
    address = urlsplit(service.url)
    command = [sys.executable, "-m", f"{__package__}.open_loop", str(address.hostname), str(address.port)]
    options = {"input": json.dumps(list(wanted)), "stdout": subprocess.PIPE, "text": True, "check": True}
    answer = subprocess.run([*command, str(RATE), str(seconds)], cwd=ROOT, timeout=10 * seconds + 60, **options)  # type: ignore[call-overload]
    told = json.loads(answer.stdout)
    if told["statuses"].keys() != {"303"}:
        raise RuntimeError(f"not only redirects: {told['statuses']}")
    took: list[float] = told["took"]
    return took


def _clicks(service: ServiceProcess) -> list[str]:
    """Requests of as many people, each to the room of one of their bodies, which all have one afterwards."""
    site, network = service.site, Network(service.site, Pictures(service.site))
    picture, now = network.pictures.now(), network.now()
    with site.database.writing() as connection:
        writer = BindingWriter(connection, site.network, "meet", _SERVER)
        for number, body in enumerate(picture.registry.bodies):
            room = ResourceId(Kind.MEETING_ROOM, f"body:{body}")
            writer.bind(Binding(room, f"re-{number:032x}", body, "", {}), now)
    drawn, found = random.Random(1), list[str]()  # noqa: S311 - the same ones in every run
    for person in drawn.sample(sorted(picture.registry.people), len(picture.registry.people)):
        places = [one.body.id for one in picture.places_of(person) if not one.body.is_archived(picture.today)]
        if places and picture.active(person):
            word = network.sessions.begin(now, timedelta(hours=2), "link", person)
            found.append(_request(f"/redi/join/{drawn.choice(places)}", f"{network.cookie()}={word}"))
        if len(found) == PEOPLE:
            break
    network.close()
    return found


def _request(path: str, cookie: str = "") -> str:
    lines = (f"GET {path} HTTP/1.1", "Host: redi.example", *((f"Cookie: {cookie}",) if cookie else ()))
    return "\r\n".join((*lines, "", ""))


class _Syncing:
    """The worker has a sync of everything to do, again and again, until the `with` block ends."""

    def __init__(self, service: ServiceProcess) -> None:
        self._service, self._over = service, threading.Event()
        self._thread = threading.Thread(target=self._ask, name="syncing")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        site = self._service.site
        errands = Errands(site.database, site.network)
        while not self._over.wait(0.2):
            if errands.count() == 0:
                errands.add(Job.SYNC, "bench", "bench", site.clock.now())
                self._service.wake()
