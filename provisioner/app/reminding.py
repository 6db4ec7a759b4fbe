"""What people are told because of a date, day by day: leavers, sponsors, whoever has to name a successor, rangers.

Done as often as anybody likes: each letter has a word of its own (`Letter.once`), so that nobody is told twice.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.app.site import Site

if TYPE_CHECKING:
    from provisioner.app.picture import Picture


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many letters were taken that had not been before."""

    letters: int = 0


def remind(site: Site, picture: "Picture") -> Reminded:
    """Post what is due today. Raises `StateError`, `SettingsError`."""
    return Reminded()
