"""What doctor asks a Jitsi-Admin: whether it is one, whether the key is right, and what it can't help. It reads only.

The risks are those of the product, read in its source: its tokens have no end (Service/RoomService.php
``genereateJwtPayload``), rooms are called by two digits and the second in which they were planned
(Service/api/RoomService.php), and ``/info`` and ``/serverInfo`` ask for no key.
"""

from collections.abc import Iterator
from typing import Final

from connectors.jitsiadmin.client import API, NO_SERVER, PRODUCT, Client
from connectors.jitsiadmin.settings import JitsiAdminSettings
from connectors.kit.answers import Refusal
from connectors.kit.doctor import as_stranger, examination, not_the_product
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text

_DAYS: Final = 30
"""How far ahead conferences are counted."""

_MENDS: Final = {
    "kit.not_allowed": Text.of("jitsiadmin.mend_url"),
    "kit.garbled": Text.of("jitsiadmin.mend_url"),
    "kit.redirected": Text.of("jitsiadmin.mend_url"),
    "jitsiadmin.unusable_key": Text.of("jitsiadmin.mend_key"),
    "transport.unreachable": Text.of("jitsiadmin.mend_unreachable"),
    "transport.interrupted": Text.of("jitsiadmin.mend_unreachable"),
}


def examine(settings: JitsiAdminSettings, client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them."""
    keyless: list[Finding] = []

    def logged_in() -> Iterator[Finding]:
        yield from keyless
        yield from _logged_in(settings, client)

    return examination(settings, lambda: _first_look(settings, wiring, keyless), logged_in, _MENDS)


def _first_look(settings: JitsiAdminSettings, wiring: Wiring, keyless: list[Finding]) -> Iterator[Finding]:
    """One request without the key: who answers there, and whether that is let through.

    It is where a server is entered without a key (ServerAPIController.php compares with null): then anybody may also
    call off what is planned on that one.
    """
    answer = as_stranger(settings, wiring, f"{API}/server/getRooms?minutes=1")
    value = answer.value if answer.status == 200 and isinstance(answer.value, dict) else {}
    if value.get("error") is False and "room_ids" in value:
        mend = Text.of("jitsiadmin.mend_keyless_server")
        keyless.append(Finding(Severity.ERROR, Text.of("jitsiadmin.keyless_server"), mend))
    elif value.get("error") is not True or value.get("text") != NO_SERVER:
        yield not_the_product(settings, PRODUCT, answer.status, Text.of("jitsiadmin.mend_url"))


def _logged_in(settings: JitsiAdminSettings, client: Client) -> Iterator[Finding]:
    try:
        count = len(client.upcoming(_DAYS * 24 * 60))
    except Refusal as refusal:
        refused = Text.of("jitsiadmin.key_refused") if refusal.words == NO_SERVER else refusal.text
        yield Finding(Severity.ERROR, refused, Text.of("jitsiadmin.mend_key"))
        return
    yield Finding(Severity.OK, Text.of("jitsiadmin.key_accepted", url=settings.url, count=count, days=_DAYS))
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
