"""What whoever measures asked for besides the names of figures."""

from dataclasses import dataclass
from typing import Final


@dataclass
class Asked:
    minutes: float = 1.0
    """How long what is measured over a time is measured."""
    kills: int = 200
    """How often what is killed at random moments is killed."""


ASKED: Final = Asked()
