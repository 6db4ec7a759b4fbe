"""What was kept long enough goes, what waits stays, and another network's is nobody's business."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from policies.document import Policy
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.app.work.tidying import tidy
from provisioner.model.enrolments import RequestState
from provisioner.model.gatherings import Count, Told
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.model.ports import Known
from provisioner.model.registry import Affiliation, Organisation, OrganisationKind, Period, Person, Registry
from provisioner.model.resources import Kind
from provisioner.state import (
    Attempts,
    Audit,
    Confirmations,
    FeedWords,
    Gatherings,
    GuestRoom,
    GuestRooms,
    Invitations,
    Links,
    Outbox,
    Outcome,
    PlanState,
    Purpose,
    Remembered,
    Requests,
    Reservations,
    Runs,
    SavedPlans,
    Sessions,
)
from tests.support.site import Installation

DAYS = {"history_days": 100, "audit_days": 50, "letters_days": 40, "gatherings_days": 60}
EVERYTHING = {
    *("runs", "plans", "audit", "requests", "confirmations", "letters", "links", "sessions", "attempts"),
    *("gatherings", "reservations", "guest_rooms", "invitations", "feeds", "remembered"),
}


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    installation.write()
    opened = Site.open(installation.settings, clock=installation.clock)
    yield opened
    opened.close()


def fill(site: Site, network: str) -> None:
    """One of everything that is over, one of everything that waits."""
    database, now = site.database, site.clock.now()
    hour = timedelta(hours=1)
    runs = Runs(database)
    runs.finish(runs.begin(network, "p-1", "apply", "d", now), Outcome.DONE, {}, now)
    for digest in ("a", "b"):
        SavedPlans(database).save(network, digest + network, {}, now)
    SavedPlans(database).decide(network, "a" + network, PlanState.APPLIED, "p-1", now)
    Audit(database, network).note(now, "p-1", "joined", "body:pg-1")
    requests = Requests(database, network)
    decided = requests.ask("p-1", "pg-1", "bitte", now)
    assert decided is not None
    requests.decide(decided, RequestState.DECLINED, "p-2", "nein", now)
    requests.ask("p-1", "pg-2", "bitte", now)
    confirmations = Confirmations(database, network)
    for body in ("pg-1", "pg-2"):
        confirmations.ask(body, date(2026, 1, 1), now)
    confirmations.finish("pg-1", "p-1", 0, now)
    outbox = Outbox(database, network, now)
    for state in (outbox.sent, lambda id_: outbox.unknown(id_, "x"), None):
        outbox.post(Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-1"))
        if state is not None and (taken := outbox.take()) is not None:
            state(taken.id)
    Links(database, network).make(Purpose.LOGIN, "a@stadt.example", now, hour)
    Sessions(database, network).begin(now, hour, "link", person="p-1")
    Attempts(database, network).count_one("login", "1.2.3.4", now, 5, hour)
    second = int(now.timestamp())
    for told, more in ((Told.CREATED, ()), (Told.DESTROYED, (2, 2))):
        Gatherings(database, network).tell("body:pg-1", 0, Count(told, second, second, *more))
    Reservations(database, network).open("body:pg-1", "re-1", now, now + hour)
    GuestRooms(database, network).open(GuestRoom("r", "pg-1", "re-2", "X", "p-1", now, now + hour))
    invitations = Invitations(database, network)
    invitations.make("body:pg-1", "Gustav Gast", "p-1", now, now + 12 * hour)
    taken_back, _ = invitations.make("body:pg-1", "Gesine Gast", "p-1", now, now + timedelta(days=300))
    invitations.withdraw(taken_back.id, now)
    FeedWords(database, network).renew("p-gone", now)
    Remembered(database, network, "gone").keep({(Kind.CALENDAR, "c"): Known("1", ())})


def picture_of(site: Site, policy: Policy | None = None, registry: Registry | None = None) -> Picture:
    return Picture(registry or Registry("redi", "re@di"), policy or Policy(), site.today("Europe/Berlin"))


def test_each_thing_goes_when_its_own_time_is_over(site: Site) -> None:
    policy = Policy.model_validate({"retention": DAYS})
    fill(site, "redi")
    went: dict[str, int] = {}
    for day in range(120):
        for what in tidy(site, picture_of(site, policy)).forgotten:
            went[what] = day
        site.clock.sleep(86_400.0)
    assert went == {
        "sessions": 1,
        "links": 2,
        "attempts": 8,
        "reservations": 2,
        "guest_rooms": 8,
        "invitations": 8,
        "feeds": 0,
        "remembered": 0,
        "letters": 41,
        "audit": 51,
        "requests": 51,
        "confirmations": 51,
        "gatherings": 61,
        "runs": 101,
        "plans": 101,
    }
    assert went.keys() == EVERYTHING


def test_what_waits_for_somebody_stays_however_old_and_so_does_what_is_anothers(site: Site) -> None:
    fill(site, "redi")
    fill(site, "other")
    site.clock.sleep(5_000 * 86_400.0)
    assert tidy(site, picture_of(site)).forgotten.keys() == EVERYTHING
    assert tidy(site, picture_of(site)).forgotten == {}
    database, now = site.database, site.clock.now()
    assert len(SavedPlans(database).waiting("redi")) == 1
    assert [one.body for one in Requests(database, "redi").waiting()] == ["pg-2"]
    assert [one.body for one in Confirmations(database, "redi").all()] == ["pg-2"]
    assert Outbox(database, "redi", now).counts() == {LetterState.UNKNOWN: 1, LetterState.WAITING: 1}
    assert sum(Outbox(database, "other", now).counts().values()) == 3
    assert len(Audit(database, "other").latest()) == 1
    assert len(Invitations(database, "other").to("body:pg-1")) == 2
    assert FeedWords(database, "other").made_at("p-gone") is not None


def test_a_feed_goes_with_its_person_and_never_because_something_could_not_be_read(site: Site) -> None:
    today = site.today("Europe/Berlin")
    people = {
        who: Person(who, who, "Muster", f"{who}@bretten.example", affiliations=(Affiliation("bretten"),), period=period)
        for who, period in (("p-here", Period()), ("p-left", Period(until=today - timedelta(days=1))))
    }
    bretten = Organisation("bretten", "Bretten", OrganisationKind.CITY)
    registry = Registry("redi", "re@di", organisations={"bretten": bretten}, people=people)
    feeds = FeedWords(site.database, "redi")
    for who in ("p-here", "p-left", "p-missing", "p-odd"):
        feeds.renew(who, site.clock.now())
    whole = replace(registry, blocked=frozenset({"p-odd"}))
    assert "feeds" not in tidy(site, picture_of(site, registry=replace(whole, complete=False))).forgotten
    assert tidy(site, picture_of(site, registry=whole)).forgotten["feeds"] == 2
    assert feeds.people() == {"p-here", "p-odd"}
