"""Calendars and their meetings on the emulator: what they cost, what is read again, what keeps them from being made."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import unquote

import pytest

from connectors.nextcloud.calendars.shape import group_principal, members_of
from connectors.nextcloud.calendars.steps import CREATE_BUCKET, SHARE_BUCKET
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from provisioner.emulation.messages import Request, Response
from provisioner.model.changes import Create
from provisioner.model.errors import OutcomeUnknown, Permanent, RateLimited
from provisioner.model.inventory import Absent, Complete, Partial, Present
from provisioner.model.ports import EVERYTHING
from provisioner.model.resources import EdgeRole, Kind, ResourceId
from provisioner.model.steps import Moved
from provisioner.transport.answer import NeverSent
from tests.support.nextcloud import SERVICE, create_group, erase
from tests.support.nextcloud_calendars import (
    CALENDARS,
    CalendarBench,
    add_meeting,
    alter,
    calendar,
    create_calendar,
    describe,
    let_read,
    meeting,
    remembering,
)

HOME = f"/remote.php/dav/calendars/{SERVICE[0]}"


@pytest.fixture
def bench(settings: NextcloudSettings, clock: VirtualClock) -> Iterator[CalendarBench]:
    bench = CalendarBench(settings, clock)
    yield bench
    bench.close()


@pytest.fixture
def filled(bench: CalendarBench, cloud: NextcloudEmulator) -> CalendarBench:
    """Three bodies, each with a calendar and two series."""
    bench.look()
    for body in ("sensorik", "lora", "plenum"):
        bench.apply(
            create_group(body, f"PG {body}"),
            create_calendar(body, f"Kalender {body}"),
            let_read(body, body),
            add_meeting(body, "jf"),
            add_meeting(body, "klausur", "Klausur"),
        )
    cloud.log.clear()
    return bench


def asked(cloud: NextcloudEmulator) -> list[tuple[str, str]]:
    """Of calendars, and forget it."""
    found = [(one.method, unquote(one.path)) for one in cloud.log.requests if "/dav/calendars/" in one.path]
    cloud.log.clear()
    return found


# --- what it costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("series", [0, 1, 3, 12])
def test_a_new_calendar_costs_two_requests_and_one_a_series(
    bench: CalendarBench, cloud: NextcloudEmulator, series: int
) -> None:
    bench.look()
    bench.apply(create_group("sensorik", "PG Sensorik"), create_group("gäste", "PG Sensorik-Gäste"))
    cloud.log.clear()
    steps = bench.apply(
        create_calendar("sensorik", "PG Sensorik"),
        let_read("sensorik", "sensorik", "gäste"),
        *(add_meeting("sensorik", f"s{n}", location="https://redi.example/join/x") for n in range(series)),
    )
    assert len(cloud.log.requests) == len(cloud.log.writes) == 2 + series
    assert sum(step.cost.requests for step in steps) == 2 + series
    assert sum(step.cost.mails for step in steps) == 0


def test_one_request_for_all_tells_that_nothing_changed(filled: CalendarBench, cloud: NextcloudEmulator) -> None:
    first = filled.look()
    assert len(asked(cloud)) == 1 + 3, "read for the first time"
    again = filled.look(remembering(first))
    assert asked(cloud) == [("PROPFIND", f"{HOME}/")]
    assert again.observations == first.observations
    assert again.rosters == first.rosters
    assert (again.revisions, again.inside) == (first.revisions, first.inside)


def test_a_changed_calendar_costs_one_request_more(filled: CalendarBench, cloud: NextcloudEmulator) -> None:
    first = filled.look()
    it = meeting("lora", "jf")
    filled.apply(alter(it, filled.seen(it), name="Jour fixe LoRaWAN"))
    cloud.log.clear()
    after = filled.look(remembering(first))
    assert asked(cloud) == [("PROPFIND", f"{HOME}/"), ("REPORT", f"{HOME}/readi-lora/")]
    assert after.of(Kind.MEETING).objects[filled.ids[it]].name == "Jour fixe LoRaWAN"


def test_several_texts_of_a_meeting_are_one_read_and_one_write(filled: CalendarBench, cloud: NextcloudEmulator) -> None:
    it = meeting("lora", "jf")
    seen = filled.seen(it)
    cloud.log.clear()
    [step] = filled.apply(
        describe(it, seen, "description", "Neu\nreadi:body:lora:meeting:jf"),
        describe(it, seen, "location", "https://redi.example/join/lora"),
    )
    address = f"{HOME}/readi-lora/readi-jf.ics"
    assert asked(cloud) == [("GET", address), ("PUT", address)]
    assert len(step.changes) == 2
    assert filled.event(it).read is not None


def test_many_groups_are_let_in_ten_at_a_time(bench: CalendarBench, cloud: NextcloudEmulator) -> None:
    keys = [f"g{number:02}" for number in range(12)]
    bench.apply(*(create_group(key, key) for key in keys))
    bench.look()
    bench.apply(create_calendar("viele", "Viele"), let_read("viele", *keys))
    assert bench.readers("viele") == set(keys)
    assert [method for method, _ in asked(cloud)].count("POST") == 2


def test_a_narrow_look_at_something_else_asks_for_no_calendar(filled: CalendarBench, cloud: NextcloudEmulator) -> None:
    cloud.log.clear()
    filled.look(replace(EVERYTHING, only=()))
    assert asked(cloud) == []


# --- what is not ours, and what is gone ---------------------------------------------------------------------------


def test_nobody_elses_calendars_and_events_are_seen(filled: CalendarBench, cloud: NextcloudEmulator) -> None:
    cloud.add_user("anna", "Example-Word-1")
    cloud.calendars.add("anna", "readi-lora", "Annas", ("VEVENT",)).shares[f"principals/users/{SERVICE[0]}"] = True
    mine = cloud.calendars.of(SERVICE[0])
    cloud.calendars.add(SERVICE[0], "von-hand", "Kalender lora")
    mine["readi-lora"].put("von-hand.ics", mine["readi-lora"].events["readi-jf.ics"].replace(b"UID:", b"UID:x"))
    inventory = filled.look()
    assert set(inventory.of(Kind.CALENDAR).objects) == {"readi-sensorik", "readi-lora", "readi-plenum"}
    assert len(inventory.of(Kind.MEETING).objects) == 6
    assert mine["personal"].token == mine["contact_birthdays"].token == 2


def test_a_server_below_a_path_of_its_host_tells_the_same_calendars(
    filled: CalendarBench, cloud: NextcloudEmulator
) -> None:
    before = filled.look()

    def move(_request: Request, response: Response) -> None:
        response.body = response.body.replace(b"/remote.php/dav", b"/cloud/remote.php/dav")

    moved = cloud.faults.hook(path="/dav/calendars/", after=move, times=None)
    assert filled.look() == before
    assert moved.fired


def test_a_calendar_that_somebody_deleted_is_gone_and_its_meetings_with_it(
    filled: CalendarBench, cloud: NextcloudEmulator
) -> None:
    first = filled.look()
    cloud.calendars.of(SERVICE[0])["readi-lora"].deleted_at = "2026-01-01T00:00:00+00:00"
    after = filled.look(remembering(first))
    assert isinstance(after.of(Kind.CALENDAR).completeness, Complete)
    assert "readi-lora" not in after.of(Kind.CALENDAR).objects
    assert isinstance(after.of(Kind.MEETING).completeness, Complete)
    assert not [one for one in after.of(Kind.MEETING).objects if one.startswith("readi-lora/")]
    assert (Kind.CALENDAR, "readi-lora") not in after.revisions


def test_another_networks_calendar_of_the_same_body_is_left_alone(
    bench: CalendarBench, cloud: NextcloudEmulator
) -> None:
    theirs = cloud.calendars.add(SERVICE[0], "readi-plenum", "Plenum der anderen")
    bench.look()
    bench.apply(create_calendar("plenum", "Plenum"), add_meeting("plenum", "jf"))
    assert bench.ids[calendar("plenum")] == "readi-plenum~2"
    assert bench.ids[meeting("plenum", "jf")] == "readi-plenum~2/readi-jf.ics"
    assert (theirs.name, theirs.events) == ("Plenum der anderen", {})
    assert bench.seen(meeting("plenum", "jf")).marker == "readi:body:plenum:meeting:jf"


def test_when_all_addresses_are_taken_it_says_so(bench: CalendarBench, cloud: NextcloudEmulator) -> None:
    for number in ("", *(f"~{one}" for one in range(2, 10))):
        cloud.calendars.add(SERVICE[0], f"readi-plenum{number}", "x")
    bench.look()
    with pytest.raises(Permanent, match="calendar_addresses_taken"):
        bench.apply(create_calendar("plenum", "Plenum"))


@pytest.mark.parametrize("identity", [calendar("lora"), meeting("lora", "jf")])
def test_what_is_erased_and_gone_already_is_done(
    filled: CalendarBench, cloud: NextcloudEmulator, identity: ResourceId
) -> None:
    mine = cloud.calendars.of(SERVICE[0])
    remote_id = filled.ids[identity]
    if identity.kind is Kind.CALENDAR:
        del mine["readi-lora"]
    else:
        mine["readi-lora"].remove("readi-jf.ics")
    [step] = filled.compile(erase(identity, remote_id))
    verified = filled.connector.verify(step, filled.ids.__getitem__)
    assert not isinstance(verified, Moved)
    assert filled.perform(step).note is not None


# --- what the server limits ---------------------------------------------------------------------------------------


def test_what_the_server_counts_is_counted_here(filled: CalendarBench) -> None:
    assert filled.ledger.taken.count(CREATE_BUCKET) == 3
    assert filled.ledger.taken.count(SHARE_BUCKET) == 3
    [made] = filled.compile(create_calendar("neu", "Neu"))
    assert made.cost.limited == {CREATE_BUCKET: 1}


def test_more_calendars_than_an_hour_allows_wait(bench: CalendarBench, cloud: NextcloudEmulator) -> None:
    bench.look()
    bench.look()  # in a session that lasts, where alone the server counts them
    for number in range(10):
        bench.apply(create_calendar(f"k{number}", "K"))
    with pytest.raises(RateLimited):
        bench.apply(create_calendar("k10", "K"))
    assert bench.ledger.full == [CREATE_BUCKET]
    assert isinstance(bench.clock, VirtualClock)
    bench.clock.advance(3601)
    bench.apply(create_calendar("k10", "K"))


def test_more_calendars_than_an_account_may_have_say_what_helps(bench: CalendarBench, cloud: NextcloudEmulator) -> None:
    cloud.calendars.most = 2
    bench.look()
    bench.look()
    bench.apply(create_calendar("erste", "Erste"))
    with pytest.raises(Permanent, match="calendars_full"):
        bench.apply(create_calendar("zweite", "Zweite"))
    cloud.calendars.most = -1
    bench.apply(create_calendar("zweite", "Zweite"))


# --- when things go wrong -----------------------------------------------------------------------------------------


def test_of_calendars_that_cannot_be_listed_nothing_is_concluded(
    filled: CalendarBench, cloud: NextcloudEmulator
) -> None:
    aim = {"path": f"{HOME}/$", "times": 4}
    for strike in (cloud.faults.login_page, cloud.faults.truncate, partial(cloud.faults.status, 503)):
        cloud.faults.clear()
        strike(**aim)
        inventory = filled.look()
        assert isinstance(inventory.of(Kind.CALENDAR).completeness, Partial)
        assert isinstance(inventory.of(Kind.MEETING).completeness, Partial)
        assert inventory.revisions == {}


def test_of_one_calendar_that_cannot_be_read_the_others_are_still_known(
    filled: CalendarBench, cloud: NextcloudEmulator
) -> None:
    cloud.faults.login_page(path=f"{HOME}/readi-lora/", method="REPORT")
    inventory = filled.look()
    assert isinstance(inventory.of(Kind.CALENDAR).completeness, Complete)
    assert isinstance(inventory.of(Kind.MEETING).completeness, Partial)
    assert len(inventory.of(Kind.MEETING).objects) == 4
    assert set(inventory.revisions) == {(Kind.CALENDAR, "readi-sensorik"), (Kind.CALENDAR, "readi-plenum")}


def test_an_event_that_is_no_calendar_entry_stands_for_itself_and_is_read_again(
    filled: CalendarBench, cloud: NextcloudEmulator
) -> None:
    cloud.calendars.of(SERVICE[0])["readi-lora"].put("readi-jf.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    it = filled.seen(meeting("lora", "jf"))
    assert it.name == "readi-jf.ics"
    assert len(filled.look().of(Kind.MEETING).objects) == 6
    [step] = filled.compile(alter(meeting("lora", "jf"), replace(it, fields={"name": ""}), name="Neu"))
    with pytest.raises(AssertionError, match="field_moved"):
        filled.perform(step)


MADE = pytest.mark.parametrize(
    "made", [create_calendar("neu", "Neu"), add_meeting("lora", "neu")], ids=["calendar", "event"]
)


@MADE
def test_a_creation_that_breaks_off_is_looked_up_and_found(
    filled: CalendarBench, cloud: NextcloudEmulator, made: Create
) -> None:
    cloud.faults.reset_after(writes=True)
    with pytest.raises(OutcomeUnknown):
        filled.apply(made)
    found = filled.connector.look_up(made.id, made.name)
    assert isinstance(found, Present)
    assert found.remote.marker == made.wanted.marker


@MADE
def test_a_creation_that_the_database_refused_is_looked_up_and_not_found(
    filled: CalendarBench, cloud: NextcloudEmulator, made: Create
) -> None:
    cloud.faults.mishap("database-lock", writes=True)
    with pytest.raises(OutcomeUnknown):
        filled.apply(made)
    assert filled.connector.look_up(made.id, made.name) == Absent()


@MADE
def test_a_creation_that_never_left_is_tried_again(
    filled: CalendarBench, cloud: NextcloudEmulator, made: Create
) -> None:
    cloud.stop()
    with pytest.raises(NeverSent):
        filled.apply(made)
    cloud.start()


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["PG Sensorik", "PG Ä & B", "a/b", "A+B", "100%", "~", "'\"<>", "ns%20x"])
def test_a_group_is_named_as_its_members_are_known_by(cloud: NextcloudEmulator, group: str) -> None:
    principal = group_principal(group)
    assert members_of({principal: False}) == {(EdgeRole.READER, Kind.GROUP): frozenset({group})}
    cloud.add_user("anna", groups=[group])
    made = cloud.calendars.add(SERVICE[0], "x", "X")
    cloud.calendars.share(made, principal.removeprefix("principal:"), False)
    assert [called for called, *_ in cloud.calendars.shared_with(cloud.users["anna"])] == [f"x_shared_by_{SERVICE[0]}"]


def test_a_share_that_lets_nobody_in_is_no_member() -> None:
    assert members_of({"principal:principals/groups/PG Sensorik": False}) == {}
    assert members_of({"principal:principals/groups/PG%20Sensorik": True}) == {}
    assert members_of({"principal:principals/circles/x": True, "principal:principals/users/anna": True}) == {
        (EdgeRole.WRITER, Kind.ACCOUNT): frozenset({"anna"})
    }


def test_without_the_setting_there_are_no_calendars(settings: NextcloudSettings, clock: VirtualClock) -> None:
    bench = CalendarBench(settings.model_copy(update={"calendars": False}), clock)
    assert Kind.CALENDAR not in bench.connector.capabilities().fields
    assert bench.observe(CALENDARS).observations == {}
    bench.close()
