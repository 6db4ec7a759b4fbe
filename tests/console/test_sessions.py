"""Sessions: whose they are, how long they last, and what a browser brings along that is none."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from provisioner.model.enrolments import EnrolledPerson
from provisioner.state import EnrolmentStore, Links, Purpose
from tests.support.console import ADMIN, MEMBER, NEWCOMER, RANGER, SUSPENDED, Browser, House


def link(house: House, address: str = "ben@bretten.example", network: str = "redi") -> str:
    """A link's word, as it would stand in a mail."""
    _ = house.app
    site = house.networks[network].site
    return Links(site.database, network).make(Purpose.LOGIN, address, site.clock.now(), timedelta(minutes=30))


def cookies(answer: object) -> SimpleCookie:
    found = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):  # type: ignore[attr-defined]
        found.load(line)
    return found


def entered(house: House, browser: Browser, network: str = "redi") -> str:
    """Log in by a link; the new session's word."""
    answer = browser.post("link", link(house, network=network))
    assert answer.status_code == 303
    return cookies(answer)[house.networks[network].cookie()].value


def test_the_cookie_is_for_this_network_alone_and_for_no_script(house: House) -> None:
    answer = house.visitor(None).post("link", link(house))
    session = cookies(answer)["__Secure-readi-redi"]
    assert session["path"] == "/redi"
    assert session["httponly"] is True
    assert session["secure"] is True
    assert session["samesite"].lower() == "lax"
    assert session["domain"] == ""
    assert int(session["max-age"]) == 12 * 3600


def test_without_tls_the_cookie_has_a_name_that_browsers_take(house: House) -> None:
    house.service["url"] = "http://127.0.0.1:8765/konsole"
    client = house.client(base_url="http://127.0.0.1:8765")
    answer = client.get("/konsole/redi/login")
    form = cookies(answer)["readi-redi-form"]
    assert (form["path"], form["secure"]) == ("/konsole/redi", "")
    assert 'href="/konsole/redi/privacy"' in answer.text
    assert client.get("/redi/login").status_code == 404
    assert client.get("/konsole/").status_code == 404


def test_a_planted_session_is_not_the_one_that_is_logged_in(house: House) -> None:
    attacker = house.visitor(MEMBER)
    victim = house.visitor(None)
    planted = attacker.word or ""
    victim.client.cookies.set("__Secure-readi-redi", planted, domain="redi.example", path="/redi")
    victim.word = planted
    fresh = entered(house, victim)
    assert fresh != planted
    assert attacker.get("me").headers["location"] == "/redi/login"


def test_the_word_of_a_form_before_the_login_is_of_no_use_afterwards(house: House) -> None:
    browser = house.visitor(None)
    before = browser.csrf
    entered(house, browser)
    assert browser.client.post("/redi/logout", data={"csrf": before}).status_code == 403


def test_a_session_ends_when_its_time_is_over(house: House) -> None:
    browser = house.visitor(MEMBER)
    assert browser.get("me").status_code == 200
    house.clock.advance(8 * 3600 + 1)
    assert browser.get("me").headers["location"] == "/redi/login"
    assert browser.post("bodies", "pg-akte", "join").status_code == 403


def test_logging_out_ends_the_session_in_every_copy_of_the_browser(house: House) -> None:
    browser, copy = house.visitor(MEMBER), house.visitor(None)
    copy.client.cookies.set("__Secure-readi-redi", browser.word or "", domain="redi.example", path="/redi")
    assert copy.get("me").status_code == 200
    assert browser.post("logout").status_code == 303
    assert copy.get("me").headers["location"] == "/redi/login"


def test_whoever_leaves_is_out_at_once(house: House) -> None:
    browser = house.visitor(MEMBER)
    assert browser.get("me").status_code == 200
    network = house.networks["redi"]
    day = network.pictures.now().today - timedelta(days=1)
    EnrolmentStore(network.site.database, "redi").end(MEMBER, day, RANGER, network.now())
    assert browser.get("me").headers["location"] == "/redi/login"


def test_suspended_people_have_no_pages(house: House) -> None:
    house.wishes["redi"].policy = {"joining": {"contact": "Frau Kurz, Koordination"}}
    visitor = house.visitor(SUSPENDED)
    assert visitor.get("me").headers["location"] == "/redi/login"
    page = visitor.get("login").text
    assert "ist beendet" in page
    assert "Frau Kurz, Koordination" in page, "they are told why, and whom to ask"
    assert "Frau Kurz" not in house.visitor(None).get("login").text


