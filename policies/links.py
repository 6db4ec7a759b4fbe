"""Which of a body's rooms a text can link to, and by which placeholder."""

from collections.abc import Set
from typing import Final

from provisioner.model.resources import Kind, ResourceId

PLACES: Final = {
    "folder": Kind.TEAM_FOLDER,
    "conversation": Kind.CONVERSATION,
    "mailing_list": Kind.MAILING_LIST,
    "meeting_room": Kind.MEETING_ROOM,
    "forum": Kind.FORUM_CATEGORY,
    "wiki": Kind.WIKI_SPACE,
}
"""Placeholder → what it links to."""


def links_of(key: str, places: Set[ResourceId], *, archived: bool) -> dict[str, ResourceId]:
    """Placeholder → the room, of those among ``places`` that the body with this key has.

    Nobody meets in an archive any more: there is no link to where it met.
    """
    found = {placeholder: ResourceId(kind, key) for placeholder, kind in PLACES.items()}
    if archived:
        del found["meeting_room"]
    return {placeholder: place for placeholder, place in found.items() if place in places}
