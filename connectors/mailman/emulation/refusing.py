"""How Mailman says no."""

from http import HTTPStatus


class Refused(Exception):
    """An answer with a title alone, or with a description."""

    def __init__(self, status: int, description: str | None = None, title: str = "") -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.is_typed = description is not None and not title and status != 401
        """Mailman's own words; others are those of the frame that it stands on, and look a little different."""
        self.title = title or f"{status} {HTTPStatus(status).phrase}"


def not_found() -> Refused:
    """In Mailman's own, typed way."""
    return Refused(404, "404 Not Found")


def no_such_path() -> Refused:
    """A 404 that says nothing: of unknown paths, and of all that is below what is gone."""
    return Refused(404)
