import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

from connectors.nextcloud.accounts.steps import EDIT_BUCKET
from connectors.nextcloud.accounts.writing import first_password
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import Faults, VirtualClock
from provisioner.model.changes import Change
from provisioner.model.errors import (
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
    Uncertain,
    WriteRefused,
)
from provisioner.model.inventory import Absent, Present
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Moved, Step, Verified
from provisioner.transport.answer import NeverSent
from tests.support.nextcloud import (
    SERVICE,
    TOKEN,
    Bench,
    create_account,
    create_group,
    group,
    join,
    leave,
    person,
    resume,
    suspend,
    update,
)


@pytest.fixture
def anna(cloud: NextcloudEmulator, bench: Bench) -> Bench:
    """Anna stands there, in Alpha; Beta is empty."""
    cloud.add_user("anna", display_name="Anna", email="anna@a.example", groups=["Alpha"])
    cloud.add_group("Beta")
    bench.ids |= {person("anna"): "anna", group("alpha"): "Alpha", group("beta"): "Beta"}
    bench.observe()
    cloud.log.clear()
    return bench


def each_write(bench: Bench) -> dict[str, Change]:
    """One change for every operation that the connector has."""
    return {
        "create-group": create_group("neu", "Neu"),
        "rename-group": update(group("alpha"), bench.read(group("alpha")), display_name="A neu"),
        "create-account": create_account("neu", "neu", display_name="Neu"),
        "update-account": update(person("anna"), bench.read(person("anna")), display_name="Anna neu"),
        "disable-account": suspend("anna", "anna"),
        "join": join("beta", "anna"),
        "leave": leave("alpha", "Alpha", "anna"),
    }


OPERATIONS = [
    "create-group",
    "rename-group",
    "create-account",
    "update-account",
    "disable-account",
    "join",
    "leave",
]
CREATING = {"create-group", "create-account"}


def one_step(bench: Bench, operation: str) -> tuple[Step, Verified | None]:
    (step,) = bench.compile(each_write(bench)[operation])
    assert step.operation == operation
    verified = None
    if step.expects is not None or step.expects_edge is not None:
        found = bench.connector.verify(step, bench.ids.__getitem__)
        assert isinstance(found, Verified)
        verified = found
    return step, verified


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_step_is_one_write(cloud: NextcloudEmulator, anna: Bench, operation: str) -> None:
    step, verified = one_step(anna, operation)
    cloud.log.clear()
    with anna.gate.opened(TOKEN):
        anna.connector.perform(step, verified, anna.ids.__getitem__)
    assert len(cloud.log.requests) == len(cloud.log.writes) == 1
    assert cloud.log.writes[0].status == 200


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_step_writes_through_a_closed_gate(cloud: NextcloudEmulator, anna: Bench, operation: str) -> None:
    step, verified = one_step(anna, operation)
    with pytest.raises(WriteRefused):
        anna.connector.perform(step, verified, anna.ids.__getitem__)
    assert cloud.log.writes == []


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - CREATING - {"join"}))
def test_what_expects_something_is_not_done_unseen(cloud: NextcloudEmulator, anna: Bench, operation: str) -> None:
    step, _ = one_step(anna, operation)
    with anna.gate.opened(TOKEN), pytest.raises(Uncertain):
        anna.connector.perform(step, None, anna.ids.__getitem__)
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
    "504 after": lambda faults: faults.status(504, writes=True, when="after"),
    "lock": lambda faults: faults.mishap("database-lock", writes=True),
    "lock 500": lambda faults: faults.mishap("database-lock-500", writes=True),
    "lock, nothing": lambda faults: faults.mishap("database-lock-nothing", writes=True),
}


@pytest.mark.parametrize("operation", sorted(CREATING))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_creation_that_fails_may_have_happened(
    cloud: NextcloudEmulator, anna: Bench, operation: str, fault: str
) -> None:
    step, verified = one_step(anna, operation)
    FAULTS[fault](cloud.faults)
    with anna.gate.opened(TOKEN), pytest.raises(OutcomeUnknown):
        anna.connector.perform(step, verified, anna.ids.__getitem__)
    found = anna.connector.look_up(step.id, step.name)
    there = cloud.users if step.id.kind is Kind.ACCOUNT else cloud.groups
    assert isinstance(found, Present if step.name in there else Absent)


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - CREATING))
@pytest.mark.parametrize("fault", FAULTS)
def test_any_other_write_that_fails_can_be_done_again(
    cloud: NextcloudEmulator, anna: Bench, operation: str, fault: str
) -> None:
    step, verified = one_step(anna, operation)
    assert step.repeatable
    FAULTS[fault](cloud.faults)
    with anna.gate.opened(TOKEN):
        with pytest.raises((Transient, OutcomeUnknown)):
            anna.connector.perform(step, verified, anna.ids.__getitem__)
        anna.connector.perform(step, verified, anna.ids.__getitem__)
    assert cloud.log.writes[-1].status == 200


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_was_never_sent_is_safe_to_repeat(cloud: NextcloudEmulator, anna: Bench, operation: str) -> None:
    step, verified = one_step(anna, operation)
    cloud.stop()
    with anna.gate.opened(TOKEN):
        with pytest.raises(NeverSent):
            anna.connector.perform(step, verified, anna.ids.__getitem__)
        cloud.start()
        anna.connector.perform(step, verified, anna.ids.__getitem__)


