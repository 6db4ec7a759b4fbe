"""What an observation is told of earlier ones: names of what is tied, and what containers held when they were read."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from provisioner.app.connectors import Target
from provisioner.app.focus import narrow, whole
from provisioner.app.observing import observe
from provisioner.app.site import Site
from provisioner.model.bindings import Binding, Ties
from provisioner.model.inventory import UNKNOWN, Complete, Epoch, Inventory, Observation, Remote, Scope
from provisioner.model.ports import EVERYTHING, Capabilities, Interest, Known
from provisioner.model.registry import Registry
from provisioner.model.resources import Desired, Kind, ResourceId
from provisioner.state import Database, Epochs

ROOM = ResourceId(Kind.MEETING_ROOM, "body:pg-sensorik")
CALENDAR = (Kind.CALENDAR, "pg-sensorik")
TIES = Ties({ROOM: Binding(ROOM, "re-1", "PG Sensorik", "", {})}, {})


class Calendars:
    """A target with one calendar: what it answers, and what it was told."""

    def __init__(self) -> None:
        self.answers = Inventory("cloud", {Kind.CALENDAR: Observation(Complete(Scope("cloud", Kind.CALENDAR)))})
        self.told: list[Interest] = []

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        self.told.append(interest)
        return self.answers

    def capabilities(self) -> Capabilities:
        return Capabilities({Kind.CALENDAR: {}})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(str(tmp_path / "readi.sqlite3"))
    yield opened
    opened.close()


def look(database: Database, calendars: Calendars, network: str = "redi") -> None:
    site = cast(Site, SimpleNamespace(database=database, network=network))
    kinds = SimpleNamespace(kinds=frozenset({Kind.CALENDAR}))
    target = SimpleNamespace(name="cloud", server="s", account="a", connector=calendars, type=kinds, spent={})
    observe(site, [cast(Target, cast(Any, target))], known={"cloud": TIES})


def test_what_is_tied_is_told_by_its_name_also_when_a_plan_is_about_something_else() -> None:
    called = {(Kind.MEETING_ROOM, "re-1"): "PG Sensorik"}
    assert whole(Desired(), TIES, {Kind.MEETING_ROOM}).interest.called == called
    narrowed = narrow(frozenset({"p-anna"}), Registry("redi", "re@di"), Desired(), TIES, {Kind.MEETING_ROOM})
    assert narrowed.interest.called == called
    assert whole(Desired(), TIES, {Kind.GROUP}).interest.called == {}


def test_what_was_in_a_container_is_told_at_the_next_look_and_only_in_that_network(database: Database) -> None:
    calendars = Calendars()
    meeting = Remote("pg-sensorik/1.ics", "Jour fixe", {"minutes": 90}, marker="readi:body:pg-sensorik:meeting:jf")
    calendars.answers = replace(calendars.answers, revisions={CALENDAR: "7"}, inside={CALENDAR: (meeting,)})
    look(database, calendars)
    look(database, calendars)
    look(database, calendars, network="another")
    assert [told.known for told in calendars.told] == [{}, {CALENDAR: Known("7", (meeting,))}, {}]


def test_what_could_not_be_read_whole_is_read_again(database: Database) -> None:
    calendars = Calendars()
    odd = Remote("pg-sensorik/1.ics", "Jour fixe", {"schedule": UNKNOWN})
    calendars.answers = replace(calendars.answers, revisions={CALENDAR: "7"}, inside={CALENDAR: (odd,)})
    look(database, calendars)
    look(database, calendars)
    assert calendars.told[1].known == {}


def test_what_is_gone_is_forgotten_and_another_one_in_its_place_is_read(database: Database) -> None:
    calendars = Calendars()
    meeting = Remote("pg-sensorik/1.ics", "Jour fixe", {})
    there = replace(calendars.answers, revisions={CALENDAR: "7"}, inside={CALENDAR: (meeting,)})
    calendars.answers = there
    look(database, calendars)
    calendars.answers = replace(there, revisions={}, inside={})
    look(database, calendars)
    look(database, calendars)
    assert [told.known for told in calendars.told] == [{}, {CALENDAR: Known("7", (meeting,))}, {}]


def test_of_a_target_that_was_put_back_everything_is_read_anew(database: Database) -> None:
    calendars = Calendars()
    epochs = Epochs(database)
    meeting = Remote("pg-sensorik/1.ics", "Jour fixe", {})
    calendars.answers = replace(
        calendars.answers,
        revisions={CALENDAR: "7"},
        inside={CALENDAR: (meeting,)},
        epoch=Epoch(epochs.head().database, 3),
    )
    look(database, calendars)
    epochs.note_left("redi", "cloud", 9)
    look(database, calendars)
    assert [told.known for told in calendars.told] == [{}, {CALENDAR: Known("7", (meeting,))}, {}]
