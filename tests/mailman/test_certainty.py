"""What is not concluded from odd answers, and which errors they are."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.mailman.emulation.state import World
from connectors.mailman.emulator import SERVICE, MailmanEmulator
from connectors.mailman.settings import MailmanSettings
from provisioner.emulation.faults import LOGIN_PAGE
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    TargetError,
    Transient,
)
from provisioner.model.inventory import UNKNOWN, Complete, Partial
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import Kind
from provisioner.model.steps import Moved
from tests.support.mailman import (
    Bench,
    Tamperer,
    create_account,
    create_list,
    join,
    leave,
    mailing_list,
    person,
    traffic,
    update,
)

ROSTER = r"/roster/member"


@pytest.fixture
def emulator() -> Iterator[MailmanEmulator]:
    with MailmanEmulator() as running:
        yield running


@pytest.fixture
def bench(emulator: MailmanEmulator) -> Iterator[Bench]:
    secret = SecretStr(SERVICE[1])
    made = Bench(MailmanSettings(url=emulator.url, password=secret, domain=emulator.domain, page_size=2))
    made.apply(
        create_account("anna", "anna@stadt.example"),
        create_account("ben", "ben@stadt.example"),
        create_account("cleo", "cleo@stadt.example"),
        create_list("pg"),
        create_list("plenum"),
        join("pg", "anna", "ben", "cleo"),
    )
    yield made
    made.close()


def whys(bench: Bench) -> dict[Kind, str]:
    """Codes of what is Partial, by kind."""
    inventory = bench.observe()
    completeness = {kind: inventory.of(kind).completeness for kind in (Kind.ACCOUNT, Kind.MAILING_LIST)}
    return {kind: found.why.code for kind, found in completeness.items() if isinstance(found, Partial)}


def test_everything_is_complete_when_nothing_is_wrong(bench: Bench) -> None:
    assert whys(bench) == {}
    assert bench.seated("pg") == {"anna", "ben", "cleo"}


def test_without_the_domain_nothing_is_known_of_anything(emulator: MailmanEmulator, bench: Bench) -> None:
    with emulator.lock:
        emulator.world.remove_domain(emulator.domain)
    assert whys(bench) == dict.fromkeys((Kind.ACCOUNT, Kind.MAILING_LIST), "mailman.domain_missing")
    sought = Interest(only=(Sought(person("anna"), "anna", bench.ids[person("anna")]),))
    assert isinstance(bench.observe(interest=sought).of(Kind.ACCOUNT).completeness, Partial)


def test_no_list_where_there_were_some_means_nothing(emulator: MailmanEmulator, bench: Bench) -> None:
    with emulator.lock:
        for one in list(emulator.world.lists.values()):
            emulator.world.remove_list(one)
    assert whys(bench) == {Kind.MAILING_LIST: "mailman.lists_emptied"}


def test_nobody_where_there_were_some_means_nothing(emulator: MailmanEmulator, bench: Bench) -> None:
    with emulator.lock:
        for one in list(emulator.world.users.values()):
            emulator.world.remove_user(one)
    assert whys(bench) == {Kind.ACCOUNT: "mailman.accounts_emptied"}


def test_one_list_that_is_gone_is_gone_for_sure(emulator: MailmanEmulator, bench: Bench) -> None:
    with emulator.lock:
        emulator.world.remove_list(emulator.world.lists[bench.ids[mailing_list("plenum")]])
    observation = bench.observe().of(Kind.MAILING_LIST)
    assert isinstance(observation.completeness, Complete)
    assert set(observation.objects) == {bench.ids[mailing_list("pg")]}


@pytest.mark.parametrize(
    ("path", "kind"), [(r"/3.1/addresses\?", Kind.ACCOUNT), (r"/domains/[^/]+/lists\?", Kind.MAILING_LIST)]
)
def test_a_list_that_can_t_be_read_is_partial_and_hits_no_other(
    emulator: MailmanEmulator, bench: Bench, path: str, kind: Kind
) -> None:
    emulator.faults.status(200, body=LOGIN_PAGE, path=path, times=None)
    assert whys(bench) == {kind: "kit.garbled"}


def test_an_entry_that_comes_or_goes_between_two_pages_makes_the_list_partial(
    emulator: MailmanEmulator, bench: Bench
) -> None:
    def leave_early(world: World) -> None:
        world.remove_user(world.users[bench.ids[person("anna")]])

    emulator.faults.hook(before=lambda _: leave_early(emulator.world), path=r"/3.1/addresses\?.*page=2")
    assert whys(bench) == {Kind.ACCOUNT: "kit.list_moved"}


def test_one_list_whose_members_can_t_be_read_is_its_own_trouble(emulator: MailmanEmulator, bench: Bench) -> None:
    emulator.faults.status(404, body='{"title": "404 Not Found"}', path=f"/lists/pg.*{ROSTER}", times=None)
    rosters = bench.observe().rosters
    assert isinstance(rosters[Kind.MAILING_LIST, bench.ids[mailing_list("pg")]].completeness, Partial)
    assert isinstance(rosters[Kind.MAILING_LIST, bench.ids[mailing_list("plenum")]].completeness, Complete)


def test_a_broken_list_is_seen_and_nothing_is_said_of_it(emulator: MailmanEmulator, bench: Bench) -> None:
    with emulator.lock:
        broken = emulator.world.add_list("kaputt", emulator.domain, "nie-gehört")
    bench.ids[mailing_list("kaputt")] = broken.id
    inventory = bench.observe()
    remote = inventory.of(Kind.MAILING_LIST).objects[broken.id]
    assert {remote.fields[name] for name in ("display_name", "listed", "read_only", "description")} == {UNKNOWN}
    assert isinstance(inventory.rosters[Kind.MAILING_LIST, broken.id].completeness, Partial)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, "", LoginRefused),
        (403, "<html>", NotAllowed),
        (200, LOGIN_PAGE, Garbled),
        (404, "<html>", Garbled),
        (302, "", Permanent),
        (500, '{"title": "500 Internal Server Error"}', Transient),
        (502, "", Transient),
    ],
)
def test_each_odd_answer_is_a_typed_error(
    emulator: MailmanEmulator, bench: Bench, status: int, body: str, error: type[TargetError]
) -> None:
    emulator.faults.status(status, body=body, times=None)
    with pytest.raises(error):
        bench.connector._client.find("/users/x")


def test_a_wrong_password_is_tried_once(emulator: MailmanEmulator) -> None:
    secret = SecretStr("wrong")
    wrong = Bench(MailmanSettings(url=emulator.url, password=secret, domain=emulator.domain))
    for _ in range(3):
        with pytest.raises(LoginRefused):
            wrong.observe()
    assert traffic(emulator) == (1, 0)
    wrong.close()


def test_a_server_that_is_tired_is_asked_again(emulator: MailmanEmulator, bench: Bench) -> None:
    emulator.faults.status(503, retry_after=3, times=2)
    assert whys(bench) == {}


def test_a_write_that_ends_in_an_error_of_the_server_may_have_happened(emulator: MailmanEmulator, bench: Bench) -> None:
    (step,) = bench.compile(create_account("dora", "dora@stadt.example"))
    emulator.faults.status(500, when="after", nth_write=1)
    with pytest.raises(OutcomeUnknown):
        bench.perform(step)
    assert emulator.world.user("dora@stadt.example") is not None


def test_a_subscription_that_is_answered_with_400_and_happened_is_one(emulator: MailmanEmulator, bench: Bench) -> None:
    (step,) = bench.compile(join("plenum", "anna"))
    body = '{"title": "400 Bad Request", "description": "404 Client Error: Not Found for url"}'
    emulator.faults.status(400, body=body, when="after", path="/3.1/members$", content_type="application/json")
    bench.perform(step)
    assert bench.seated("plenum") == {"anna"}


def test_a_list_that_is_gone_is_left_by_nobody(emulator: MailmanEmulator, bench: Bench) -> None:
    list_id = bench.ids[mailing_list("pg")]
    (leaving,) = bench.compile(leave("pg", list_id, "anna"))
    with emulator.lock:
        emulator.world.remove_list(emulator.world.lists[list_id])
    assert isinstance(bench.connector.verify(leaving, bench.ids.__getitem__), Moved)


def test_what_somebody_changed_meanwhile_is_not_written_over(emulator: MailmanEmulator, bench: Bench) -> None:
    of_list = update(mailing_list("pg"), bench.remote(mailing_list("pg")), description="neu")
    of_person = update(person("anna"), bench.remote(person("anna")), display_name="Neu")
    steps = bench.compile(of_list, of_person)
    hand = Tamperer(bench.settings)
    hand.do("PATCH", f"/lists/{bench.ids[mailing_list('pg')]}/config", {"description": "von Hand"})
    hand.do("PATCH", "/addresses/anna@stadt.example", {"display_name": "Von Hand"})
    assert [type(bench.connector.verify(step, bench.ids.__getitem__)) for step in steps] == [Moved, Moved]


def test_without_encryption_no_password_goes_to_another_machine(emulator: MailmanEmulator) -> None:
    secret = SecretStr("x")
    far = Bench(MailmanSettings(url="http://lists.example:8001", password=secret, domain="lists.example"))
    with pytest.raises(Permanent, match="not_encrypted"):
        far.observe()
    far.close()