def test_a_first_password_is_made_anew_each_time_and_stands_nowhere(
    cloud: NextcloudEmulator, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    steps = [bench.apply(create_account(name, name))[0] for name in ("anna", "bert")]
    passwords = [cloud.users[name].password for name in ("anna", "bert")]
    assert len({*passwords, first_password(), first_password()}) == 4
    assert all(len(password) >= 40 for password in passwords)
    paths = " ".join(entry.path for entry in cloud.log.requests)
    for password in [*passwords, SERVICE[1]]:
        assert password not in repr(steps)
        assert password not in caplog.text
        assert password not in paths


def test_with_mails_the_server_chooses_the_password(cloud: NextcloudEmulator, clock: VirtualClock) -> None:
    settings = NextcloudSettings(url=cloud.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), first_password="mail")
    bench = Bench(settings, clock)
    bench.apply(create_account("anna", "anna", email="anna@a.example"), create_account("bert", "bert"))
    bench.close()
    bodies = [json.loads(entry.body) for entry in cloud.log.writes]
    assert ["password" in body for body in bodies] == [False, True]
    assert [mail.to for mail in cloud.mails] == ["anna@a.example"]


@pytest.mark.parametrize("with_address", [True, False])
def test_the_mails_that_were_counted_are_those_that_are_sent(
    cloud: NextcloudEmulator, bench: Bench, with_address: bool
) -> None:
    email = "anna@a.example" if with_address else None
    steps = bench.apply(create_account("anna", "anna", email=email))
    assert sum(step.cost.mails for step in steps) == len(cloud.mails) == int(with_address)


def test_the_ledger_is_asked_before_each_limited_write_and_before_no_other(anna: Bench) -> None:
    for operation in OPERATIONS:
        anna.ledger.taken.clear()
        step, verified = one_step(anna, operation)
        with anna.gate.opened(TOKEN):
            anna.connector.perform(step, verified, anna.ids.__getitem__)
        assert len(anna.ledger.taken) == step.cost.limited.get(EDIT_BUCKET, 0) == int(operation == "update-account")


def test_when_the_server_counted_more_than_we_did_the_ledger_is_told(cloud: NextcloudEmulator, anna: Bench) -> None:
    cloud.world.edit_limit = (1, 600)
    anna.apply(update(person("anna"), anna.read(person("anna")), language="de"))
    step, verified = one_step(anna, "update-account")
    with anna.gate.opened(TOKEN), pytest.raises(RateLimited):
        anna.connector.perform(step, verified, anna.ids.__getitem__)
    assert anna.ledger.full == [EDIT_BUCKET]
    assert cloud.users["anna"].display_name == "Anna"


@pytest.mark.parametrize(("wish", "stored"), [("pt", "pt_PT"), ("zh", "zh_CN"), ("no", "nb"), ("ku", "en")])
def test_a_language_that_the_server_lacks_costs_nobody_the_account(
    cloud: NextcloudEmulator, anna: Bench, wish: str, stored: str
) -> None:
    cloud.users["anna"].language = "fr"
    anna.apply(create_account("neu", "neu", email="neu@a.example", language=wish))
    anna.apply(update(person("anna"), anna.read(person("anna")), language=wish))
    assert (cloud.users["neu"].email, cloud.users["neu"].language) == ("neu@a.example", stored)
    assert cloud.users["anna"].language == stored
    held = anna.connector.capabilities().canonical(Kind.ACCOUNT, "language", wish)
    assert anna.read(person("anna")).fields["language"] == held  # so the next plan is empty


def test_a_refused_update_names_the_field(cloud: NextcloudEmulator, anna: Bench) -> None:
    step, verified = one_step(anna, "update-account")
    with anna.gate.opened(TOKEN), pytest.raises(Permanent) as refused:
        anna.connector.perform(
            replace(step, payload={**step.payload, "language": "xx"}), verified, anna.ids.__getitem__
        )
    assert (refused.value.text.code, refused.value.text.arguments) == (
        "nextcloud.refused_fields",
        {"fields": "language"},
    )
    assert cloud.users["anna"].display_name == "Anna"


def test_an_older_server_is_updated_field_by_field(clock: VirtualClock) -> None:
    with NextcloudEmulator(service=SERVICE, clock=clock, version=33) as cloud:
        cloud.add_user("anna", display_name="Anna")
        settings = NextcloudSettings(url=cloud.url, user=SERVICE[0], password=SecretStr(SERVICE[1]))
        bench = Bench(settings, clock)
        bench.ids[person("anna")] = "anna"
        bench.observe()
        before = bench.read(person("anna"))
        bench.apply(update(person("anna"), before, display_name="Anna B.", language="de", quota=1024**3))
        assert (cloud.users["anna"].display_name, cloud.users["anna"].language) == ("Anna B.", "de")
        assert [entry.method for entry in cloud.log.writes] == ["PUT"] * 3
        bench.close()


