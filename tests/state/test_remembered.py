"""What was read before is kept with what the product said of its revision."""

from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.ports import Known
from provisioner.model.resources import Kind
from provisioner.state import Database, Remembered

CALENDAR = (Kind.CALENDAR, "pg-akte")
MEETING = Remote("pg-akte/a.ics", "Jour fixe", {"schedule": "DTSTART", "minutes": 60}, "e1", marker="readi:m")


def test_what_is_kept_comes_back_as_it_was(database: Database) -> None:
    store = Remembered(database, "redi", "cloud")
    store.keep({CALENDAR: Known("7", (MEETING,)), (Kind.CALENDAR, "other"): Known("1", ())})
    assert store.all() == {CALENDAR: Known("7", (MEETING,)), (Kind.CALENDAR, "other"): Known("1", ())}


def test_what_is_read_anew_takes_the_place_of_what_was_known(database: Database) -> None:
    store = Remembered(database, "redi", "cloud")
    store.keep({CALENDAR: Known("7", (MEETING,))})
    store.keep({CALENDAR: Known("8", ())})
    assert store.all() == {CALENDAR: Known("8", ())}
    store.forget()
    assert store.all() == {}


def test_what_holds_something_unknown_is_not_kept(database: Database) -> None:
    store = Remembered(database, "redi", "cloud")
    store.keep({CALENDAR: Known("7", (Remote("a", "A", {"schedule": UNKNOWN}),))})
    assert store.all() == {}


def test_each_network_and_each_target_remembers_its_own(database: Database) -> None:
    Remembered(database, "redi", "cloud").keep({CALENDAR: Known("7", (MEETING,))})
    for network, target in (("other", "cloud"), ("redi", "second")):
        assert Remembered(database, network, target).all() == {}
        Remembered(database, network, target).forget()
    assert Remembered(database, "redi", "cloud").all() == {CALENDAR: Known("7", (MEETING,))}
