"""Groups, of which the wiki keeps nothing: it finds people's groups in the directory, by name, at every request.

So nothing is read and a creation sends nothing; who is in them is the directory's. A rename follows in every line of
rights that names the group: with the new name in first, then without the old one.
"""

import secrets
from collections.abc import Iterator, Mapping
from typing import Final

from connectors.dokuwiki.client import Client
from connectors.dokuwiki.groups import steps
from connectors.dokuwiki.look import GroupNames, WikiLook, line_of
from connectors.dokuwiki.rights import ALL, VALID, Rights, folded
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, Rosters, Staged
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Absent, Complete, Observation, Reading, Remote, Roster, Scope
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

USUAL_SUPERUSERS: Final = "admin"
"""What their group is called where nobody changed it."""


class GroupRoom(Room[WikiLook]):
    """The names that our groups have in the directory."""

    kind = Kind.GROUP
    fields: Mapping[FieldName, Mode] = {"name": Mode.MANAGED}
    operations = steps.OPERATIONS

    def __init__(self, target: str, client: Client, names: GroupNames) -> None:
        self._target = target
        self._client = client
        self._names = names

    def objection(self, name: str) -> Text | None:
        """Names that mean everybody over there, or those who may do everything."""
        settings, line = self._client.settings, line_of(name).lower()
        if line in {folded(ALL).lower(), line_of(settings.everybody).lower()}:
            return Text.of("dokuwiki.means_everybody", name=name)
        if line in {line_of(superusers).lower() for superusers in (settings.superusers, USUAL_SUPERUSERS)}:
            return Text.of("dokuwiki.means_superusers", name=name)
        return None

    def canonical_name(self, name: str) -> str:
        """Without regard to case."""
        return name.lower()

    def observe(self, look: WikiLook) -> tuple[Observation, Rosters]:
        """No request: what is tied exists, under the name that it had at the last apply.

        Nobody whom this target knows is in it: it knows no accounts.
        """
        tied, called = look.tied(self.kind), look.interest.called
        if look.interest.only is not None:
            tied = frozenset(one.remote_id for one in look.sought(self.kind) if one.remote_id is not None)
        groups = {one: _group(one, called[self.kind, one]) for one in tied if (self.kind, one) in called}
        rosters = {(self.kind, one): Roster(Complete(Scope(self._target, self.kind, one))) for one in groups}
        return Observation(Complete(look.scope(self._target, self.kind)), groups), rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.dokuwiki.groups.steps`."""
        return steps.compiled(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:  # noqa: ARG002 - the port's
        """There is nothing over there that could have moved."""
        return Verified(None)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:  # noqa: ARG002 - the port's
        """Make an id; follow a rename in all rights; take what is forgotten out of them."""
        name = text_of(step, "name")
        if step.operation == steps.CREATE:
            remote_id = secrets.token_hex(8)
            self._names.names[remote_id] = name
            return Done(remote_id)
        remote_id = located(step, resolve)
        rights = self._client.rights()
        if step.operation == steps.RENAME:
            self._rename(rights, self._names.of(remote_id), name, remote_id)
            self._names.names[remote_id] = name
        else:
            self._drop(rights, name)
        return Done(remote_id)

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - the port's
        """A creation that was cut short left nothing behind."""
        return Absent()

    def _rename(self, rights: Rights, before: str, name: str, remote_id: str) -> None:
        """Into each scope with the new name, at the level of the old; then the old ones out.

        Raises `Permanent` where another group of ours is called so still: their rights would become one.
        """
        if any(line_of(other) == line_of(name) for one, other in self._names.names.items() if one != remote_id):
            raise Permanent(Text.of("dokuwiki.name_in_use", name=name))
        for scope in rights.lines:
            levels = rights.spellings(scope, f"@{before}").values()
            if levels and rights.of(scope).get(f"@{name}") != max(levels):
                self._client.grant(scope, f"@{name}", min(max(levels), VALID[-1]))
        self._drop(rights, before, but=name)

    def _drop(self, rights: Rights, name: str, but: str = "") -> None:
        """All lines of a group, however written, ``but`` those. Raises `Permanent` for what can't be deleted."""
        lines = [(scope, who) for scope in rights.lines for who in rights.spellings(scope, f"@{name}")]
        lines = [(scope, who) for scope, who in lines if who != f"@{but}"]
        for scope, who in lines:
            self._client.revoke(scope, who)
        if not lines:
            return
        now = self._client.rights()
        for scope, who in lines:
            if who in now.of(scope):
                raise Permanent(Text.of("dokuwiki.not_deleted", name=name, scope=scope))


def _group(remote_id: str, name: str) -> Remote:
    return Remote(remote_id, name, {"name": name})
