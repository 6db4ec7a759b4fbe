"""What doctor asks: can tokens be made, does the server take them, and does it let in nobody who has none.

It logs in and out and enters no room. What is asked of the page is what every browser reads.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from connectors.jitsi.bosh import Bosh, Came, Login
from connectors.jitsi.door import JitsiDoor
from connectors.jitsi.judging import sentence
from connectors.jitsi.rules import Why
from connectors.jitsi.settings import DOMAIN, JitsiSettings
from provisioner.model.errors import SettingsError, TargetError
from provisioner.model.meetings import Allowance, Entrant, Standing
from provisioner.model.ports import Clock, Finding, Severity, Wiring
from provisioner.model.text import Text
from provisioner.transport.answer import Answer
from provisioner.transport.http_address import is_open_to_listeners

_SLACK: Final = timedelta(seconds=5)
"""Clocks that differ by less are as good as one can be had to tell: the header has whole seconds."""
_GUEST_DOMAIN: Final = re.compile(r"anonymousdomain\s*[:=]\s*['\"]([^'\"\s]{1,255})['\"]")
_TOKEN_AUTH: Final = re.compile(r"tokenAuthUrl\s*[:=]\s*['\"][^'\"]")
_LONGEST_PAGE: Final = 1_000_000
"""Bytes of config.js that are looked at."""

_MENDS: Final[Mapping[Why, Text]] = {
    Why.SIGNATURE: Text.of("jitsi.mend_secret"),
    Why.ISSUER: Text.of("jitsi.mend_issuer"),
    Why.AUDIENCE: Text.of("jitsi.mend_audience"),
    Why.NO_KID: Text.of("jitsi.mend_keys_wanted"),
    Why.NO_RS: Text.of("jitsi.mend_keys_wanted"),
    Why.ALGORITHM: Text.of("jitsi.mend_secret_wanted"),
    Why.UNKNOWN_KEY: Text.of("jitsi.mend_keys_unfetched"),
    Why.EXPIRED: Text.of("jitsi.mend_clock"),
    Why.EARLY: Text.of("jitsi.mend_clock"),
}


def examine(settings: JitsiSettings, door: JitsiDoor, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them. Never raises `TargetError`."""
    try:
        _token(door, wiring.clock.now())
    except SettingsError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("jitsi.mend_signing"))
        return
    published = len(door.published_keys())
    by_keys = Text.of("jitsi.can_sign_by_keys", url=settings.url, count=published)
    yield Finding(Severity.OK, by_keys if published else Text.of("jitsi.can_sign", url=settings.url))
    if is_open_to_listeners(settings.url):
        what = Text.of("jitsi.not_encrypted", url=settings.url)
        yield Finding(Severity.WARNING, what, Text.of("jitsi.mend_not_encrypted"))
    bosh = Bosh(settings)
    try:
        yield from _visited(settings, door, bosh, wiring.clock)
    except TargetError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("jitsi.mend_url"))
    finally:
        bosh.close()


def _visited(settings: JitsiSettings, door: JitsiDoor, bosh: Bosh, clock: Clock) -> Iterator[Finding]:
    asked = clock.now()
    page = bosh.page("/config.js")
    yield from _clock(page, asked, clock.now())
    script = page.body[:_LONGEST_PAGE].decode("utf-8", "replace") if page.status == 200 else ""
    if not _TOKEN_AUTH.search(script):
        yield Finding(Severity.NOTE, Text.of("jitsi.no_token_auth", url=settings.url), Text.of("jitsi.mend_token_auth"))
    named = _GUEST_DOMAIN.search(script)
    guests = {settings.guest_domain, *([named.group(1)] if named and re.fullmatch(DOMAIN, named.group(1)) else [])}
    room = door.new_room()
    stranger = bosh.login(settings.domain, room)
    if stranger.came is Came.NO_DOMAIN:
        what = Text.of("jitsi.domain_unknown", domain=settings.domain)
        yield Finding(Severity.ERROR, what, Text.of("jitsi.mend_domain"))
        return
    yield from _stranger(settings, settings.domain, stranger)
    for domain in sorted(guests - {settings.domain}):
        yield from _stranger(settings, domain, bosh.login(domain, room))
    if stranger.came is not Came.IN:
        yield from _ours(settings, door, bosh, clock)


def _stranger(settings: JitsiSettings, domain: str, login: Login) -> Iterator[Finding]:
    """Somebody without a token."""
    if login.came is not Came.IN:
        yield Finding(Severity.OK, Text.of("jitsi.closed", domain=domain))
    elif settings.host.partition(":")[0] in settings.public.hosts:
        yield Finding(Severity.NOTE, Text.of("jitsi.open_by_choice", url=settings.url))
    elif domain == settings.domain:
        yield Finding(Severity.ERROR, Text.of("jitsi.open", url=settings.url), Text.of("jitsi.mend_open"))
    else:
        what = Text.of("jitsi.guests_open", url=settings.url, domain=domain)
        yield Finding(Severity.ERROR, what, Text.of("jitsi.mend_guests_open"))


def _ours(settings: JitsiSettings, door: JitsiDoor, bosh: Bosh, clock: Clock) -> Iterator[Finding]:
    """Somebody with a token of ours; older servers look for it in the address alone."""
    login = bosh.login(settings.domain, *_token(door, clock.now()))
    if login.said == Why.NO_TOKEN:
        login = bosh.login(settings.domain, *_token(door, clock.now()), in_query=True)
    if login.came is Came.IN:
        yield Finding(Severity.OK, Text.of("jitsi.ours_accepted"))
        return
    if login.came is Came.NO_ANONYMOUS:
        yield Finding(Severity.ERROR, Text.of("jitsi.by_password"), Text.of("jitsi.mend_open"))
        return
    why = next((why for why in Why if login.said.startswith(why)), None)
    what = Text.of("jitsi.ours_refused", said=login.said) if why is None else sentence(why)
    mend = None if why is None else _MENDS.get(why)
    yield Finding(Severity.ERROR, what, mend or Text.of("jitsi.mend_refused"))


def _clock(page: Answer, asked: datetime, answered: datetime) -> Iterator[Finding]:
    """The server's clock against ours; nothing is said where it does not tell the time."""
    try:
        theirs = parsedate_to_datetime(page.headers.get("date", ""))
    except ValueError:
        return
    if theirs.tzinfo is None:
        return
    before, after = asked - theirs, theirs - answered
    off = max(before, after)
    if off < _SLACK:
        yield Finding(Severity.OK, Text.of("jitsi.clock_right"))
        return
    code = "jitsi.clock_behind" if off == before else "jitsi.clock_ahead"
    seconds = int(off.total_seconds())
    yield Finding(Severity.ERROR, Text.of(code, seconds=seconds), Text.of("jitsi.mend_clock"))


def _token(door: JitsiDoor, now: datetime) -> tuple[str, str]:
    """A room that nobody knows, and a token that opens it for half a minute."""
    room = door.new_room()
    entrant = Entrant("doctor", "", Standing.MEMBER, Allowance(30, passes_lobby=False, features=frozenset()))
    return room, door.admit(room, "", entrant, now).token.get_secret_value()
