"""What doctor asks a Jitsi-Admin: whether it is one, whether the key is right, and what it can't help. It reads only.

The risks are those of the product, read in its source: its tokens have no end (Service/RoomService.php
``genereateJwtPayload``), rooms are called by two digits and the second in which they were planned
(Service/api/RoomService.php), and ``/info`` and ``/serverInfo`` ask for no key.
"""

from collections.abc import Iterator
from typing import Final

from connectors.jitsiadmin.client import API, NO_SERVER, Client, JitsiAdminRefusal
from connectors.jitsiadmin.settings import JitsiAdminSettings
from provisioner.model.errors import SettingsError, TargetError
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text
from provisioner.transport.http import HttpSession

_DAYS: Final = 30
"""How far ahead conferences are counted."""

_MENDS: Final = {
    "jitsiadmin.not_allowed": Text.of("jitsiadmin.mend_url"),
    "jitsiadmin.garbled": Text.of("jitsiadmin.mend_url"),
    "jitsiadmin.redirected": Text.of("jitsiadmin.mend_url"),
    "jitsiadmin.unusable_key": Text.of("jitsiadmin.mend_key"),
    "transport.unreachable": Text.of("jitsiadmin.mend_unreachable"),
    "transport.interrupted": Text.of("jitsiadmin.mend_unreachable"),
}


def examine(settings: JitsiAdminSettings, client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them. Stops where going on would make things worse."""
    try:
        settings.secret()
    except SettingsError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("jitsiadmin.mend_key_file"))
        return
    if settings.is_open_to_listeners:
        what = Text.of("jitsiadmin.not_encrypted", url=settings.url)
        yield Finding(Severity.ERROR, what, Text.of("jitsiadmin.mend_not_encrypted"))
        return
    stranger, keyless = _first_look(settings, wiring)
    if stranger is not None:
        yield stranger
        return
    if keyless:
        yield Finding(Severity.ERROR, Text.of("jitsiadmin.keyless_server"), Text.of("jitsiadmin.mend_keyless_server"))
    try:
        count = len(client.upcoming(_DAYS * 24 * 60))
        yield Finding(Severity.OK, Text.of("jitsiadmin.key_accepted", url=settings.url, count=count, days=_DAYS))
    except JitsiAdminRefusal as refusal:
        refused = Text.of("jitsiadmin.key_refused") if refusal.why == NO_SERVER else refusal.text
        yield Finding(Severity.ERROR, refused, Text.of("jitsiadmin.mend_key"))
        return
    except TargetError as error:
        yield Finding(Severity.ERROR, error.text, _MENDS.get(error.text.code))
        return
    own_host = Text.of("jitsiadmin.mend_own_host")
    yield Finding(Severity.WARNING, Text.of("jitsiadmin.tokens_without_end"), own_host)
    yield Finding(Severity.WARNING, Text.of("jitsiadmin.guessable_rooms"), own_host)
    yield Finding(Severity.WARNING, Text.of("jitsiadmin.info_for_all"), Text.of("jitsiadmin.mend_info_for_all"))
    yield Finding(Severity.NOTE, Text.of("jitsiadmin.writes_mails"))
    yield Finding(
        Severity.NOTE,
        Text.of("jitsiadmin.needs_link", server=settings.meeting_server),
        Text.of("jitsiadmin.mend_needs_link", server=settings.meeting_server),
    )


def _first_look(settings: JitsiAdminSettings, wiring: Wiring) -> tuple[Finding | None, bool]:
    """One request without the key: who answers there, and whether that is let through.

    It is where a server is entered without a key (ServerAPIController.php compares with null): then anybody may also
    call off what is planned on that one.
    """
    session = HttpSession(wiring.gate, timeout=min(settings.timeout, 20.0), ca_file=settings.ca_file)
    try:
        answer = session.call("GET", f"{settings.url}{API}/server/getRooms", params={"minutes": 1})
    except TargetError as error:
        mend = _MENDS.get(error.text.code, Text.of("jitsiadmin.mend_url"))
        return Finding(Severity.ERROR, error.text, mend), False
    finally:
        session.close()
    value = answer.value
    if answer.status == 200 and isinstance(value, dict):
        if value.get("error") is True and value.get("text") == NO_SERVER:
            return None, False
        if value.get("error") is False and "room_ids" in value:
            return None, True
    what = Text.of("jitsiadmin.no_jitsi_admin", url=settings.url, status=answer.status)
    return Finding(Severity.ERROR, what, Text.of("jitsiadmin.mend_url")), False
