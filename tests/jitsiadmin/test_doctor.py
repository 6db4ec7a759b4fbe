"""What doctor finds, and that it writes nothing and shows the key to nobody it does not know."""

import pytest
from pydantic import SecretStr, ValidationError

from connectors.jitsiadmin.emulator import KEY, JitsiAdminEmulator
from connectors.jitsiadmin.settings import JitsiAdminSettings
from provisioner.emulation import Request
from provisioner.model.ports import Finding, Severity
from tests.support.jitsiadmin import Bench, settings_of, traffic


def examined(settings: JitsiAdminSettings) -> list[Finding]:
    bench = Bench(settings)
    try:
        return list(bench.connector.examine())
    finally:
        bench.close()


def worst(settings: JitsiAdminSettings) -> list[str]:
    return [finding.what.code for finding in examined(settings) if finding.severity is Severity.ERROR]


def test_a_server_that_is_set_up_well_has_its_risks_named_all_the_same(emulator: JitsiAdminEmulator) -> None:
    findings = examined(settings_of(emulator))
    assert [(finding.severity, finding.what.code) for finding in findings] == [
        (Severity.OK, "jitsiadmin.key_accepted"),
        (Severity.WARNING, "jitsiadmin.tokens_without_end"),
        (Severity.WARNING, "jitsiadmin.guessable_rooms"),
        (Severity.WARNING, "jitsiadmin.info_for_all"),
        (Severity.NOTE, "jitsiadmin.writes_mails"),
        (Severity.NOTE, "jitsiadmin.needs_link"),
    ]
    assert traffic(emulator) == (2, 0)
    assert all(finding.mend is not None for finding in findings if finding.severity is Severity.WARNING)


def test_a_wrong_key_is_found(emulator: JitsiAdminEmulator) -> None:
    assert worst(settings_of(emulator, password="other")) == ["jitsiadmin.key_refused"]


def test_a_server_without_a_key_is_found_by_whose_conferences_anybody_calls_off(emulator: JitsiAdminEmulator) -> None:
    emulator.world.add_server("offen.example", None)
    assert worst(settings_of(emulator)) == ["jitsiadmin.keyless_server"]


def test_the_key_is_sent_to_no_stranger(emulator: JitsiAdminEmulator) -> None:
    seen: list[str] = []

    def look(request: Request) -> None:
        seen.append(request.headers.get("authorization", ""))

    emulator.faults.hook(before=look, times=None)
    emulator.faults.login_page(times=None)
    assert worst(settings_of(emulator)) == ["kit.another_product"]
    assert seen == [""]


def test_where_nobody_answers_it_says_so(emulator: JitsiAdminEmulator) -> None:
    settings = settings_of(emulator)
    emulator.stop()
    assert worst(settings) == ["transport.unreachable"]


def test_a_key_never_travels_in_the_open(emulator: JitsiAdminEmulator) -> None:
    open_to_all = settings_of(emulator).model_copy(update={"url": "http://planung.example"})
    assert worst(open_to_all) == ["kit.not_encrypted"]


@pytest.mark.parametrize("key", ["with blank", "ümlaut", "line\nbreak"])
def test_a_key_that_never_arrives_is_not_sent(emulator: JitsiAdminEmulator, key: str) -> None:
    settings = settings_of(emulator).model_copy(update={"password": SecretStr(key)})
    assert worst(settings) == ["jitsiadmin.unusable_key"]


def test_a_missing_key_file_is_found_before_anything_is_asked(emulator: JitsiAdminEmulator) -> None:
    settings = settings_of(emulator, password=None, password_file="/nowhere/key")
    assert worst(settings) == ["transport.password_file"]
    assert traffic(emulator) == (0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Bretten"},
        {"time_zone": "../etc/passwd"},
        {"meeting_server": " meet.example"},
        {"meeting_server": ""},
        {"url": "https://user:secret@planung.example"},
        {"url": "planung.example"},
        {"password": None},
    ],
)
def test_settings_that_can_t_be_meant_are_refused(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"url": "https://planung.example", "meeting_server": "m.example", "password": KEY}
    JitsiAdminSettings.model_validate(right)
    with pytest.raises(ValidationError):
        JitsiAdminSettings.model_validate(right | wrong)


def test_an_address_is_one_with_the_path_of_the_api_or_without() -> None:
    urls = ("https://Planung.example/api/v1/", "https://planung.example/", "https://planung.example")
    right = {"meeting_server": "m.example", "password": KEY}
    assert {JitsiAdminSettings.model_validate({**right, "url": url}).identity() for url in urls} == {
        "jitsi-admin:planung.example"
    }
