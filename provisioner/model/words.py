"""Words of the closed vocabularies as people read them: arguments of other texts."""

from collections.abc import Iterable
from typing import Final

from provisioner.model.registry import OrganisationKind, Role
from provisioner.model.resources import EdgeRole, FieldName, Kind
from provisioner.model.sources import PersonField
from provisioner.model.text import Text

_MANAGING: Final = {Kind.FORUM_CATEGORY: "moderates", Kind.WIKI_SPACE: "deletes"}


def field_word(name: FieldName | PersonField) -> Text:
    """ "email" → "E-Mail"."""
    return Text.of(f"model.field_{name}")


def field_words(names: Iterable[FieldName | PersonField]) -> tuple[Text, ...]:
    """Several, in their order."""
    return tuple(field_word(name) for name in names)


def role_word(role: Role) -> Text:
    """ "moderator" → "Moderation": a word for what somebody does, whoever it is."""
    return Text.of(f"model.role_{role.replace('-', '_')}")


def kind_word(kind: OrganisationKind) -> Text:
    """ "city" → "Städte"."""
    return Text.of(f"model.organisations_{kind}")


def edge_word(role: EdgeRole, container: Kind) -> Text:
    """ "writer" → "schreibt"; what managers do differs from room to room."""
    if role == EdgeRole.MANAGER and container in _MANAGING:
        return Text.of(f"model.edge_{_MANAGING[container]}")
    return Text.of(f"model.edge_{role}")


def resource_word(kind: Kind) -> Text:
    """ "team-folder" → "Team-Ordner"."""
    return Text.of(f"model.resource_{kind.replace('-', '_')}")
