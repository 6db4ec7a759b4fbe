"""Writes of groups: made closed and seen by their members alone, renamed in place, joined by many at once."""

from typing import cast

from connectors.discourse.client import PRODUCT, Client, identifier_of
from connectors.discourse.groups import steps
from connectors.discourse.groups.reading import Groups
from connectors.discourse.groups.shape import BEGINNINGS, KEYS
from connectors.discourse.names import objection
from connectors.kit.batch import text_of
from connectors.kit.client import Refusal, segment
from connectors.kit.outcomes import creating, perhaps_created
from connectors.kit.rooms import erased_already
from connectors.kit.steps import fields_of
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Remote
from provisioner.model.ports import Resolve
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text


class Writer:
    """Writes to groups of one forum."""

    def __init__(self, client: Client, groups: Groups) -> None:
        self._client = client
        self._groups = groups

    def create(self, step: Step) -> Done:
        """One POST, nobody in it yet."""
        name = text_of(step, "name")
        wrong = objection(name, self._client.settings.longest_name, user=False)
        if wrong is not None:
            raise Permanent(wrong)
        body = {"group": {"name": name, "full_name": step.payload["full_name"] or "", **BEGINNINGS}}
        value = creating(lambda: self._client.write("POST", "/admin/groups.json", body), step.name).value
        group = value.get("basic_group") if isinstance(value, dict) else None
        made = identifier_of(group) if isinstance(group, dict) else ""
        if not made:
            raise perhaps_created(step.name, "no id")
        self._groups.remember(made, name)
        return Done(made, made)

    def write(self, step: Step, group: str, seen: Remote | None, resolve: Resolve) -> Done:
        """One write to a group that was ``seen`` a moment ago, unless somebody comes in; None: it is gone."""
        path = f"/groups/{segment(group, PRODUCT)}"
        match step.operation:
            case steps.JOIN:
                return self._join(step, group, resolve)
            case steps.LEAVE:
                people = [resolve(ResourceId(Kind.ACCOUNT, key)) for key in cast(list[str], step.payload["members"])]
                # Who is no member any more is passed over (groups_controller.rb, remove_member).
                self._client.write("DELETE", f"{path}/members.json", {"user_ids": ",".join(people)})
            case steps.ERASE if seen is None:
                return erased_already(step, PRODUCT)
            case steps.ERASE:
                self._client.write("DELETE", f"/admin{path}.json")
            case steps.UPDATE:
                fields = fields_of(step)
                body = {key: fields[name] or "" for name, key in KEYS.items() if name in fields}
                self._client.write("PUT", f"{path}.json", {"group": body})
                if "name" in body:
                    self._groups.remember(group, str(body["name"]))
        return Done(group, group)

    def _join(self, step: Step, group: str, resolve: Resolve) -> Done:
        """All at once, nobody told. Who could not be made is missed; who is in it already is no trouble.

        Whom the server does not know it passes over, and all being in it is refused: so it is told by name who came,
        and where that is not all who were sent, who is in it is read.
        """
        wanted: dict[str, str] = {}
        for key in cast(list[str], step.payload["members"]):
            try:
                wanted[key] = resolve(ResourceId(Kind.ACCOUNT, key))
            except KeyError:
                continue  # its account could not be made: told there
        if not wanted:
            raise Permanent(Text.of("discourse.nobody_to_join", name=step.name))
        body = {"user_ids": ",".join(wanted.values()), "notify_users": False}
        came = 0
        try:
            value = self._client.write("PUT", f"/groups/{segment(group, PRODUCT)}/members.json", body).value
            names = value.get("usernames") if isinstance(value, dict) else None
            came = len(names) if isinstance(names, list) else 0
        except Refusal as refusal:
            if refusal.status not in (400, 422):
                raise
        if came < len(set(wanted.values())):
            name = self._groups.name_of(group)
            inside = {} if name is None else self._groups.members(name).items
            wanted = {key: account for key, account in wanted.items() if account in inside}
            if not wanted:
                raise Permanent(Text.of("discourse.nobody_to_join", name=step.name))
        missed = tuple(edge for edge in step.effects.joins if edge.member not in wanted)
        note = Text.of("discourse.joins_missed", name=step.name, count=len(missed)) if missed else None
        return Done(group, group, note=note, missed=missed)
