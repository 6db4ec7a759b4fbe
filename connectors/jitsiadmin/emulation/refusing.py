"""The ways in which Jitsi-Admin does not do what was asked."""


class Refused(Exception):
    """HTTP 200 with ``error`` and these words."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Wordless(Exception):
    """HTTP 200 with ``error`` and no word: an exception that was caught while a room was made."""


class Broken(Exception):
    """A page of HTML with HTTP 500: an exception that nobody caught."""
