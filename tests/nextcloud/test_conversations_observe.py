"""What an observation of conversations tells, what it costs, and when nothing may be concluded from it."""

from collections.abc import Callable

import pytest

from connectors.nextcloud.emulation.talk.state import MODERATOR, PUBLIC, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Adopt, Verb
from provisioner.model.errors import LoginRefused
from provisioner.model.inventory import Complete, Level, Partial
from provisioner.model.plan import NoticeKind, TargetPlan
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Desired, EdgeRole, Kind, Resource
from provisioner.model.rules import PlanningRules
from provisioner.planning.planner import plan_target
from tests.support.conversations import ROOMS, inside, look, room, roster
from tests.support.nextcloud import SERVICE, WHY, Bench

OWN = SERVICE[0]
KIND = Kind.CONVERSATION
LIST = "/v4/room?"


def paths(cloud: NextcloudEmulator, part: str) -> list[str]:
    return [entry.path for entry in cloud.log.requests if part in entry.path]


def named(*names: str) -> Interest:
    return Interest(names=frozenset((KIND, name) for name in names))


def bound(*rooms: Room) -> Interest:
    return Interest(bound=frozenset((KIND, one.token) for one in rooms))


@pytest.fixture
def rooms(cloud: NextcloudEmulator) -> list[Room]:
    """Five rooms of ours, with one group in each."""
    for name in ("anna", "bert"):
        cloud.add_user(name)
    return [
        cloud.add_room(f"Raum {number}", OWN, groups=[cloud.add_group(f"g{number}", members=["anna"]).id])
        for number in range(5)
    ]


def test_all_rooms_are_one_request_and_the_people_of_those_asked_about_one_each(
    cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
) -> None:
    look(bench, Interest())
    cloud.log.clear()
    found = look(bench, Interest(bound(rooms[0]).bound, named("Raum 2", "Raum 99").names))
    assert len(paths(cloud, LIST)) == 1
    assert len(paths(cloud, "/participants")) == 2
    assert not cloud.log.writes
    assert isinstance(found.of(KIND).completeness, Complete)
    assert found.of(KIND).completeness.level is Level.FIELDS  # type: ignore[union-attr]
    assert set(found.of(KIND).objects) == {one.token for one in rooms}
    assert set(found.rosters) == {(KIND, rooms[0].token), (KIND, rooms[2].token)}


def test_a_room_with_a_wanted_mark_is_asked_about_whatever_it_is_called(
    cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
) -> None:
    rooms[3].description = "Text\nreadi:body:s"
    found = look(bench, named("readi:body:s"))
    assert set(found.rosters) == {(KIND, rooms[3].token)}


def test_nobody_reads_what_people_write(cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]) -> None:
    look(bench)
    assert not paths(cloud, "/chat/")
    assert all("includeLastMessage=false" in path for path in paths(cloud, LIST))


def test_what_the_server_makes_of_its_own_is_left_out(cloud: NextcloudEmulator, bench: Bench) -> None:
    assert dict(look(bench).of(KIND).objects) == {}
    assert len(cloud.talk.of(OWN)) == 3


def test_a_public_room_is_a_room_too(cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]) -> None:
    rooms[0].type = PUBLIC
    assert rooms[0].token in look(bench).of(KIND).objects


def test_only_own_rooms_are_seen(cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]) -> None:
    other = cloud.add_room("Fremd", "anna")
    other.listable = 1
    assert other.token not in look(bench).of(KIND).objects


@pytest.mark.parametrize(("role", "writable"), [(1, None), (MODERATOR, None), (3, frozenset()), (5, frozenset())])
def test_a_room_that_we_do_not_moderate_is_not_writable(
    cloud: NextcloudEmulator, bench: Bench, rooms: list[Room], role: int, writable: object
) -> None:
    rooms[0].attendees[0].type = role
    assert look(bench, Interest()).of(KIND).objects[rooms[0].token].writable == writable


def test_strangers_are_in_no_roster(cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]) -> None:
    cloud.talk.invite(rooms[0], "gast@city.example")
    assert inside(bench, rooms[0].token) == {OWN, "anna"}
    assert set(roster(bench, rooms[0].token).members) == {
        (EdgeRole.MEMBER, Kind.GROUP),
        (EdgeRole.MEMBER, Kind.ACCOUNT),
        (EdgeRole.MODERATOR, Kind.ACCOUNT),
    }


class TestNarrow:
    def test_only_what_is_sought_is_told_and_the_evidence_speaks_of_nothing_else(
        self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
    ) -> None:
        rooms[4].description = "readi:body:marked"
        sought = (
            Sought(room("a"), "Anders", rooms[0].token),
            Sought(room("b"), "Raum 2"),
            Sought(room("c"), "gibt es nicht"),
            Sought(room("marked"), "Anders"),
        )
        found = look(bench, Interest(only=sought))
        assert set(found.of(KIND).objects) == {rooms[0].token, rooms[2].token, rooms[4].token}
        completeness = found.of(KIND).completeness
        assert isinstance(completeness, Complete)
        assert completeness.scope.only == {"body:a", "body:b", "body:c", "body:marked"}
        assert {token for _, token in found.rosters} == set(found.of(KIND).objects)
        assert len(paths(cloud, "/apps/spreed/")) == 1 + 3

    def test_when_no_room_is_sought_none_is_asked_for(
        self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
    ) -> None:
        found = look(bench, Interest(only=()))
        assert not paths(cloud, "/apps/spreed/")
        completeness = found.of(KIND).completeness
        assert isinstance(completeness, Complete)
        assert completeness.scope.only == frozenset()


