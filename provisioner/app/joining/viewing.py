"""What somebody is at this moment: worked out anew for every request, so that nobody keeps what they have lost."""

from typing import Final

from policies.membership import affiliations_today
from provisioner.app.joining.offices import administrators
from provisioner.app.picture import Picture
from provisioner.lifecycle.rights import Viewer
from provisioner.model.registry import Person, Role
from provisioner.state import Session

ADMIN: Final = "admin"
"""``via`` of a session that began with the link of the first start."""


def viewer_of(picture: Picture, session: Session, *, offices: bool = True) -> Viewer | None:
    """Who looks. None: somebody who is not, or no longer, in the network.

    ``offices`` False: who it is, and whether a guest, but not where they are and as what. Looking for that takes longer
    than anything else, in vain for whoever asks the picture about one body.
    """
    seen = viewer_for if offices else _anybody
    if session.person is not None:
        return seen(picture, session.network, session.person)
    if session.address is None:
        return Viewer(session.network, ranger=True) if session.via == ADMIN else None
    registered = picture.person_with(session.address)  # perhaps meanwhile, in another browser
    viewer = None if registered is None else seen(picture, session.network, registered)
    # Whose address is that of somebody away is told so when they try to register.
    return viewer or Viewer(session.network, newcomer_address=session.address)


def viewer_for(picture: Picture, network: str, person: str) -> Viewer | None:
    """What a person of the registry is. None: suspended, over, or not there."""
    found = picture.registry.people.get(person)
    if found is None or not picture.active(person):
        return None
    places = picture.places_of(person)
    member_of = frozenset(place.body.id for place in places)
    if is_guest(found):
        return Viewer(network, person, member_of=member_of, guest=True)
    today = picture.today
    holding = affiliations_today(found, picture.registry, today)
    own = frozenset(one.organisation for one in holding if Role.CITY_ADMINISTRATOR in one.roles)
    return Viewer(
        network,
        person,
        ranger=Role.RANGER in found.roles,
        coordinator=any(Role.COORDINATOR in one.roles for one in holding),
        administers=own | _stood_in_for(picture, person, own),
        moderates=frozenset(
            place.body.id for place in places if place.role is Role.MODERATOR and not place.body.is_archived(today)
        ),
        member_of=member_of,
    )


def _anybody(picture: Picture, network: str, person: str) -> Viewer | None:
    """The same without any place or office. Fewer rights than they have, never more."""
    found = picture.registry.people.get(person)
    if found is None or not picture.active(person):
        return None
    return Viewer(network, person, guest=is_guest(found))


def _stood_in_for(picture: Picture, person: str, own: frozenset[str]) -> frozenset[str]:
    """A city's administrators do it for its utility where that has none of its own: just as they are asked for it."""
    parts = (one.id for one in picture.registry.organisations.values() if own and one.part_of in own)
    return frozenset(part for part in parts if person in administrators(picture, part))


def is_guest(person: Person) -> bool:
    """Whether somebody is a guest of the network as a whole: they decide nothing, whatever is written beside it."""
    return person.guest is not None or Role.GUEST in person.roles
