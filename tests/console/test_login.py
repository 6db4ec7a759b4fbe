"""Logging in by links: what is answered to whom, and that a link works once."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest

from provisioner.console.pages import Speech
from provisioner.model.messages import LetterKind, LetterState
from provisioner.state import Links, Outbox, Purpose
from tests.support.console import GUEST, MEMBER, NEWCOMER, House

say = Speech("de").t


def link(house: House, address: str = "ben@bretten.example", purpose: Purpose = Purpose.LOGIN) -> str:
    """A link's word, as it would stand in a mail."""
    _ = house.app
    site = house.networks["redi"].site
    return Links(site.database, "redi").make(purpose, address, site.clock.now(), timedelta(minutes=30))


def letters(house: House, network: str = "redi") -> list[str]:
    site = house.networks[network].site
    outbox = Outbox(site.database, network, site.clock.now())
    waiting = outbox.find(LetterState.WAITING)
    return [one.letter.to for one in waiting if one.letter.kind is LetterKind.LOGIN_LINK]


def plain(page: str) -> str:
    """A page without what is new in every browser."""
    return re.sub(r'name="csrf" value="[^"]+"', "", page)


@pytest.mark.parametrize(
    ("known", "unknown"),
    [("ben@bretten.example", "niemand@bretten.example"), ("gerd@anderswo.example", "niemand@anderswo.example")],
    ids=["of a city", "of somewhere else"],
)
def test_known_and_unknown_addresses_are_answered_alike(house: House, known: str, unknown: str) -> None:
    one, other = (house.visitor(None).post("login", form={"address": address}) for address in (known, unknown))
    assert one.status_code == other.status_code == 200
    assert plain(one.text) == plain(other.text)
    assert {*one.headers} == {*other.headers}


def test_a_link_goes_to_whoever_can_use_it(house: House) -> None:
    visitor = house.visitor(None)
    for address in ("ben@bretten.example", "neu@bretten.example", "gerd@anderswo.example", "x@anderswo.example"):
        visitor.post("login", form={"address": address})
    assert sorted(letters(house)) == [
        "address:ben@bretten.example",
        "address:gerd@anderswo.example",
        "address:neu@bretten.example",
    ]
    assert letters(house, "ortenau") == []


def test_people_of_elsewhere_are_told_whom_to_ask(house: House) -> None:
    house.wishes["redi"].policy = {"joining": {"contact": "Frau Kurz, Koordination"}}
    answer = house.visitor(None).post("login", form={"address": "x@anderswo.example"})
    assert "Frau Kurz, Koordination" in answer.text


@pytest.mark.parametrize(
    "address", ["", "ben", "@", "a@b@c d", "<script>alert(1)</script>@bretten.example", "a\r\nB: c@d"]
)
def test_what_is_no_address_is_said_beside_the_field(house: House, address: str) -> None:
    answer = house.visitor(None).post("login", form={"address": address})
    assert answer.status_code == 422
    assert 'aria-describedby="f-address-hint f-address-error" aria-invalid="true"' in answer.text
    assert "<script>alert" not in answer.text
    assert letters(house) == []


def test_who_asks_too_often_has_to_wait(house: House) -> None:
    visitor = house.visitor(None)
    found = [visitor.post("login", form={"address": "ben@bretten.example"}).status_code for _ in range(6)]
    assert found == [200] * 5 + [429]
    house.clock.advance(3601)
    assert visitor.post("login", form={"address": "ben@bretten.example"}).status_code == 200


def test_looking_at_a_link_does_not_use_it(house: House) -> None:
    word, scanner = link(house), house.client()
    for _ in range(3):
        page = scanner.get(f"/redi/link/{word}")
        assert page.status_code == 200
        assert "ben@bretten.example" in page.text
        assert scanner.head(f"/redi/link/{word}").status_code == 405
    answer = house.visitor(None).post("link", word)
    assert (answer.status_code, answer.headers["location"]) == (303, "/redi/")


def test_a_link_works_once(house: House) -> None:
    word = link(house)
    assert house.visitor(None).post("link", word).status_code == 303
    again = house.visitor(None)
    assert again.get("link", word).status_code == 410
    assert again.post("link", word).status_code == 410
    assert again.get("me").headers["location"] == "/redi/login"


