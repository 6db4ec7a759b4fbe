"""What may be concluded when a creation fails."""

from collections.abc import Callable
from typing import TypeVar

from provisioner.model.errors import Garbled, OutcomeUnknown, RateLimited, Transient
from provisioner.model.text import Text
from provisioner.transport.answer import NeverSent

T = TypeVar("T")


def creating(write: Callable[[], T], name: str) -> T:
    """What ``write`` gives. The product's own refusals, which pass as they are, prove that nothing was made.

    Raises `OutcomeUnknown` for whatever else is no success, but for a connection that was never made and for what
    the server had counted as too much.
    """
    try:
        return write()
    except (NeverSent, RateLimited):
        raise
    except (Transient, Garbled) as error:
        raise OutcomeUnknown(Text.of("kit.perhaps_created", name=name), error.detail) from error


def perhaps_created(name: str, detail: str) -> OutcomeUnknown:
    """For an answer that says done and does not say what came of it."""
    return OutcomeUnknown(Text.of("kit.perhaps_created", name=name), detail)
