"""What doctor asks a Mailman: first, without a password, whether it is one; then what it lacks. It reads only."""

import re
from collections.abc import Iterator
from typing import Final

from connectors.kit.answers import text
from connectors.kit.doctor import as_stranger, examination, not_the_product
from connectors.mailman.bounces import ailing_addresses
from connectors.mailman.client import API, PRODUCT, Client, segment, words_of
from connectors.mailman.lists import STYLE
from connectors.mailman.settings import MailmanSettings
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text

OLDEST: Final = (3, 3)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)[\w.]*")
_NAMED: Final = 5
"""How many addresses are named whose mail comes back."""

_MENDS: Final = {
    "kit.login_refused": Text.of("mailman.mend_login"),
    "kit.not_allowed": Text.of("mailman.mend_login"),
    "kit.server_error": Text.of("mailman.mend_server"),
    "kit.redirected": Text.of("mailman.mend_url"),
    "transport.unreachable": Text.of("mailman.mend_unreachable"),
    "transport.interrupted": Text.of("mailman.mend_unreachable"),
}


def examine(settings: MailmanSettings, client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them."""
    return examination(settings, lambda: _first_look(settings, wiring), lambda: _logged_in(settings, client), _MENDS)


def _first_look(settings: MailmanSettings, wiring: Wiring) -> Iterator[Finding]:
    """Without a password Mailman refuses in its own words."""
    answer = as_stranger(settings, wiring, f"{API}/system/versions")
    if answer.status != 401 or words_of(answer) is None:
        yield not_the_product(settings, PRODUCT, answer.status, Text.of("mailman.mend_url"))


def _logged_in(settings: MailmanSettings, client: Client) -> Iterator[Finding]:
    said = text(client.entry("/system/versions"), "mailman_version")
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
    counted = Text.of("mailman.may_list", domain=domain, lists=len(lists.items), addresses=len(addresses.items))
    yield Finding(Severity.OK, counted)
    styles = client.entry("/lists/styles").get("style_names")
    if not isinstance(styles, list) or STYLE not in styles:
        yield Finding(Severity.NOTE, Text.of("mailman.style_missing", style=STYLE))
    yield from _ailing(client)


def _ailing(client: Client) -> Iterator[Finding]:
    ailing = list(ailing_addresses(client))
    if ailing:
        named = ", ".join(f"{one.address} ({one.container})" for one in ailing[:_NAMED])
        what = Text.of("mailman.ailing", count=len(ailing), named=named)
        yield Finding(Severity.NOTE, what, Text.of("mailman.mend_ailing"))
