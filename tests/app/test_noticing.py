"""What rangers are told: once, in numbers, where they read it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from provisioner.app.applying import Applied, Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.letters import noticing
from provisioner.app.letters.delivering import Postman
from provisioner.app.picture import Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState, Posted
from provisioner.state import Outbox
from tests.support.site import LONG_AGO, Installation, body, person


@pytest.fixture
def network(installation: Installation) -> Installation:
    """Rangers with a conversation, and six people."""
    installation.wish.add(
        body("rangers", "Power Tech Ranger", kind="rangers", members=[{"roles": ["ranger"]}]),
        body("pg-sensorik", "Sensorik"),
        person("Rita", roles=["ranger"]),
        *(person(name, "pg-sensorik") for name in ("Anna", "Ben", "Cleo", "Dora", "Emil")),
    )
    installation.write()
    return installation


@pytest.fixture
def site(network: Installation) -> Iterator[Site]:
    found = Site(load_settings(network.settings), network.folder, "redi", network.clock)
    found.settings.service.url = "https://netz.example"
    yield found
    found.close()


def sync(site: Site, cause: str = "schedule", only: str | None = None) -> Applied:
    """As the worker does it."""
    wanted = frozenset() if only is None else frozenset({only})
    applied = apply(site, Approval(), Started("service", cause), only=wanted)
    noticing.after_run(site, Pictures(site).now(), applied, cause)
    return applied


def notices(site: Site) -> list[Posted]:
    """All that were posted, oldest first."""
    found = Outbox(site.database, "redi", site.clock.now()).find(*LetterState)
    return [one for one in reversed(found) if one.letter.kind is LetterKind.NOTICE]


def told(site: Site) -> list[object]:
    return [one.letter.about["what"] for one in notices(site)]


def said(network: Installation, site: Site) -> list[str]:
    """What stands in the rangers' conversation by then, without its first message."""
    Postman(site, Pictures(site)).deliver()
    (room,) = (one for one in network.cloud.talk.rooms.values() if "Power Tech" in one.name)
    return room.comments[1:]


def test_what_a_sync_changed_is_told_in_numbers_alone(network: Installation, site: Site) -> None:
    sync(site)
    (notice,) = notices(site)
    assert (notice.letter.channel, notice.letter.to) == (Channel.CONVERSATION, "body:rangers")
    assert set(notice.letter.about) == {"what", "done:cloud", "failed:cloud"}
    (text,) = said(network, site)
    assert text.startswith("Abgleich erledigt:\n• cloud: ")
    for name in ("Anna", "Ben", "anna", "Muster", "bretten", "Sensorik"):
        assert name not in text


def test_a_sync_with_nothing_to_do_and_a_single_join_are_no_news(network: Installation, site: Site) -> None:
    sync(site)
    sync(site)
    network.wish.add(person("Fritz", "pg-sensorik"))
    network.write()
    sync(site, "enrolment", "p-fritz")
    assert told(site) == ["changed"]


def test_a_single_join_that_fails_is_news(network: Installation, site: Site) -> None:
    sync(site)
    network.wish.add(person("Fritz", "pg-sensorik"))
    network.write()
    network.cloud.faults.status(400, method="POST", path="users", times=None)
    sync(site, "enrolment", "p-fritz")
    assert told(site) == ["changed", "changed"]
    assert "nicht gelungen" in said(network, site)[-1]


def test_what_waits_is_told_once_with_its_link(network: Installation, site: Site) -> None:
    sync(site)
    del network.wish.people["p-ben"]
    network.write()
    sync(site)
    sync(site)
    sync(site, "console", "p-anna")
    assert told(site) == ["changed", "waiting"]
    assert said(network, site)[-1].endswith("\nhttps://netz.example/redi/plan")
    del network.wish.people["p-cleo"]
    network.write()
    sync(site)
    assert told(site) == ["changed", "waiting", "waiting"]


def test_a_guards_refusal_is_told_once(network: Installation, site: Site) -> None:
    network.wish.policy = {"guards": {"suspensions": {"count": 1}}}
    network.write()
    sync(site)
    for name in ("anna", "ben", "cleo", "dora"):
        network.wish.people[f"p-{name}"]["leaves"] = LONG_AGO
    network.write()
    for _ in range(3):
        assert sync(site).planned.plan.refusals
    assert told(site) == ["changed", "refused"]
    assert "https://netz.example/redi/plan" in said(network, site)[-1]


def test_a_failing_target_is_told_once_until_it_works_again(network: Installation, site: Site) -> None:
    sync(site)
    for _ in range(2):
        network.cloud.faults.maintenance_page(path="ocs", times=None)
        for _ in range(3):
            sync(site)
        network.cloud.faults.clear()
        sync(site)
        sync(site)
        site.clock.sleep(3600)
    assert told(site) == ["changed", "failing", "works", "failing", "works"]
    assert "cloud macht wieder mit" in said(network, site)[-1]


def test_without_a_conversation_each_ranger_gets_a_mail(network: Installation, site: Site) -> None:
    del network.wish.bodies["rangers"]
    network.wish.add(person("Rolf", roles=["ranger"]))
    network.write()
    sync(site)
    found = [(one.letter.channel, one.letter.to) for one in notices(site)]
    assert found == [(Channel.MAIL, "person:p-rita"), (Channel.MAIL, "person:p-rolf")]


def test_letters_that_did_not_arrive_are_told_of_together(network: Installation, site: Site) -> None:
    sync(site)
    outbox = Outbox(site.database, "redi", site.clock.now())
    for _ in range(5):
        outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-anna"))
        taken = outbox.take(Channel.MAIL)
        assert taken is not None
        outbox.refused(taken.id, "messages.address_refused")
    picture = Pictures(site).now()
    noticing.notice_letters(site, picture)
    noticing.notice_letters(site, picture)
    assert told(site) == ["changed", "letters"]
    outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-anna"))
    taken = outbox.take(Channel.MAIL)
    assert taken is not None
    outbox.unknown(taken.id, "messages.no_answer")
    noticing.notice_letters(site, picture)
    assert told(site) == ["changed", "letters"]  # not twice within an hour
    site.clock.sleep(timedelta(hours=2).total_seconds())
    sync(site)
    assert told(site) == ["changed", "letters", "letters"]
    last = notices(site)[-1].letter.about
    assert (last["unknown"], last["refused"]) == (1, 5)


@pytest.mark.parametrize("why", ["messages.recipient_gone", "messages.decided", "console.letter_given_up"])
def test_letters_that_nobody_misses_are_no_news(site: Site, why: str) -> None:
    outbox = Outbox(site.database, "redi", site.clock.now())
    outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-anna"))
    taken = outbox.take(Channel.MAIL)
    assert taken is not None
    outbox.refused(taken.id, why)
    noticing.notice_letters(site, Pictures(site).now())
    assert told(site) == []
