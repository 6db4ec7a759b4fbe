"""Letters that may not have gone: a ranger sends them again or gives them up, each once."""

import pytest

from provisioner.console.pages import Speech
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.state import Audit, Outbox
from tests.support.console import COORDINATOR, NEWCOMER, RANGER, Browser, House

say = Speech("de").t


@pytest.fixture
def ranger(house: House) -> Browser:
    return house.visitor(RANGER)


def outbox(house: House) -> Outbox:
    network = house.networks["redi"]
    return Outbox(network.site.database, "redi", network.now())


def unknown(house: House, to: str = "person:p-ben") -> int:
    """A letter of which nobody knows whether it went."""
    box = outbox(house)
    box.post(Letter(LetterKind.WELCOME, Channel.MAIL, to))
    taken = box.take()
    assert taken is not None
    box.unknown(taken.id, "messages.interrupted")
    return taken.id


def test_what_nobody_knows_of_stands_there_without_its_words_or_an_address(house: House, ranger: Browser) -> None:
    unknown(house)
    unknown(house, f"address:{NEWCOMER}")
    page = ranger.get("letters").text
    assert page.count(say("letter_unknown")) >= 2
    assert "Ben Muster" in page
    assert say("letter_to_address") in page
    assert NEWCOMER not in page


@pytest.mark.parametrize(("act", "state"), [("again", LetterState.WAITING), ("give-up", LetterState.REFUSED)])
def test_a_letter_is_decided_on_once_and_that_is_written_down(
    house: House, ranger: Browser, act: str, state: LetterState
) -> None:
    letter = unknown(house)
    assert ranger.post("letters", letter, act).headers["location"] == "/redi/letters"
    found = outbox(house).get(letter)
    assert found is not None
    assert found.state is state
    network = house.networks["redi"]
    [deed] = Audit(network.site.database, "redi").latest()
    assert (deed.actor, deed.subject) == (RANGER, f"letter:{letter}")
    if state is LetterState.WAITING:
        assert ranger.post("letters", letter, "again").status_code == 422, "it waits already"
    assert ranger.get("letters").status_code == 200


def test_nobody_but_rangers_decides_and_nobody_about_another_networks_letters(house: House, ranger: Browser) -> None:
    letter = unknown(house)
    assert house.visitor(COORDINATOR).get("letters").status_code == 404
    assert house.visitor(RANGER, "ortenau").post("letters", letter, "again").status_code == 404
    assert ranger.post("letters", 10**12, "again").status_code == 404
    found = outbox(house).get(letter)
    assert found is not None
    assert found.state is LetterState.UNKNOWN


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("messages.unreachable", "smtp.redi.example:587 ist nicht zu erreichen"),
        ("messages.address_refused", "Adresse"),
        ("nextcloud.of_another_kind", "nextcloud.of_another_kind"),
    ],
)
def test_why_a_letter_waits_is_said_in_words(house: House, ranger: Browser, code: str, said: str) -> None:
    box = outbox(house)
    box.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-ben"))
    taken = box.take()
    assert taken is not None
    box.again(taken.id, code, taken.created)
    assert said in ranger.get("letters").text
