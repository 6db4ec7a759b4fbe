"""What is concluded from odd answers, and what is never sent."""

from datetime import UTC, datetime

import pytest

from connectors.jitsiadmin.client import Client
from connectors.jitsiadmin.conferences import canonical, shown
from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from connectors.kit.bench import CountingLedger
from provisioner.emulation import Response
from provisioner.emulation.faults import Fault
from provisioner.model.errors import OutcomeUnknown, Permanent, TargetError
from provisioner.model.inventory import UNKNOWN, Partial
from provisioner.model.ports import Interest, Wiring
from provisioner.model.resources import Kind
from provisioner.model.steps import Moved
from tests.support.jitsiadmin import (
    TOKEN,
    Bench,
    at,
    conference,
    create_account,
    create_conference,
    erase,
    join,
    leave,
    person,
    settings_of,
    traffic,
    update,
)


@pytest.fixture
def uid(bench: Bench) -> str:
    bench.apply(create_conference("pg", "mona"), join("pg", "anna", "mona"))
    return bench.ids[conference()]


@pytest.mark.parametrize("wrong", ["", "../server/create", "a b", "x" * 65, "ä"])
def test_an_id_that_is_none_is_never_sent(emulator: JitsiAdminEmulator, bench: Bench, wrong: str) -> None:
    """Without one, Jitsi-Admin would mean any conference that has none."""
    client = Client(bench.settings, Wiring(bench.gate, bench.clock, CountingLedger()))
    with bench.gate.opened(TOKEN):
        for write in (
            lambda: client.call_off(wrong),
            lambda: client.add(wrong, "a@b.example"),
            lambda: client.remove(wrong, "a@b.example"),
            lambda: client.change(wrong, "2026-02-03T10:00", 90, "PG"),
        ):
            with pytest.raises(Permanent, match="unusable_id"):
                write()
        with pytest.raises(Permanent, match="unusable_id"):
            client.find(wrong)
    client.close()
    assert traffic(emulator) == (0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        Response.html("<h1>Not Found</h1>", 404),
        Response.html("<h1>Oops!</h1>", 500),
        Response.json([]),
        Response.json({"error": True}),
        Response.json({"uid": "x"}),
        Response.json({"error": False}),
        Response.json({"error": False, "uid": "../room"}),
        Response.json({"error": "no"}),
        Response.json({"error": False, "uid": "a" * 32}, 201),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:20]!r}",
)
def test_whatever_is_no_refusal_in_words_leaves_a_creation_unknown(
    emulator: JitsiAdminEmulator, bench: Bench, answer: Response
) -> None:
    emulator.faults.add(Fault(path="/room$", answer=answer))
    with pytest.raises(OutcomeUnknown):
        bench.apply(create_conference("pg", "mona"))


@pytest.mark.parametrize(
    "answer",
    [
        Response.html("<h1>Not Found</h1>", 404),
        Response.html("<h1>Oops!</h1>", 500),
        Response.json({}),
        Response.json({"error": True, "text": "no Room found"}),
        Response.json({"error": False, "name": "PG", "start": 1, "moderator": "m@x.example", "teilnehmer": []}),
        Response.json({"error": False, "name": "PG", "start": "", "moderator": "m@x.example", "teilnehmer": {}}),
        Response.json({"error": False, "name": "PG", "start": "", "moderator": "", "teilnehmer": []}),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:60]!r}",
)
def test_what_is_not_told_of_one_is_neither_its_absence_nor_anybody_s(
    emulator: JitsiAdminEmulator, bench: Bench, uid: str, answer: Response
) -> None:
    emulator.faults.add(Fault(path="/info/", answer=answer, times=None))
    inventory = bench.observe()
    remote = inventory.of(Kind.CONFERENCE).objects[uid]
    assert remote.fields == {"starts_at": UNKNOWN, "minutes": UNKNOWN}
    assert remote.writable == frozenset()
    assert isinstance(inventory.rosters[Kind.CONFERENCE, uid].completeness, Partial)


def test_another_zone_than_we_were_told_makes_the_start_unknown_and_is_noted_once() -> None:
    with JitsiAdminEmulator(zone="UTC") as emulator:
        emulator.world.add_user("mona@stadt.example", emulator.server)
        bench = Bench(settings_of(emulator), emulator.clock)
        bench.apply(create_account("mona"), create_conference("pg", "mona"))
        assert [note.code for note in bench.notes] == ["jitsiadmin.other_zone"]
        assert bench.remote(conference()).fields == {"starts_at": UNKNOWN, "minutes": 90}
        with pytest.raises(Permanent, match="time_not_told"):
            bench.apply(update(conference(), bench.remote(conference()), minutes=45))
        bench.close()
        right = Bench(settings_of(emulator, time_zone="UTC"), emulator.clock)
        right.apply(create_account("mona"), create_conference("pg", "mona"))
        assert right.notes == []
        assert right.remote(conference()).fields["starts_at"] == "2026-02-03T09:00 UTC"
        right.close()


@pytest.mark.parametrize(
    ("wish", "seen"),
    [
        ("2026-03-28T10:00 Europe/Berlin", "2026-03-28T09:00 UTC"),
        ("2026-03-30T10:00 Europe/Berlin", "2026-03-30T08:00 UTC"),
        ("2026-10-26T10:00 Europe/Berlin", "2026-10-26T09:00 UTC"),
        ("2026-01-01T00:30 Europe/Berlin", "2025-12-31T23:30 UTC"),
        ("2026-01-01T10:00+05:00", "2026-01-01T05:00 UTC"),
        ("2026-01-01T10:00 Bretten", "2026-01-01T10:00 Bretten"),
        ("2026-01-01T10:00", "2026-01-01T10:00"),
        ("quatsch", "quatsch"),
        (None, None),
    ],
)
def test_a_start_is_compared_in_the_zone_of_the_server(bench: Bench, wish: str | None, seen: str | None) -> None:
    settings = bench.settings.model_copy(update={"time_zone": "UTC"})
    assert canonical("starts_at", wish, settings.zone) == seen


