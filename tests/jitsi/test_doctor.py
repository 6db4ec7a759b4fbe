"""Doctor at the door: what it finds on servers that are set up well, badly and not at all."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.jitsi import JITSI
from connectors.jitsi.bosh import Bosh, Came, Login
from connectors.jitsi.emulation.rooms import Guests
from connectors.jitsi.emulator import SECRET, JitsiEmulator
from connectors.jitsi.keys import make_key
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Clock, Finding, Severity, Wiring
from provisioner.transport.clock import SystemClock
from provisioner.transport.gate import WriteGate
from tests.jitsi.makers import settings
from tests.support.prosody import CLOSED, OPEN, Prosody


class NoLedger:
    def acquire(self, bucket: str, limit: int, window: float) -> None:
        raise AssertionError("nothing is counted")

    def exhausted(self, bucket: str, limit: int, window: float) -> None:
        raise AssertionError("nothing is counted")


@pytest.fixture
def server() -> Iterator[JitsiEmulator]:
    with JitsiEmulator() as running:
        running.redeploy(token_auth_url="https://ours.example/redi/room?room={room}&state={state}")
        yield running


def examined(url: str, clock: Clock, **changes: Any) -> list[Finding]:
    """With the gate shut, as in every doctor's run."""
    connector = JITSI.open("meet", settings(url=url, **changes), Wiring(WriteGate(), clock, NoLedger()))
    return list(connector.examine())


def codes(found: list[Finding]) -> dict[str, Severity]:
    return {finding.what.code.removeprefix("jitsi."): finding.severity for finding in found}


def errors(found: list[Finding]) -> list[tuple[str, str]]:
    """What is wrong, and how to mend it."""
    return [
        (finding.what.code.removeprefix("jitsi."), (finding.mend.code if finding.mend else "").removeprefix("jitsi."))
        for finding in found
        if finding.severity is Severity.ERROR
    ]


def test_a_server_that_is_deployed_as_advised_is_all_right(server: JitsiEmulator):
    found = examined(server.url, server.clock)
    assert codes(found) == dict.fromkeys(["can_sign", "clock_right", "closed", "ours_accepted"], Severity.OK)
    assert [finding.what.arguments.get("domain") for finding in found if finding.what.code == "jitsi.closed"] == [
        *("meet.jitsi", "guest.meet.jitsi")
    ]


def test_looking_changes_nothing_and_leaves_no_session(server: JitsiEmulator):
    examined(server.url, server.clock)
    assert server.log.writes == []
    assert server.rooms.rooms == {}
    assert len(server.log.requests) <= 10


def test_no_token_stands_in_an_address(server: JitsiEmulator):
    examined(server.url, server.clock)
    assert not any("token" in entry.path or "eyJ" in f"{entry.path}{entry.body}" for entry in server.log.requests)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"allow_empty": True}, ("open", "mend_open")),
        ({"guests": Guests.OPEN}, ("guests_open", "mend_guests_open")),
        ({"guests": Guests.WAIT}, ("guests_open", "mend_guests_open")),
        ({"guests": Guests.OPEN, "guest_domain": "gaeste.example"}, ("guests_open", "mend_guests_open")),
        ({"secret": SecretStr("another secret of more than 32 bytes")}, ("refused_signature", "mend_secret")),
        ({"issuers": frozenset({"jitsi"})}, ("refused_issuer", "mend_issuer")),
        ({"audiences": frozenset({"other"})}, ("refused_audience", "mend_audience")),
        ({"secret": None}, ("refused_no_kid", "mend_keys_wanted")),
        ({"domain": "meet.example"}, ("domain_unknown", "mend_domain")),
    ],
    ids=str,
)
def test_a_mistake_of_the_deployment_is_found_with_its_mend(
    server: JitsiEmulator, changes: dict[str, Any], wrong: tuple[str, str]
):
    server.redeploy(**changes)
    assert errors(examined(server.url, server.clock)) == [wrong]


def test_an_older_server_takes_the_token_from_the_address(server: JitsiEmulator):
    server.door.takes_header = False
    assert codes(examined(server.url, server.clock))["ours_accepted"] is Severity.OK


def test_keys_that_the_server_does_not_have_are_told(server: JitsiEmulator, tmp_path: Path):
    make_key(tmp_path, server.clock.now())
    assert errors(examined(server.url, server.clock, keys=tmp_path)) == [("refused_algorithm", "mend_secret_wanted")]
    server.redeploy(secret=None)
    assert errors(examined(server.url, server.clock, keys=tmp_path)) == [("refused_unknown_key", "mend_keys_unfetched")]


def test_what_is_declared_public_is_no_mistake(server: JitsiEmulator):
    server.redeploy(allow_empty=True)
    found = examined(server.url, server.clock, public={"hosts": ["127.0.0.1"]})
    assert codes(found)["open_by_choice"] is Severity.NOTE
    assert errors(found) == []


def test_a_page_that_sends_nobody_here_is_worth_a_note(server: JitsiEmulator):
    server.redeploy(token_auth_url="")
    assert codes(examined(server.url, server.clock))["no_token_auth"] is Severity.NOTE


