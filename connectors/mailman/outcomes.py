"""What may be concluded when a creation fails."""

from collections.abc import Callable

from connectors.mailman.client import Made
from provisioner.model.errors import Garbled, OutcomeUnknown, RateLimited, Transient
from provisioner.model.text import Text
from provisioner.transport.answer import NeverSent


def creating(write: Callable[[], Made], name: str) -> Made:
    """What was made. Mailman's own refusals prove that nothing was: its requests are transactions (observed).

    Raises `OutcomeUnknown` for whatever else is no success, but for a connection that was never made.
    """
    try:
        made = write()
    except (NeverSent, RateLimited):
        raise
    except (Transient, Garbled) as error:
        raise OutcomeUnknown(Text.of("mailman.perhaps_created", name=name), error.detail) from error
    if not made.id:
        raise OutcomeUnknown(Text.of("mailman.perhaps_created", name=name), f"HTTP {made.status}")
    return made
