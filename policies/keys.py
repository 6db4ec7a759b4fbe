"""Keys of resources, made of the registry's ids: what a tie in the database is known by for ever."""

from datetime import date
from typing import Final

from provisioner.model.registry import BodyKind

ARCHIVE_KEY: Final = "bodies:archive"
"""Of what the forum categories of archived bodies stand below."""
INDEX_KEY: Final = "bodies:index"
"""Of the wiki page that leads to all spaces."""


def person_key(person: str) -> str:
    return f"person:{person}"


def body_key(body: str) -> str:
    """Of the members' group, and of the body's other rooms."""
    return f"body:{body}"


def administrators_key(body: str) -> str:
    return f"body:{body}:administrators"


def guests_key(body: str) -> str:
    return f"body:{body}:guests"


def meeting_key(body: str, series: str) -> str:
    """Of a series of meetings, and of its own meeting room where policy gives it one."""
    return f"body:{body}:meeting:{series}"


def occurrence_key(body: str, series: str, day: date) -> str:
    """Of one meeting of a series, known by the day on which it would be by its rule."""
    return f"body:{body}:meeting:{series}:{day.isoformat()}"


def kind_key(kind: BodyKind) -> str:
    """Of what the forum categories of all bodies of a kind stand below."""
    return f"bodies:{kind}"


def role_key(name: str) -> str:
    """Of a role of the login, by its name there."""
    return f"role:{name}"


def organisation_key(organisation: str) -> str:
    return f"organisation:{organisation}"
