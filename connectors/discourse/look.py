"""What the rooms tell each other while one observation is under way."""

from dataclasses import dataclass, field

from connectors.kit.rooms import Look


@dataclass(slots=True, kw_only=True)
class ForumLook(Look):
    """Who asks, and what accounts tell of groups."""

    is_admin: bool
    """Nobody else finds what is below /admin: a typed 404 would be said of everything there."""
    groups_of: dict[str, frozenset[str]] = field(default_factory=dict)
    """Account → its groups, where a narrow look read the account itself."""
