"""How patient an apply is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """All times in seconds."""

    attempts: int = 4
    """How often a step is tried whose failures pass."""
    first_pause: float = 1.0
    longest_pause: float = 60.0
    """Each pause is twice the one before; a server's Retry-After is obeyed up to this, too."""
    failures_in_a_row: int = 5
    """After so many steps in a row that failed although tried again, the rest of the target is left alone."""
    max_wait: float | None = None
    """The sum of all waiting for one target; None: as long as it takes."""

    def pause(self, failures: int, told: float | None) -> float:
        """How long to wait after so many failures (from 1), given what the server said."""
        if told is not None:
            return min(max(told, 0.0), self.longest_pause)
        return float(min(self.first_pause * 2.0 ** min(failures - 1, 30), self.longest_pause))
