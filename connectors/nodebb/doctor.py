"""What doctor asks a forum: is it one, who are we, what may we do, and does the rest stand as the README advises."""

from collections.abc import Iterator

from connectors.kit.doctor import as_stranger, examination, not_the_product
from connectors.nodebb.account_reading import ties_path
from connectors.nodebb.client import Client, Refusal, text
from provisioner.model.errors import NotAllowed
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text


def examine(client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them."""
    return examination(client.settings, lambda: _first_look(client, wiring), lambda: _logged_in(client))


def _first_look(client: Client, wiring: Wiring) -> Iterator[Finding]:
    """Its public configuration, without the token."""
    answer = as_stranger(client.settings, wiring, "/api/config")
    config = answer.value
    if answer.status != 200 or not isinstance(config, dict) or "relative_path" not in config:
        yield not_the_product(client.settings, client.product, answer.status)


def _logged_in(client: Client) -> Iterator[Finding]:
    own = client.page("/self")
    name = text(own, "username")
    yield Finding(Severity.OK, Text.of("nodebb.doctor_reachable", url=client.settings.url, user=name))
    if own.get("isAdmin") is not True:
        yield Finding(
            Severity.ERROR, Text.of("nodebb.doctor_no_rights", user=name), Text.of("nodebb.mend_rights", user=name)
        )
        return
    yield Finding(Severity.OK, Text.of("nodebb.doctor_rights"))
    yield from _companion(client)


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
