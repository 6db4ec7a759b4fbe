"""What doctor asks a forum: is it one, who are we, what may we do, and does the rest stand as the README advises."""

from collections.abc import Iterator
from typing import Final

from connectors.kit.doctor import as_stranger, examination, not_the_product, read_by_strangers
from connectors.nodebb.accounts.reading import ties_path
from connectors.nodebb.categories.shape import KEY, MARKED
from connectors.nodebb.client import V3, Client, Entry, Refusal, number_of, text
from provisioner.model.errors import NotAllowed
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text

TRIED: Final = {
    "admin:groups": "/api/admin/manage/groups",
    "admin:categories": "/api/admin/manage/categories",
    "admin:users": "/api/admin/manage/users",
    "admin:privileges": "/api/v3/categories/0/privileges",
}
"""What an account needs that is no administrator, and an address that shows whether it has it (observed on 4.15)."""
LISTED: Final = ("group:create", "ban")
"""What it needs besides, and can only be seen where privileges are listed."""


def examine(client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them."""
    return examination(client.settings, lambda: _first_look(client, wiring), lambda: _logged_in(client, wiring))


def _first_look(client: Client, wiring: Wiring) -> Iterator[Finding]:
    """Its public configuration, without the token."""
    answer = as_stranger(client.settings, wiring, "/api/config")
    config = answer.value
    if answer.status != 200 or not isinstance(config, dict) or "relative_path" not in config:
        yield not_the_product(client.settings, client.product, answer.status)


def _logged_in(client: Client, wiring: Wiring) -> Iterator[Finding]:
    own = client.page("/self")
    name = text(own, "username")
    yield Finding(Severity.OK, Text.of("nodebb.doctor_reachable", url=client.settings.url, user=name))
    if own.get("isAdmin") is True:
        yield Finding(Severity.OK, Text.of("nodebb.doctor_chief"))
    else:
        missing = list(_missing(client, number_of(own)))
        if missing:
            what = Text.of("nodebb.doctor_no_rights", user=name, rights=", ".join(missing))
            yield Finding(Severity.ERROR, what, Text.of("nodebb.mend_rights", user=name))
            return
        yield Finding(Severity.OK, Text.of("nodebb.doctor_rights", user=name))
        if client.settings.login_provider is None:
            yield Finding(Severity.ERROR, Text.of("nodebb.doctor_plain_rights"), Text.of("nodebb.mend_plain"))
            return
    yield from _companion(client)
    yield from read_by_strangers(list(_public(client, wiring)))


def _public(client: Client, wiring: Wiring) -> Iterator[str]:
    """Categories with our mark that a guest is told of, by their names."""
    told = as_stranger(client.settings, wiring, f"{V3}/categories").value
    response = told.get("response") if isinstance(told, dict) else None
    listed = response.get("categories") if isinstance(response, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and text(one, KEY).startswith(MARKED):
            yield text(one, "name")


def _missing(client: Client, own: str) -> Iterator[str]:
    """What our account lacks, that is no administrator."""
    for right, address in TRIED.items():
        try:
            listed = client.entry(address)
        except NotAllowed:
            yield right
            continue
        if right == "admin:privileges":
            response = listed.get("response")
            yield from _not_given(response if isinstance(response, dict) else {}, own)


def _not_given(listed: Entry, own: str) -> Iterator[str]:
    """What was given neither to our account itself nor to a group that people made: who is in that is not told."""
    rows: list[Entry] = []
    for key in ("users", "groups"):
        told = listed.get(key)
        rows += [row for row in (told if isinstance(told, list) else []) if isinstance(row, dict)]
    for right in LISTED:
        ours = (row for row in rows if number_of(row) == own or (text(row, "name") and row.get("isSystem") is not True))
        if not any(_has(row, right) for row in ours):
            yield right


def _has(row: Entry, right: str) -> bool:
    privileges = row.get("privileges")
    return isinstance(privileges, dict) and any(privileges.get(key) is True for key in (right, f"groups:{right}"))


def _companion(client: Client) -> Iterator[Finding]:
    provider = client.settings.login_provider
    if provider is None:
        yield Finding(Severity.WARNING, Text.of("nodebb.doctor_plain"), Text.of("nodebb.mend_plain"))
        return
    try:
        client.v3(ties_path(provider))
    except (NotAllowed, Refusal) as error:
        yield Finding(Severity.ERROR, Text.of("nodebb.doctor_no_companion"), Text.of("nodebb.mend_companion"))
        if isinstance(error, NotAllowed):
            yield Finding(Severity.ERROR, error.text)
        return
    yield Finding(Severity.OK, Text.of("nodebb.doctor_companion", provider=provider))
