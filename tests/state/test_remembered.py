"""What was in containers when they were read last."""

from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.ports import Known
from provisioner.model.resources import Kind
from provisioner.state import Database, Remembered, forget_other_targets

FIRST, SECOND = (Kind.CALENDAR, "readi-pg-sensorik"), (Kind.CALENDAR, "readi-pg-lora")
MEETING = Remote(
    "readi-pg-sensorik/readi-jf.ics",
    "Jour fixe ü",
    {"name": "Jour fixe ü", "minutes": 90, "description": None},
    "f",
    marker="readi:x",
)


def test_it_is_given_back_as_it_was_and_renewed(database: Database) -> None:
    memory = Remembered(database, "redi", "cloud")
    memory.keep({FIRST: Known("1", (MEETING,)), SECOND: Known("1", ())})
    assert memory.all() == {FIRST: Known("1", (MEETING,)), SECOND: Known("1", ())}
    memory.keep({FIRST: Known("2", ())})
    assert memory.all() == {FIRST: Known("2", ()), SECOND: Known("1", ())}


def test_networks_and_targets_know_nothing_of_each_other(database: Database) -> None:
    Remembered(database, "redi", "cloud").keep({FIRST: Known("1", (MEETING,))})
    assert Remembered(database, "other", "cloud").all() == {}
    assert Remembered(database, "redi", "another").all() == {}
    Remembered(database, "other", "cloud").forget([FIRST])
    assert FIRST in Remembered(database, "redi", "cloud").all()


def test_what_is_forgotten_is_only_what_was_named(database: Database) -> None:
    memory = Remembered(database, "redi", "cloud")
    memory.keep({FIRST: Known("1", ()), SECOND: Known("1", ())})
    memory.forget([])
    memory.forget([FIRST, (Kind.CALENDAR, "never")])
    assert memory.all() == {SECOND: Known("1", ())}


def test_what_was_in_a_target_that_is_no_more_is_forgotten(database: Database) -> None:
    for network, target in (("redi", "cloud"), ("redi", "old"), ("other", "old")):
        Remembered(database, network, target).keep({FIRST: Known("1", (MEETING,))})
    assert forget_other_targets(database, "redi", ["cloud"]) == 1
    assert forget_other_targets(database, "redi", ["cloud"]) == 0
    left = [(one, two) for one in ("redi", "other") for two in ("cloud", "old") if Remembered(database, one, two).all()]
    assert left == [("redi", "cloud"), ("other", "old")]


def test_what_was_not_read_whole_is_not_kept(database: Database) -> None:
    memory = Remembered(database, "redi", "cloud")
    memory.keep({FIRST: Known("1", (Remote("a", "a", {"schedule": UNKNOWN}),))})
    memory.keep({SECOND: Known("1", (Remote("a", "a", {}, writable=frozenset()),))})
    assert memory.all() == {}
