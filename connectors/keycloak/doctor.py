"""What doctor asks a realm."""

from collections.abc import Iterator

from connectors.keycloak.client import Client
from provisioner.model.errors import TargetError
from provisioner.model.ports import Finding, Severity, Wiring


def examine(client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them."""
    try:
        client.who()
    except TargetError as error:
        yield Finding(Severity.ERROR, error.text)
