"""Forgets what was kept for as long as policy says, and makes the nightly copy of the state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.app.work.backups import back_up_nightly
from provisioner.state import (
    Attempts,
    Audit,
    Confirmations,
    FeedWords,
    Gatherings,
    GuestRooms,
    Invitations,
    Links,
    Outbox,
    Requests,
    Reservations,
    Runs,
    SavedPlans,
    Sessions,
    Within,
    forget_other_targets,
)

LINK_DAYS = 1
"""Days for which a one-time link is kept after it expired."""
ATTEMPT_DAYS = 7
"""Longer than any window in which attempts are counted."""
INVITATION_DAYS = 7
"""Days for which a guest's invitation and a room for guests are kept after their end."""

RESERVATION_DAYS = 1
"""Days for which it is kept that a room was open, after it was closed."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """How much was forgotten, by what it was; and the copy that was made."""

    forgotten: Mapping[str, int] = field(default_factory=dict)
    backup: Path | None = None


def tidy(site: Site, picture: Picture) -> Tidied:
    """Do it now; done twice it does nothing. Raises `StateError`.

    The copy comes first: what is forgotten now is in it until it expires itself. In a policy that can't be read nothing
    says how long: then this is not called.
    """
    backup = back_up_nightly(site)
    database, network, now, keep = site.database, site.network, site.clock.now(), picture.policy.retention

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    with database.writing() as connection:
        here = Within(connection)
        Gatherings(here, network).settle(now)
        forgotten = {
            "runs": Runs(here).forget(network, ago(keep.history_days)),
            "plans": SavedPlans(here).forget(network, ago(keep.history_days)),
            "audit": Audit(here, network).forget(ago(keep.audit_days)),
            "requests": Requests(here, network).forget(ago(keep.audit_days)),
            "confirmations": Confirmations(here, network).forget(ago(keep.audit_days)),
            "letters": Outbox(here, network, now).forget(ago(keep.letters_days)),
            "links": Links(here, network).forget(ago(LINK_DAYS)),
            "sessions": Sessions(here, network).forget(now),
            "attempts": Attempts(here, network).forget(ago(ATTEMPT_DAYS)),
            "invitations": Invitations(here, network).forget(ago(INVITATION_DAYS)),
            "gatherings": Gatherings(here, network).forget(ago(keep.gatherings_days)),
            "reservations": Reservations(here, network).forget(ago(RESERVATION_DAYS)),
            "guest_rooms": GuestRooms(here, network).forget(ago(INVITATION_DAYS)),
            "feeds": _forget_feeds(FeedWords(here, network), picture),
            "remembered": forget_other_targets(here, network, site.target_names()),
        }
    database.fold()
    return Tidied({what: count for what, count in forgotten.items() if count}, backup)


def _forget_feeds(feeds: FeedWords, picture: Picture) -> int:
    """Of those who are no longer in the network, where nothing is missing from which that follows; how many."""
    registry = picture.registry
    if not registry.complete:
        return 0
    return sum(feeds.end(one) for one in feeds.people() if one not in registry.blocked and not picture.active(one))
