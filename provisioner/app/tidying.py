"""Forgets what was kept for as long as policy says, and makes the nightly copy of the state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from policies.document import Policy
from provisioner.app.backups import back_up_nightly
from provisioner.app.site import Site
from provisioner.state import Attempts, Audit, Links, Outbox, Runs, Sessions

_A_DAY = timedelta(days=1)
_ATTEMPTS = timedelta(days=7)
"""Longer than any window in which attempts are counted."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """How much was forgotten, by what it was; and the copy that was made."""

    forgotten: Mapping[str, int] = field(default_factory=dict)
    backup: Path | None = None


def tidy(site: Site, policy: Policy) -> Tidied:
    """Do it now; done twice it does nothing. Raises `StateError`.

    The copy comes first: what is forgotten now is in it until it expires itself.
    """
    backup = back_up_nightly(site)
    database, network, now, keep = site.database, site.network, site.clock.now(), policy.retention
    history = now - timedelta(days=keep.history_days)
    forgotten = {
        "runs": Runs(database).forget(network, history),
        "links": Links(database, network).forget(now - _A_DAY),
        "sessions": Sessions(database, network).forget(now),
        "attempts": Attempts(database, network).forget(now - _ATTEMPTS),
        "letters": Outbox(database, network, now).forget(now - timedelta(days=60)),
        "audit": Audit(database, network).forget(history),
    }
    database.fold()
    return Tidied({what: count for what, count in forgotten.items() if count}, backup)
