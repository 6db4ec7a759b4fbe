"""Who reads a place besides the groups that are let in. Pure."""

from typing import Final

from connectors.dokuwiki.rights import READ, Rights
from provisioner.model.resources import Value

PUBLIC: Final = "@ALL"
"""What `open` is of a place that strangers read: neither what we make of True nor of False."""


def openness(rights: Rights, scope: str, everybody: str) -> Value:
    """`PUBLIC`, else whether whoever logs in reads it; ``everybody``: the group of these."""
    if rights.level(scope) >= READ:
        return PUBLIC
    return rights.level(scope, f"@{everybody}") >= READ
