"""People: found by words and filters, each with all that is known of them; and who is leaving."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from policies.membership import Standing
from policies.reasons import reasons_in_body
from provisioner.app.joining.endings import end_stay, resume_stay
from provisioner.app.joining.refusing import Refused
from provisioner.app.leavers import next_command
from provisioner.app.pages.leaver_pages import leaver_of, leavers_of_picture, vacancies_of
from provisioner.app.pages.paging import paged
from provisioner.app.pages.people_pages import NO_ORGANISATION, PEOPLE, Wanted
from provisioner.app.pages.rooms import accounts_of
from provisioner.app.picture import Place, sorted_as
from provisioner.app.provenance import taken
from provisioner.console.deps import LoggedIn, Visit, allow
from provisioner.console.pages import go, render
from provisioner.lifecycle.rights import Right
from provisioner.model.registry import Person
from provisioner.model.text import Text
from provisioner.model.words import field_word, role_word
from provisioner.state import EnrolmentStore, Requests

router = APIRouter()

PER_PAGE: Final = 50
_Words = Annotated[str, Query(max_length=100)]
_Id = Annotated[str, Query(max_length=100)]
_Page = Annotated[int, Query(ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class Belongs:
    """A body that somebody is in. ``how``: "written" in the files, by a "rule", or through the "service"."""

    place: Place
    how: str
    why: tuple[Text, ...]


@router.get("/people")
def people(
    visit: Annotated[Visit, allow(Right.PEOPLE)],
    q: _Words = "",
    organisation: _Id = "",
    body: _Id = "",
    standing: _Id = "",
    page: _Page = 1,
) -> Response:
    """Who fits; a city's administrator finds the city's people alone."""
    wished = next((one for one in Standing if str(one) == standing), None)
    wanted = Wanted(q, organisation, body, wished)
    found = paged(PEOPLE.of(visit.picture).find(wanted, own_organisations(visit)), page, PER_PAGE)
    template = "people_part.html" if visit.is_fragment else "people.html"
    registry, only = visit.picture.registry, own_organisations(visit)
    organisations = [one for one in registry.organisations.values() if only is None or one.id in only]
    return render(
        visit,
        template,
        found=found,
        wanted=wanted,
        asked=_asked(wanted),
        organisation_choices=sorted(((one.id, one.name) for one in organisations), key=lambda one: sorted_as(one[1])),
        body=registry.bodies.get(body),
        standings=list(Standing),
        no_organisation=NO_ORGANISATION,
    )


def own_organisations(visit: Visit) -> frozenset[str] | None:
    """To which organisations' people the list is limited; None: to none."""
    viewer = visit.who
    return None if viewer.ranger or viewer.coordinator else viewer.administers


def _asked(wanted: Wanted) -> dict[str, str]:
    """The filters as parts of an address."""
    standing = "" if wanted.standing is None else str(wanted.standing)
    asked = {"q": wanted.words, "organisation": wanted.organisation, "body": wanted.body, "standing": standing}
    return {name: value for name, value in asked.items() if value}


@router.get("/people/{identity}")
def person(visit: LoggedIn, identity: str) -> Response:
    """All that is known of somebody."""
    found = _person_to_see(visit, identity)
    site, picture = visit.network.site, visit.picture
    by_service = {one.body for one in EnrolmentStore(site.database, site.network).places_of(identity)}
    leaver = leaver_of(site, picture, identity)
    return render(
        visit,
        "person.html",
        person=found,
        standing=picture.belongings.standings[identity],
        known_organisations=picture.registry.organisations,
        role_word=role_word,
        belongs=list(_belongs(visit, found, by_service)),
        accounts=accounts_of(site, identity),
        taken=[(field_word(one.field), one.value, one.where) for one in taken(found)],
        requests=Requests(site.database, site.network).of_person(identity)[:PER_PAGE],
        known_bodies=picture.registry.bodies,
        leaver=leaver,
        command=None if leaver is None else next_command(leaver),
        ended_here=EnrolmentStore(site.database, site.network).ending_of(identity),
        commands=visit.who.ranger,
        may_end=visit.may(Right.END_STAY, organisations=picture.organisations_of(identity)),
    )


@router.post("/people/{identity}/end")
def end(
    visit: LoggedIn, identity: str, last_day: Annotated[str, Form(pattern=r"^\d{4}-\d\d-\d\d$", max_length=10)]
) -> Response:
    """The last day in the network is said, or said anew."""
    _person_to_see(visit, identity)
    try:
        day = date.fromisoformat(last_day)
    except ValueError:
        raise Refused(Text.of("console.no_such_day")) from None
    end_stay(visit.network.site, visit.network.pictures, visit.who, identity, day)
    return go(visit, "people", identity, said="stay_ended")


@router.post("/people/{identity}/resume")
def resume(visit: LoggedIn, identity: str) -> Response:
    """What was said of the last day is taken back."""
    _person_to_see(visit, identity)
    resume_stay(visit.network.site, visit.network.pictures, visit.who, identity)
    return go(visit, "people", identity, said="stay_resumed")


@router.get("/leavers")
def leavers(visit: Annotated[Visit, allow(Right.PEOPLE)], page: _Page = 1) -> Response:
    """Everybody on the ladder, and bodies that need a successor."""
    only, picture = own_organisations(visit), visit.picture
    found = [
        leaver
        for leaver in reversed(leavers_of_picture(visit.network.site, picture))
        if only is None or picture.organisations_of(leaver.person) & only
    ]
    vacancies = [
        one for one in vacancies_of(picture) if only is None or (picture.registry.bodies[one.body].lead or "") in only
    ]
    return render(
        visit,
        "leavers.html",
        found=paged([(leaver, next_command(leaver)) for leaver in found], page, PER_PAGE),
        known=picture.registry.people,
        vacancies=vacancies[:PER_PAGE],
        commands=visit.who.ranger,
    )


def _person_to_see(visit: Visit, identity: str) -> Person:
    found = visit.person(identity)
    visit.need(Right.PERSON, organisations=visit.picture.organisations_of(identity), person=identity)
    return found


def _belongs(visit: Visit, person: Person, by_service: set[str]) -> Iterator[Belongs]:
    for place in visit.picture.places_of(person.id):
        why = tuple(reasons_in_body(person, place.body, visit.picture.belongings))
        how = "rule" if place.by_rule else "service" if place.body.id in by_service else "written"
        yield Belongs(place, how, why)
