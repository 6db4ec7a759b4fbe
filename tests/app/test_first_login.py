"""Who is welcomed and greeted, when, and with which words: on an emulated Nextcloud."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from provisioner.app.applying import Applied, Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.letters import first_login
from provisioner.app.letters.delivering import Postman
from provisioner.app.picture import Pictures
from provisioner.app.service_settings import MailSettings
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.model.enrolments import EnrolledMembership, EnrolledPerson
from provisioner.model.messages import LetterKind, LetterState
from provisioner.model.registry import Period
from provisioner.state import EnrolmentStore, Outbox
from tests.support.mailserver import PostOffice
from tests.support.meeting import tie_room
from tests.support.rooms import room_of
from tests.support.site import Installation, body, person

WELCOME = (str(LetterKind.WELCOME), "person:p-nele")
JOINED = (str(LetterKind.JOINED), "body:pg-sensorik")


@pytest.fixture
def grown(installation: Installation) -> Installation:
    """A network that exists: its first sync was made."""
    installation.wish.add(
        body("pg-sensorik", "Sensorik", join="open"), person("Mona", {"id": "pg-sensorik", "role": "moderator"})
    )
    installation.write()
    return installation


@pytest.fixture
def site(grown: Installation) -> Iterator[Site]:
    found = Site(load_settings(grown.settings), grown.folder, "redi", grown.clock)
    sync(found)
    yield found
    found.close()


def sync(site: Site, only: str | None = None) -> Applied:
    """As the worker does it."""
    applied = apply(
        site, Approval(), Started("service", "enrolment"), only=frozenset() if only is None else frozenset({only})
    )
    first_login.after_run(site, Pictures(site).now(), applied, "enrolment")
    return applied


def come(site: Site, days_ago: int = 0) -> None:
    day = site.today("Europe/Berlin") - timedelta(days=days_ago)
    nele = EnrolledPerson("p-nele", "Nele", "Neu", "nele@bretten.example", "bretten", day)
    assert EnrolmentStore(site.database, "redi").enrol(nele)


def join(site: Site, who: str = "p-nele", days_ago: int = 0) -> None:
    day = site.today("Europe/Berlin") - timedelta(days=days_ago)
    EnrolmentStore(site.database, "redi").place(
        EnrolledMembership(who, "pg-sensorik", Period(day), by=who), site.clock.now()
    )


def letters(site: Site) -> list[tuple[str, str]]:
    found = Outbox(site.database, "redi", site.clock.now()).find(*LetterState)
    return [(str(one.letter.kind), one.letter.to) for one in reversed(found)]


def test_newcomers_are_told_when_their_bodies_meet_next_and_where(grown: Installation, site: Site) -> None:
    series = {"id": "jf", "first": "2026-01-13T10:00", "every": "2 weeks", "cancelled": ["2026-01-13"]}
    grown.wish.bodies["pg-sensorik"]["meetings"] = {"series": [series]}
    grown.write()
    tie_room(site)
    site.settings.service.url = "https://netz.example"
    come(site)
    join(site)
    sync(site, "p-nele")
    with PostOffice() as office:
        site.settings.service.mail = MailSettings.model_validate(office.settings())
        Postman(site, Pictures(site)).deliver()
        (came,) = office.came
    assert "Nächster Termin: Di., 27. Januar, 10:00 Uhr" in came.text
    door = "https://netz.example/redi/join/pg-sensorik"
    assert f"Videokonferenzraum:\n{door}\n" in came.text
    assert room_of(grown, "Sensorik").comments[-1].splitlines() == [
        "Willkommen, Nele Neu (Stadt Bretten)!",
        "Der nächste Termin: Di., 27. Januar, 10:00 Uhr",
        f"Der Videokonferenzraum der Gruppe: {door}",
    ]


def test_the_first_sync_of_a_network_is_silent(site: Site) -> None:
    assert letters(site) == []


def test_whoever_came_and_joined_is_welcomed_and_greeted_once(site: Site) -> None:
    come(site)
    join(site)
    sync(site, "p-nele")
    assert letters(site) == [WELCOME, JOINED]
    sync(site)
    sync(site, "p-nele")
    assert letters(site) == [WELCOME, JOINED]


def test_nobody_is_welcomed_before_the_account_is_there(grown: Installation, site: Site) -> None:
    come(site)
    join(site)
    grown.cloud.faults.maintenance_page(method="POST", path="users", times=None)
    sync(site, "p-nele")
    assert letters(site) == []
    grown.cloud.faults.clear()
    sync(site, "p-nele")
    assert letters(site) == [WELCOME, JOINED]


def test_nobody_is_greeted_where_their_place_could_not_be_made(grown: Installation, site: Site) -> None:
    sync(site)
    come(site)
    sync(site, "p-nele")
    join(site)
    grown.cloud.faults.status(503, method="POST", path="/groups", times=None)
    sync(site, "p-nele")
    assert letters(site) == [WELCOME]
    grown.cloud.faults.clear()
    sync(site, "p-nele")
    assert letters(site) == [WELCOME, JOINED]


def due(site: Site, **later: float) -> list[str]:
    """The kinds of the letters that may go by then."""
    moment = site.clock.now() + timedelta(**later)
    found = Outbox(site.database, "redi", moment).find(LetterState.WAITING)
    return [str(one.letter.kind) for one in reversed(found) if one.not_before <= moment]


def test_the_welcome_waits_a_little_for_what_somebody_joins_and_no_longer(site: Site) -> None:
    come(site)
    sync(site, "p-nele")
    assert due(site) == []
    assert due(site, minutes=5) == [str(LetterKind.WELCOME)]
    join(site)
    sync(site, "p-nele")
    assert due(site) == [str(LetterKind.WELCOME), str(LetterKind.JOINED)]


def test_whoever_came_long_ago_gets_no_late_welcome(site: Site) -> None:
    come(site, days_ago=31)
    join(site, days_ago=8)
    sync(site)
    assert letters(site) == []


def test_somebody_of_the_files_who_joins_is_greeted_and_not_welcomed(grown: Installation, site: Site) -> None:
    grown.wish.add(person("Ben"))
    grown.write()
    sync(site)
    join(site, "p-ben")
    sync(site, "p-ben")
    assert letters(site) == [JOINED]


def test_policy_can_forbid_the_greeting(grown: Installation, site: Site) -> None:
    grown.wish.policy = {"mails": {"greet": False}}
    grown.write()
    come(site)
    join(site)
    sync(site)
    assert letters(site) == [WELCOME]


def test_the_welcome_says_how_to_get_in_what_one_has_and_whom_to_ask(grown: Installation, site: Site) -> None:
    come(site)
    join(site)
    sync(site)
    with PostOffice() as office:
        site.settings.service.mail = MailSettings.model_validate(office.settings())
        site.settings.service.url = "https://netz.example"
        Postman(site, Pictures(site)).deliver()
    (came,) = office.came
    text = came.text
    token = room_of(grown, "Sensorik").token
    assert came.recipients == ["nele@bretten.example"]
    assert came.message["Subject"] == "Willkommen bei redi: Ihr Zugang ist fertig"
    assert f"Öffnen Sie {grown.cloud.url}/index.php/login, klicken Sie auf „Passwort vergessen?“" in text
    assert "Benutzernamen ein: nele.neu." in text
    assert "• Sensorik\n" in text
    assert f"Chat:\n{grown.cloud.url}/index.php/call/{token}\n" in text
    assert "Fragen beantworten: Mona Muster\n" in text
    assert "https://netz.example/redi/me" in text
    assert room_of(grown, "Sensorik").comments[-1] == "Willkommen, Nele Neu (Stadt Bretten)!"


def test_whoever_has_joined_nothing_yet_is_shown_where_to_look(grown: Installation, site: Site) -> None:
    come(site)
    sync(site)
    grown.clock.sleep(300)
    with PostOffice() as office:
        site.settings.service.mail = MailSettings.model_validate(office.settings())
        Postman(site, Pictures(site)).deliver()
    assert "Noch gehören Sie zu keiner Gruppe." in office.came[0].text
