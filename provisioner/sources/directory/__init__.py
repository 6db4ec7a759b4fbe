"""A city's directory as a source of people: OpenLDAP or Active Directory, read and never written.

Importing this package is cheap: ldap3 is loaded when a directory is opened.
"""

from typing import Any

from provisioner.model.ports import Clock, Gate
from provisioner.model.sources import Source
from provisioner.sources.directory.settings import DirectorySettings
from provisioner.sources.types import SourceType


def _open(name: str, settings: Any, gate: Gate, clock: Clock) -> Source:
    from provisioner.sources.directory.source import DirectorySource

    return DirectorySource(settings, gate, clock)


LDAP_SOURCE = SourceType(kind="ldap", settings=DirectorySettings, open=_open, texts="provisioner.sources.directory")
