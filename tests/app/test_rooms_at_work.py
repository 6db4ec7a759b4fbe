"""Meeting rooms with the real maker of tokens: what the worker does for them, and that no secret of theirs gets out."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt
import pytest
from sqlalchemy import select

from provisioner.app.joining.refusing import Forbidden
from provisioner.app.meetings.doors import Doors, LinkOver
from provisioner.app.meetings.inviting import Inviting
from provisioner.app.meetings.ranging import check, rooms_report
from provisioner.app.meetings.rotating import rotate_body
from provisioner.app.work.jobs import JobReport, perform
from provisioner.model.errands import Job
from provisioner.model.errors import ReadiError
from provisioner.model.meetings import Pass
from provisioner.state import Errands, RoomAccesses, RoomNames
from provisioner.state.schema import METADATA
from provisioner.texts import Catalogue
from tests.support.desk import Desk, desks
from tests.support.doors import SECRET, SERVER, TARGET, meeting_network, tie_room

ROOM = "re-" + "a" * 32
WHERE_NAMES_ARE = {"binding", "step", "guest_room"}
"""Tables that hold what rooms are called; facts about ties wait in "meta" until the file has them."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, meeting_network())
    tie_room(found, "pg-sensorik", ROOM)
    found.site.ties_log.keep()
    yield found
    found.site.close()


def work(desk: Desk, job: Job | None = None) -> list[JobReport]:
    """What is due, or one job, as the service has it done."""
    errands = Errands(desk.site.database, desk.site.network)
    if job is not None:
        errands.add(job, "schedule", "schedule", desk.clock.now())
    reports = []
    while due := errands.due(desk.clock.now()):
        now = [one for one in due if one.job is due[0].job]
        report = perform(desk.site, desk.pictures, now)
        errands.done(report.done)
        reports.append(report)
    assert all(report.result.error is None for report in reports)
    return reports


def name_of(desk: Desk, body: str = "pg-sensorik") -> str:
    found = RoomNames(desk.site.database, desk.site.network).of(f"body:{body}", [TARGET])
    assert found is not None
    return found.name


def claims(found: Pass) -> dict[str, Any]:
    told: dict[str, Any] = jwt.decode(
        found.token.get_secret_value(),
        SECRET,
        ["HS256"],
        audience="jitsi",
        options={"verify_exp": False, "verify_nbf": False},
    )
    return told


def test_the_worker_renames_a_room_after_somebody_left(desk: Desk) -> None:
    work(desk, Job.SYNC)
    assert name_of(desk) == ROOM
    desk.places.leave(desk.viewer("ben"), "pg-sensorik")
    reports = work(desk)
    assert [report.result.job for report in reports] == [Job.SYNC, Job.ROOMS]
    assert name_of(desk) != ROOM
    renamed = name_of(desk)
    work(desk, Job.SYNC)
    assert name_of(desk) == renamed, "a sync neither makes another one nor takes it for lost"


def test_the_worker_looks_again_at_a_room_that_had_to_wait(desk: Desk) -> None:
    work(desk, Job.SYNC)
    Doors(desk.site, desk.pictures).enter(desk.viewer("mona"), "pg-sensorik")
    desk.places.leave(desk.viewer("ben"), "pg-sensorik")
    work(desk)
    assert name_of(desk) == ROOM
    begun, errands = desk.clock.now(), Errands(desk.site.database, desk.site.network)
    for minutes in (3, 4 * 60):  # somebody is on the way; then, nothing is heard, and nobody came for long
        (later,) = errands.all()
        assert (later.job, later.not_before) == (Job.ROOMS, begun + timedelta(minutes=minutes))
        assert name_of(desk) == ROOM
        desk.clock.moment = begun + timedelta(minutes=minutes)
        work(desk)
    assert name_of(desk) != ROOM
    assert Errands(desk.site.database, desk.site.network).all() == []


def test_a_name_that_is_old_enough_goes_when_it_is_tidied_up(desk: Desk) -> None:
    work(desk, Job.SYNC)
    desk.clock.sleep(181 * 24 * 3600)
    work(desk, Job.TIDY)
    assert name_of(desk) != ROOM


def test_a_locked_server_puts_the_names_off_and_loses_nothing(desk: Desk) -> None:
    work(desk, Job.SYNC)
    desk.places.leave(desk.viewer("ben"), "pg-sensorik")
    due = Errands(desk.site.database, desk.site.network)
    assert RoomAccesses(desk.site.database, desk.site.network).make_due("body:pg-sensorik", desk.clock.now(), "access")
    due.done([one.id for one in due.all()])
    due.add(Job.ROOMS, "service", "service", desk.clock.now())
    with desk.site.database.lock("jitsi:meet.example", desk.clock.now()):
        report = perform(desk.site, desk.pictures, due.all())
    assert report.locked is not None
    assert not report.done
    work(desk)
    assert name_of(desk) != ROOM