def test_of_many_who_use_one_link_at_once_one_is_let_in(house: House) -> None:
    word, together, found = link(house), threading.Barrier(8), list[int]()
    visitors = [house.visitor(None) for _ in range(8)]

    def use(visitor: Any) -> None:
        together.wait()
        found.append(visitor.post("link", word).status_code)

    threads = [threading.Thread(target=use, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [303] + [410] * 7


def test_a_link_that_is_too_old_or_another_networks_is_used_up(house: House) -> None:
    word = link(house)
    client = house.client()
    assert client.get(f"/ortenau/link/{word}").status_code == 410
    house.clock.advance(1801)
    assert client.get(f"/redi/link/{word}").status_code == 410


def test_a_link_leads_to_the_page_that_was_asked_for(house: House) -> None:
    visitor = house.visitor(None)
    assert visitor.get("me", "data").headers["location"] == "/redi/login"
    assert visitor.post("link", link(house)).headers["location"] == "/redi/me/data"
    assert visitor.client.cookies.get("__Secure-readi-redi-next") is None


def test_a_page_that_only_a_part_was_asked_of_sends_the_whole_browser_to_the_login(house: House) -> None:
    answer = house.client().get("/redi/me/progress", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/redi/login")


def test_the_first_start_is_called_so(house: House) -> None:
    visitor, word = house.visitor(None), link(house, "", Purpose.ADMIN)
    assert "erste Einrichtung" in visitor.get("link", word).text
    assert visitor.post("link", word).status_code == 303
    assert visitor.get().headers["location"] == "/redi/overview"


def test_a_newcomer_becomes_somebody_with_one_form(house: House) -> None:
    visitor = house.visitor(None)
    answer = visitor.post("link", link(house, NEWCOMER))
    visitor.word = visitor.client.cookies["__Secure-readi-redi"]
    assert answer.headers["location"] == "/redi/"
    page = visitor.get("register")
    assert "Stadt Bretten" in page.text
    assert "Hinweise zum Datenschutz" in page.text
    for form in ({}, {"given_name": "Nia"}, {"given_name": "Nia", "family_name": "Neu"}, {"agreed": "yes"}):
        answer = visitor.post("register", form=form)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    form = {"given_name": " Nia ", "family_name": "Süß-Krämer", "agreed": "yes"}
    assert visitor.post("register", form=form).headers["location"] == "/redi/join"
    page = visitor.get("me", "data")
    assert "Süß-Krämer" in page.text
    assert "Stadt Bretten" in page.text
    assert visitor.post("register", form=form).headers["location"] == "/redi/join"


def test_a_newcomer_of_nowhere_can_not_register(house: House) -> None:
    visitor = house.visitor("x@anderswo.example")
    assert "gehört zu keiner Organisation" in visitor.get("register").text
    form = {"given_name": "X", "family_name": "Y", "agreed": "yes"}
    assert visitor.post("register", form=form).status_code == 422


def test_a_guest_logs_in_and_sees_their_own(house: House) -> None:
    visitor = house.visitor(GUEST)
    assert "Sensorik" in visitor.get("me").text
    assert visitor.get("join").status_code == 404


def test_logging_out_is_said_once(house: House) -> None:
    visitor = house.visitor(MEMBER)
    assert visitor.post("logout").headers["location"] == "/redi/login"
    assert "Sie sind abgemeldet." in visitor.get("login").text
    assert "Sie sind abgemeldet." not in visitor.get("login").text


def test_a_planted_word_of_what_was_done_says_nothing(house: House) -> None:
    visitor = house.visitor(None)
    for word in ("<b>x</b>", "nothing", "logged_out<b>"):
        visitor.client.cookies.set("__Secure-readi-redi-said", word, domain="redi.example", path="/redi")
        page = visitor.get("login")
        assert 'class="said"' not in page.text
        assert "<b>" not in page.text


def test_without_a_mail_server_nobody_is_told_to_wait_for_a_link(house: House) -> None:
    house.service["mail"] = None
    visitor = house.visitor(None)
    assert say("no_mail_here") in visitor.get("login").text
    answer = visitor.post("login", form={"address": "ben@bretten.example"}).text
    assert say("no_mail_here") in answer
    assert say("link_sent") not in answer