def test_pages_for_all_and_those_that_keep_the_network_running_stand_apart(house: House) -> None:
    ranger, member = house.visitor(RANGER).get("me").text, house.visitor(MEMBER).get("me").text
    assert ranger.index('id="nav-all"') < ranger.index(">Gruppen<") < ranger.index('id="nav-running"')
    assert ranger.index('id="nav-running"') < ranger.index(">Überblick<")
    assert "nav-all" not in member, "who has one row needs no word for it"


def test_a_newcomer_has_one_page_until_they_said_who_they_are(house: House) -> None:
    browser = house.visitor(NEWCOMER)
    for page in ("me", "join", "bodies", "requests"):
        assert browser.get(page).headers["location"] == "/redi/register"
    assert browser.get("register").status_code == 200
    assert browser.get("privacy").status_code == 200


def test_who_registered_in_another_browser_meanwhile_is_that_person(house: House) -> None:
    browser = house.visitor(NEWCOMER)
    network = house.networks["redi"]
    network.pictures.now()
    person = EnrolledPerson("p-neu", "Nia", "Neu", NEWCOMER, "bretten", network.pictures.now().today)
    assert EnrolmentStore(network.site.database, "redi").enrol(person)
    assert browser.get("register").headers["location"] == "/redi/join"
    assert browser.get("me").status_code == 200


def test_the_first_start_acts_as_a_ranger_without_being_anybody(house: House) -> None:
    browser = house.visitor(ADMIN)
    assert browser.get().headers["location"] == "/redi/overview"
    assert browser.get("me").status_code == 404
    assert browser.get("bodies", "new").status_code == 200


@pytest.mark.parametrize(
    "word",
    ["", "x", "x" * 4000, "%00", "../../etc/passwd", "a b", "ä".encode().decode("latin-1"), "' OR 1=1 --"],
    ids=range(8),
)
def test_a_cookie_that_is_no_session_is_nobody(house: House, word: str) -> None:
    answer = house.client().get("/redi/me", headers={"Cookie": f"__Secure-readi-redi={word}".encode("latin-1")})
    assert answer.headers["location"] == "/redi/login"


def test_a_session_of_another_network_of_the_same_people_is_nobodys(house: House) -> None:
    word = house.visitor(MEMBER, "ortenau").word
    browser = house.client()
    for name in ("__Secure-readi-redi", "__Secure-readi-ortenau"):
        browser.cookies.set(name, word or "", domain="redi.example", path="/redi")
    assert browser.get("/redi/me").headers["location"] == "/redi/login"


def test_two_networks_in_one_browser_do_not_disturb_each_other(house: House) -> None:
    browser = house.visitor(MEMBER)
    house.log_in(browser.client, RANGER, "ortenau")
    assert browser.get("requests").status_code == 404
    assert browser.client.get("/ortenau/requests").status_code == 200
    sent = browser.client.get("/redi/login").request.headers["cookie"]
    assert "ortenau" not in sent


def test_sessions_are_kept_by_a_hash_alone(house: House) -> None:
    browser = house.visitor(MEMBER)
    word = (browser.word or "").encode()
    files = [path for path in house.folder.rglob("*") if path.is_file()]
    assert [path for path in files if word in path.read_bytes()] == []


def test_the_language_is_the_browsers_until_somebody_chooses(house: House) -> None:
    client = house.client()
    assert 'lang="en"' in client.get("/redi/login", headers={"Accept-Language": "fr, en;q=0.8, de;q=0.3"}).text
    assert 'lang="de"' in client.get("/redi/login", headers={"Accept-Language": "fr;q=x, *, ;;;"}).text
    assert 'lang="de"' in client.get("/redi/login", headers={"Accept-Language": "," * 3000}).text
    browser = house.visitor(None)
    answer = browser.post("language", form={"language": "en", "back": "/redi/privacy"})
    assert answer.headers["location"] == "/redi/privacy"
    assert 'lang="en"' in browser.get("login", headers={"Accept-Language": "de"}).text
    assert browser.post("language", form={"language": "xx"}).status_code == 303
    assert 'lang="en"' in browser.get("login").text


def test_a_persons_own_language_counts_more_than_the_browsers(house: House) -> None:
    house.wishes["redi"].people[MEMBER]["language"] = "en"
    assert 'lang="en"' in house.visitor(MEMBER).get("me", headers={"Accept-Language": "de"}).text


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/redi//\\evil.example",
        "/ortenau/login",
        "/redi/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/redi/ü",
    ],
)
def test_the_language_form_leads_nowhere_else(house: House, back: str) -> None:
    answer = house.visitor(None).post("language", form={"language": "en", "back": back})
    assert answer.headers["location"] == "/redi/"
