"""Steps that are cut short at any write, and done again: from a plan of their own, as the next run makes them."""

from collections.abc import Iterator

import pytest
import requests
from pydantic import SecretStr

from connectors.mailman.accounts import MOVING
from connectors.mailman.emulator import SERVICE, MailmanEmulator
from connectors.mailman.lists import BEGINNINGS
from connectors.mailman.settings import MailmanSettings
from provisioner.model.errors import OutcomeUnknown, Permanent, TargetError
from provisioner.model.inventory import UNKNOWN, Present
from tests.support.mailman import (
    OWNER,
    Bench,
    Tamperer,
    create_account,
    create_list,
    join,
    mailing_list,
    person,
    traffic,
    update,
)

OLD, NEW = "anna@stadt.example", "anna.neu@stadt.example"
WRITES_OF_A_MOVE = 8


@pytest.fixture
def emulator() -> Iterator[MailmanEmulator]:
    with MailmanEmulator() as running:
        yield running


@pytest.fixture
def bench(emulator: MailmanEmulator) -> Iterator[Bench]:
    made = Bench(MailmanSettings(url=emulator.url, password=SecretStr(SERVICE[1]), domain=emulator.domain))
    made.apply(create_account("anna", OLD, "Anna Amsel"), create_list("pg"), create_list("plenum"))
    made.apply(join("pg", "anna"), join("pg", "anna", role=OWNER), join("plenum", "anna"))
    yield made
    made.close()


def is_moved(emulator: MailmanEmulator, bench: Bench) -> None:
    remote = bench.remote(person("anna"))
    assert remote.fields == {"email": NEW, "display_name": "Anna Amsel"}
    assert bench.seated("pg") == bench.seated("pg", OWNER) == bench.seated("plenum") == {"anna"}
    assert [one.address.email for one in emulator.world.members.values()] == [NEW] * 3
    assert list(emulator.world.addresses) == [NEW]
    assert emulator.mails == []


def test_a_move_takes_as_many_writes_as_are_cut_below(emulator: MailmanEmulator, bench: Bench) -> None:
    emulator.log.clear()
    bench.apply(update(person("anna"), bench.remote(person("anna")), email=NEW))
    assert traffic(emulator)[1] == WRITES_OF_A_MOVE
    is_moved(emulator, bench)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, WRITES_OF_A_MOVE + 1))
def test_a_move_that_is_cut_at_any_write_is_finished_by_the_next_plan(
    emulator: MailmanEmulator, bench: Bench, number: int, after: bool
) -> None:
    (step,) = bench.compile(update(person("anna"), bench.remote(person("anna")), email=NEW))
    cut = emulator.faults.reset_after if after else emulator.faults.reset_before
    cut(nth_write=number)
    with pytest.raises(OutcomeUnknown):
        bench.perform(step)
    seen = bench.remote(person("anna"))
    if seen.fields["email"] != NEW:
        assert seen.fields["email"] == OLD
        bench.apply(update(person("anna"), seen, email=NEW))
    is_moved(emulator, bench)


def test_while_somebody_moves_nothing_is_said_of_the_name(emulator: MailmanEmulator, bench: Bench) -> None:
    Tamperer(bench.settings).do("PATCH", f"/addresses/{OLD}", {"display_name": MOVING})
    assert bench.remote(person("anna")).fields == {"email": OLD, "display_name": UNKNOWN}


def test_an_address_that_mailman_refuses_leaves_the_old_one_as_it_was(emulator: MailmanEmulator, bench: Bench) -> None:
    (step,) = bench.compile(update(person("anna"), bench.remote(person("anna")), email=NEW))
    body = '{"title": "400 Bad Request", "description": "Invalid email address"}'
    emulator.faults.status(400, body=body, content_type="application/json", path="/users/.*/addresses$", writes=True)
    with pytest.raises(Permanent, match="HTTP 400"):
        bench.perform(step)
    assert bench.remote(person("anna")).fields == {"email": OLD, "display_name": "Anna Amsel"}


def test_a_new_address_that_wrote_to_a_list_long_ago_is_not_taken_for_the_old_one(
    emulator: MailmanEmulator, bench: Bench
) -> None:
    with emulator.lock:
        emulator.world.add_address(NEW, "A. Amsel").registered_on = "2020-01-01T00:00:00"
    (step,) = bench.compile(update(person("anna"), bench.remote(person("anna")), email=NEW))
    emulator.faults.reset_before(path="/verify$")
    with pytest.raises(OutcomeUnknown):
        bench.perform(step)
    seen = bench.remote(person("anna"))
    assert seen.fields["email"] == OLD
    bench.apply(update(person("anna"), seen, email=NEW))
    is_moved(emulator, bench)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_new_list_that_was_never_set_up_is_set_up_by_the_next_plan(
    emulator: MailmanEmulator, bench: Bench, after: bool
) -> None:
    create, setting = bench.compile(create_list("wasser", display_name="PG Wasser"))
    bench.perform(create)
    cut = emulator.faults.reset_after if after else emulator.faults.reset_before
    cut(nth_write=1)
    with pytest.raises(OutcomeUnknown):
        bench.perform(setting)
    wish = {"display_name": "PG Wasser", "language": "de"}
    bench.apply(update(mailing_list("wasser"), bench.remote(mailing_list("wasser")), **wish))
    config = emulator.world.lists[bench.ids[mailing_list("wasser")]].config or {}
    assert {name: config[name] for name in BEGINNINGS} == dict(BEGINNINGS)
    assert (config["display_name"], config["preferred_language"]) == ("PG Wasser", "de")


@pytest.mark.parametrize("change", [create_list("wasser"), create_account("ben", "ben@stadt.example")])
def test_a_creation_whose_answer_was_lost_is_found(emulator: MailmanEmulator, bench: Bench, change: object) -> None:
    step = bench.compile(change)[0]  # type: ignore[arg-type]
    emulator.faults.reset_after(nth_write=1)
    with pytest.raises(OutcomeUnknown):
        bench.perform(step)
    assert isinstance(bench.connector.look_up(step.id, step.name), Present)


@pytest.mark.parametrize("role", [OWNER, None], ids=["owner", "member"])
def test_a_subscription_whose_answer_was_lost_is_done_again(
    emulator: MailmanEmulator, bench: Bench, role: object
) -> None:
    bench.apply(create_account("ben", "ben@stadt.example"))
    (step,) = bench.compile(join("pg", "ben", role=OWNER) if role is not None else join("pg", "ben"))
    emulator.faults.reset_after(nth_write=1)
    with pytest.raises(OutcomeUnknown):
        bench.perform(step)
    bench.perform(step)
    assert len([one for one in emulator.world.members.values() if one.address.email == "ben@stadt.example"]) == 1


def test_an_address_that_somebody_wrote_with_becomes_its_person_s_under_their_name(
    emulator: MailmanEmulator, bench: Bench
) -> None:
    with emulator.lock:
        emulator.world.add_address("ben@stadt.example", "b.")
    bench.apply(create_account("ben", "ben@stadt.example", "Ben Bach"))
    assert bench.remote(person("ben")).fields == {"email": "ben@stadt.example", "display_name": "Ben Bach"}


def test_a_server_that_is_gone_is_an_error_that_passes(emulator: MailmanEmulator, bench: Bench) -> None:
    (step,) = bench.compile(create_account("ben", "ben@stadt.example"))
    emulator.stop()
    with pytest.raises(TargetError):
        bench.perform(step)
    with pytest.raises(requests.ConnectionError):
        requests.get(bench.settings.url, timeout=5)
