"""What may be concluded when a creation fails."""

from collections.abc import Callable

from connectors.keycloak.client import Refusal, Written
from provisioner.model.errors import Garbled, OutcomeUnknown, Permanent, RateLimited, Transient
from provisioner.model.text import Text
from provisioner.transport.answer import NeverSent


def creating(write: Callable[[], Written], name: str) -> Written:
    """The answer of a creation, which names what was made.

    Raises `OutcomeUnknown` for every failure that does not prove that nothing was made. A refusal in the server's own
    words does; a 500 was seen to undo all (an unknown group's path), but who knows which one it is.
    """
    try:
        written = write()
    except (NeverSent, RateLimited):
        raise
    except Refusal as refusal:
        if refusal.status == 409:
            raise Permanent(Text.of("keycloak.taken", name=name, message=refusal.message), refusal.detail) from refusal
        raise
    except (Transient, Garbled) as error:
        raise OutcomeUnknown(Text.of("keycloak.perhaps_created", name=name), error.detail) from error
    if not written.made:
        raise OutcomeUnknown(Text.of("keycloak.perhaps_created", name=name))
    return written
