"""A bridge that is killed at random moments, again and again, while uplinks come: what was lost, what was said twice?

Beside it one that is never killed and hears the same: at the end both know the same of all sensors and alerts.
"""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from scripts.benches.alert_load_child import Publisher
from scripts.benches.alert_payloads import topic, uplink
from scripts.benches.alert_sites import AlertSite, alert_site
from scripts.benches.alert_stream import BODIES, DEVICES, Sent, Storage, Way, nth, way_of, world
from scripts.benches.asked import ASKED
from scripts.benches.children import CHILDREN, Helper
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size
from tests.support.mosquitto import Mosquitto

_SIZE: Final = Size(60, BODIES + 3, 200)
_POLICY: Final = {"storm": {"messages": 5, "seconds": 10}, "group_seconds": 1, "picture": False}
"""Much is said, so that there is much that could be said twice; what is too much is gathered, as it always is."""
_BREATH: Final = 0.05
"""Seconds between two handfuls of uplinks."""
_HANDFUL: Final = 10
_LONGEST: Final = 2.5
"""Seconds that one of them lives at most."""
_PATIENCE: Final = 300.0
_REST: Final = 12.0
"""Seconds in which nothing more is said: what a storage filled is told at a look at the clock, each five seconds."""


@bench(*(f"alerts.killed_{what}" for what in ("lost", "unsaid", "said_twice", "states_that_differ")))
def killing(say: Say) -> Iterator[Figure]:
    """SIGKILL, at moments drawn anew in every run."""
    killed = Run()
    say(f"killing it {ASKED.kills} times; so it is drawn: {killed.seed} …")
    with killed:
        with killed.publishing():
            for number in range(ASKED.kills):
                killed.live_and_die()
                if number % 20 == 19:
                    say(f"{number + 1} times; {len(killed.sent):,} uplinks were sent …")
        killed.come_to_rest()
    say(f"the same {len(killed.sent):,} uplinks again, for one that is not killed …")
    with Run() as spared:
        spared.send(killed.sent)
        spared.come_to_rest()
    yield from _figures(killed, spared)


def _figures(killed: "Run", spared: "Run") -> Iterator[Figure]:
    lost = len(killed.sent) - killed.kept()
    note = f"of {len(killed.sent):,} uplinks by MQTT, storage or both; killed {ASKED.kills} times; baseline: not killed"
    yield Figure("alerts.killed_lost", lost, "uplinks", len(spared.sent) - spared.kept(), 0, note)
    note_unsaid = "that were committed to be said; baseline: not killed"
    yield Figure("alerts.killed_unsaid", killed.unsaid(), "sayings", spared.unsaid(), 0, note_unsaid)
    note = f"of {len(killed.site.said()):,} messages; {killed.cut_short()} were being said when it was killed; "
    note += "baseline: not killed"
    yield Figure("alerts.killed_said_twice", killed.said_twice(), "messages", spared.said_twice(), 0, note)
    ours, theirs = killed.states(), spared.states()
    differ = sum(ours.get(key) != theirs.get(key) for key in ours.keys() | theirs.keys())
    note = f"of {len(theirs)} sensors and alerts, beside those that were never killed"
    yield Figure("alerts.killed_states_that_differ", differ, "states", 0, 0, note)