def test_nothing_is_planned_in_the_past_or_without_a_time(emulator: JitsiAdminEmulator, bench: Bench) -> None:
    begun = shown(emulator.clock.now(), bench.settings.zone)
    for wrong, why in ((begun, "begun"), ("morgen", "no_start"), ("2026-02-31T10:00 Europe/Berlin", "no_start")):
        with pytest.raises(Permanent, match=why):
            bench.apply(create_conference("pg", "mona", starts_at=wrong))
    with pytest.raises(Permanent, match="no_duration"):
        bench.apply(create_conference("pg", "mona", minutes=0))
    assert emulator.log.writes == []


def test_what_begins_between_plan_and_apply_is_left_alone(emulator: JitsiAdminEmulator, bench: Bench, uid: str) -> None:
    seen = bench.remote(conference())
    steps = [
        *bench.compile(update(conference(), seen, minutes=30)),
        *bench.compile(update(conference(), seen, starts_at=None)),
        *bench.compile(leave("pg", uid, "anna")),
    ]
    (invitation,) = bench.compile(join("pg", "ben"))
    wait = at("2026-02-03T10:00+01:00") - datetime(2026, 1, 5, 8, tzinfo=UTC)
    emulator.clock.sleep(wait.total_seconds())
    emulator.log.clear()
    for step in steps:
        verified = bench.connector.verify(step, bench.ids.__getitem__)
        assert isinstance(verified, Moved)
        assert verified.why.code == "jitsiadmin.begun"
    with pytest.raises(Permanent, match="begun"):
        bench.perform(invitation)
    assert traffic(emulator)[1] == 0
    remote = bench.remote(conference())
    assert remote.writable == frozenset()
    bench.apply(erase(conference(), remote))
    assert traffic(emulator)[1] == 0
    assert bench.notes[-1].code == "jitsiadmin.left_alone"


def test_of_two_accounts_with_one_address_the_wrong_one_is_not_taken_for_done(
    emulator: JitsiAdminEmulator, bench: Bench, uid: str
) -> None:
    """Whoever logs in as ben.bach gets a second account when he is invited, and the first is found to take out."""
    emulator.world.add_user("ben@stadt.example", username="ben.bach")
    bench.apply(join("pg", "ben"))
    assert bench.seated() == {"anna", "ben", "mona"}
    with pytest.raises(Permanent, match="not_taken_out"):
        bench.apply(leave("pg", uid, "ben"))


def test_whoever_organises_and_goes_is_said_to_organise_still(bench: Bench, uid: str) -> None:
    bench.observe()
    bench.apply(leave("pg", uid, "mona"))
    assert [note.code for note in bench.notes] == ["jitsiadmin.still_organises"]
    assert bench.seated() == {"anna"}


def test_an_organiser_s_new_address_comes_with_their_next_login(
    emulator: JitsiAdminEmulator, bench: Bench, uid: str
) -> None:
    bench.observe()
    steps = bench.apply(update(person("mona"), bench.remote(person("mona")), email="m@neu.example"))
    assert [step.cost.mails for step in steps] == [0]
    assert [note.code for note in bench.notes] == ["jitsiadmin.organiser_stays"]
    assert bench.connector.observe({Kind.CONFERENCE}, Interest(bound=frozenset({(Kind.CONFERENCE, uid)})))


@pytest.mark.parametrize("email", ["grün@stadt.example", "kein", "a..b@stadt.example", ".a@stadt.example"])
def test_nobody_is_invited_under_an_address_that_won_t_do(
    emulator: JitsiAdminEmulator, bench: Bench, email: str
) -> None:
    with pytest.raises(Permanent, match="address_unusable"):
        bench.apply(create_account("dora", email))
    assert traffic(emulator) == (0, 0)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\r\nBcc: x@y.example", "x" * 201, "a\u2028b"])
def test_names_that_won_t_do_are_objected_to_and_never_written(
    emulator: JitsiAdminEmulator, bench: Bench, name: str
) -> None:
    assert bench.connector.capabilities().objection(Kind.CONFERENCE, name) is not None
    with pytest.raises(Permanent, match="name_unusable"):
        bench.apply(create_conference("pg", "mona", name=name))
    assert emulator.log.writes == []


def test_the_key_is_only_sent_where_it_is_asked_for(emulator: JitsiAdminEmulator, bench: Bench, uid: str) -> None:
    seen: dict[str, str] = {}
    emulator.faults.hook(
        before=lambda request: seen.setdefault(request.path, request.headers.get("authorization", "")), times=None
    )
    bench.apply(join("pg", "ben"))
    bench.apply(create_conference("lora", "mona"))
    assert {path.rpartition("/")[0] if "/info/" in path else path: bool(key) for path, key in seen.items()} == {
        "/api/v1/info": False,
        "/api/v1/user": True,
        "/api/v1/serverInfo": False,
        "/api/v1/server/getRooms": True,
        "/api/v1/room": True,
    }


def test_a_key_that_is_refused_stops_the_target(emulator: JitsiAdminEmulator, bench: Bench, uid: str) -> None:
    emulator.server.api_key = "renewed"
    with pytest.raises(TargetError, match="key_refused"):
        bench.apply(join("pg", "ben"))
    assert bench.seated() == {"anna", "mona"}
