"""What a newcomer is told: how to log in for the first time, what they have and where, whom to ask."""

from collections.abc import Iterator
from datetime import datetime

from provisioner.app.meetings.agenda import next_date
from provisioner.app.meetings.room_links import RoomLinks
from provisioner.app.pages.rooms import Room, accounts_of, rooms_of
from provisioner.app.picture import Picture, Place
from provisioner.app.site import Site
from provisioner.messages.wording import Facts, Ours
from provisioner.model.registry import Person
from provisioner.model.resources import Kind
from provisioner.model.text import Text

MOST = 20
"""So many bodies are listed; the rest stands on the person's own page."""
_ASKED = 3
_ROOMS = {
    Kind.TEAM_FOLDER: "messages.room_folder",
    Kind.CONVERSATION: "messages.room_chat",
    Kind.FORUM_CATEGORY: "messages.room_forum",
    Kind.WIKI_SPACE: "messages.room_wiki",
}


def welcome_facts(site: Site, picture: Picture, person: str, me: Ours, now: datetime) -> Facts:
    """Raises `SettingsError`, `StateError`."""
    today = picture.today
    places = [place for place in picture.places_of(person) if not place.body.is_archived(today)][:MOST]
    rooms = rooms_of(site, [place.body.id for place in places], tuple(_ROOMS))
    links = RoomLinks(site)
    lines: list[Text | None] = []
    for place in places:
        lines += [None, *_about(picture, place, person, rooms.get(place.body.id, ()), links.to(place.body.id), now)]
    told = (Text.of("messages.rooms"), *lines) if lines else (Text.of("messages.no_rooms"),)
    known = picture.registry.people[person]
    return Facts(values={"how": how_to_log_in(site, picture, known), "me": me}, lines=told, link="")


def how_to_log_in(site: Site, picture: Picture, person: Person) -> Text:
    """By the target that people log in with: where the login is kept, else where the account is."""
    names = {account.target: account.name for account in accounts_of(site, person.id)}
    with site.targets() as targets:
        can = [(target.name, target.connector.capabilities()) for target in targets if target.name in names]
    can.sort(key=lambda one: not one[1].holds_login)
    for target, capabilities in can:
        if capabilities.first_login is not None:
            return capabilities.first_login(names[target], is_at_home(picture, person))
    return Text.of("messages.how_unknown")


def is_at_home(picture: Picture, person: Person) -> bool:
    """Whether the account of the organisation opens the login: as `policies.accounts` links it."""
    link = picture.policy.login.links.get(picture.belongings.homes.get(person.id, ""))
    return link is not None and any(one.source == link.source for one in person.identities)


def _about(
    picture: Picture, place: Place, person: str, rooms: tuple[Room, ...], enter: str | None, now: datetime
) -> Iterator[Text]:
    yield Text.of("messages.room_of", body=place.body.name)
    for room in rooms:
        if room.address is not None:
            yield Text(_ROOMS[room.kind], {"url": Ours(room.address)})
    if enter is not None:
        yield Text.of("messages.room_meeting_room", url=Ours(enter))
    following = next_date(picture, place.body, now)
    if following is not None:
        yield Text.of("messages.room_next", starts=following.starts)
    moderators = [one.display_name for one in picture.moderators_of(place.body.id) if one.id != person]
    if moderators:
        yield Text.of("messages.room_ask", people=", ".join(moderators[:_ASKED]))
