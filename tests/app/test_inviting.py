"""Guests in meeting rooms: who invites them, how their links end, and that these open nothing else."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.meetings.doors import Doors, LinkOver
from provisioner.app.meetings.inviting import Inviting
from provisioner.app.meetings.rotating import note_access
from provisioner.app.work.tidying import tidy
from provisioner.model.meetings import Standing
from provisioner.state import GuestRooms, Invitations, RoomAccesses
from provisioner.state.schema import METADATA
from provisioner.texts import Catalogue
from tests.support.desk import Desk, desks
from tests.support.doors import NotedDoor, doors_of, meeting_network, tie_room

ROOM = "re-" + "a" * 32


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, meeting_network())
    tie_room(found, "pg-sensorik", ROOM)
    tie_room(found, "pg-lora", "re-" + "b" * 32)
    note_access(found.site, found.picture)
    yield found
    found.site.close()


@pytest.fixture
def door() -> NotedDoor:
    return NotedDoor()


@pytest.fixture
def doors(desk: Desk, door: NotedDoor) -> Doors:
    return doors_of(desk, door)


@pytest.fixture
def inviting(desk: Desk, doors: Doors) -> Inviting:
    return Inviting(desk.site, desk.pictures, doors)


def in_hours(desk: Desk, hours: float) -> datetime:
    return desk.clock.now() + timedelta(hours=hours)


def word_of(link: str) -> str:
    return link.rpartition("/")[2]


def invited(desk: Desk, inviting: Inviting, name: str = "Gustav Gast", hours: float = 2) -> tuple[str, str]:
    """Its id, and the word of the link."""
    found = inviting.invite(desk.viewer("mona"), "pg-sensorik", name, in_hours(desk, hours))
    return found.invitation.id, word_of(found.link.get_secret_value())


def refused(desk: Desk, act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    assert Catalogue("de")(caught.value.text)
    return caught.value.text.code


def kept(desk: Desk) -> str:
    """All that stands in the database."""
    with desk.site.database.reading() as connection:
        tables = METADATA.sorted_tables
        return "\n".join(repr(tuple(row)) for table in tables for row in connection.execute(select(table)))


def test_a_guest_enters_by_the_link_under_the_name_that_was_given_and_leads_nothing(
    desk: Desk, inviting: Inviting, doors: Doors, door: NotedDoor
) -> None:
    found = inviting.invite(desk.viewer("mona"), "pg-sensorik", "  Jörg   Größer ", in_hours(desk, 2))
    word = word_of(found.link.get_secret_value())
    assert found.link.get_secret_value() == f"http://127.0.0.1:8765/redi/guest/{word}"
    entry = doors.guest(word, desk.clock.now())
    assert (entry.name, entry.title, entry.until) == ("Jörg Größer", "Sensorik", in_hours(desk, 2))
    assert not door.admitted, "looking at a link lets nobody in"
    doors.enter_as_guest(word)
    room, _, entrant = door.last
    assert (room, entrant.name, entrant.standing) == (ROOM, "Jörg Größer", Standing.GUEST)
    assert entrant.allowed is not None
    assert (entrant.allowed.passes_lobby, entrant.allowed.features) == (False, frozenset())


def test_the_word_of_a_link_is_kept_nowhere_and_forged_ones_open_nothing(
    desk: Desk, inviting: Inviting, doors: Doors, door: NotedDoor
) -> None:
    identity, word = invited(desk, inviting)
    assert word not in kept(desk)
    other = "A" if word[0] != "A" else "B"
    for forged in ("", identity, other + word[1:], word[:-1], word + "=", word.swapcase(), "'; --", "ä" * 1024, "\0"):
        with pytest.raises(Forbidden):
            doors.guest(forged, desk.clock.now())
        with pytest.raises(Forbidden):
            doors.enter_as_guest(forged)
    assert not door.admitted


def test_a_link_ends_and_the_pass_with_it(desk: Desk, inviting: Inviting, doors: Doors, door: NotedDoor) -> None:
    _, word = invited(desk, inviting, hours=1)
    desk.clock.sleep(3600 - 90)
    doors.enter_as_guest(word)
    allowed = door.last[2].allowed
    assert allowed is not None
    assert allowed.seconds == 90
    desk.clock.sleep(90)
    with pytest.raises(LinkOver):
        doors.guest(word, desk.clock.now())
    with pytest.raises(LinkOver):
        doors.enter_as_guest(word)


def test_a_withdrawn_link_opens_nothing_from_that_moment_on_and_the_room_is_renamed(
    desk: Desk, inviting: Inviting, doors: Doors
) -> None:
    identity, word = invited(desk, inviting)
    doors.enter_as_guest(word)
    assert inviting.withdraw(desk.viewer("mona"), identity)
    with pytest.raises(LinkOver):
        doors.enter_as_guest(word)
    assert not inviting.withdraw(desk.viewer("mona"), identity), "a second click"
    (due,) = RoomAccesses(desk.site.database, desk.site.network).due()
    assert (due.key, due.due_why) == ("body:pg-sensorik", "guest")


def test_an_archived_bodys_links_are_over(desk: Desk, inviting: Inviting, doors: Doors) -> None:
    _, word = invited(desk, inviting)
    desk.wish.bodies["pg-sensorik"]["archived"] = "2026-01-01"
    desk.rewrite()
    with pytest.raises(LinkOver):
        doors.enter_as_guest(word)


@pytest.mark.parametrize("of", ["the body", "its moderators", "the network"])
def test_whoever_leaves_does_not_come_back_by_a_link_that_they_made(
    desk: Desk, inviting: Inviting, doors: Doors, door: NotedDoor, of: str
) -> None:
    mona = desk.viewer("mona")
    own = inviting.open_room(mona, "pg-sensorik", "Vorstellung", in_hours(desk, 3))
    made = [inviting.invite(mona, "pg-sensorik", "Nicht Mona", in_hours(desk, 2), room) for room in (None, own.id)]
    kept_by_a_ranger = inviting.invite(desk.viewer("rita"), "pg-sensorik", "Gesine Gast", in_hours(desk, 2))
    if of == "the network":
        desk.wish.people["p-mona"]["leaves"] = "2026-01-01"
    else:
        left: list[object] = [] if of == "the body" else ["pg-sensorik"]
        desk.wish.people["p-mona"]["bodies"] = left
    desk.rewrite()
    for link in made:
        with pytest.raises(LinkOver):
            doors.guest(word_of(link.link.get_secret_value()), desk.clock.now())
        with pytest.raises(LinkOver):
            doors.enter_as_guest(word_of(link.link.get_secret_value()))
    assert not door.admitted
    assert inviting.invitations(desk.viewer("rita"), "pg-sensorik") == [kept_by_a_ranger.invitation]
    doors.enter_as_guest(word_of(kept_by_a_ranger.link.get_secret_value()))


def test_once_policy_forbids_guests_their_links_are_over(desk: Desk, inviting: Inviting, doors: Doors) -> None:
    _, word = invited(desk, inviting)
    desk.wish.policy["meetings"] = {"invitations": {"days": 0}}
    desk.rewrite()
    with pytest.raises(LinkOver):
        doors.enter_as_guest(word)


def test_a_guests_link_opens_no_other_room_and_makes_nobody_a_member(
    desk: Desk, inviting: Inviting, doors: Doors, door: NotedDoor
) -> None:
    _, word = invited(desk, inviting)
    doors.enter_as_guest(word)
    _, other = invited(desk, inviting, "Gesine Gast")
    doors.enter_as_guest(other)
    assert {room for room, _, _ in door.admitted} == {ROOM}
    assert len({entrant.id for _, _, entrant in door.admitted}) == 2, "two guests are two people"


@pytest.mark.parametrize("name", ["ben", "ole", "moritz", "carla", "konrad", "gerd"])
def test_only_moderators_and_rangers_invite(desk: Desk, inviting: Inviting, name: str) -> None:
    before, until = kept(desk), in_hours(desk, 1)
    for act in (
        lambda: inviting.invite(desk.viewer(name), "pg-sensorik", "X", until),
        lambda: inviting.open_room(desk.viewer(name), "pg-sensorik", "X", until),
        lambda: inviting.invitations(desk.viewer(name), "pg-sensorik"),
    ):
        with pytest.raises(Forbidden):
            act()
    assert kept(desk) == before
    identity, _ = invited(desk, inviting)
    with pytest.raises(Forbidden):
        inviting.withdraw(desk.viewer(name), identity)
    with pytest.raises(Forbidden):
        inviting.withdraw(desk.viewer("mona"), "made-up")
    assert inviting.invite(desk.viewer("rita"), "pg-sensorik", "X", until)


def test_names_that_nobody_can_read_and_ends_that_no_policy_allows_are_refused(desk: Desk, inviting: Inviting) -> None:
    mona = desk.viewer("mona")
    for name in ("", "   ", "x" * 1024, "Eve\u202e", "A\0B"):
        wrong = lambda name=name: inviting.invite(mona, "pg-sensorik", name, in_hours(desk, 1))  # noqa: E731
        assert refused(desk, wrong) == "app.guest_name_unreadable"
    for hours in (-1, 0, 24 * 30 + 1):
        late = lambda hours=hours: inviting.invite(mona, "pg-sensorik", "X", in_hours(desk, hours))  # noqa: E731
        assert refused(desk, late) == "app.end_out_of_range"
    for hours in (-1, 0, 13):
        long = lambda hours=hours: inviting.open_room(mona, "pg-sensorik", "X", in_hours(desk, hours))  # noqa: E731
        assert refused(desk, long) == "app.end_out_of_range"
    assert inviting.invite(mona, "pg-sensorik", "Ä" * 200, in_hours(desk, 24 * 30))


def test_policy_can_forbid_guests(desk: Desk, inviting: Inviting) -> None:
    desk.wish.policy["meetings"] = {"invitations": {"days": 0}, "guest_rooms": {"hours": 0}}
    desk.rewrite()
    mona, until = desk.viewer("mona"), in_hours(desk, 1)
    assert refused(desk, lambda: inviting.invite(mona, "pg-sensorik", "X", until)) == "app.no_invitations"
    assert refused(desk, lambda: inviting.open_room(mona, "pg-sensorik", "X", until)) == "app.no_guest_rooms"


def test_nobody_hands_out_links_without_end(desk: Desk, inviting: Inviting) -> None:
    mona, until = desk.viewer("mona"), in_hours(desk, 1)
    for _ in range(100):
        inviting.invite(mona, "pg-sensorik", "X", until)
    assert refused(desk, lambda: inviting.invite(mona, "pg-sensorik", "X", until)) == "app.asked_too_often"
    for _ in range(20):
        inviting.open_room(mona, "pg-sensorik", "X", until)
    assert refused(desk, lambda: inviting.open_room(mona, "pg-sensorik", "X", until)) == "app.asked_too_often"
    desk.clock.sleep(25 * 3600)
    assert inviting.open_room(mona, "pg-sensorik", "X", in_hours(desk, 1))


def test_a_room_for_guests_is_open_to_its_body_and_its_guests_until_it_ends(
    desk: Desk, inviting: Inviting, doors: Doors, door: NotedDoor
) -> None:
    room = inviting.open_room(desk.viewer("mona"), "pg-sensorik", "Vorstellung: Straßenlaternen", in_hours(desk, 3))
    guest = inviting.invite(desk.viewer("mona"), "pg-sensorik", "Gustav", in_hours(desk, 99), room.id)
    assert guest.invitation.until == room.until
    word = word_of(guest.link.get_secret_value())
    doors.enter_guest_room(desk.viewer("mona"), room.id)
    doors.enter_guest_room(desk.viewer("ben"), room.id)
    doors.enter_as_guest(word)
    standings = [entrant.standing for _, _, entrant in door.admitted]
    assert standings == [Standing.MODERATOR, Standing.MEMBER, Standing.GUEST]
    assert {(name, title) for name, title, _ in door.admitted} == {(room.name, "Vorstellung: Straßenlaternen")}
    assert doors.room_named(room.name) == f"room:{room.id}"
    with pytest.raises(Forbidden):
        doors.enter_guest_room(desk.viewer("ole"), room.id)
    with pytest.raises(Forbidden):
        doors.enter_guest_room(desk.viewer("ben"), "made-up")
    desk.clock.sleep(3 * 3600)
    assert refused(desk, lambda: doors.enter_guest_room(desk.viewer("mona"), room.id)) == "app.guest_room_closed"
    with pytest.raises(LinkOver):
        doors.enter_as_guest(word)


def test_a_closed_room_lets_nobody_in_any_more(desk: Desk, inviting: Inviting, doors: Doors) -> None:
    mona = desk.viewer("mona")
    room = inviting.open_room(mona, "pg-sensorik", "X", in_hours(desk, 3))
    guest = inviting.invite(mona, "pg-sensorik", "Gustav", in_hours(desk, 1), room.id)
    assert inviting.open_rooms("pg-sensorik") == [room]
    assert inviting.invitations(mona, "pg-sensorik") == [guest.invitation]
    with pytest.raises(Forbidden):
        inviting.close_room(desk.viewer("ben"), room.id)
    assert inviting.close_room(mona, room.id)
    assert not inviting.close_room(mona, room.id)
    assert inviting.open_rooms("pg-sensorik") == []
    assert inviting.invitations(mona, "pg-sensorik") == []
    with pytest.raises(LinkOver):
        doors.enter_as_guest(word_of(guest.link.get_secret_value()))
    late = refused(desk, lambda: inviting.invite(mona, "pg-sensorik", "X", in_hours(desk, 1), room.id))
    assert late == "app.guest_room_closed"
    with pytest.raises(Forbidden):
        inviting.invite(desk.viewer("moritz"), "pg-lora", "X", in_hours(desk, 1), room.id)


def test_a_public_room_is_open_to_all_and_no_room_of_ours_is_public(desk: Desk, doors: Doors, door: NotedDoor) -> None:
    doors.visitor("amt-buergerservice")
    doors.visitor("amt-buergerservice")
    (first, _, one), (_, _, two) = door.admitted
    assert (first, one.standing, one.name) == ("amt-buergerservice", Standing.VISITOR, "")
    assert one.id != two.id, "nobody is known again"
    for room in (ROOM, "re-" + "f" * 32, "anything", ""):
        with pytest.raises(Forbidden):
            doors.visitor(room)
    tie_room(desk, "pg-alle", "amt-unsers")
    with pytest.raises(Forbidden):
        doors.visitor("amt-unsers")


def test_the_audit_names_nobody_from_outside_and_no_room(desk: Desk, inviting: Inviting) -> None:
    mona = desk.viewer("mona")
    room = inviting.open_room(mona, "pg-sensorik", "Geheimes", in_hours(desk, 3))
    identity, word = invited(desk, inviting)
    inviting.withdraw(mona, identity)
    inviting.close_room(mona, room.id)
    told = [deed for deed in desk.deeds() if deed[0] == "p-mona"]
    assert told == [
        ("p-mona", action, "body:pg-sensorik")
        for action in ("opened_room", "invited_guest", "withdrew_guest", "closed_room")
    ]
    with desk.site.database.reading() as connection:
        written = repr(connection.execute(select(METADATA.tables["audit"])).all())
    assert not any(secret in written for secret in ("Gustav", "Geheimes", word, room.name, ROOM))


def test_what_is_over_is_forgotten_a_week_later(desk: Desk, inviting: Inviting) -> None:
    room = inviting.open_room(desk.viewer("mona"), "pg-sensorik", "X", in_hours(desk, 3))
    identity, _ = invited(desk, inviting, hours=24 * 20)
    desk.clock.sleep(8 * 24 * 3600)
    tidy(desk.site, desk.picture)
    assert GuestRooms(desk.site.database, desk.site.network).get(room.id) is None
    assert Invitations(desk.site.database, desk.site.network).get(identity) is not None
    desk.clock.sleep(20 * 24 * 3600)
    tidy(desk.site, desk.picture)
    assert Invitations(desk.site.database, desk.site.network).get(identity) is None
