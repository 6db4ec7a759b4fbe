"""Spaces of bodies: a namespace with its rights, and the page that opens with it.

A namespace is made of the title once and never changes: a rename changes no address. What people read as the title is
the first page's heading, which is theirs. The order keeps strangers out at every moment: first it is noted whose the
namespace is, then it is closed, and only then is the first page saved.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.dokuwiki.client import Client
from connectors.dokuwiki.look import GroupNames, WikiLook
from connectors.dokuwiki.names import slug
from connectors.dokuwiki.readers import openness, seated
from connectors.dokuwiki.register import Register
from connectors.dokuwiki.rights import Rights, everything_in
from connectors.dokuwiki.spaces import steps
from connectors.dokuwiki.spaces.writing import Writer
from connectors.dokuwiki.wikitext import canonical
from connectors.kit.batch import Batch
from connectors.kit.rooms import Room, Rosters, Staged
from provisioner.model.inventory import (
    UNKNOWN,
    Absent,
    Complete,
    Observation,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unknown,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

FIELDS: Final[Mapping[FieldName, Mode]] = {"name": Mode.MANAGED, "open": Mode.MANAGED, "first_page": Mode.ONCE}


class SpaceRoom(Room[WikiLook]):
    """Namespaces directly below the one of the settings."""

    kind = Kind.WIKI_SPACE
    fields = FIELDS
    operations = steps.OPERATIONS

    def __init__(self, target: str, client: Client, names: GroupNames) -> None:
        self._target = target
        self._client = client
        self._names = names
        self._writer = Writer(client, names)

    def objection(self, name: str) -> Text | None:
        """Titles of which no address can be made, or ours."""
        short = slug(name)
        if not short:
            return Text.of("dokuwiki.nameless", name=name)
        if not self._client.settings.below and short == self._client.settings.own_namespace:
            return Text.of("dokuwiki.name_is_ours", name=name)
        return None

    def canonical_name(self, name: str) -> str:
        """Titles with the same address are one space over there."""
        return slug(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """A first page as it comes to stand there."""
        return canonical(value) if field == "first_page" and isinstance(value, str) else value

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - addresses never change
        """The page that opens with it."""
        settings = self._client.settings
        return settings.page_address(settings.first_page(remote_id))

    def observe(self, look: WikiLook) -> tuple[Observation, Rosters]:
        """No request but one for each that is tied or wanted and that neither rights nor register know.

        It may have pages: a namespace that was there before us has no lines of its own when it is adopted.
        """
        settings, called = self._client.settings, look.interest.called
        if look.interest.only is None:
            wanted = {settings.namespace(slug(name)) for kind, name in look.interest.names if kind is self.kind}
            wanted |= {namespace for kind, namespace in called if kind is self.kind}
            found = self._all(look)
        else:
            sought = look.sought(self.kind)
            wanted = {settings.namespace(slug(one.name)) if one.remote_id is None else one.remote_id for one in sought}
            found = self._all(look) & wanted
        nameless = settings.namespace("")
        found |= {one for one in wanted - found - {nameless} if self._client.pages_in(one)}
        spaces = {one: self._space(one, look.rights, look.register, called.get((self.kind, one))) for one in found}
        rosters = {(self.kind, one): self._roster(one, look.rights) for one in spaces}
        return Observation(Complete(look.scope(self._target, self.kind)), spaces), rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.dokuwiki.spaces.steps`."""
        return steps.compiled(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One look at all rights."""
        return self._writer.verify(step, resolve)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """See `connectors.dokuwiki.spaces.writing`."""
        return self._writer.perform(step, verified, resolve)

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - the register knows it
        """By our note, which is made before all else."""
        register = self._client.register()
        namespace = register.namespace_of(identity.key)
        if namespace is None:
            return Absent()
        return Present(self._space(namespace, self._client.rights(), register, None))

    def _all(self, look: WikiLook) -> set[str]:
        """All namespaces below ours that have lines of their own, or a note."""
        below = self._client.settings.namespace("")
        scopes = (scope.removesuffix(":*") for scope in look.rights.lines if scope.endswith(":*"))
        here = {scope for scope in scopes if scope.startswith(below) and _is_direct(scope.removeprefix(below))}
        return (here | look.register.spaces.keys()) - {self._client.settings.own_namespace}

    def _space(self, namespace: str, rights: Rights, register: Register, called: str | None) -> Remote:
        key = register.spaces.get(namespace)
        title: str | Unknown = UNKNOWN if called is None else called
        fields: dict[FieldName, Value | Unknown] = {
            "name": title,
            "open": openness(rights, everything_in(namespace), self._client.settings.everybody),
        }
        marker = "" if key is None else marker_of(ResourceId(self.kind, key))
        name = namespace.rpartition(":")[2] if called is None else called
        return Remote(namespace, name, fields, marker=marker)

    def _roster(self, namespace: str, rights: Rights) -> Roster:
        evidence = Complete(Scope(self._target, self.kind, namespace))
        scope, everybody = everything_in(namespace), self._client.settings.everybody
        return Roster(evidence, seated(rights, scope, everybody, self._names))


def _is_direct(rest: str) -> bool:
    return bool(rest) and ":" not in rest and "*" not in rest
