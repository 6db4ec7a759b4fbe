"""What is said in a body's conversation, on an emulated Nextcloud: once, to nobody by name, beside a running sync."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from provisioner.app.letters.delivering import Postman
from provisioner.app.letters.speaking import Speaking
from provisioner.app.picture import Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.model.errors import Permanent, Transient
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.state import Outbox
from tests.support.rooms import room_of
from tests.support.site import Installation


@pytest.fixture
def site(furnished: Installation) -> Iterator[Site]:
    found = Site(load_settings(furnished.settings), furnished.folder, "redi", furnished.clock)
    furnished.cloud.log.clear()
    yield found
    found.close()


def greet(site: Site, body: str = "pg-sensorik", person: str = "p-ben") -> None:
    letter = Letter(LetterKind.JOINED, Channel.CONVERSATION, f"body:{body}", {"person": person})
    assert Outbox(site.database, "redi", site.clock.now()).post(letter)


def states(site: Site) -> list[tuple[LetterState, str]]:
    found = Outbox(site.database, "redi", site.clock.now()).find(*LetterState)
    return [(one.state, one.error) for one in reversed(found) if one.letter.kind is LetterKind.JOINED]


def test_a_newcomer_is_greeted_in_the_bodys_conversation(furnished: Installation, site: Site) -> None:
    greet(site)
    assert Postman(site, Pictures(site)).deliver() == 1
    assert room_of(furnished, "Sensorik").comments[-1] == "Willkommen, Ben Muster (Stadt Bretten)!"
    assert states(site) == [(LetterState.SENT, "")]
    assert [entry.method for entry in furnished.cloud.log.writes] == ["POST"]


def test_a_guest_is_greeted_without_an_organisation(furnished: Installation, site: Site) -> None:
    greet(site, person="p-gerda")
    Postman(site, Pictures(site)).deliver()
    assert room_of(furnished, "Sensorik").comments[-1] == "Willkommen, Gerda Muster!"


def test_whoever_left_again_is_not_greeted(site: Site) -> None:
    greet(site, "pg-lora", "p-ben")
    Postman(site, Pictures(site)).deliver()
    assert states(site) == [(LetterState.REFUSED, "messages.moot")]


def test_a_name_calls_nobody_and_is_no_markup(furnished: Installation, site: Site) -> None:
    furnished.wish.people["p-ben"]["given_name"] = "@all **Ben** [hier](https://evil.example)"
    furnished.write()
    greet(site)
    Postman(site, Pictures(site)).deliver()
    said = room_of(furnished, "Sensorik").comments[-1]
    assert said == "Willkommen, all Ben hier (https evil.example) Muster (Stadt Bretten)!"


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "maintenance_page", "truncate"])
def test_whatever_becomes_of_the_answer_it_is_said_once(furnished: Installation, site: Site, fault: str) -> None:
    greet(site)
    getattr(furnished.cloud.faults, fault)(method="POST")
    postman = Postman(site, Pictures(site))
    postman.deliver()
    assert states(site)[0][0] is LetterState.WAITING
    for _ in range(3):
        site.clock.sleep(700)
        postman.deliver()
    said = room_of(furnished, "Sensorik").comments
    assert said.count("Willkommen, Ben Muster (Stadt Bretten)!") == 1
    assert states(site) == [(LetterState.SENT, "")]


def test_what_was_being_said_when_the_process_ended_is_looked_up(furnished: Installation, site: Site) -> None:
    greet(site)
    first = Postman(site, Pictures(site))
    first.deliver()
    with site.database.writing() as connection:  # the process ended before it was written down
        connection.exec_driver_sql("UPDATE outbox SET state = 'sending'")
    after = Postman(site, Pictures(site))
    assert after.settle() == 1
    after.deliver()
    assert states(site) == [(LetterState.SENT, "")]
    assert room_of(furnished, "Sensorik").comments.count("Willkommen, Ben Muster (Stadt Bretten)!") == 1


def test_it_is_said_while_a_sync_holds_the_server(furnished: Installation, site: Site) -> None:
    greet(site)
    with site.targets() as (target,), site.database.lock(target.server, site.clock.now()):
        Postman(site, Pictures(site)).deliver()
    assert states(site) == [(LetterState.SENT, "")]


def test_of_two_who_speak_on_a_server_one_waits(furnished: Installation, site: Site) -> None:
    with Speaking(site) as first, Speaking(site) as second:
        assert first.say("pg-sensorik", "Hallo", "a", site.clock.now())
        with pytest.raises(Transient):
            second.say("pg-sensorik", "Hallo", "b", site.clock.now())
    with Speaking(site) as after:
        assert not after.say("pg-sensorik", "Hallo", "a", site.clock.now())


def test_more_than_sixty_a_minute_wait_without_holding_anybody_up(furnished: Installation, site: Site) -> None:
    before = site.clock.now()
    with Speaking(site) as speaking:
        for number in range(60):
            assert speaking.say("pg-sensorik", f"Nachricht {number}", str(number), before)
        with pytest.raises(Transient):
            speaking.say("pg-sensorik", "eine zu viel", "60", before)
    assert site.clock.now() - before < timedelta(seconds=30)


def test_a_body_without_a_conversation_says_so(site: Site) -> None:
    with Speaking(site) as speaking, pytest.raises(Permanent, match="no_conversation"):
        speaking.say("pg-niemals", "Hallo", "a", site.clock.now())


def test_the_gate_is_open_for_the_message_alone(furnished: Installation, site: Site) -> None:
    with Speaking(site) as speaking:
        assert speaking.say("pg-sensorik", "Hallo", "a", site.clock.now())
        target = speaking.place_of("pg-sensorik")
        assert target is not None
        with pytest.raises(Exception, match="no_token"):
            target[0].gate.check("POST")
