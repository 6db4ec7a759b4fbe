"""What doctor says of a Mailman, and what the settings take."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.mailman import MAILMAN
from connectors.mailman.emulator import SERVICE, MailmanEmulator
from connectors.mailman.settings import MailmanSettings
from provisioner.emulation.faults import LOGIN_PAGE
from provisioner.model.offers import TellsBounces
from provisioner.model.ports import Severity
from provisioner.model.resources import Kind
from tests.support.mailman import Bench, create_account, create_list, join, traffic


@pytest.fixture
def emulator() -> Iterator[MailmanEmulator]:
    with MailmanEmulator() as running:
        yield running


def settings(emulator: MailmanEmulator, **more: Any) -> MailmanSettings:
    given = {"url": emulator.url, "password": SecretStr(SERVICE[1]), "domain": emulator.domain}
    return MailmanSettings(**{**given, **more})


def said(wanted: MailmanSettings) -> list[tuple[Severity, str, str | None]]:
    bench = Bench(wanted)
    findings = [(one.severity, one.what.code, one.mend and one.mend.code) for one in bench.connector.examine()]
    bench.close()
    return findings  # type: ignore[return-value]


def test_a_sound_one_is_told_with_all_that_is_seen_and_nothing_is_written(emulator: MailmanEmulator) -> None:
    codes = [code for _, code, _ in said(settings(emulator))]
    assert codes == ["mailman.version", "mailman.all_rights", "mailman.may_list"]
    assert traffic(emulator)[1] == 0


def test_a_missing_domain_comes_with_the_command_that_makes_it(emulator: MailmanEmulator) -> None:
    bench = Bench(settings(emulator, domain="listen.example"))
    last = list(bench.connector.examine())[-1]
    assert (last.severity, last.what.code) == (Severity.ERROR, "mailman.domain_missing")
    assert last.mend is not None
    assert last.mend.arguments["url"] == f"{emulator.url}/3.1"
    bench.close()


def test_a_wrong_password_is_said_and_tried_once(emulator: MailmanEmulator) -> None:
    found = said(settings(emulator, password=SecretStr("wrong")))
    assert found == [(Severity.ERROR, "kit.login_refused", "mailman.mend_login")]
    assert len(emulator.log.requests) == 2


@pytest.mark.parametrize(("status", "body"), [(200, LOGIN_PAGE), (404, "<html>"), (401, "<html>")])
def test_a_stranger_never_gets_the_password(emulator: MailmanEmulator, status: int, body: str) -> None:
    emulator.faults.status(status, body=body, times=None)
    assert said(settings(emulator)) == [(Severity.ERROR, "kit.another_product", "mailman.mend_url")]
    assert len(emulator.log.requests) == 1


def test_one_that_is_down_is_said_to_be(emulator: MailmanEmulator) -> None:
    wanted = settings(emulator)
    emulator.stop()
    assert said(wanted) == [(Severity.ERROR, "transport.unreachable", "mailman.mend_unreachable")]


def test_without_encryption_nothing_is_sent(emulator: MailmanEmulator) -> None:
    found = said(settings(emulator, url="http://lists.example:8001"))
    assert found == [(Severity.ERROR, "kit.not_encrypted", "kit.mend_not_encrypted")]


def test_a_missing_password_file_is_a_finding(emulator: MailmanEmulator, tmp_path: Path) -> None:
    found = said(settings(emulator, password=None, password_file=tmp_path / "none"))
    assert found == [(Severity.ERROR, "transport.password_file", "kit.mend_secret_file")]


def test_an_old_one_and_a_broken_one_are_told_apart(emulator: MailmanEmulator) -> None:
    emulator.faults.status(
        200,
        body='{"mailman_version": "GNU Mailman 3.1.1 (Between The Wheels)"}',
        content_type="application/json",
        path="versions",
        nth=2,
    )
    assert (Severity.WARNING, "mailman.too_old", "mailman.mend_too_old") in said(settings(emulator))
    emulator.faults.status(500, body='{"title": "500 Internal Server Error"}', path="/lists", times=None)
    assert said(settings(emulator))[-1] == (Severity.ERROR, "kit.server_error", "mailman.mend_server")


def test_a_style_that_is_missing_is_no_obstacle(emulator: MailmanEmulator) -> None:
    body = '{"style_names": ["legacy-default"]}'
    emulator.faults.status(200, body=body, content_type="application/json", path="/lists/styles", times=None)
    assert (Severity.NOTE, "mailman.style_missing", None) in said(settings(emulator))
    bench = Bench(settings(emulator))
    bench.apply(create_list("pg"))
    assert all(place.config is not None for place in emulator.world.lists.values())
    bench.close()


def test_mail_that_comes_back_is_a_finding(emulator: MailmanEmulator) -> None:
    bench = Bench(settings(emulator))
    bench.apply(create_list("pg"), create_account("anna", "anna@stadt.example"), join("pg", "anna"))
    with emulator.lock:
        for member in emulator.world.members.values():
            member.delivery_status = "by_bounces"
    last = list(bench.connector.examine())[-1]
    assert (last.severity, last.what.arguments["named"]) == (Severity.NOTE, "anna@stadt.example (pg)")
    bench.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": "Listen.example"},
        {"domain": "listen"},
        {"domain": "listen.example/x"},
        {"url": "lists.example"},
        {"url": "http://user:pass@lists.example"},
        {"list_url": "https://lists.example/"},
        {"page_size": 0},
        {"colour": "red"},
        {"password": None},
    ],
    ids=str,
)
def test_settings_that_can_t_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MailmanSettings(**{"password": SecretStr("x"), "domain": "listen.example", **wrong})


def test_one_server_is_one_whatever_is_written_behind_its_address() -> None:
    both = [
        MailmanSettings(url=url, password=SecretStr("x"), domain="listen.example").identity()
        for url in ("http://127.0.0.1:8001", "http://127.0.0.1:8001/3.1/")
    ]
    assert both == ["mailman:127.0.0.1:8001"] * 2


def test_texts_link_to_the_address_of_a_list_or_to_its_page() -> None:
    plain = Bench(MailmanSettings(password=SecretStr("x"), domain="listen.example"))
    page = "https://listen.example/postorius/lists/{list_id}/"
    paged = Bench(MailmanSettings(password=SecretStr("x"), domain="listen.example", list_url=page))
    addresses = [one.connector.capabilities().address for one in (plain, paged)]
    of_list = [address(Kind.MAILING_LIST, "pg.listen.example", "pg") for address in addresses]
    assert of_list == ["mailto:pg@listen.example", "https://listen.example/postorius/lists/pg.listen.example/"]
    assert [address(Kind.ACCOUNT, "x", "anna@stadt.example") for address in addresses] == [None, None]


def test_the_connector_offers_what_bounces_asks_for() -> None:
    bench = Bench(MailmanSettings(password=SecretStr("x"), domain="listen.example"))
    assert isinstance(bench.connector, TellsBounces)
    assert MAILMAN.kinds == {Kind.ACCOUNT, Kind.MAILING_LIST}
