import base64
import json
from collections.abc import Sequence

import pytest
import responses
from pydantic import SecretStr, ValidationError

from connectors.nextcloud import NEXTCLOUD
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import Request, Response, VirtualClock
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Finding, Severity
from tests.support.nextcloud import SERVICE, Bench

URL = "https://cloud.example"
SECRET = "geheim-42"


def errors(findings: Sequence[Finding]) -> list[str]:
    return [finding.what.code for finding in findings if finding.severity is Severity.ERROR]


def mend_of(findings: Sequence[Finding], code: str) -> str | None:
    (finding,) = [finding for finding in findings if finding.what.code == code]
    return None if finding.mend is None else finding.mend.code


def look(url: str = URL, password: str = SECRET, user: str = SERVICE[0], **more: object) -> list[Finding]:
    given = {"url": url, "user": user, "password": SecretStr(password), **more}
    bench = Bench(NextcloudSettings(**given), VirtualClock())  # type: ignore[arg-type]
    try:
        return list(bench.connector.examine())
    finally:
        bench.close()


def no_password_was_sent() -> bool:
    sent = " ".join(f"{call.request.url} {dict(call.request.headers)} {call.request.body}" for call in responses.calls)
    encoded = base64.b64encode(f"{SERVICE[0]}:{SECRET}".encode()).decode()
    return bool(responses.calls) and SECRET not in sent and encoded not in sent and "Authorization" not in sent


@responses.activate
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("<html>A wiki</html>", 200, "nextcloud.no_nextcloud"),
        ("Not found", 404, "nextcloud.no_nextcloud"),
        ('{"status":"ok"}', 200, "nextcloud.no_nextcloud"),
        ("[]", 200, "nextcloud.no_nextcloud"),
        ('{"installed":false}', 200, "nextcloud.not_installed"),
        ('{"installed":true,"maintenance":true}', 200, "nextcloud.maintenance"),
        ('{"installed":true,"maintenance":false,"needsDbUpgrade":true}', 200, "nextcloud.maintenance"),
    ],
)
def test_what_is_no_working_nextcloud_gets_no_password(body: str, status: int, code: str) -> None:
    responses.get(f"{URL}/status.php", body=body, status=status)
    responses.get(f"{URL}/ocs/v2.php/cloud/capabilities", body="<html></html>")
    findings = look()
    assert errors(findings) == [code]
    assert no_password_was_sent()


@responses.activate
def test_a_wrong_address_is_told_with_its_mend() -> None:
    responses.get(f"{URL}/status.php", body="<html>A wiki</html>")
    responses.get(f"{URL}/ocs/v2.php/cloud/capabilities", status=404)
    assert mend_of(look(), "nextcloud.no_nextcloud") == "nextcloud.mend_url"


def test_a_server_that_does_not_answer_has_a_mend_of_its_own(cloud: NextcloudEmulator) -> None:
    url = cloud.url
    cloud.stop()
    assert mend_of(look(url), "transport.unreachable") == "nextcloud.mend_unreachable"


@responses.activate
def test_a_redirect_to_somewhere_else_is_refused_before_any_password() -> None:
    responses.get(f"{URL}/status.php", status=301, headers={"Location": "https://login.evil.example/"})
    responses.get(f"{URL}/ocs/v2.php/cloud/capabilities", status=301)
    findings = look()
    assert errors(findings) == ["kit.redirected"]
    assert findings[0].what.arguments["to"] == "https://login.evil.example/"
    assert no_password_was_sent()


@responses.activate
def test_a_password_is_not_sent_unencrypted() -> None:
    plain = "http://cloud.example"
    responses.get(f"{plain}/status.php", json={"installed": True, "maintenance": False})
    responses.get(f"{plain}/ocs/v2.php/cloud/capabilities", json={})
    findings = look(plain)
    assert errors(findings) == ["nextcloud.not_encrypted"]
    assert no_password_was_sent()


def test_nobody_there_is_a_finding_and_no_exception(cloud: NextcloudEmulator) -> None:
    url = cloud.url
    cloud.stop()
    assert errors(look(url)) == ["transport.unreachable"]


def test_a_good_set_up_has_no_errors(cloud: NextcloudEmulator) -> None:
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == []
    assert {"nextcloud.version", "nextcloud.may_list"} <= {finding.what.code for finding in findings}
    assert cloud.log.writes == []


@pytest.mark.parametrize(("quota", "is_told"), [("0 B", True), ("99 MB", True), ("1 GB", False), ("none", False)])
def test_an_account_without_room_for_pictures_is_told(cloud: NextcloudEmulator, quota: str, is_told: bool) -> None:
    cloud.users[SERVICE[0]].quota = quota
    findings = look(cloud.url, SERVICE[1])
    assert ("nextcloud.little_room" in {finding.what.code for finding in findings}) is is_told
    assert errors(findings) == []


def test_a_wrong_password_is_tried_once(cloud: NextcloudEmulator) -> None:
    findings = look(cloud.url, "falsch")
    assert errors(findings) == ["nextcloud.login_refused"]
    assert mend_of(findings, "nextcloud.login_refused") == "nextcloud.mend_login"
    assert [entry.status for entry in cloud.log.requests].count(401) == 1


