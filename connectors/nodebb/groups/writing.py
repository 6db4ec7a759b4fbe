"""Writes of groups: made hidden and private; one request an edge, both ways."""

from typing import Final

from connectors.kit.batch import text_of
from connectors.kit.steps import fields_of, member_of
from connectors.nodebb.client import Client, Refusal, part
from connectors.nodebb.groups import steps
from connectors.nodebb.groups.reading import Groups
from connectors.nodebb.groups.shape import MOMENTARY, Group, group_of
from provisioner.model.errors import OutcomeUnknown, Permanent
from provisioner.model.ports import Resolve
from provisioner.model.resources import marker_of
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

_PRIVATE: Final = {"private": 1, "hidden": 1, "disableJoinRequests": 1, "disableLeave": 1, "userTitleEnabled": 0}


class Writer:
    """Writes to groups of one forum."""

    def __init__(self, client: Client, groups: Groups) -> None:
        self._client = client
        self._groups = groups

    def write(self, step: Step, group: Group, resolve: Resolve) -> Done:
        """One write to a group that is there."""
        match step.operation:
            case steps.JOIN:
                uid = member_of(step, resolve)
                self._client.change("PUT", f"/groups/{part(group.slug)}/membership/{part(uid)}")
            case steps.LEAVE:
                self._leave(group, member_of(step, resolve))
            case steps.RENAME:
                self._rename(group, str(fields_of(step)["name"]))
            case steps.ERASE:
                self._client.change("DELETE", f"/groups/{part(group.slug)}")
                self._groups.forget(group.id)
        return Done(group.id, group.id)

    def create(self, step: Step) -> Done:
        """With our mark, and nobody in it but us."""
        body = {"name": text_of(step, "name"), "userTitle": marker_of(step.id), **_PRIVATE}
        try:
            group = group_of(self._client.make("/groups", body, step.name))
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            raise Permanent(Text.of("nodebb.name_taken", name=step.name), refusal.detail) from refusal
        if group is None:
            raise OutcomeUnknown(Text.of("kit.perhaps_created", name=step.name))
        self._groups.remember(group)
        return Done(group.id, group.id)

    def remind(self, step: Step) -> Done:
        """Make a group and delete it, by which the server looks anew what groups are called."""
        try:
            self._client.change("POST", "/groups", {"name": MOMENTARY, **_PRIVATE})
        except Refusal as refusal:
            if refusal.status != 400:  # it is left over from a run that was cut short
                raise
        try:
            self._client.change("DELETE", f"/groups/{part(MOMENTARY)}")
        except Refusal as refusal:
            if not self._client.is_gone(refusal):  # deleted by a first attempt whose answer was lost
                raise
        return Done(step.remote_id or "")

    def _leave(self, group: Group, uid: str) -> None:
        try:
            self._client.change("DELETE", f"/groups/{part(group.slug)}/membership/{part(uid)}")
        except Refusal as refusal:
            if refusal.status != 400:  # "Not a member of this group": gone meanwhile
                raise

    def _rename(self, group: Group, name: str) -> None:
        """What is not said again of description and icon would be wiped (observed)."""
        body = {"name": name, "description": group.description, "icon": group.icon}
        renamed = group_of(self._client.change("PUT", f"/groups/{part(group.slug)}", body))
        if renamed is None:
            raise OutcomeUnknown(Text.of("kit.garbled_write", path="/groups/{slug}", product=Client.product))
        self._groups.remember(renamed)
