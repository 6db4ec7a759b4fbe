"""Keycloak: accounts, groups below one group of ours, and realm roles: the login that everything else trusts."""

from connectors.keycloak.settings import KeycloakSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: KeycloakSettings, wiring: Wiring) -> Connector:
    from connectors.keycloak.connector import KeycloakConnector

    return KeycloakConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.keycloak.emulator import KeycloakEmulator

    return KeycloakEmulator(clock=clock, port=port)


KEYCLOAK = ConnectorType(
    product="keycloak",
    settings=KeycloakSettings,
    open=_open,
    server=KeycloakSettings.identity,
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.ROLE}),
    emulator=_emulator,
    texts="connectors.keycloak",
    could_read=Text.of("keycloak.could_read"),
)