@pytest.mark.parametrize("operation", ["rename-group", "update-account", "disable-account", "leave"])
def test_what_was_deleted_meanwhile_has_moved(cloud: NextcloudEmulator, anna: Bench, operation: str) -> None:
    step, _ = one_step(anna, operation)
    if operation == "rename-group":
        cloud.remove_group("Alpha")
    else:
        cloud.remove_user("anna")
    assert isinstance(anna.connector.verify(step, anna.ids.__getitem__), Moved)


def test_what_was_changed_meanwhile_has_moved(cloud: NextcloudEmulator, anna: Bench) -> None:
    step, _ = one_step(anna, "update-account")
    cloud.rename("anna", "Anna von Hand")
    moved = anna.connector.verify(step, anna.ids.__getitem__)
    assert isinstance(moved, Moved)
    assert moved.why.code == "kit.field_moved"


def test_a_change_of_another_field_is_no_obstacle(cloud: NextcloudEmulator, anna: Bench) -> None:
    step, _ = one_step(anna, "update-account")
    cloud.set_email("anna", "anders@a.example")
    assert isinstance(anna.connector.verify(step, anna.ids.__getitem__), Verified)


def test_somebody_who_left_by_hand_is_not_taken_out_again(cloud: NextcloudEmulator, anna: Bench) -> None:
    step, _ = one_step(anna, "leave")
    cloud.leave("anna", "Alpha")
    assert isinstance(anna.connector.verify(step, anna.ids.__getitem__), Moved)


def test_another_account_that_answers_to_the_id_is_not_taken_for_it(cloud: NextcloudEmulator, anna: Bench) -> None:
    step, _ = one_step(anna, "disable-account")
    cloud.remove_user("anna")
    cloud.add_user("ANNA")
    assert isinstance(anna.connector.verify(step, anna.ids.__getitem__), Moved)


@pytest.mark.parametrize("strike", ["reset", "html", "rights"])
def test_what_can_not_be_read_again_is_an_error_and_never_gone(
    cloud: NextcloudEmulator, anna: Bench, strike: str
) -> None:
    step, _ = one_step(anna, "leave")
    if strike == "reset":
        cloud.faults.reset_before(times=None)
    elif strike == "html":
        cloud.faults.login_page(times=None)
    else:
        cloud.set_rights(SERVICE[0], "none")
    with pytest.raises(TargetError):
        anna.connector.verify(step, anna.ids.__getitem__)


def test_an_administrator_is_not_ours_to_edit_and_does_not_stop_the_others(
    cloud: NextcloudEmulator, anna: Bench
) -> None:
    step, verified = one_step(anna, "update-account")
    cloud.join("anna", "admin")
    with anna.gate.opened(TOKEN), pytest.raises(Permanent, match="not_ours_to_edit"):
        anna.connector.perform(step, verified, anna.ids.__getitem__)


def test_lost_rights_stop_the_target(cloud: NextcloudEmulator, anna: Bench) -> None:
    step, verified = one_step(anna, "create-group")
    cloud.set_rights(SERVICE[0], "none")
    with anna.gate.opened(TOKEN), pytest.raises(NotAllowed):
        anna.connector.perform(step, verified, anna.ids.__getitem__)


def test_an_account_that_could_not_be_suspended_at_once_is_looked_up(cloud: NextcloudEmulator, bench: Bench) -> None:
    step = bench.compile(create_account("anna", "anna", enabled=False))[0]
    cloud.faults.status(500, path="/disable")
    with bench.gate.opened(TOKEN), pytest.raises(OutcomeUnknown):
        bench.connector.perform(step, None, bench.ids.__getitem__)
    assert isinstance(bench.connector.look_up(ResourceId(Kind.ACCOUNT, "any"), "anna"), Present)


def test_a_step_of_another_version_is_refused(bench: Bench) -> None:
    step = replace(bench.compile(create_group("a", "A"))[0], operation="delete-everything")
    with bench.gate.opened(TOKEN), pytest.raises(Permanent, match="unknown_operation"):
        bench.connector.perform(step, None, bench.ids.__getitem__)


def test_groups_are_never_replaced_by_a_list(cloud: NextcloudEmulator, anna: Bench) -> None:
    cloud.join("anna", "Von Hand")
    anna.apply(
        join("beta", "anna"),
        leave("alpha", "Alpha", "anna"),
        update(person("anna"), anna.read(person("anna")), language="de"),
        suspend("anna", "anna"),
    )
    anna.apply(resume("anna", "anna"))
    assert set(cloud.users["anna"].groups) == {"Beta", "Von Hand"}
    assert all('"groups"' not in entry.body for entry in cloud.log.writes)
