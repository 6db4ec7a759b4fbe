"""What the rooms of Nextcloud note for each other while they look."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.kit.rooms import Look
from connectors.nextcloud.accounts.shape import Own


@dataclass(slots=True, kw_only=True)
class NextcloudLook(Look):
    """One observation under way."""

    own: Own
    """Our technical account."""
    groups_of: Mapping[str, frozenset[str]] | None = None
    """The groups that each account is in, once the accounts' room read them (of all it was asked about, that is all
    there are, or `sought`); None: not known of all of these."""
    calendars: Mapping[str, str] | None = None
    """Of the calendars that were looked at, once their room read them: address → revision; None: not known."""
