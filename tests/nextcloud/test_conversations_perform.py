"""The writes of conversations on the emulator: what fails, what may have happened, what must never happen."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.nextcloud.conversations_compiling import OPERATIONS
from connectors.nextcloud.emulation.talk_state import GROUP, MODERATOR, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation.faults import Faults
from provisioner.model.changes import Change
from provisioner.model.errors import OutcomeUnknown, Permanent, RateLimited, Transient, Uncertain, WriteRefused
from provisioner.model.inventory import Absent, Present, Unreadable
from provisioner.model.resources import Kind
from provisioner.model.steps import Moved, Step, Verified
from provisioner.transport.answer import NeverSent
from tests.support.conversations import (
    alter,
    create_room,
    describe,
    enter,
    erase,
    exit_,
    look,
    moderate,
    moderate_no_more,
    room,
    seen,
)
from tests.support.nextcloud import SERVICE, TOKEN, Bench, group, person

OWN = SERVICE[0]


@pytest.fixture
def made(cloud: NextcloudEmulator, bench: Bench) -> Room:
    """A room of ours: Sensorik with Anna, who moderates, and Bert; Dora is not in it."""
    for name in ("anna", "bert", "dora"):
        cloud.add_user(name, groups=[] if name == "dora" else ["Sensorik"])
        bench.ids[person(name)] = name
    cloud.add_group("Technik")
    made = cloud.add_room("Sensorik", OWN, groups=["Sensorik"])
    made.description = "readi:body:s"
    found = made.find("users", "anna")
    assert found is not None
    found.type = MODERATOR
    bench.ids |= {room("s"): made.token, group("s"): "Sensorik", group("t"): "Technik"}
    look(bench)
    cloud.log.clear()
    return made


def each_write(bench: Bench, made: Room) -> dict[str, Change]:
    """One change for every operation."""
    before = seen(bench, made.token)
    return {
        "create-conversation": create_room("neu", "Neu"),
        "set-conversation": alter("s", before, name="Sensorik neu"),
        "greet-conversation": alter("s", before, first_message="Willkommen"),
        "invite-to-conversation": enter("s", "t"),
        "promote-in-conversation": moderate("s", "bert"),
        "demote-in-conversation": moderate_no_more("s", made.token, "anna"),
        "remove-from-conversation": exit_("s", made.token, "bert"),
        "erase-conversation": erase("s", before),
    }


ALL = sorted(OPERATIONS)
ONCE = {"create-conversation", "greet-conversation"}


def one_step(bench: Bench, made: Room, operation: str) -> tuple[Step, Verified | None]:
    (step,) = bench.compile(each_write(bench, made)[operation])
    assert step.operation == operation
    if step.expects is None and step.expects_edge is None:
        return step, None
    found = bench.connector.verify(step, bench.ids.__getitem__)
    assert isinstance(found, Verified)
    return step, found


def perform(bench: Bench, step: Step, verified: Verified | None) -> None:
    with bench.gate.opened(TOKEN):
        bench.connector.perform(step, verified, bench.ids.__getitem__)


@pytest.mark.parametrize("operation", ALL)
def test_every_step_is_one_write(cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str) -> None:
    step, verified = one_step(bench, made, operation)
    cloud.log.clear()
    perform(bench, step, verified)
    assert len(cloud.log.requests) == len(cloud.log.writes) == 1
    assert cloud.log.writes[0].status in (200, 201)


@pytest.mark.parametrize("operation", ALL)
def test_no_step_costs_more_requests_than_it_said(
    cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str
) -> None:
    change = each_write(bench, made)[operation]
    cloud.log.clear()
    (step,) = bench.apply(change)
    assert len(cloud.log.requests) <= step.cost.requests
    assert step.cost.mails == len(cloud.mails) == 0


@pytest.mark.parametrize("operation", ALL)
def test_no_step_writes_through_a_closed_gate(
    cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str
) -> None:
    step, verified = one_step(bench, made, operation)
    with pytest.raises(WriteRefused):
        bench.connector.perform(step, verified, bench.ids.__getitem__)
    assert cloud.log.writes == []


@pytest.mark.parametrize("operation", sorted(set(ALL) - {"create-conversation", "invite-to-conversation"}))
def test_what_expects_something_is_not_done_unseen(
    cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str
) -> None:
    step, _ = one_step(bench, made, operation)
    with pytest.raises(Uncertain):
        perform(bench, step, None)
    assert cloud.log.writes == []


FAULTS: dict[str, Callable[[Faults], object]] = {
    "reset before": lambda faults: faults.reset_before(writes=True),
    "reset after": lambda faults: faults.reset_after(writes=True),
    "truncated": lambda faults: faults.truncate(writes=True),
    "login page": lambda faults: faults.login_page(writes=True),
    "maintenance page": lambda faults: faults.maintenance_page(writes=True),
    "bare 404": lambda faults: faults.status(404, writes=True),
    "500": lambda faults: faults.status(500, writes=True),
    "502 after": lambda faults: faults.status(502, writes=True, when="after"),
    "503": lambda faults: faults.status(503, retry_after=3, writes=True),
    "lock 500": lambda faults: faults.mishap("database-lock-500", writes=True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_room_that_may_have_been_made_is_found_by_its_mark_and_never_by_its_name(
    cloud: NextcloudEmulator, bench: Bench, made: Room, fault: str
) -> None:
    cloud.add_room("Neu", OWN)  # somebody else's idea
    step, verified = one_step(bench, made, "create-conversation")
    before = set(cloud.talk.rooms)
    FAULTS[fault](cloud.faults)
    with pytest.raises(OutcomeUnknown):
        perform(bench, step, verified)
    born = set(cloud.talk.rooms) - before
    found = bench.connector.look_up(step.id, step.name)
    if born:
        assert isinstance(found, Present)
        assert {found.remote.remote_id} == born
    else:
        assert found == Absent()


@pytest.mark.parametrize("operation", sorted(set(ALL) - ONCE))
@pytest.mark.parametrize("fault", FAULTS)
def test_any_other_write_that_fails_can_be_done_again(
    cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str, fault: str
) -> None:
    step, verified = one_step(bench, made, operation)
    assert step.repeatable
    FAULTS[fault](cloud.faults)
    try:
        perform(bench, step, verified)
    except (Transient, OutcomeUnknown):
        again = None if verified is None else bench.connector.verify(step, bench.ids.__getitem__)
        if not isinstance(again, Moved):  # else it was done
            perform(bench, step, again)
    told = cloud.talk.rooms.get(made.token)
    if operation == "erase-conversation":
        assert told is None
        return
    assert told is not None
    done = {
        "set-conversation": told.name == "Sensorik neu",
        "invite-to-conversation": "Technik" in told.groups,
        "promote-in-conversation": "bert" in told.moderators,
        "demote-in-conversation": "anna" not in told.moderators,
        "remove-from-conversation": "bert" not in told.users,
    }
    assert done[operation]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_first_message_whose_answer_was_lost_is_never_posted_twice(
    cloud: NextcloudEmulator, bench: Bench, made: Room, fault: str
) -> None:
    step, verified = one_step(bench, made, "greet-conversation")
    assert not step.repeatable
    FAULTS[fault](cloud.faults)
    with pytest.raises((Transient, OutcomeUnknown)):
        perform(bench, step, verified)
    for _ in range(2):
        bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert made.comments == ["Willkommen"]


def test_a_first_message_below_a_thousand_others_is_found(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    for number in range(1000):
        cloud.talk.say(made, "users", "anna", f"Nachricht {number}")
    cloud.log.clear()
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert not cloud.log.writes
    assert made.comments.count("Willkommen") == 1


def test_a_deleted_message_of_ours_that_tells_no_reference_counts_as_the_first(
    cloud: NextcloudEmulator, bench: Bench, made: Room
) -> None:
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    made.messages[-1].deleted, made.messages[-1].reference = True, ""
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert made.comments == []


def test_what_others_deleted_is_no_sign_of_ours(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    cloud.talk.say(made, "users", "anna", "Hallo").deleted = True
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert made.comments == ["Willkommen"]


def test_a_chat_without_end_is_not_greeted_on_suspicion(
    cloud: NextcloudEmulator, bench: Bench, made: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.nextcloud.conversations_reading.MOST_PAGES", 2)
    for number in range(1000):
        cloud.talk.say(made, "users", "anna", f"Nachricht {number}")
    (step,) = bench.compile(alter("s", seen(bench, made.token), first_message="Willkommen"))
    with pytest.raises(Exception, match="garbled"):
        bench.connector.verify(step, bench.ids.__getitem__)


def test_a_room_in_which_nothing_was_ever_said_is_greeted(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    made.messages.clear()
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    assert made.comments == ["Willkommen"]


def test_reading_the_chat_marks_nothing_as_read(cloud: NextcloudEmulator, bench: Bench, made: Room) -> None:
    bench.apply(alter("s", seen(bench, made.token), first_message="Willkommen"))
    asked = [entry.path for entry in cloud.log.requests if "/chat/" in entry.path and not entry.write]
    assert asked
    assert all("setReadMarker=0" in path and "markNotificationsAsRead=0" in path for path in asked)


@pytest.mark.parametrize("operation", ALL)
def test_what_was_never_sent_is_safe_to_repeat(
    cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str
) -> None:
    step, verified = one_step(bench, made, operation)
    cloud.stop()
    with pytest.raises(NeverSent):
        perform(bench, step, verified)
    cloud.start()
    if verified is not None:
        again = bench.connector.verify(step, bench.ids.__getitem__)
        assert isinstance(again, Verified)
        verified = again
    perform(bench, step, verified)


@pytest.mark.parametrize("operation", ALL)
def test_a_rate_limit_is_waited_for_and_no_other_error(
    cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str
) -> None:
    step, verified = one_step(bench, made, operation)
    cloud.faults.status(429, writes=True)
    with pytest.raises(RateLimited):
        perform(bench, step, verified)


@pytest.mark.parametrize("operation", sorted(set(ALL) - ONCE))
def test_a_right_that_is_lacking_in_one_room_is_that_rooms_trouble(
    cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str
) -> None:
    step, verified = one_step(bench, made, operation)
    made.attendees[0].type = 3
    with pytest.raises(Permanent):
        perform(bench, step, verified)


def test_an_account_that_may_make_no_rooms_is_told_so_and_the_others_go_on(
    cloud: NextcloudEmulator, bench: Bench, made: Room
) -> None:
    step, verified = one_step(bench, made, "create-conversation")
    body = '{"ocs": {"meta": {"status": "failure", "statuscode": 403}, "data": {"error": "permissions"}}}'
    cloud.faults.status(403, writes=True, body=body, content_type="application/json")
    with pytest.raises(Permanent, match="403"):
        perform(bench, step, verified)


def test_a_talk_that_would_drop_mark_and_groups_gets_no_room(
    cloud: NextcloudEmulator, bench: Bench, made: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.nextcloud.conversations_writing.WHOLE_CREATION", "not-yet")
    (step,) = bench.compile(create_room("neu", "Neu"))
    with pytest.raises(Permanent, match="talk_too_old"):
        perform(bench, step, None)
    assert cloud.log.writes == []


@pytest.mark.parametrize("name", ["", " ", "\n"])
def test_a_room_without_a_name_never_reaches_the_server(
    cloud: NextcloudEmulator, bench: Bench, made: Room, name: str
) -> None:
    for change in (create_room("neu", name), alter("s", seen(bench, made.token), name=name)):
        with pytest.raises(Permanent, match="nameless"):
            bench.apply(change)
    assert cloud.log.writes == []


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


class TestMoved:
    @pytest.mark.parametrize("operation", sorted(set(ALL) - {"create-conversation", "invite-to-conversation"}))
    def test_a_room_that_was_deleted_meanwhile_has_moved(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room, operation: str
    ) -> None:
        step, _ = one_step(bench, made, operation)
        cloud.talk.remove_room(made.token)
        bench.connector.observe(())
        bench.connector._forget()
        assert isinstance(bench.connector.verify(step, bench.ids.__getitem__), Moved)

    def test_a_field_that_somebody_changed_meanwhile_has_moved(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        step, _ = one_step(bench, made, "set-conversation")
        made.name = "Von Hand"
        assert isinstance(bench.connector.verify(step, bench.ids.__getitem__), Moved)

    def test_a_description_that_somebody_wrote_meanwhile_is_not_overwritten(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        for change in (describe("s", "Neu", seen(bench, made.token)), describe("s", "Neu")):
            (step,) = bench.compile(change)
            made.description = "Von Hand\nreadi:body:s"
            assert isinstance(bench.connector.verify(step, bench.ids.__getitem__), Moved)
            made.description = "readi:body:s"

    def test_a_room_that_was_made_again_under_the_address_is_not_erased(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        (step,) = bench.compile(erase("s", seen(bench, made.token)))
        made.id += 1000
        assert isinstance(bench.connector.verify(step, bench.ids.__getitem__), Moved)

    def test_whoever_is_gone_or_demoted_already_has_moved(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        (out,) = bench.compile(exit_("s", made.token, "dora"))
        (down,) = bench.compile(moderate_no_more("s", made.token, "bert"))
        for step in (out, down):
            assert isinstance(bench.connector.verify(step, bench.ids.__getitem__), Moved)

    def test_a_mark_that_stands_twice_is_nobodys_to_choose(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        cloud.add_room("Zweite", OWN).description = "readi:body:s"
        assert isinstance(bench.connector.look_up(room("s"), "Sensorik"), Unreadable)

    def test_after_a_list_with_a_hole_nothing_is_absent(
        self, cloud: NextcloudEmulator, bench: Bench, made: Room
    ) -> None:
        cloud.add_room("Loch", OWN).token = ""
        assert isinstance(bench.connector.look_up(room("nie"), "Nie"), Unreadable)
        (step,) = bench.compile(alter("s", seen(bench, made.token), name="Neu"))
        cloud.talk.remove_room(made.token)
        with pytest.raises(Exception, match="garbled"):
            bench.connector.verify(step, bench.ids.__getitem__)


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


def test_a_step_of_another_kind_is_refused(bench: Bench, made: Room) -> None:
    (step,) = bench.compile(enter("s", "t"))
    with pytest.raises(Permanent, match="unknown_operation"):
        perform(bench, replace(step, operation="open-conversation"), None)


def test_the_address_is_one_that_every_server_knows(bench: Bench, made: Room) -> None:
    address = bench.connector.capabilities().address(Kind.CONVERSATION, "abc", "Sensorik")
    assert address is not None
    assert address.endswith("/index.php/call/abc")
