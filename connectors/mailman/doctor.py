"""What doctor asks a Mailman: first, without a password, whether it is one; then what it lacks. It reads only."""

import re
from collections.abc import Iterator
from typing import Final

from connectors.mailman.bounces import ailing_addresses
from connectors.mailman.client import API, Client, refusal_of, segment, text
from connectors.mailman.lists import STYLE
from connectors.mailman.settings import MailmanSettings
from provisioner.model.errors import SettingsError, TargetError
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text
from provisioner.transport.http import HttpSession

OLDEST: Final = (3, 3)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)[\w.]*")
_NAMED: Final = 5
"""How many addresses are named whose mail comes back."""

_MENDS: Final = {
    "mailman.login_refused": Text.of("mailman.mend_login"),
    "mailman.not_allowed": Text.of("mailman.mend_login"),
    "mailman.server_error": Text.of("mailman.mend_server"),
    "mailman.redirected": Text.of("mailman.mend_url"),
    "transport.unreachable": Text.of("mailman.mend_unreachable"),
    "transport.interrupted": Text.of("mailman.mend_unreachable"),
}


def examine(settings: MailmanSettings, client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them. Stops where going on would make things worse."""
    try:
        settings.secret()
    except SettingsError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("mailman.mend_password_file"))
        return
    if settings.is_open_to_listeners:
        what = Text.of("mailman.not_encrypted", url=settings.url)
        yield Finding(Severity.ERROR, what, Text.of("mailman.mend_not_encrypted"))
        return
    stranger = _first_look(settings, wiring)
    if stranger is not None:
        yield stranger
        return
    try:
        yield from _logged_in(settings, client)
    except TargetError as error:
        yield Finding(Severity.ERROR, error.text, _MENDS.get(error.text.code))


def _first_look(settings: MailmanSettings, wiring: Wiring) -> Finding | None:
    """One request without a password, which Mailman refuses in its own words. Not None: we should not log in there."""
    session = HttpSession(wiring.gate, timeout=min(settings.timeout, 20.0), ca_file=settings.ca_file)
    try:
        answer = session.call("GET", f"{settings.url}{API}/system/versions")
    except TargetError as error:
        return Finding(Severity.ERROR, error.text, _MENDS.get(error.text.code, Text.of("mailman.mend_url")))
    finally:
        session.close()
    if answer.status == 401 and refusal_of(answer) is not None:
        return None
    what = Text.of("mailman.no_mailman", url=settings.url, status=answer.status)
    return Finding(Severity.ERROR, what, Text.of("mailman.mend_url"))


def _logged_in(settings: MailmanSettings, client: Client) -> Iterator[Finding]:
    said = text(client.get("/system/versions"), "mailman_version")
    number = _VERSION.search(said)
    version = number.group() if number else "?"
    yield Finding(Severity.OK, Text.of("mailman.version", url=settings.url, version=version))
    if number and (int(number.group(1)), int(number.group(2))) < OLDEST:
        what = Text.of("mailman.too_old", version=version)
        yield Finding(Severity.WARNING, what, Text.of("mailman.mend_too_old"))
    yield Finding(Severity.NOTE, Text.of("mailman.all_rights", user=settings.user), Text.of("mailman.mend_all_rights"))
    domain = settings.domain
    if client.find(f"/domains/{segment(domain)}") is None:
        what = Text.of("mailman.domain_missing", domain=domain)
        mend = Text.of("mailman.mend_domain", domain=domain, url=f"{settings.url}{API}", user=settings.user)
        yield Finding(Severity.ERROR, what, mend)
        return
    lists = client.pages(f"/domains/{segment(domain)}/lists", "list_id")
    addresses = client.pages("/addresses", "email")
    counted = Text.of("mailman.may_list", domain=domain, lists=len(lists.entries), addresses=len(addresses.entries))
    yield Finding(Severity.OK, counted)
    styles = client.get("/lists/styles").get("style_names")
    if not isinstance(styles, list) or STYLE not in styles:
        yield Finding(Severity.NOTE, Text.of("mailman.style_missing", style=STYLE))
    yield from _ailing(client)


def _ailing(client: Client) -> Iterator[Finding]:
    ailing = list(ailing_addresses(client))
    if ailing:
        named = ", ".join(f"{one.address} ({one.container})" for one in ailing[:_NAMED])
        what = Text.of("mailman.ailing", count=len(ailing), named=named)
        yield Finding(Severity.NOTE, what, Text.of("mailman.mend_ailing"))
