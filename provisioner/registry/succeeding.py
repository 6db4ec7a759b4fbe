"""Naming successors in the registry's files: another organisation leads a body, somebody else moderates it.

Edits in place, as those of `provisioner.registry.editing`: checked as a whole, refused with `EditRefused`.
"""

from datetime import date
from typing import Any

from provisioner.model.registry import Role
from provisioner.model.text import Text
from provisioner.registry.editfiles import Edit, EditRefused, Files
from provisioner.registry.editing import is_open
from provisioner.registry.splicing import short


def lead_body(files: Files, body_id: str, organisation_id: str) -> Edit:
    """The organisation sets the rhythm from now on."""
    what = Text.of("registry.body_led", id=body_id, organisation=organisation_id)
    return files.change("bodies", body_id, lambda body: body.update(lead=organisation_id), what)


def moderate_body(files: Files, body_id: str, person_id: str, today: date) -> Edit:
    """The person moderates the body from now on, a member before or not."""

    def moderate(person: Any) -> None:
        memberships = person.setdefault("bodies", [])
        for index, membership in enumerate(memberships):
            if membership == body_id:
                memberships[index] = short(id=body_id, role=str(Role.MODERATOR))
                return
            if isinstance(membership, dict) and membership.get("id") == body_id and is_open(membership, today):
                if membership.get("role") == Role.MODERATOR:
                    raise EditRefused(Text.of("registry.moderates_already", id=person_id, body=body_id))
                membership["role"] = str(Role.MODERATOR)
                return
        past = any(isinstance(membership, dict) and membership.get("id") == body_id for membership in memberships)
        memberships.append(short(id=body_id, role=str(Role.MODERATOR), since=today if past else None))

    what = Text.of("registry.body_moderated", id=person_id, body=body_id)
    return files.change("people", person_id, moderate, what)
