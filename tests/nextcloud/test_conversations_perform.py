"""The writes of conversations on the emulator: what fails, what may have happened, what must never happen."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.nextcloud.conversations.steps import OPERATIONS
from connectors.nextcloud.emulation.talk.state import Room
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
    grown_room,
    moderate,
    moderate_no_more,
    room,
    seen,
)
from tests.support.nextcloud import SERVICE, TOKEN, Bench

OWN = SERVICE[0]


@pytest.fixture
def made(cloud: NextcloudEmulator, bench: Bench) -> Room:
    return grown_room(cloud, bench)


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
    monkeypatch.setattr("connectors.nextcloud.conversations.writing.WHOLE_CREATION", "not-yet")
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


def test_a_step_of_another_kind_is_refused(bench: Bench, made: Room) -> None:
    (step,) = bench.compile(enter("s", "t"))
    with pytest.raises(Permanent, match="unknown_operation"):
        perform(bench, replace(step, operation="open-conversation"), None)


def test_the_address_is_one_that_every_server_knows(bench: Bench, made: Room) -> None:
    address = bench.connector.capabilities().address(Kind.CONVERSATION, "abc", "Sensorik")
    assert address is not None
    assert address.endswith("/index.php/call/abc")
