"""My page: where somebody belongs, with all rooms one click away; what is being set up; what is kept of them."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from provisioner.app.pages.rooms import accounts_of, rooms_of
from provisioner.console.agenda import dates_for
from provisioner.console.deps import AnyVisit, LoggedIn, Visit
from provisioner.console.pages import go, render
from provisioner.model.registry import Role
from provisioner.state import FeedWords

router = APIRouter()
_SHOWN_REQUESTS: Final = 10
_SHOWN_DATES: Final = 8


@router.get("/me")
def my_page(visit: LoggedIn) -> Response:
    """Rooms, folders, chats of every body."""
    person, site = visit.me, visit.network.site
    places = visit.picture.places_of(person.id)
    today = visit.picture.today
    active = [one for one in places if not one.body.is_archived(today)]
    return render(
        visit,
        "me.html",
        person=person,
        places=active,
        archived=[one for one in places if one.body.is_archived(today)],
        dates=dates_for(visit, [one.body for one in active], _SHOWN_DATES),
        rooms=rooms_of(site, [one.body.id for one in places]),
        requests=visit.network.requests.of_person(person.id)[:_SHOWN_REQUESTS],
        bodies=visit.picture.registry.bodies,
        setting_up=is_being_set_up(visit, person.id),
        to_decide=_to_decide(visit),
        to_confirm=_to_confirm(visit),
        moderator=Role.MODERATOR,
        feeds=visit.picture.policy.meetings.feeds,
    )


@router.get("/me/progress")
def my_progress(visit: LoggedIn) -> Response:
    """Whether something is still being set up: a part of my page, asked for again and again, until it is not."""
    if not visit.is_fragment:
        return go(visit, "me")
    return render(visit, "me_progress.html", setting_up=is_being_set_up(visit, visit.me.id))


@router.get("/me/data")
def my_data(visit: LoggedIn) -> Response:
    """All that is kept of somebody here, and where else."""
    person = visit.me
    return render(
        visit,
        "me_data.html",
        person=person,
        organisations=[visit.picture.registry.organisations[one] for one in visit.picture.organisations_of(person.id)],
        places=visit.picture.places_of(person.id),
        accounts=accounts_of(visit.network.site, person.id),
        requests=visit.network.requests.of_person(person.id),
        bodies=visit.picture.registry.bodies,
        feed_since=FeedWords(visit.network.site.database, visit.network.name).made_at(person.id),
    )


@router.get("/privacy")
def privacy(visit: AnyVisit) -> Response:
    """What is done with people's data, in words for them."""
    return render(visit, "privacy.html", contact=visit.picture.policy.joining.contact)


def is_being_set_up(visit: Visit, *ids: str) -> bool:
    """Whether the worker still has something to do about one of these."""
    return any(errand.only in ids for errand in visit.network.errands.all())


def _to_decide(visit: Visit) -> int:
    """How many requests wait for them."""
    mine = visit.who.moderates
    return sum(request.body in mine for request in visit.network.requests.waiting()) if mine else 0


def _to_confirm(visit: Visit) -> list[str]:
    """Ids of bodies whose lists they are asked to confirm."""
    mine = visit.who.moderates
    waiting = visit.network.confirmations.all(waiting=True) if mine else []
    return sorted({one.body for one in waiting if one.body in mine and one.body in visit.picture.registry.bodies})
