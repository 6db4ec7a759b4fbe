"""People and bodies in an LDAP directory: inetOrgPerson and groupOfNames, as OpenLDAP keeps them.

Importing this package is cheap: ldap3 and the emulator are loaded when a directory is opened.
"""

from typing import Any

from connectors.ldap.settings import LdapSettings
from provisioner.model.ports import Clock, Connector, ConnectorType, Sandbox, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


def _open(target: str, settings: Any, wiring: Wiring) -> Connector:
    from connectors.ldap.connector import LdapConnector

    return LdapConnector(target, settings, wiring)


def _emulator(clock: Clock, port: int) -> Sandbox:
    from connectors.ldap.emulator import LdapEmulator

    return LdapEmulator(clock=clock, port=port)


def _server(settings: LdapSettings) -> str:
    return settings.address().server()


LDAP = ConnectorType(
    product="ldap",
    settings=LdapSettings,
    open=_open,
    server=_server,
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP}),
    emulator=_emulator,
    texts="connectors.ldap",
    could_read=Text.of("ldap.could_read"),
)
