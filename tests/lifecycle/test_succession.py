"""Which bodies need somebody else to lead or to moderate them, and from which day on."""

from dataclasses import replace
from datetime import date, timedelta

from policies.membership import Belongings
from provisioner.lifecycle.succession import Office, successions
from provisioner.model.registry import (
    Affiliation,
    Body,
    BodyKind,
    Membership,
    Organisation,
    OrganisationKind,
    Period,
    Person,
    Registry,
    Role,
    Selector,
)

DAY = timedelta(days=1)
TODAY = date(2027, 3, 1)
NEXT_WEEK = TODAY + 7 * DAY
BODY = Body("pg-x", "Sensorik", BodyKind.PROJECT, lead="bretten")


def person(identity: str, *memberships: Membership, leaves: date | None = None, home: str = "bretten") -> Person:
    period = Period(None, leaves)
    stays = (Affiliation(home),)
    return Person(identity, identity, "", f"{identity}@bretten.example", stays, memberships=memberships, period=period)


def vacancies(*people: Person, body: Body = BODY, city_leaves: date | None = None) -> list[tuple[Office, date]]:
    organisations = {
        "bretten": Organisation("bretten", "Bretten", OrganisationKind.CITY, period=Period(None, city_leaves)),
        "other": Organisation("other", "Other", OrganisationKind.CITY),
    }
    by_id = {each.id: each for each in people}
    registry = Registry("redi", "re@di", organisations=organisations, people=by_id, bodies={body.id: body})
    found = successions(registry, Belongings(registry, TODAY), TODAY)
    return [(each.office, each.vacant_on) for each in found]


def moderator(until: date | None = None, since: date | None = None) -> Membership:
    return Membership("pg-x", Role.MODERATOR, Period(since, until))


def test_the_last_moderator_with_a_last_day_leaves_a_vacancy_one_of_two_does_not() -> None:
    leaver = person("ada", moderator(), leaves=NEXT_WEEK)
    assert vacancies(leaver) == [(Office.MODERATION, NEXT_WEEK + DAY)]
    assert vacancies(leaver, person("ben", moderator())) == []
    assert vacancies(leaver, person("ben", moderator(until=NEXT_WEEK + DAY))) == [
        (Office.MODERATION, NEXT_WEEK + 2 * DAY)
    ]
    assert vacancies(leaver, person("ben", moderator(since=NEXT_WEEK))) == [], "the successor is written already"


def test_a_moderator_who_left_unsucceeded_is_still_to_be_succeeded() -> None:
    assert vacancies(person("ada", moderator(), leaves=TODAY - DAY)) == [(Office.MODERATION, TODAY)]
    assert vacancies(person("ada", moderator(until=TODAY - 3 * DAY))) == [(Office.MODERATION, TODAY - 2 * DAY)]
    twice = person("ada", moderator(until=TODAY - 3 * DAY), moderator(since=TODAY))
    assert vacancies(twice) == []


def test_a_body_without_moderators_from_the_beginning_needs_none() -> None:
    assert vacancies(person("ada", Membership("pg-x"), leaves=NEXT_WEEK)) == []


def test_a_lead_organisation_that_leaves_needs_a_successor_and_so_do_its_moderators() -> None:
    assert vacancies(person("ada", moderator()), city_leaves=NEXT_WEEK) == [
        (Office.LEAD, NEXT_WEEK + DAY),
        (Office.MODERATION, NEXT_WEEK + DAY),
    ]
    assert vacancies(person("ada", moderator(), home="other"), city_leaves=NEXT_WEEK) == [
        (Office.LEAD, NEXT_WEEK + DAY)
    ]


def test_who_moderates_by_a_selector_does_so_until_leaving() -> None:
    selector = Selector(roles=frozenset({Role.COORDINATOR}), as_role=Role.MODERATOR)
    body = replace(BODY, selectors=(selector,))
    coordinator = replace(person("ada"), roles=frozenset({Role.COORDINATOR}))
    assert vacancies(coordinator, body=body) == []
    assert vacancies(replace(coordinator, period=Period(None, NEXT_WEEK)), body=body) == [
        (Office.MODERATION, NEXT_WEEK + DAY)
    ]


def test_a_body_that_is_history_by_then_needs_nobody() -> None:
    leaver = person("ada", moderator(), leaves=NEXT_WEEK)
    assert vacancies(leaver, body=replace(BODY, archived_on=TODAY), city_leaves=NEXT_WEEK) == []
    assert vacancies(leaver, body=replace(BODY, archived_on=NEXT_WEEK + DAY), city_leaves=NEXT_WEEK) == []
    assert len(vacancies(leaver, body=replace(BODY, archived_on=NEXT_WEEK + 2 * DAY), city_leaves=NEXT_WEEK)) == 2


def test_a_moderator_whom_a_source_no_longer_has_leaves_a_vacancy_from_today() -> None:
    gone = replace(person("ada", moderator()), affiliations=(Affiliation("bretten", gone=True),), gone_from="ad")
    assert vacancies(gone) == [(Office.MODERATION, TODAY)]
    assert vacancies(gone, person("ben", moderator())) == []
