"""What doctor asks a Nextcloud: first, without a password, whether it is one; then who we are and what we may do."""

import re
from collections.abc import Iterator
from typing import Final

from connectors.nextcloud.accounts.oidc.calls import OidcAccounts
from connectors.nextcloud.accounts.oidc.doctor import examine_login, examine_traces
from connectors.nextcloud.accounts.reading import Accounts
from connectors.nextcloud.accounts.room import PATCH_SINCE
from connectors.nextcloud.accounts.shape import LOCAL_BACKEND, USER_OIDC, Account, Own, account_of
from connectors.nextcloud.calendars.doctor import examine_calendars
from connectors.nextcloud.client import CLOUD, Client
from connectors.nextcloud.conversations.shape import APP as TALK
from connectors.nextcloud.folders.doctor import examine_folders
from connectors.nextcloud.folders.shape import APP as FOLDERS
from connectors.nextcloud.listing import identifiers, pages
from connectors.nextcloud.quota import UNLIMITED, words
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import SettingsError, TargetError
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text
from provisioner.transport.answer import NOT_JSON
from provisioner.transport.http import HttpSession

_APP_PASSWORD: Final = re.compile(r"[A-Za-z0-9]{5}(-[A-Za-z0-9]{5}){4}|[A-Za-z0-9]{72}")
"""What Nextcloud hands out: for people in five groups, for clients in one word."""
ROOM_FOR_PICTURES: Final = 100 * 1024**2
"""Bytes: some 3,000 pictures of alerts."""
LOCKED_DELAY: Final = 25_000
"""Milliseconds. From here on the server answers 429 to everybody from this address, the right password included."""


