"""What the real Prosody said to 151 tokens and people, held against our rules, the checker and the emulator's rooms."""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors.jitsi.emulation.rooms import Entered, Rooms, Turned
from connectors.jitsi.judging import judge
from provisioner.model.meetings import Stage, Standing
from tests.jitsi.cases import CASES, CLOCK, MAIN, Try, deployment, rooms, token


class Row(NamedTuple):
    profile: str
    case: str
    verdict: str
    stage: str
    reason: str


def read() -> list[Row]:
    text = Path(__file__).with_name("verdicts.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [Row(*line) for line in csv.reader(lines[1:], delimiter="\t", quoting=csv.QUOTE_NONE)]


ROWS = read()
WAITS = "registration-required, lobbyroom"
CHECKED = [
    row for row in ROWS if CASES[row[:2]].host == MAIN and row.stage != "conference" and "reservation" not in row.case
]


def name_of(row: Row) -> str:
    return f"{row.profile}: {row.case}"


def came(server: Rooms, case: Try) -> Entered | Turned:
    session = server.connect(case.host, case.token)
    if isinstance(session, Turned):
        return session
    opened = server.open(session, case.room, case.tenant)
    if opened is not None:
        return opened
    return server.join(session, case.room, case.tenant, name=case.name, password=case.password)


def test_each_row_is_tried_and_nothing_else():
    assert len(ROWS) == 151
    assert sorted(row[:2] for row in ROWS) == sorted(CASES)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_the_emulators_rooms_say_what_the_real_server_said(row: Row):
    case = CASES[row[:2]]
    server = rooms(row.profile, case)
    for earlier in case.before:
        came(server, earlier)
    found = came(server, case)
    if isinstance(found, Entered):
        assert (row.verdict, row.stage) == ("accept", "join")
        assert f"{found.affiliation}/{found.role}" == row.reason
        return
    assert (row.verdict, row.stage) == ("refuse", found.stage)
    told = ", ".join(found.why[1:] if found.why[0] == "not-allowed" else found.why)
    if row.stage == "conference":
        assert row.reason.startswith("{condition: [service-unavailable, text, reservation-e")
        assert (found.why[0], found.why[2]) == ("service-unavailable", "reservation-error")
    else:
        assert told == row.reason


@pytest.mark.parametrize("row", [row for row in CHECKED if "without focus" not in row.case], ids=name_of)
def test_the_checker_says_what_the_real_server_said(row: Row):
    case = CASES[row[:2]]
    found = judge(case.token, case.room, deployment(row.profile), CLOCK.now(), case.tenant)
    if row.reason == WAITS:
        assert (found.stage, found.standing) == (Stage.ACCEPTED, Standing.GUEST)
        return
    stages = {("accept", "join"): Stage.ACCEPTED, ("refuse", "join"): Stage.ROOM, ("refuse", "sasl"): Stage.LOGIN}
    assert found.stage is stages[row.verdict, row.stage]
    standing = {"owner": Standing.MODERATOR, "member": Standing.MEMBER, "none": Standing.VISITOR}
    assert found.standing == (standing[row.reason.partition("/")[0]] if found.accepted else None)


def test_the_checker_is_asked_about_nearly_all():
    assert len(CHECKED) >= 125


def test_in_a_room_with_a_lobby_everybody_needs_a_name():
    """Observed on Prosody 0.12.3: also a moderator who passes the lobby."""
    server = rooms("lobby", Try(None))
    assert came(server, Try(token(user={"moderator": True, "lobby_bypass": True}), name="")) == Turned(
        "join", ("not-acceptable", "displayname-required")
    )
