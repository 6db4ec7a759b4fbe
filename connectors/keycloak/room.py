"""What the rooms of a realm note while they look."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.keycloak.token import Bearer
from connectors.kit import rooms
from provisioner.model.text import Text


@dataclass(slots=True, kw_only=True)
class Look(rooms.Look):
    """One observation of a realm under way."""

    bearer: Bearer
    """Who we are and what we may do."""
    parent: Mapping[str, object] | None = None
    """The group below which all of ours are, as just read; None: not found."""
    why_no_parent: Text | None = None