class Off:
    """A clock beside another one."""

    def __init__(self, clock: Clock, by: float) -> None:
        self._clock, self._by = clock, timedelta(seconds=by)

    def now(self) -> datetime:
        return self._clock.now() + self._by

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (-40, [("clock_ahead", "mend_clock"), ("refused_expired", "mend_clock")]),
        (-8, [("clock_ahead", "mend_clock")]),
        (-3, []),
        (3, []),
        (8, [("clock_behind", "mend_clock")]),
        (40, [("clock_behind", "mend_clock"), ("refused_early", "mend_clock")]),
    ],
)
def test_a_clock_that_is_off_is_found(server: JitsiEmulator, by: float, found: list[tuple[str, str]]):
    assert errors(examined(server.url, Off(server.clock, by))) == found


@pytest.mark.parametrize(
    ("status", "body", "wrong"),
    [
        (503, "busy", ("server_error", "mend_url")),
        (404, "<html>", ("no_bosh", "mend_url")),
        (200, "<html>", ("no_bosh", "mend_url")),
        (200, "<body xmlns='other'/>", ("no_bosh", "mend_url")),
        (200, "<body xmlns='http://jabber.org/protocol/httpbind'/>", ("no_bosh", "mend_url")),
        (200, "x" * 70_000, ("no_bosh", "mend_url")),
    ],
)
def test_what_is_no_jitsi_is_told_so(server: JitsiEmulator, status: int, body: str, wrong: tuple[str, str]):
    server.faults.status(status, body=body, path="/http-bind", times=None)
    assert errors(examined(server.url, server.clock)) == [wrong]


def test_a_server_that_is_not_there_is_told_without_anything_secret():
    found = examined("http://127.0.0.1:9", VirtualClock())
    assert [finding.what.code for finding in found if finding.severity is Severity.ERROR] == ["transport.unreachable"]
    assert SECRET not in repr(found)


def test_a_line_that_breaks_shows_no_token(server: JitsiEmulator):
    server.door.takes_header = False
    server.faults.reset_after(path="token=", times=None)
    found = examined(server.url, server.clock)
    assert errors(found) == [("transport.interrupted", "mend_url")]
    told = repr(found)
    assert "token=" not in told
    assert "eyJ" not in told


def test_a_secret_that_cannot_be_read_ends_the_visit_before_it_begins(server: JitsiEmulator, tmp_path: Path):
    found = examined(server.url, server.clock, secret_file=tmp_path / "none")
    assert errors(found) == [("secret_file", "mend_signing")]
    assert server.log.requests == []


def test_plain_http_to_another_machine_is_warned_of():
    found = examined("http://meet.invalid", VirtualClock())
    assert codes(found)["not_encrypted"] is Severity.WARNING


# --- a real Prosody ------------------------------------------------------------------------------------------------


def test_a_real_server_without_tokens_is_found_to_let_everybody_in(prosody: Prosody):
    found = examined(prosody.url, SystemClock(), guest_domain=CLOSED)
    assert errors(found) == [("open", "mend_open")]
    assert codes(found)["closed"] is Severity.OK
    assert codes(found)["clock_right"] is Severity.OK


def test_guests_of_a_real_server_are_found_beside_a_closed_domain(prosody: Prosody):
    found = examined(prosody.url, SystemClock(), domain=CLOSED, guest_domain=OPEN)
    assert errors(found) == [("guests_open", "mend_guests_open"), ("by_password", "mend_open")]


def test_a_real_server_says_of_a_domain_that_it_does_not_have_it(prosody: Prosody):
    assert errors(examined(prosody.url, SystemClock(), domain="meet.example")) == [("domain_unknown", "mend_domain")]


def test_the_emulated_door_answers_as_the_real_one_does(prosody: Prosody):
    """The part that a Prosody without Jitsi's modules has: hosts that are open, and hosts that are not there."""
    with JitsiEmulator() as emulated:
        emulated.redeploy(guests=Guests.OPEN, guest_domain=OPEN, domain="main.example")
        for domain in (OPEN, "nowhere.example"):
            told = []
            for url in (emulated.url, prosody.url):
                bosh = Bosh(settings(url=url))
                told.append(bosh.login(domain, "re-1", "a token that nobody looks at"))
                bosh.close()
            assert told[0] == told[1]
            assert told[0] == Login(Came.IN if domain == OPEN else Came.NO_DOMAIN)


@pytest.mark.parametrize("where", ["emulated", *(["live"] if "READI_LIVE_JITSI_URL" in os.environ else [])])
def test_a_server_takes_our_tokens_and_nobody_elses(where: str, server: JitsiEmulator):
    """A live one: READI_LIVE_JITSI_URL, and _SECRET, _DOMAIN, _ISSUER, _AUDIENCE as it has them."""
    names = ("secret", "domain", "issuer", "audience")
    live = {name: os.environ[f"READI_LIVE_JITSI_{name.upper()}"] for name in names} if where == "live" else {}
    url = os.environ["READI_LIVE_JITSI_URL"] if where == "live" else server.url
    clock: Clock = SystemClock() if where == "live" else server.clock
    assert codes(examined(url, clock, **live))["ours_accepted"] is Severity.OK
    other = examined(url, clock, **{**live, "secret": "another secret of more than 32 bytes"})
    assert errors(other)[-1] == ("refused_signature", "mend_secret")
