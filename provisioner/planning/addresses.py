"""Whose mail address is in use over there, where no two accounts can have the same one.

An address is given to a successor while the account of whoever had it still shows it. Nothing of that account is
anybody else's: the successor waits until a ranger took the address away from it.
"""

from functools import cached_property

from provisioner.model.resources import Kind, Resource, ResourceId
from provisioner.model.text import Text
from provisioner.planning.draft import Draft
from provisioner.planning.sameness import our_keys


class Addresses:
    """Those of our accounts of one target."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._unique = draft.capabilities.unique_emails

    def objection(self, wanted: Resource) -> Text | None:
        """Why ``wanted`` can't have its address: another account of ours has it and will keep it. Else None."""
        email = wanted.fields.get("email")
        if not self._unique or wanted.id.kind is not Kind.ACCOUNT or not isinstance(email, str):
            return None
        key, name = self._holders.get(email.casefold(), (wanted.id.key, ""))
        if key == wanted.id.key or self._moves_away(key, email):
            return None
        return Text.of("planning.address_kept", email=email, name=name, owner=key.removeprefix("person:"))

    @cached_property
    def _holders(self) -> dict[str, tuple[str, str]]:
        """Address → key and name of the account of ours that has it."""
        objects = self._draft.inventory.of(Kind.ACCOUNT).objects
        found: dict[str, tuple[str, str]] = {}
        for remote_id, key in our_keys(self._draft.inventory, self._draft.ties, Kind.ACCOUNT).items():
            email = objects[remote_id].fields.get("email") if remote_id in objects else None
            if isinstance(email, str) and email:
                found[email.casefold()] = (key, objects[remote_id].name)
        return found

    def _moves_away(self, key: str, email: str) -> bool:
        resource = self._draft.desired.resources.get(ResourceId(Kind.ACCOUNT, key))
        now = None if resource is None else resource.fields.get("email")
        return isinstance(now, str) and now.casefold() != email.casefold()
