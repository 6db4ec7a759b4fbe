"""The way in: alike for whoever is known and whoever is not, never twice the same human, no more often than allowed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from provisioner.app.joining.reception import Reply, normalised
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.joining.viewing import viewer_of
from provisioner.app.sources import refresh
from provisioner.lifecycle.rights import Right, may
from provisioner.model.messages import LetterState
from provisioner.state import Audit, Links, Purpose
from tests.support.desk import TODAY, Desk, desks, small_network
from tests.support.site import LONG_AGO
from tests.support.sources import Handmade, somebody, use

NEW, KNOWN, GUEST = "neu@bretten.example", "ben@bretten.example", "gerd@anderswo.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def ask(desk: Desk, address: str, sender: str = "198.51.100.7") -> Reply:
    return desk.reception.ask(address, sender)


def to_whom(desk: Desk) -> list[str]:
    return [letter.to for letter in desk.letters(LetterState.WAITING)]


def work_of(desk: Desk, address: str) -> list[str]:
    """Every statement that is sent to the database for one question."""
    said: list[str] = []

    def note(*arguments: object) -> None:
        said.append(str(arguments[2]))

    desk.picture.person_with(address)  # what is worked out once is worked out
    event.listen(desk.site.database.engine, "before_cursor_execute", note)
    try:
        ask(desk, address)
    finally:
        event.remove(desk.site.database.engine, "before_cursor_execute", note)
    return said


def test_an_address_of_ours_gets_a_link_whether_it_is_known_or_not(desk: Desk) -> None:
    assert ask(desk, NEW) is ask(desk, KNOWN) is Reply.SENT
    assert to_whom(desk) == [f"address:{NEW}", f"address:{KNOWN}"]


def test_elsewhere_guests_alone_get_one_and_nobody_is_told_who_is(desk: Desk) -> None:
    assert ask(desk, GUEST) is ask(desk, "x@anderswo.example") is ask(desk, "x@sonstwo.example") is Reply.UNKNOWN_DOMAIN
    assert to_whom(desk) == [f"address:{GUEST}"]
    feigned = desk.letters(LetterState.SENT)
    assert [letter.to for letter in feigned] == ["", ""], "and strangers' addresses are not kept"


@pytest.mark.parametrize(("one", "other"), [(NEW, KNOWN), (GUEST, "x@anderswo.example"), (NEW, "udo@bretten.example")])
def test_the_same_is_done_for_whoever_is_known_and_whoever_is_not(desk: Desk, one: str, other: str) -> None:
    work_of(desk, "warm@bretten.example")
    work = work_of(desk, one)
    assert work == work_of(desk, other)
    assert any("INSERT INTO outbox" in statement for statement in work)


def test_one_address_is_written_to_five_times_an_hour_whoever_asks(desk: Desk) -> None:
    answers = [ask(desk, KNOWN, f"198.51.100.{n}") for n in range(6)]
    assert answers == [Reply.SENT] * 5 + [Reply.TOO_OFTEN]
    assert ask(desk, "BEN@Bretten.example.", "198.51.100.9") is Reply.TOO_OFTEN
    assert ask(desk, NEW, "198.51.100.9") is Reply.SENT
    desk.clock.sleep(3601)
    assert ask(desk, KNOWN) is Reply.SENT


def test_one_sender_asks_twenty_times_an_hour_whatever_the_addresses(desk: Desk) -> None:
    answers = {ask(desk, f"n{n}@bretten.example") for n in range(20)}
    assert answers == {Reply.SENT}
    assert ask(desk, KNOWN) is Reply.TOO_OFTEN
    assert ask(desk, KNOWN, "198.51.100.8") is Reply.SENT, "others are not kept out by that"


def test_limits_hold_for_strangers_too(desk: Desk) -> None:
    assert [ask(desk, "x@anderswo.example", str(n)) for n in range(6)][-1] is Reply.TOO_OFTEN


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ben",
        "@bretten.example",
        "ben@",
        "ben@@bretten.example",
        "a b@bretten.example",
        "ben@bretten.example\r\nBcc: x@y.example",
        "ben@bretten.example,x@y.example",
        "<ben@bretten.example>",
        "ben\u200b@bretten.example",
        "x" * 250 + "@bretten.example",
        "x" * 100_000,
    ],
)
def test_what_is_no_address_goes_nowhere(desk: Desk, address: str) -> None:
    assert ask(desk, address) is Reply.MALFORMED
    assert desk.letters() == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" Ben@BRETTEN.example ", "Ben@bretten.example"),
        ("ben@bretten.example.", "ben@bretten.example"),
        ("ben+readi@bretten.example", "ben+readi@bretten.example"),
        ("u\u0308we@bretten.example", None),
        ("x@BÜHL.example", "x@bühl.example"),
        ("x@bu\u0308hl.example", "x@bühl.example"),
        ("x@xn--bhl-hoa.example", "x@bühl.example"),
        ("x@xn--.example", None),
    ],
)
def test_an_address_has_one_spelling(tmp_path: Path, typed: str, meant: str | None) -> None:
    wish = small_network()
    wish.cities["bühl"] = "Stadt Bühl"
    (desk,) = desks(tmp_path, wish)
    city = tmp_path / "redi/registry/organisations.yaml"
    city.write_text(city.read_text().replace("id: bühl", "id: buehl"), encoding="utf-8")
    assert normalised(typed, desk.picture) == meant
    desk.site.close()


def test_a_domain_that_the_registry_writes_as_machines_do_is_found_as_people_write_it(tmp_path: Path) -> None:
    wish = small_network()
    wish.cities["xn--bhl-hoa"] = "Stadt Bühl"
    (desk,) = desks(tmp_path, wish)
    assert normalised("x@bühl.example", desk.picture) == "x@xn--bhl-hoa.example"
    assert ask(desk, "x@bühl.example") is Reply.SENT
    desk.site.close()


def test_a_link_is_used_once_and_not_by_looking(desk: Desk) -> None:
    word = desk.link(KNOWN)
    assert desk.reception.look(word) is not None
    session = desk.reception.enter(word)
    assert session is not None
    assert desk.reception.enter(word) is None
    assert desk.reception.look(word) is None
    found = desk.sessions.find(session, desk.clock.now())
    assert found is not None
    assert (found.person, found.via) == ("p-ben", "link")


def test_a_link_that_is_too_old_or_of_another_network_is_none(tmp_path: Path) -> None:
    ours, theirs = desks(tmp_path, small_network(), small_network("ortenau"))
    word = ours.link(KNOWN)
    assert theirs.reception.enter(word) is None
    ours.clock.sleep(31 * 60)
    assert ours.reception.enter(word) is None
    ours.site.close()
    theirs.site.close()


def test_a_newcomer_may_do_nothing_until_registered(desk: Desk) -> None:
    session = desk.session(NEW)
    viewer = viewer_of(desk.picture, session)
    assert viewer is not None
    assert viewer.is_newcomer
    assert [right for right in Right if may(viewer, right)] == []


def test_who_registers_is_in_the_network_at_once(desk: Desk) -> None:
    session = desk.session(NEW)
    person = desk.reception.register(session, " Nora  Lea ", "Neu", "de")
    found = desk.picture.registry.people[person]
    assert (found.given_name, found.family_name, found.email, found.language) == ("Nora Lea", "Neu", NEW, "de")
    assert found.period.since == TODAY
    assert desk.picture.organisations_of(person) == {"bretten"}
    assert desk.errands() == [person]
    assert desk.deeds() == [(person, "registered", f"person:{person}")]
    assert desk.places.join(desk.viewer(person.removeprefix("p-")), "pg-lora")


def test_two_clicks_and_two_browsers_make_one_person(desk: Desk) -> None:
    one, two = desk.session(NEW), desk.session("NEU@bretten.example")
    person = desk.reception.register(one, "Nora", "Neu")
    assert desk.reception.register(one, "Nora", "Neu") == person
    assert desk.reception.register(two, "Noras", "Anders") == person
    assert desk.picture.registry.people[person].given_name == "Nora"
    seen = viewer_of(desk.picture, two)
    assert seen is not None
    assert seen.person == person


def test_a_namesake_in_the_same_city_is_another_human_and_noted(desk: Desk) -> None:
    person = desk.reception.register(desk.session(NEW), "Ben", "Muster")
    assert person != "p-ben"
    assert desk.picture.active(person)
    assert desk.picture.active("p-ben")
    (deed,) = Audit(desk.site.database, "redi").latest()
    assert deed.about == {"organisation": "bretten", "namesakes": 1}
    (letter,) = desk.letters()
    assert (letter.to, dict(letter.about)) == ("person:p-rita", {"what": "namesake", "person": person, "count": 1})


@pytest.mark.parametrize(("given", "family"), [("Nora", ""), ("Nora", " "), ("N\u202eora", "Neu"), ("x" * 201, "Neu")])
def test_a_name_that_nobody_can_read_is_refused(desk: Desk, given: str, family: str) -> None:
    session, before = desk.session(NEW), desk.written()
    with pytest.raises(Refused) as caught:
        desk.reception.register(session, given, family)
    assert caught.value.text.code == "app.name_unreadable"
    assert desk.written() == before


def why_not(desk: Desk, address: str = NEW) -> str:
    session, before = desk.session(address), desk.written()
    with pytest.raises(Refused) as caught:
        desk.reception.register(session, "Nora", "Neu")
    assert desk.written() == before
    return caught.value.text.code


def test_an_address_whose_owner_left_is_nobody_elses(desk: Desk) -> None:
    assert why_not(desk, "udo@bretten.example") == "app.address_of_somebody_away"


def test_nobody_registers_for_a_city_that_is_not_in_the_network_any_more(desk: Desk) -> None:
    session = desk.session(NEW)
    file = desk.folder / "redi/registry/organisations.yaml"
    file.write_text(file.read_text().replace("kind: city", f"kind: city\n  leaves: '{LONG_AGO}'", 1))
    with pytest.raises(Refused) as caught:
        desk.reception.register(session, "Nora", "Neu")
    assert caught.value.text.code == "app.address_elsewhere"


def test_nobody_registers_where_joining_is_switched_off(desk: Desk) -> None:
    desk.wish.policy = {"joining": {"enabled": False}}
    desk.rewrite()
    assert why_not(desk) == "app.joining_off"
    assert ask(desk, NEW) is ask(desk, KNOWN) is Reply.SENT
    assert desk.session(KNOWN).person == "p-ben", "who is in logs in all the same"


def test_an_entry_with_a_mistake_in_it_is_not_made_a_second_time(desk: Desk) -> None:
    desk.wish.people["p-mia"] = {"id": "p-mia", "given_name": "Mia", "family_name": "Neu", "email": NEW, "wrong": 1}
    desk.rewrite()
    assert why_not(desk) == "app.address_waits"


def test_only_a_newcomers_session_registers(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.reception.register(desk.session(KNOWN), "Nora", "Neu")
    admin = Links(desk.site.database, "redi").make(Purpose.ADMIN, "", desk.clock.now(), timedelta(minutes=30))
    word = desk.reception.enter(admin)
    assert word is not None
    session = desk.sessions.find(word, desk.clock.now())
    assert session is not None
    assert session.via == "admin"
    with pytest.raises(Forbidden):
        desk.reception.register(session, "Nora", "Neu")
    seen = viewer_of(desk.picture, session)
    assert seen is not None
    assert seen.ranger


def with_directory(folder: Path, brings: str) -> tuple[Desk, Handmade]:
    source, wish = Handmade(), small_network()
    use(wish, brings=brings)
    source.put(somebody("k1", "Nora Neu", email=NEW), somebody("k2", "Ben Muster", email="ben2@bretten.example"))
    (desk,) = desks(folder, wish, source_types=source.types)
    refresh(desk.site)
    return desk, source


def test_whom_a_directory_brings_already_is_no_newcomer(tmp_path: Path) -> None:
    desk, _ = with_directory(tmp_path, "everybody")
    session = desk.session(NEW)
    assert session.person == desk.picture.person_with(NEW)
    desk.site.close()


def test_whose_entry_in_a_directory_waits_for_a_decision_waits_with_it(tmp_path: Path) -> None:
    desk, _ = with_directory(tmp_path, "everybody")
    assert [one.person for one in desk.picture.proposals] == ["p-ben"]
    assert why_not(desk, "ben2@bretten.example") == "app.address_waits"
    desk.site.close()


def test_whom_a_directory_knows_without_bringing_them_is_let_in_and_proposed(tmp_path: Path) -> None:
    desk, _ = with_directory(tmp_path, "linked")
    person = desk.reception.register(desk.session(NEW), "Nora", "Neu")
    assert desk.picture.active(person)
    assert (NEW, person) in [(one.evidence[0].arguments["address"], one.person) for one in desk.picture.proposals[:1]]
    desk.site.close()


def test_a_directory_that_comes_later_proposes_whoever_came_by_themselves(tmp_path: Path) -> None:
    desk, source = with_directory(tmp_path, "everybody")
    person = desk.reception.register(desk.session("spaet@bretten.example"), "Sina", "Spät")
    source.put(somebody("k3", "Sina Spät", email="spaet@bretten.example"))
    refresh(desk.site)
    assert [one.key for one in desk.picture.proposals if one.person == person] == ["k3"]
    called = [one.id for one in desk.picture.registry.people.values() if one.family_name == "Spät"]
    assert called == [person]
    desk.site.close()
