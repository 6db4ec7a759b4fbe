"""What is remembered about people who left."""

from datetime import date

from provisioner.state import Database, Departure, Departures
from tests.state.samples import NETWORK

FIRST, LATER = date(2026, 1, 5), date(2026, 2, 1)


def test_the_wait_counts_from_the_first_suspension(database: Database) -> None:
    departures = Departures(database)
    departures.note_suspended(NETWORK, "p-ada", FIRST)
    departures.note_suspended(NETWORK, "p-ada", LATER)
    assert departures.of(NETWORK) == {"p-ada": Departure("p-ada", suspended_on=FIRST)}
    assert departures.of("other") == {}


def test_files_can_be_handed_over_before_the_suspension_and_again(database: Database) -> None:
    departures = Departures(database)
    departures.hand_over(NETWORK, "p-ada", to="p-bob", by="p-ranger", on=FIRST)
    departures.note_suspended(NETWORK, "p-ada", FIRST)
    departures.hand_over(NETWORK, "p-ada", to="p-cleo", by="p-ranger", on=LATER)
    assert departures.of(NETWORK) == {"p-ada": Departure("p-ada", FIRST, "p-cleo", "p-ranger", LATER)}


def test_who_came_back_is_forgotten_in_that_network_alone(database: Database) -> None:
    departures = Departures(database)
    for network in (NETWORK, "other"):
        departures.note_suspended(network, "p-ada", FIRST)
    departures.note_suspended(NETWORK, "p-bob", FIRST)
    departures.forget(NETWORK, "p-ada")
    departures.forget(NETWORK, "p-nobody")
    assert (list(departures.of(NETWORK)), list(departures.of("other"))) == (["p-bob"], ["p-ada"])
    departures.note_suspended(NETWORK, "p-ada", LATER)
    assert departures.of(NETWORK)["p-ada"].suspended_on == LATER
