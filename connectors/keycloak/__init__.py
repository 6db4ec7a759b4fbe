"""Keycloak: accounts, groups below one group of ours, and realm roles: the login that everything else trusts."""

from connectors.keycloak.settings import KeycloakSettings
from provisioner.model.ports import Connector, ConnectorType, Wiring
from provisioner.model.resources import Kind


def _open(target: str, settings: KeycloakSettings, wiring: Wiring) -> Connector:
    from connectors.keycloak.connector import KeycloakConnector

    return KeycloakConnector(target, settings, wiring)


KEYCLOAK = ConnectorType(
    product="keycloak",
    settings=KeycloakSettings,
    open=_open,
    server=KeycloakSettings.identity,
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.ROLE}),
    texts="connectors.keycloak",
)
