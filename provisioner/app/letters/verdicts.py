"""What becomes of a letter whose time has come, where it is not simply sent."""

from datetime import datetime

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text


class NotNeeded(ReadiError):
    """The letter has become pointless: nobody has to do anything about it."""

    def __init__(self, code: str) -> None:
        super().__init__(Text.of(code))


class NotYet(ReadiError):
    """It would be too early: what it was put off by was a clock that was wrong, or another rule."""

    def __init__(self, code: str, until: datetime) -> None:
        super().__init__(Text.of(code))
        self.until = until
