"""Those who speak: who waits for an answer gives up the place to somebody else, within bounds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, cast

import pytest

from provisioner.app.alerting.crew import MOST, SLOW, WORKERS, Crew
from provisioner.app.alerting.lanes import PATIENCE
from provisioner.app.alerting.mouths import Mouth
from provisioner.emulation.clock import VirtualClock
from provisioner.model.alerts import SayingKind
from provisioner.state import Said


class Speaking:
    """A crew whose servers answer when they are told to."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.crew = Crew(lambda: nullcontext(cast(Mouth, None)), self._say, self.clock)
        self.began: list[str] = []
        self._done = 0
        self._changed = threading.Condition()
        self._hanging: set[str] = set()
        self.most = 0

    def _say(self, _: Mouth, said: Said) -> None:
        with self._changed:
            self.began.append(said.body)
            self.most = max(self.most, len(self.began) - self._done)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: said.body not in self._hanging, 30)
            self._done += 1
            self._changed.notify_all()

    def give(self, *bodies: str, hangs: bool = False, is_slow: bool = False) -> None:
        with self._changed:
            self._hanging |= set(bodies) if hangs else set()
        for body in bodies:
            self.crew.give(Said(0, None, SayingKind.FIRST, body, {}), is_slow=is_slow)
        self.crew.look()

    def until(self, count: int) -> None:
        """So many began."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.began) >= count, 30)

    def until_done(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._done >= count, 30)

    def answer(self) -> None:
        """All of them."""
        with self._changed:
            self._hanging.clear()
            self._changed.notify_all()

    def wait(self) -> None:
        """For longer than anybody has patience."""
        self.clock.advance(PATIENCE)
        self.crew.look()


@pytest.fixture
def speaking() -> Iterator[Speaking]:
    found = Speaking()
    yield found
    found.answer()
    found.crew.end()


def names(count: int, what: str = "hangs") -> list[str]:
    return [f"{what}-{number}" for number in range(count)]


def until(happened: Callable[[], bool]) -> None:
    """Another thread is at work; it fails when that takes it unusually long."""
    for _ in range(1_000):
        if happened():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen")


def mouths() -> list[Any]:
    return [one for one in threading.enumerate() if one.name == "readi-alerts-mouth"]


def test_whoever_waits_for_an_answer_gives_up_the_place(speaking: Speaking) -> None:
    speaking.give(*names(WORKERS), "another", hangs=True)
    speaking.until(WORKERS)
    assert "another" not in speaking.began
    speaking.wait()
    speaking.until(WORKERS + 1)
    assert speaking.began[-1] == "another"


def test_sixty_that_hang_are_not_asked_all_at_once_and_hold_up_nobody(speaking: Speaking) -> None:
    speaking.give(*names(60), hangs=True)
    for count in range(WORKERS, 60, WORKERS):
        speaking.until(count)
        assert speaking.most == count
        speaking.wait()
    speaking.until(60)
    speaking.wait()
    speaking.give(*names(20, "quick"))
    speaking.until_done(20)


def test_there_are_never_more_than_so_many(speaking: Speaking) -> None:
    speaking.give(*names(MOST + 2), hangs=True)
    for count in range(WORKERS, MOST + 1, WORKERS):
        speaking.until(count)
        speaking.wait()
    speaking.wait()
    assert len(mouths()) == MOST
    speaking.answer()
    speaking.until_done(MOST + 2)
    assert speaking.most == MOST


def test_those_whose_server_let_us_wait_have_a_share_and_wait_for_each_other_alone(speaking: Speaking) -> None:
    speaking.give(*names(60), hangs=True, is_slow=True)
    speaking.until(SLOW)
    speaking.wait()
    speaking.give(*names(20, "quick"))
    speaking.until_done(20)
    assert set(speaking.began[SLOW:]) == set(names(20, "quick"))
    speaking.answer()
    speaking.until_done(80)


def test_none_is_begun_that_let_us_wait_while_many_hang(speaking: Speaking) -> None:
    speaking.give(*names(SLOW), hangs=True)
    speaking.until(SLOW)
    speaking.wait()
    speaking.give("slow", is_slow=True)
    speaking.give("quick")
    speaking.until_done(1)
    assert speaking.began[SLOW:] == ["quick"]
    speaking.answer()
    speaking.until_done(SLOW + 2)


def test_what_is_wanted_in_hand_does_not_count_who_waits(speaking: Speaking) -> None:
    room = speaking.crew.room()
    speaking.give(*names(WORKERS), hangs=True)
    speaking.until(WORKERS)
    assert speaking.crew.room() == room - WORKERS
    speaking.wait()
    assert speaking.crew.room() == room
    speaking.give(*names(20, "slow"), is_slow=True)
    assert speaking.crew.room() == room


def test_whoever_is_not_needed_any_more_goes(speaking: Speaking) -> None:
    speaking.give(*names(3 * WORKERS), hangs=True)
    for count in (WORKERS, 2 * WORKERS, 3 * WORKERS):
        speaking.until(count)
        speaking.wait()
    speaking.answer()
    speaking.until_done(3 * WORKERS)
    until(lambda: len(mouths()) == WORKERS)


def test_at_the_end_nobody_is_left_and_what_was_not_begun_comes_back(speaking: Speaking) -> None:
    speaking.give(*names(WORKERS + 2), hangs=True)
    speaking.until(WORKERS)
    room, left = speaking.crew.room(), list[Said]()
    ending = threading.Thread(target=lambda: left.extend(speaking.crew.end()))
    ending.start()
    until(lambda: speaking.crew.room() == room + 2)
    speaking.answer()
    ending.join()
    assert [one.body for one in left] == names(WORKERS + 2)[WORKERS:]
    assert mouths() == []
    assert speaking.crew.end() == []