class Run:
    """An installation with its broker, its storage, and whoever starts bridges of it."""

    def __init__(self) -> None:
        self.seed = random.SystemRandom().randrange(1_000_000)
        self.sent: list[Sent] = []
        self._dice = random.Random(self.seed)  # noqa: S311 - so that it can be drawn again
        self.site: AlertSite = alert_site(_SIZE, world(), _POLICY)
        self._storage = Storage()
        self._broker = Mosquitto(CHILDREN.folder())
        self._bridges = Helper("alert_killed_child", self.site.made.settings)

    def __enter__(self) -> Self:
        self._broker.start()
        self._storage.__enter__()
        self.site.listen(self._broker.port, self._storage.url)
        self._bridges.__enter__()
        # The broker keeps for a session what comes while nobody listens, once it has been there.
        self._publisher = Publisher(self._broker.port, "stream")
        self._running(self._is_subscribed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bridges.__exit__(kind, error, trace)
        self._storage.__exit__(kind, error, trace)
        self._broker.stop()

    def publishing(self) -> "_Publishing":
        """A `with` block in which uplinks come all the time."""
        return _Publishing(self)

    def come(self, count: int) -> None:
        """The next ones of the stream, as measured now."""
        begin = len(self.sent)
        self.send([nth(number, time.time()) for number in range(begin, begin + count)])

    def send(self, some: Sequence[Sent]) -> None:
        """Each on its way."""
        self._storage.keep([one for one in some if way_of(one.device) is not Way.MQTT])
        self._publisher.publish([(one.topic, one.payload) for one in some if way_of(one.device) is not Way.STORAGE])
        self._publisher.flush()
        self.sent += some

    def live_and_die(self) -> None:
        """Start one, and kill it at any moment. Raises RuntimeError when it ended before."""
        pid = self._bridges.ask({"start": True})["pid"]
        time.sleep(self._dice.uniform(0.0, _LONGEST))
        os.kill(pid, signal.SIGKILL)
        how = self._bridges.ask({"reap": pid})["signal"]
        if how != signal.SIGKILL:
            raise RuntimeError(f"it ended before it was killed: {how}")

    def come_to_rest(self) -> None:
        """One that is not killed hears and says all that is left."""
        self._running(lambda: self.kept() >= len(self.sent) and self._is_all_said(), _REST)

    def kept(self) -> int:
        """Uplinks in the database; none counts twice."""
        return int(self._one("SELECT count(DISTINCT word) FROM uplink"))

    def said_twice(self) -> int:
        """Messages that say what another one says: by what we called them, by what we know of, by what they say."""
        references = Counter(one.reference for one in self.site.said())
        known = self._one("SELECT count(DISTINCT message) FROM alert_outbox WHERE state = 'sent'")
        said_again = self._one(
            "SELECT count(*) FROM (SELECT 1 FROM alert_outbox WHERE kind IN ('first', 'ended')"
            " GROUP BY alert, body, kind HAVING count(*) > 1)"
        )
        return max(references.total() - len(references), references.total() - known) + said_again

    def unsaid(self) -> int:
        """What was to be said, and was not."""
        return self._one("SELECT count(*) FROM alert_outbox WHERE state <> 'sent'")

    def cut_short(self) -> int:
        """How often something was being said when it was killed."""
        return self._one("SELECT count(*) FROM alert_outbox WHERE tries > 1")

    def states(self) -> dict[str, object]:
        """What is known of each sensor, and which alerts go on."""
        found: dict[str, object] = {}
        with self.site.reading() as connection:
            for sensor, about in connection.execute("SELECT sensor, about FROM sensor_state"):
                found[f"sensor {sensor}"] = _known(json.loads(about))
            for body, rule, severity, about in connection.execute(
                "SELECT body, rule, severity, about FROM alert WHERE closed IS NULL"
            ):
                members = json.loads(about)["members"]
                going_on = sorted((key, one["severity"]) for key, one in members.items() if not one.get("ended"))
                found[f"alert {body} {rule}"] = (severity, going_on)
        return found

    def _is_all_said(self) -> bool:
        return not self._one("SELECT count(*) FROM alert_outbox WHERE state IN ('waiting', 'sending')")

    def _is_subscribed(self) -> bool:
        """Somebody is heard whom nobody knows."""
        self._publisher.publish([(topic(DEVICES).encode(), uplink(DEVICES, 1, time.time()))])
        self._publisher.flush()
        return bool(self._one("SELECT count(*) FROM unknown_device"))

    def _one(self, statement: str) -> int:
        with self.site.reading() as connection:
            return int(connection.execute(statement).fetchone()[0])

    def _running(self, met: Callable[[], bool], for_seconds: float = 0.0) -> None:
        """Let one run until something has been true for so long, and end it in good order."""
        pid = self._bridges.ask({"start": True})["pid"]
        try:
            self._wait_for(met, for_seconds)
        finally:
            os.kill(pid, signal.SIGTERM)
            self._bridges.ask({"reap": pid})

    def _wait_for(self, met: Callable[[], bool], for_seconds: float) -> None:
        end, since = time.monotonic() + _PATIENCE, None
        while since is None or time.monotonic() - since < for_seconds:
            since = (since or time.monotonic()) if met() else None
            if time.monotonic() > end:
                raise RuntimeError(f"it does not come to rest: {self.kept():,} of {len(self.sent):,} uplinks")
            time.sleep(0.1)


class _Publishing:
    """Uplinks come from a thread of their own."""

    def __init__(self, run: Run) -> None:
        self._run, self._over = run, threading.Event()
        self._thread = threading.Thread(target=self._send, name="stream")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._over.wait(_BREATH):
            self._run.come(_HANDFUL)


def _known(about: Mapping[str, Any]) -> object:
    """Of a sensor's state: what does not depend on when somebody listened."""
    watches = {rule: on for rule, (_, on, *_) in about.get("watches", {}).items()}
    return [about.get(name) for name in ("newest", "counter", "session", "values", "battery")], watches