class TestDoubt:
    def test_without_talk_nothing_is_known_and_nothing_is_empty(self, cloud: NextcloudEmulator, bench: Bench) -> None:
        cloud.disable_app("spreed")
        found = look(bench).of(KIND)
        assert isinstance(found.completeness, Partial)
        assert found.completeness.why.code == "nextcloud.app_missing"

    def test_when_talk_is_switched_off_meanwhile_nothing_is_known_either(
        self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
    ) -> None:
        look(bench)  # the capabilities are remembered
        cloud.disable_app("spreed")
        assert isinstance(look(bench).of(KIND).completeness, Partial)

    @pytest.mark.parametrize(
        "strike",
        [
            lambda faults, path: faults.reset_before(path=path, times=None),
            lambda faults, path: faults.login_page(path=path, times=None),
            lambda faults, path: faults.truncate(path=path, times=None),
            lambda faults, path: faults.status(404, path=path, times=None),
            lambda faults, path: faults.status(429, path=path, times=None),
            lambda faults, path: faults.status(500, path=path, times=None),
            lambda faults, path: faults.status(
                200, path=path, times=None, body='{"ocs": {"meta": {"status": "ok", "statuscode": 200}, "data": {}}}'
            ),
        ],
    )
    def test_what_can_not_be_read_is_partial_and_the_rest_goes_on(
        self,
        cloud: NextcloudEmulator,
        bench: Bench,
        rooms: list[Room],
        strike: Callable[[object, str], object],
    ) -> None:
        strike(cloud.faults, f"/{rooms[1].token}/participants")
        found = look(bench)
        assert isinstance(found.of(KIND).completeness, Complete)
        partial = {token for (_, token), told in found.rosters.items() if isinstance(told.completeness, Partial)}
        assert partial == {rooms[1].token}
        strike(cloud.faults, r"/v4/room\?")
        found = bench.connector.observe(ROOMS | {Kind.GROUP})
        assert isinstance(found.of(KIND).completeness, Partial)
        assert isinstance(found.of(Kind.GROUP).completeness, Complete)

    def test_an_entry_without_an_address_makes_absence_mean_nothing(
        self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
    ) -> None:
        rooms[0].token = ""
        found = look(bench, Interest()).of(KIND)
        assert isinstance(found.completeness, Partial)
        assert set(found.objects) == {one.token for one in rooms[1:]}

    def test_a_refused_login_ends_it(self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]) -> None:
        cloud.faults.status(401, path="/participants")
        with pytest.raises(LoginRefused):
            look(bench)

    def test_a_room_that_vanishes_while_it_is_read_has_an_unknown_roster(
        self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
    ) -> None:
        cloud.faults.hook(
            before=lambda request: cloud.talk.rooms.pop(rooms[0].token, None) and None,
            path=f"/{rooms[0].token}/participants",
        )
        assert isinstance(look(bench).rosters[KIND, rooms[0].token].completeness, Partial)

    def test_others_who_asked_for_rooms_that_are_gone_do_not_lock_us_out(
        self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room], clock: VirtualClock
    ) -> None:
        cloud.talk.misses += [clock.now().timestamp()] * 20
        assert all(isinstance(told.completeness, Complete) for told in look(bench).rosters.values())

    def test_a_room_is_never_asked_for_by_its_address(
        self, cloud: NextcloudEmulator, bench: Bench, rooms: list[Room]
    ) -> None:
        gone = rooms.pop()
        cloud.talk.remove_room(gone.token)
        for _ in range(20):
            look(bench, bound(gone, rooms[0]))
        assert not cloud.talk.misses


class TestPlanned:
    """What the planner makes of it."""

    def plan(self, bench: Bench, ties: Ties) -> TargetPlan:
        """Of one wanted room, "Sensorik"."""
        wanted = Resource(room("s"), "Sensorik", {"listed": False, "lobby": False, "read_only": False}, WHY)
        tied = frozenset((KIND, one.remote_id) for one in ties.bindings.values())
        inventory = look(bench, Interest(tied, named("Sensorik").names))
        desired = Desired({wanted.id: wanted})
        return plan_target(desired, inventory, ties, bench.connector.capabilities(), PlanningRules())

    def test_a_room_that_we_can_not_see_is_adopted_once_its_moderator_invites_us(
        self, cloud: NextcloudEmulator, bench: Bench
    ) -> None:
        cloud.add_user("anna")
        grown = cloud.add_room("Sensorik", "anna")
        assert [change.verb for change in self.plan(bench, Ties({}, {})).changes] == [Verb.CREATE]
        cloud.talk.add_people(grown, [OWN])
        (change,) = self.plan(bench, Ties({}, {})).changes
        assert isinstance(change, Adopt)
        assert change.remote.remote_id == grown.token

    def test_a_room_that_we_were_thrown_out_of_is_lost_and_not_made_twice(
        self, cloud: NextcloudEmulator, bench: Bench
    ) -> None:
        cloud.add_user("anna")
        made = cloud.add_room("Sensorik", OWN, users=["anna"])
        tie = Binding(room("s"), made.token, "Sensorik", str(made.id), {"name": "Sensorik"})
        cloud.talk.drop(made, made.attendees[0])
        part = self.plan(bench, Ties({tie.id: tie}, {}))
        assert part.changes == ()
        assert [notice.kind for notice in part.notices if notice.id == tie.id] == [NoticeKind.LOST]
