"""Finds connectors by entry point, so that a third party can add one, and opens targets with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from provisioner.app.source_types import source_types
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Connector, ConnectorType
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate
from provisioner.transport.ledger import Waiter

GROUP = "readi.connectors"


@dataclass(frozen=True, slots=True)
class Target:
    """One opened target: its connector behind a gate that is closed until apply opens it."""

    name: str
    type: ConnectorType
    server: str
    connector: Connector
    gate: WriteGate
    waiter: Waiter
    spent: Mapping[str, int]
    """What it counted so far of what the server limits, by the limit's name (see `Capabilities.limits`)."""
    account: str
    """The technical account; with ``server`` it is a door whose lock is to be tried once only."""


@cache
def connector_types() -> Mapping[str, ConnectorType]:
    """Every installed connector by product name."""
    return {point.name: point.load() for point in entry_points(group=GROUP)}


def connector_type(product: str, target: str) -> ConnectorType:
    """The connector for a product. Raises `SettingsError` that names those there are."""
    found = connector_types().get(product)
    if found is None:
        known = ", ".join(sorted(connector_types()))
        raise SettingsError(Text.of("app.unknown_connector", connector=product, target=target, known=known))
    return found


def text_packages() -> dict[str, str]:
    """Room → package of its ``texts.yaml``, for every installed connector, and every kind of source.

    A room is called as the package: a directory can be both, a target and a source.
    """
    packages = [found.texts for found in source_types().values()]
    packages += [found.texts for found in connector_types().values()]
    return {package.rpartition(".")[2]: package for package in packages if package}