def test_a_locked_address_is_seen_without_a_login(cloud: NextcloudEmulator) -> None:
    for number in range(12):
        look(cloud.url, f"falsch{number}")
    cloud.log.clear()
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == ["nextcloud.address_locked"]
    assert mend_of(findings, "nextcloud.address_locked") == "nextcloud.mend_lock"
    assert len(cloud.log.requests) == 2


@pytest.mark.parametrize("token", ["aB3dE-fG5hI-jK7lM-nO9pQ-rS1tU", "x" * 72])
def test_an_app_password_is_told_with_its_mend(cloud: NextcloudEmulator, token: str) -> None:
    cloud.app_password(SERVICE[0], token)
    findings = look(cloud.url, token)
    assert errors(findings) == ["nextcloud.looks_like_app_password"]
    assert mend_of(findings, "nextcloud.looks_like_app_password") == "nextcloud.mend_app_password"


def test_missing_delegation_is_told_with_its_mend(cloud: NextcloudEmulator) -> None:
    cloud.set_rights(SERVICE[0], "none")
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == ["nextcloud.not_allowed"]
    assert mend_of(findings, "nextcloud.not_allowed") == "nextcloud.mend_delegation"


def test_a_mere_sub_admin_is_told_with_its_mend(cloud: NextcloudEmulator) -> None:
    cloud.set_rights(SERVICE[0], "none")
    cloud.accounts.make_subadmin(SERVICE[0], "Alpha")
    findings = look(cloud.url, SERVICE[1])
    assert "nextcloud.only_sub_admin" in errors(findings)
    assert mend_of(findings, "nextcloud.only_sub_admin") == "nextcloud.mend_delegation"


def test_an_administrator_is_told_that_less_is_enough(cloud: NextcloudEmulator) -> None:
    cloud.set_rights(SERVICE[0], "admin")
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == []
    assert mend_of(findings, "nextcloud.is_administrator") == "nextcloud.mend_least_rights"


def test_the_rate_limit_is_told_with_its_mend_unless_it_was_lifted(cloud: NextcloudEmulator) -> None:
    assert mend_of(look(cloud.url, SERVICE[1]), "nextcloud.edit_limit") == "nextcloud.mend_edit_limit"
    lifted = look(cloud.url, SERVICE[1], edit_limit=100_000, edit_window=60)
    assert mend_of(lifted, "nextcloud.edit_limit") is None


def test_accounts_of_other_backends_are_counted(clock: VirtualClock) -> None:
    with NextcloudEmulator(service=SERVICE, clock=clock, backends=("Database", "user_oidc")) as cloud:
        cloud.add_user("oidc", backend="user_oidc")
        (finding,) = [one for one in look(cloud.url, SERVICE[1]) if one.what.code == "nextcloud.other_backend"]
    assert dict(finding.what.arguments) == {"backend": "user_oidc", "count": 1}


def test_an_older_server_is_told(clock: VirtualClock) -> None:
    with NextcloudEmulator(service=SERVICE, clock=clock, version=33) as cloud:
        assert "nextcloud.no_patch" in {finding.what.code for finding in look(cloud.url, SERVICE[1])}


def test_the_apps_and_their_versions_are_told(cloud: NextcloudEmulator) -> None:
    said = {finding.what.code: finding.what.arguments for finding in look(cloud.url, SERVICE[1])}
    assert said["nextcloud.folders_version"] == {"version": "22.0.6"}
    assert said["nextcloud.may_converse"] == {"version": "22.0.0"}


@pytest.mark.parametrize(
    ("app", "setting", "mend"),
    [("groupfolders", "team_folders", "mend_folders_app"), ("spreed", "conversations", "mend_talk_app")],
)
def test_a_missing_app_is_told_unless_it_is_not_wanted(
    cloud: NextcloudEmulator, app: str, setting: str, mend: str
) -> None:
    cloud.disable_app(app)
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == []
    assert mend_of(findings, "nextcloud.app_missing") == f"nextcloud.{mend}"
    unwanted = look(cloud.url, SERVICE[1], **{setting: False})
    assert "nextcloud.app_missing" not in {finding.what.code for finding in unwanted}


def test_talk_that_lets_us_make_nothing_is_an_error(cloud: NextcloudEmulator) -> None:
    def forbid(_request: Request, response: Response) -> None:
        body = json.loads(response.body)
        told = body["ocs"]["data"]["capabilities"].get("spreed")
        if told is not None:
            told["config"] = {"conversations": {"can-create": False}}
        response.body = json.dumps(body).encode()

    cloud.faults.hook(path="/capabilities", times=None, after=forbid)
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == ["nextcloud.may_not_converse"]
    assert mend_of(findings, "nextcloud.may_not_converse") == "nextcloud.mend_may_not_converse"