@pytest.mark.parametrize(
    "name",
    ["Jörg Größer-Öz", "\u0130pek Şahin", "x" * 1024, "Ä" * 1024, "\U0001f469\u200d\U0001f4bb" * 300, '"}\\' * 300],
)
def test_no_name_breaks_a_pass(desk: Desk, name: str) -> None:
    picture = desk.picture
    people, bodies = dict(picture.registry.people), dict(picture.registry.bodies)
    people["p-ben"] = replace(people["p-ben"], given_name=name, family_name="")
    bodies["pg-sensorik"] = replace(bodies["pg-sensorik"], name=name)
    registry = replace(picture.registry, people=people, bodies=bodies)
    found = Doors(desk.site, desk.pictures).enter(
        desk.viewer("ben"), "pg-sensorik", replace(picture, registry=registry)
    )
    assert len(found.token.get_secret_value()) < 2000
    told = claims(found)
    assert told["room"] == ROOM
    assert told["context"]["user"]["name"]
    assert name.startswith(told["context"]["user"]["name"][:1])
    url = found.url.get_secret_value()
    assert url.startswith(f"{SERVER}/{ROOM}#jwt=")
    assert url.isascii()
    assert len(url) < 8000


def test_a_pass_holds_no_more_of_a_person_than_policy_and_the_door_allow(desk: Desk) -> None:
    desk.wish.policy["meetings"] = {"passes": {"lifetime_minutes": 5, "features": {"moderator": ["recording"]}}}
    desk.rewrite()
    doors = Doors(desk.site, desk.pictures)
    leads, sits, waits = (claims(doors.enter(desk.viewer(name), "pg-sensorik")) for name in ("mona", "ben", "gerd"))
    for one in (leads, sits, waits):
        assert one["exp"] - one["iat"] == 300
        assert one["context"]["user"].keys() == {"id", "name", "moderator", "lobby_bypass"}
        assert not any(part in repr(one) for part in ("@", "'p-", "body:", "bretten"))
    assert [one["context"]["user"]["moderator"] for one in (leads, sits, waits)] == [True, False, False]
    assert [one["context"]["user"]["lobby_bypass"] for one in (leads, sits, waits)] == [True, True, False]
    assert [one["context"]["features"]["recording"] for one in (leads, sits, waits)] == [True, False, False]


def attempt(told: list[str], act: Callable[[], object]) -> object:
    """Do it; if it is refused, note all that could be read of why."""
    try:
        return act()
    except ReadiError as error:
        say = Catalogue("de")
        told += [str(error), repr(error), say(error.text), error.detail, repr(error.__cause__), repr(error.__context__)]
        return None


def test_no_name_of_a_room_no_token_and_no_word_is_in_logs_errors_audit_or_reports(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    doors = Doors(desk.site, desk.pictures)
    inviting, mona, ben = Inviting(desk.site, desk.pictures, doors), desk.viewer("mona"), desk.viewer("ben")
    until = desk.clock.now() + timedelta(hours=1)
    with caplog.at_level(logging.DEBUG):
        work(desk, Job.SYNC)
        passes = [doors.enter(mona, "pg-sensorik"), doors.enter(ben, "pg-sensorik")]
        room = inviting.open_room(mona, "pg-sensorik", "Vorstellung", until)
        passes.append(doors.enter_guest_room(ben, room.id))
        guest = inviting.invite(mona, "pg-sensorik", "Gustav Gast", until)
        word = guest.link.get_secret_value().rpartition("/")[2]
        passes.append(doors.enter_as_guest(word))
        inviting.withdraw(mona, guest.invitation.id)
        for wrong in (
            lambda: doors.enter_as_guest(word),
            lambda: doors.guest(word[:-1] + "~", desk.clock.now()),
            lambda: doors.enter(desk.viewer("ole"), "pg-sensorik"),
            lambda: doors.enter_guest_room(desk.viewer("ole"), room.id),
            lambda: doors.visitor(ROOM),
            lambda: doors.visitor(room.name),
        ):
            attempt(told, wrong)
        for found in passes:
            told.append(repr(check(desk.site, found.url.get_secret_value() + "x", None)))
            told.append(repr(check(desk.site, found.token.get_secret_value(), "pg-sensorik")))
        told += [repr(found) for found in passes] + [repr(guest), str(guest.link)]
        desk.clock.sleep(5 * 3600)
        desk.places.leave(ben, "pg-sensorik")
        work(desk)
        rotate_body(desk.site, desk.picture, "pg-sensorik", "p-rita")
        told.append(rooms_report(desk.site).model_dump_json())
        desk.site.ties_log.keep()
    assert len(told) > 20
    tokens = [found.token.get_secret_value() for found in passes]
    names = {ROOM, room.name, name_of(desk)}
    assert len(names) == 3
    records = "\n".join(repr(record.__dict__) for record in caplog.records)
    for secret in (*names, *tokens, *(unquote(one) for one in tokens), word, SECRET):
        assert secret not in records
        assert not [line for line in told if secret in line], "said to somebody"
    with desk.site.database.reading() as connection:
        tables = {table.name: repr(connection.execute(select(table)).all()) for table in METADATA.sorted_tables}
    for secret in (*tokens, word, SECRET):
        assert [name for name, text in tables.items() if secret in text] == []
    for secret in names:
        assert {name for name, text in tables.items() if secret in text} <= WHERE_NAMES_ARE


def test_who_is_forbidden_and_whose_link_is_over_is_told_no_more(desk: Desk) -> None:
    for refusal in (Forbidden(), LinkOver()):
        assert not refusal.text.arguments
        assert not refusal.detail
