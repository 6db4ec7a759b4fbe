"""One tree of exceptions. Each carries a `Text` for people; what a product answered stands in ``detail``."""

from provisioner.model.text import Text


class ReadiError(Exception):
    """Anything that this project raises on purpose. ``text`` is for people, ``detail`` for the log."""

    def __init__(self, text: Text, detail: str = "") -> None:
        super().__init__(text, detail)
        self.text = text
        self.detail = detail

    def __str__(self) -> str:
        arguments = " ".join(f"{name}={value}" for name, value in self.text.arguments.items())
        return " ".join(part for part in (self.text.code, arguments, self.detail) if part)


class SettingsError(ReadiError):
    """The settings file, an environment variable or a secret's file is missing or wrong."""


class StateError(ReadiError):
    """The database can't be used: locked by another run, full, of another version."""


class Uncertain(ReadiError):
    """Somebody tried to construct a change without the evidence that it needs (see `provisioner.model.changes`)."""


class WriteRefused(ReadiError):
    """A writing method was called without a valid write token. Always a defect of ours, never a target's."""


class TargetError(ReadiError):
    """A target did not do what was asked. The subclass says what may be done about it."""


class Transient(TargetError):
    """The write did not happen and may be tried again, not before ``retry_after`` seconds (None: not said)."""

    def __init__(self, text: Text, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(text, detail)
        self.retry_after = retry_after


class RateLimited(Transient):
    """The target counts our requests and has had enough of them for now."""


class Permanent(TargetError):
    """The target refuses this very request; trying again changes nothing."""


class OutcomeUnknown(TargetError):
    """The write may have happened. It has to be looked up before anything else is done to that object."""


class LoginRefused(TargetError):
    """Wrong password, locked or disabled technical account. Never tried twice: servers lock the address."""


class NotAllowed(TargetError):
    """Our technical account lacks a right, or the password confirmation is missing."""


class Garbled(TargetError):
    """An answer that is not the product's: HTML, cut off, another shape. Nothing may be concluded from it."""