def examine(
    settings: NextcloudSettings, client: Client, wiring: Wiring, oidc: OidcAccounts | None
) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them. Stops where going on would make things worse."""
    try:
        password = settings.secret().get_secret_value()
    except SettingsError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("nextcloud.mend_password_file"))
        return
    stranger = _first_look(settings, wiring)
    if stranger is not None:
        yield stranger
        return
    if settings.is_open_to_listeners:
        yield Finding(
            Severity.ERROR, Text.of("nextcloud.not_encrypted", url=settings.url), Text.of("nextcloud.use_https")
        )
        return
    if _APP_PASSWORD.fullmatch(password):
        yield Finding(
            Severity.ERROR,
            Text.of("nextcloud.looks_like_app_password", user=settings.user),
            Text.of("nextcloud.mend_app_password"),
        )
    try:
        yield from _logged_in(settings, client, oidc)
    except TargetError as error:
        yield Finding(Severity.ERROR, error.text, _MENDS.get(error.text.code))


_MENDS: Final = {
    "nextcloud.login_refused": Text.of("nextcloud.mend_login"),
    "nextcloud.address_locked": Text.of("nextcloud.mend_lock"),
    "nextcloud.not_allowed": Text.of("nextcloud.mend_delegation"),
    "nextcloud.needs_real_password": Text.of("nextcloud.mend_app_password"),
}


_NO_ANSWER: Final = {
    "transport.certificate": Text.of("nextcloud.mend_certificate"),
    "transport.unreachable": Text.of("nextcloud.mend_unreachable"),
    "transport.interrupted": Text.of("nextcloud.mend_unreachable"),
}


def _first_look(settings: NextcloudSettings, wiring: Wiring) -> Finding | None:
    """Two requests without a password. Not None: what answers is no Nextcloud that we should log in to."""
    url = settings.url
    wrong = Text.of("nextcloud.mend_url")
    session = HttpSession(wiring.gate, timeout=min(settings.timeout, 20.0), ca_file=settings.ca_file)
    try:
        answer = session.call("GET", f"{url}/status.php")
        capabilities = session.call(
            "GET", f"{url}{CLOUD}/capabilities", headers={"OCS-APIRequest": "true", "Accept": "application/json"}
        )
    except TargetError as error:
        return Finding(Severity.ERROR, error.text, _NO_ANSWER.get(error.text.code, wrong))
    finally:
        session.close()
    if 300 <= answer.status < 400:
        return Finding(Severity.ERROR, Text.of("kit.redirected", to=answer.headers.get("location", "")), wrong)
    status = answer.value
    if answer.status != 200 or status is NOT_JSON or not isinstance(status, dict) or "installed" not in status:
        return Finding(Severity.ERROR, Text.of("nextcloud.no_nextcloud", url=url, status=answer.status), wrong)
    if status.get("installed") is not True:
        return Finding(Severity.ERROR, Text.of("nextcloud.not_installed", url=url))
    if status.get("maintenance") is True or status.get("needsDbUpgrade") is True:
        return Finding(Severity.ERROR, Text.of("nextcloud.maintenance", url=url), Text.of("nextcloud.mend_maintenance"))
    if _delay(capabilities.value) >= LOCKED_DELAY:
        return Finding(
            Severity.ERROR, Text.of("nextcloud.address_locked", user=settings.user), Text.of("nextcloud.mend_lock")
        )
    return None


def _delay(value: object) -> int:
    """How long (ms) the server makes this address wait because of wrong passwords; it says so without a log-in."""
    for key in ("ocs", "data", "capabilities", "bruteforce", "delay"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) else 0


def _logged_in(settings: NextcloudSettings, client: Client, oidc: OidcAccounts | None) -> Iterator[Finding]:
    major = client.learn_version()
    yield Finding(Severity.OK, Text.of("nextcloud.version", url=settings.url, version=major))
    if major < PATCH_SINCE:
        yield Finding(Severity.NOTE, Text.of("nextcloud.no_patch", version=major, since=PATCH_SINCE))
    accounts = Accounts(client, "", settings.page_size, UNLIMITED)
    own = accounts.own()
    yield from _rights(own)
    yield from _lists(settings, client, oidc)
    if settings.team_folders:
        if client.has_app(FOLDERS):
            version = _version(client, FOLDERS, "appVersion")
            yield Finding(Severity.OK, Text.of("nextcloud.folders_version", version=version))
        yield from examine_folders(settings, client, own)
    if settings.conversations:
        yield from _talk(client, own)
    if settings.calendars:
        yield from examine_calendars(settings, client, own)
    if not own.note_is_ours:
        yield Finding(
            Severity.WARNING,
            Text.of("nextcloud.note_not_ours", user=own.id),
            Text.of("nextcloud.mend_note", user=own.id),
        )
    yield _limit(settings)
    if settings.welcome_mail:
        yield Finding(Severity.NOTE, Text.of("nextcloud.welcome_mails"), Text.of("nextcloud.mend_welcome_mails"))


def _rights(own: Own) -> Iterator[Finding]:
    if "admin" in own.groups:
        yield Finding(
            Severity.NOTE, Text.of("nextcloud.is_administrator", user=own.id), Text.of("nextcloud.mend_least_rights")
        )
    elif own.sees_only_its_groups:
        yield Finding(
            Severity.ERROR, Text.of("nextcloud.only_sub_admin", user=own.id), Text.of("nextcloud.mend_delegation")
        )


def _lists(settings: NextcloudSettings, client: Client, oidc: OidcAccounts | None) -> Iterator[Finding]:
    """Whether accounts and groups may be listed; and which accounts other backends bring along."""
    seen: list[Account] = []
    for _, item in pages(client, f"{CLOUD}/users/details", "users", settings.page_size):
        account = account_of(item, UNLIMITED)
        if account is not None:
            seen.append(account)
    client.get(f"{CLOUD}/groups/details", {"limit": 1, "offset": 0})
    yield Finding(Severity.OK, Text.of("nextcloud.may_list", count=len(seen)))
    backends = sorted({account.remote.backend for account in seen} - {LOCAL_BACKEND, ""})
    for backend in backends:
        count = sum(account.remote.backend == backend for account in seen)
        if backend != USER_OIDC or oidc is None:
            yield Finding(Severity.NOTE, Text.of("nextcloud.other_backend", backend=backend, count=count))
    if settings.user_oidc is not None and oidc is not None:
        yield from examine_login(settings.user_oidc, oidc, seen)
    if USER_OIDC in backends:
        yield from examine_traces(seen, sorted(identifiers(client, f"{CLOUD}/groups", "groups")))


def _talk(client: Client, own: Own) -> Iterator[Finding]:
    """Whether Talk is there, and lets us make conversations; no request, since the capabilities tell.

    Pictures of alerts are files of our own account: so it needs room for some.
    """
    if not client.has_app(TALK):
        missing = Text.of("nextcloud.app_missing", app=TALK)
        yield Finding(Severity.WARNING, missing, Text.of("nextcloud.mend_talk_app"))
        return
    may: object = client.told_by(TALK)
    for key in ("config", "conversations", "can-create"):
        may = may.get(key) if isinstance(may, dict) else None
    if may is False:
        yield Finding(Severity.ERROR, Text.of("nextcloud.may_not_converse"), Text.of("nextcloud.mend_may_not_converse"))
    else:
        yield Finding(Severity.OK, Text.of("nextcloud.may_converse", version=_version(client, TALK, "version")))
    if 0 <= own.quota < ROOM_FOR_PICTURES:
        yield Finding(
            Severity.NOTE,
            Text.of("nextcloud.little_room", user=own.id, quota=words(own.quota)),
            Text.of("nextcloud.mend_little_room", user=own.id),
        )


def _version(client: Client, app: str, key: str) -> str:
    version = client.told_by(app).get(key)
    return version if isinstance(version, str) else "?"


def _limit(settings: NextcloudSettings) -> Finding:
    minutes = round(settings.edit_window / 60, 1)
    said = Text.of("nextcloud.edit_limit", limit=settings.edit_limit, minutes=minutes)
    if settings.edit_limit / settings.edit_window > 1:
        return Finding(Severity.OK, said)
    return Finding(Severity.NOTE, said, Text.of("nextcloud.mend_edit_limit"))
