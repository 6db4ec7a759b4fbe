"""One directory as a target: the port `Connector`, put together from people and groups."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from connectors.kit.rooms import erased_already, held_against
from connectors.ldap import doctor
from connectors.ldap.client import Client, is_marked
from connectors.ldap.common import erasing
from connectors.ldap.fields import capabilities
from connectors.ldap.groups import Groups
from connectors.ldap.people import People
from connectors.ldap.settings import LdapSettings
from provisioner.model.changes import Adopt, Change, Erase
from provisioner.model.errors import Permanent, TargetError, Uncertain
from provisioner.model.inventory import (
    Absent,
    Complete,
    Epoch,
    Inventory,
    Observation,
    Present,
    Reading,
    Remote,
    Roster,
    Unreadable,
)
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, Resolve, Wiring
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.transport.directory_answers import Entry
from provisioner.transport.dn import normal

PRODUCT: Final = "LDAP"
"""What people call it."""
_ERASING: Final = frozenset({"erase-account", "erase-group"})


class LdapConnector:
    """People and groups in one directory. Logs in at the first request."""

    def __init__(self, target: str, settings: LdapSettings, wiring: Wiring) -> None:
        self.target = target
        self._client = Client(settings, wiring)
        self._people = People(self._client, target)
        self._groups = Groups(self._client, target)
        self._fresh: dict[str, Entry] = {}
        """What `verify` just read, for the `perform` that follows it."""

    def capabilities(self) -> Capabilities:
        return capabilities()

    def examine(self) -> Iterator[Finding]:
        return doctor.examine(self._client)

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:  # noqa: ARG002 - reads all
        """Both branches are read whenever groups are asked for: a member is only a name until its person is known."""
        people = self._people.observe()
        observations: dict[Kind, Observation] = {Kind.ACCOUNT: people} if Kind.ACCOUNT in kinds else {}
        rosters: Mapping[tuple[Kind, str], Roster] = {}
        if Kind.GROUP in kinds:
            by_name = {normal(name): remote for remote, name in self._client.known(people.objects)}
            whole = isinstance(people.completeness, Complete)
            observations[Kind.GROUP], rosters = self._groups.observe(by_name, whole)
        own = normal(self._client.settings.user)
        mine = next((remote for remote, name in self._client.known(people.objects) if normal(name) == own), None)
        return Inventory(self.target, observations, rosters, own_account=mine)

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """People first, then groups with their members; who is suspended or renamed leaves groups before.

        What is erased goes last, groups before people.
        """
        people, groups = self._people.compile(changes), self._groups.compile(changes)
        early = [step for step in people if not step.after]
        late = [step for step in people if step.after]
        adopted = {change.id: change.remote.remote_id for change in changes if isinstance(change, Adopt)}
        named = sorted((change for change in changes if isinstance(change, Erase)), key=_groups_first)
        last = [erasing(change, self.capabilities().canonical_name(change.id.kind, change.name)) for change in named]
        return [_located(step, adopted, resolve) for step in (*early, *groups, *late, *last)]

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One read. What is unreadable now counts as moved: nothing is written on a guess."""
        remote_id = cast(str, step.remote_id)
        entry = self._read(step.id.kind, remote_id)
        if step.operation in _ERASING:
            return self._verify_erasure(step, entry)
        remote = None if entry is None else self._remote(step.id.kind, entry)
        held = held_against(step, remote, PRODUCT)
        if entry is None or remote is None or isinstance(held, Moved):
            return held
        if step.operation == "leave-group" and not self._groups.still_in(step, resolve, entry):
            return Moved(Text.of("ldap.left_already", name=remote.name))
        self._fresh = {remote_id: entry}
        return held

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write, as `Step.operation` says."""
        if verified is None and (step.expects is not None or step.expects_edge is not None):
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        fresh = self._fresh.pop(step.remote_id, None) if verified is not None and step.remote_id else None
        match step.operation:
            case "create-account":
                return self._people.create(step)
            case "create-group":
                return self._groups.create(step, resolve)
            case "update-account":
                return self._people.update(step, fresh)
            case "update-group":
                return self._groups.update(step, fresh)
            case "join-group":
                return self._groups.join(step, resolve)
            case "leave-group":
                return self._groups.leave(step, resolve, fresh)
            case "rename-account" | "rename-group":
                remote_id = cast(str, step.remote_id)
                self._client.rename(step.id.kind, remote_id, cast(str, step.payload["name"]))
                return Done(remote_id, remote_id)
            case "erase-account" | "erase-group":
                return self._erase(step, verified)
        raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """What has this name and this very resource's mark is what we made. Any other is neither ours nor absent."""
        kind = identity.kind
        try:
            entry = self._client.read_named(kind, name, self._attributes(kind))
            if entry is None:
                # slapd says "no such object" also where we may not look: only a readable branch makes it certain.
                hidden = self._client.branch_hidden(kind)
                return Absent() if hidden is None else Unreadable(hidden)
        except TargetError as error:
            return Unreadable(error.text)
        if not is_marked(kind, entry, identity):
            return Unreadable(Text.of("ldap.not_ours", name=name))
        return Present(self._remote(kind, entry))

    def leave_epoch(self, epoch: Epoch) -> None:
        """Nothing: an account that writes only people and groups has no entry of its own to write to."""

    def close(self) -> None:
        self._client.directory.close()

    def _verify_erasure(self, step: Step, entry: Entry | None) -> Verified:
        """What is gone already is done. Raises `Permanent` rather than let our own entry be erased."""
        if entry is not None and normal(entry.name) == normal(self._client.settings.user):
            raise Permanent(Text.of("ldap.never_erased", name=step.name))
        return Verified(None if entry is None else self._remote(step.id.kind, entry))

    def _erase(self, step: Step, verified: Verified | None) -> Done:
        remote_id = cast(str, step.remote_id)
        if verified is None or verified.remote is None:
            return erased_already(step, PRODUCT)
        self._client.erase(step.id.kind, remote_id)
        return Done(remote_id)

    def _read(self, kind: Kind, remote_id: str) -> Entry | None:
        return self._client.find(kind, remote_id, self._attributes(kind))

    def _attributes(self, kind: Kind) -> tuple[str, ...]:
        return self._people.attributes if kind is Kind.ACCOUNT else self._groups.attributes

    def _remote(self, kind: Kind, entry: Entry) -> Remote:
        return self._people.remote(entry) if kind is Kind.ACCOUNT else self._groups.remote(entry)


def _groups_first(change: Change) -> bool:
    return change.id.kind is not Kind.GROUP


def _located(step: Step, adopted: Mapping[ResourceId, str], resolve: Resolve) -> Step:
    """A join's group by its remote id; where this plan does not know it yet, `Step.refers` says so."""
    if step.operation != "join-group":
        return step
    try:
        return replace(step, remote_id=adopted.get(step.id) or resolve(step.id))
    except KeyError:
        return replace(step, remote_id="", refers=(step.id, *step.refers))
