"""People and bodies in an LDAP directory: inetOrgPerson and groupOfNames, as OpenLDAP keeps them.

Importing this package is cheap: ldap3 is loaded when a directory is opened.
"""

from typing import Any

from connectors.ldap.settings import LdapSettings
from provisioner.model.ports import Connector, ConnectorType, Wiring
from provisioner.model.resources import Kind


def _open(target: str, settings: Any, wiring: Wiring) -> Connector:
    from connectors.ldap.connector import LdapConnector

    return LdapConnector(target, settings, wiring)


def _server(settings: LdapSettings) -> str:
    return settings.address().server()


LDAP = ConnectorType(
    product="ldap",
    settings=LdapSettings,
    open=_open,
    server=_server,
    kinds=frozenset({Kind.ACCOUNT, Kind.GROUP}),
    texts="connectors.ldap",
)
