"""What an act of somebody answers when it is not done. Nothing was changed then."""

from typing import Final

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text

_FORBIDDEN: Final = Text.of("app.forbidden")


class Forbidden(ReadiError):
    """Whoever acts has no right to this, or it does not exist: which of the two is not said."""

    def __init__(self, text: Text = _FORBIDDEN, detail: str = "") -> None:
        super().__init__(text, detail)


class Refused(ReadiError):
    """It can't be done as things are now: the text says why, and what to do instead."""
