"""What may be concluded when a creation fails. Nextcloud can fail a create and still have created."""

from collections.abc import Callable, Collection

from connectors.kit import outcomes
from connectors.nextcloud.client import OcsRefusal
from provisioner.model.errors import Permanent
from provisioner.model.text import Text


def creating(write: Callable[[], object], name: str, not_created: Collection[int]) -> object:
    """The data of a creation's answer.

    Raises `OutcomeUnknown` for every failure except those that prove that nothing was made: the OCS codes in
    ``not_created`` (as `Permanent`), a refused login or right, the rate limit, a connection that was never made.
    Observed: a bad quota is 400/101, and the account exists; so does it after a database lock with 500/996.
    """
    try:
        return outcomes.creating(write, name)
    except OcsRefusal as refusal:
        if refusal.code == 102:
            raise Permanent(Text.of("nextcloud.name_taken", name=name), refusal.detail) from refusal
        if refusal.code in not_created:
            raise
        raise outcomes.perhaps_created(name, refusal.detail) from refusal