def test_somebodys_text_in_the_way_of_the_epoch_is_told(cloud: NextcloudEmulator) -> None:
    cloud.users[SERVICE[0]].profile["role"] = "Technik"
    assert mend_of(look(cloud.url, SERVICE[1]), "nextcloud.note_not_ours") == "nextcloud.mend_note"
    cloud.users[SERVICE[0]].profile["role"] = "readi epoch 3 0c1d"
    assert "nextcloud.note_not_ours" not in {finding.what.code for finding in look(cloud.url, SERVICE[1])}


def test_settings_take_one_password_from_here_or_from_a_file() -> None:
    with pytest.raises(ValidationError):
        NextcloudSettings(url=URL, user="readi")
    with pytest.raises(ValidationError):
        NextcloudSettings.model_validate({"url": URL, "user": "readi", "password": "x", "password_file": "/x"})


@pytest.mark.parametrize(
    ("content", "secret"), [("geheim\n", "geheim"), ("geheim", "geheim"), (" mit Rand \r\n", " mit Rand ")]
)
def test_a_password_file_holds_one_line(tmp_path_factory: pytest.TempPathFactory, content: str, secret: str) -> None:
    path = tmp_path_factory.mktemp("secrets") / "password"
    path.write_text(content, newline="")
    settings = NextcloudSettings(url=URL, user="readi", password_file=path)
    assert settings.secret().get_secret_value() == secret


def test_a_password_file_that_is_missing_or_empty_is_a_settings_error(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("secrets") / "password"
    with pytest.raises(SettingsError, match="password_file"):
        NextcloudSettings(url=URL, user="readi", password_file=path).secret()
    path.write_text("\n")
    with pytest.raises(SettingsError, match="empty"):
        NextcloudSettings(url=URL, user="readi", password_file=path).secret()
    assert errors(look_with_file(path)) == ["transport.password_file_empty"]


def look_with_file(path: object) -> list[Finding]:
    settings = NextcloudSettings.model_validate({"url": URL, "user": "readi", "password_file": path})
    return list(Bench(settings).connector.examine())


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://Cloud.Example/", "https://cloud.example"),
        ("https://cloud.example/index.php/", "https://cloud.example"),
        ("https://host.example:8443/nextcloud/", "https://host.example:8443/nextcloud"),
    ],
)
def test_an_address_is_brought_to_one_form(url: str, plain: str) -> None:
    assert NextcloudSettings(url=url, user="readi", password=SecretStr("x")).url == plain


@pytest.mark.parametrize(
    "url",
    ["cloud.example", "ftp://cloud.example", "https://", "https://u:p@cloud.example", "https://cloud.example/?a=1"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        NextcloudSettings(url=url, user="readi", password=SecretStr("x"))


def test_one_server_is_one_identity_whatever_the_target_is_called() -> None:
    def identity(url: str, **more: object) -> str:
        given = {"url": url, "user": "readi", "password": "x", **more}
        return NEXTCLOUD.server(NextcloudSettings.model_validate(given))

    assert identity("https://cloud.example/") == identity("https://CLOUD.example/index.php")
    assert identity("https://cloud.example") != identity("https://other.example")
    assert identity("https://intern.example", server="cloud") == identity("https://cloud.example", server="cloud")


def test_settings_never_show_the_password() -> None:
    settings = NextcloudSettings(url=URL, user="readi", password=SecretStr(SECRET))
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_the_sandbox_answers_and_says_how_to_log_in(clock: VirtualClock) -> None:
    assert NEXTCLOUD.emulator is not None
    sandbox = NEXTCLOUD.emulator(clock, 0)
    sandbox.start()
    credentials = sandbox.credentials
    findings = look(sandbox.url, credentials["password"], credentials["user"])
    sandbox.stop()
    assert errors(findings) == []


def test_calendars_are_counted_and_the_limits_told_unless_they_were_lifted(cloud: NextcloudEmulator) -> None:
    for address in ("readi-pg-lora", "von-hand"):
        cloud.calendars.add(SERVICE[0], address, address)
    findings = look(cloud.url, SERVICE[1])
    kept = next(one.what for one in findings if one.what.code == "nextcloud.may_keep_calendars")
    assert kept.arguments["count"] == 1
    assert mend_of(findings, "nextcloud.calendar_limit") == "nextcloud.mend_calendar_limit"
    lifted = look(cloud.url, SERVICE[1], calendar_limit=1000, share_limit=1000)
    assert "nextcloud.calendar_limit" not in {one.what.code for one in lifted}


def test_calendars_that_cannot_be_read_are_told_with_their_mend(cloud: NextcloudEmulator) -> None:
    cloud.faults.login_page(path="/dav/calendars/", times=4)
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == ["kit.garbled"]
    assert mend_of(findings, "kit.garbled") == "nextcloud.mend_calendars"
    assert "nextcloud.may_keep_calendars" not in {one.what.code for one in look(cloud.url, SERVICE[1], calendars=False)}


def test_a_server_that_shares_nothing_is_told_with_its_mend(cloud: NextcloudEmulator) -> None:
    cloud.calendars.shares = False
    findings = look(cloud.url, SERVICE[1])
    assert errors(findings) == ["nextcloud.may_not_share"]
    assert mend_of(findings, "nextcloud.may_not_share") == "nextcloud.mend_may_not_share"
