"""Who is let into conversations, promoted, demoted and taken out, and who never is."""

import pytest

from connectors.nextcloud.emulation.talk.state import GROUP, MODERATOR, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.model.errors import Permanent, Transient
from provisioner.model.resources import Kind
from provisioner.model.steps import Moved, Step, Verified
from tests.support.conversations import (
    create_room,
    enter,
    exit_,
    grown_room,
    moderate,
    moderate_no_more,
    room,
)
from tests.support.nextcloud import SERVICE, TOKEN, Bench, group, person

OWN = SERVICE[0]


@pytest.fixture
def made(cloud: NextcloudEmulator, bench: Bench) -> Room:
    return grown_room(cloud, bench)


def perform(bench: Bench, step: Step, verified: Verified | None) -> None:
    with bench.gate.opened(TOKEN):
        bench.connector.perform(step, verified, bench.ids.__getitem__)


class TestGuests:
    """An e-mail guest would turn the room public."""

    def test_whatever_is_wished_for_nothing_but_accounts_and_groups_is_named(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        bench.ids |= {person("g"): "gast@city.example", group("g"): "gast@city.example"}
        changes = [
            create_room("neu", "Neu"),
            enter("neu", "g"),
            enter("s", "g"),
            enter("s", "g", member=Kind.ACCOUNT),
            moderate("s", "g"),
        ]
        for steps in (bench.compile(*changes[:2]), bench.compile(*changes[2:])):
            for step in steps:
                with pytest.raises(Permanent, match="404"):
                    bench.perform(step)
        bodies = " ".join(entry.body for entry in cloud.log.writes)
        assert "gast@city.example" in bodies
        assert "emails" not in bodies
        assert "circles" not in bodies
        assert {one.type for one in cloud.talk.rooms.values() if not one.object_type} <= {GROUP, 4}
        assert made.type == GROUP

    def test_nobody_is_put_in_by_hand_who_comes_by_a_group(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        bench.apply(create_room("neu", "Neu"), enter("neu", "s"), moderate("neu", "anna"))
        assert not [entry for entry in cloud.log.writes if entry.path.endswith("/participants")]


class TestSharing:
    """One fresh read of the participants serves the steps that follow each other in one room."""

    def people_read(self, cloud: NextcloudEmulator) -> int:
        return sum(entry.method == "GET" and "/participants" in entry.path for entry in cloud.log.requests)

    def test_many_moderators_of_one_room_are_one_read_and_one_write_each(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        names = [f"p{number}" for number in range(6)]
        for name in names:
            cloud.add_user(name, groups=["Sensorik"])
            bench.ids[person(name)] = name
        cloud.log.clear()
        bench.apply(moderate("s", *names))
        assert (self.people_read(cloud), len(cloud.log.writes)) == (1, len(names))
        assert set(names) <= set(made.moderators)
        bench.apply(moderate_no_more("s", made.token, *names[:3]), exit_("s", made.token, *names[3:]))
        assert self.people_read(cloud) <= 3

    def test_another_room_a_failure_and_time_each_end_it(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        other = cloud.add_room("Andere", OWN, users=["anna", "bert"])
        bench.ids[room("o")] = other.token
        first, second, third = (bench.compile(moderate(key, "bert"))[0] for key in ("s", "o", "s"))
        for step in (first, second, third):
            bench.perform(step)
        assert self.people_read(cloud) == 3
        (down,) = bench.compile(moderate_no_more("s", made.token, "bert"))
        cloud.faults.status(500, writes=True)
        verified = bench.connector.verify(down, bench.ids.__getitem__)
        assert isinstance(verified, Verified)
        with pytest.raises(Transient):
            perform(bench, down, verified)
        assert self.people_read(cloud) == 3
        bench.perform(down)
        assert self.people_read(cloud) == 4
        bench.clock.sleep(120)
        bench.apply(moderate("s", "bert"))
        assert self.people_read(cloud) == 5

    def test_a_group_that_was_taken_out_took_people_along_and_is_read_again(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        bench.apply(exit_("s", made.token, "s", member=Kind.GROUP))
        (step,) = bench.compile(exit_("s", made.token, "bert"))
        assert isinstance(bench.connector.verify(step, bench.ids.__getitem__), Moved)
        assert self.people_read(cloud) == 2


def test_a_moderator_whose_group_is_on_its_way_is_let_in_first(
    cloud: NextcloudEmulator, bench: Bench, made: Room
) -> None:
    bench.apply(moderate("s", "dora"))
    assert "dora" in made.moderators
    assert [entry.method for entry in cloud.log.writes] == ["POST", "POST"]


def test_an_account_that_talk_lets_in_and_does_not_show_is_an_error(
    cloud: NextcloudEmulator, bench: Bench, made: Room
) -> None:
    body = '{"ocs": {"meta": {"status": "ok", "statuscode": 200}, "data": []}}'
    cloud.faults.status(200, method="POST", path="/participants", body=body, content_type="application/json")
    with pytest.raises(Permanent, match="not_entered"):
        bench.apply(moderate("s", "dora"))


def test_the_owner_of_an_adopted_room_is_left_alone(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    made.attendees[0].type = MODERATOR
    owner = made.find("users", "anna")
    assert owner is not None
    owner.type = 1
    for change in (exit_("s", made.token, "anna"), moderate_no_more("s", made.token, "anna")):
        with pytest.raises(Permanent, match="owner"):
            bench.apply(change)
    assert cloud.log.writes == []


def test_our_own_account_never_leaves(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    made.attendees[0].type = MODERATOR
    bench.ids[person("us")] = OWN
    for change in (exit_("s", made.token, "us"), moderate_no_more("s", made.token, "us")):
        with pytest.raises(Permanent, match="own_account"):
            bench.apply(change)
    assert cloud.log.writes == []
    assert OWN in made.moderators


def test_whose_rooms_they_are_is_asked_when_nobody_told(cloud: NextcloudEmulator, settings: object, made: Room) -> None:
    fresh = Bench(settings)  # type: ignore[arg-type]
    fresh.ids |= {room("s"): made.token, person("us"): OWN}
    with pytest.raises(Permanent, match="own_account"):
        fresh.apply(exit_("s", made.token, "us"))
    fresh.close()


def test_others_in_the_room_stay_whatever_we_do(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    cloud.talk.invite(made, "gast@city.example")
    cloud.talk.add_people(made, ["dora"])
    bench.apply(enter("s", "t"), moderate("s", "bert"))
    bench.apply(exit_("s", made.token, "t", member=Kind.GROUP), moderate_no_more("s", made.token, "bert"))
    assert {"dora", "anna", "bert", OWN} <= set(made.users)
    assert [one.kind for one in made.attendees].count("emails") == 1
