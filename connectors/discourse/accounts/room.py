"""Accounts as a room: made before their people first log in, tied to the login, suspended, made nameless."""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.discourse.accounts import shape, steps
from connectors.discourse.accounts.reading import Accounts
from connectors.discourse.accounts.writing import Writer
from connectors.discourse.client import PRODUCT, Client
from connectors.discourse.look import ForumLook
from connectors.discourse.names import forum_name, objection
from connectors.kit.batch import Batch, located
from connectors.kit.client import Entry, text
from connectors.kit.rooms import Room, Rosters, Staged, held_against
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Absent, Complete, Observation, Partial, Present, Reading, Remote
from provisioner.model.ports import Resolve, Sought
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

_MOST_MISSING: Final = 20
"""Accounts of ours that a list lacks and that are read one by one; of more nothing is concluded."""


class AccountRoom(Room[ForumLook]):
    """Everybody's account. Bots, and those who once wrote a mail, are not there for us."""

    kind = Kind.ACCOUNT
    operations = steps.OPERATIONS

    def __init__(self, target: str, client: Client) -> None:
        self._target = target
        self._settings = client.settings
        self._provider = client.settings.login_provider
        self._longest = client.settings.longest_name
        self._accounts = Accounts(client, self._provider)
        self._writer = Writer(client, self._accounts)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """With the login's id where people log in with one."""
        return shape.fields(self._provider)

    def objection(self, name: str) -> Text | None:
        """Too little is left of the name, or nobody may have it."""
        return objection(name, self._longest, user=True)

    def canonical_name(self, name: str) -> str:
        """As it is over there, in lower case."""
        return forum_name(name, self._longest).lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `shape.canonical`."""
        return forum_name(str(value), self._longest) if field == "name" else shape.canonical(field, value)

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """All; of those whose name is wanted for somebody also whose login they are: one request each."""
        if look.interest.only is not None:
            return self._observe_few(look), {}
        wanted = {self.canonical_name(name) for kind, name in look.interest.names if kind is self.kind}
        tied = look.tied(self.kind)
        scope = look.scope(self._target, self.kind)
        listing = self._accounts.listed(emails=bool(wanted) or look.interest.everybody)
        completeness = listing.completeness(scope)
        objects: dict[str, Remote] = {}
        for identifier, entry in listing.items.items():
            if not shape.is_person(entry) and identifier not in tied:
                continue
            is_wanted = identifier not in tied and text(entry, "username").lower() in wanted
            remote = self._remote(self._whole(entry) if is_wanted and self._provider is not None else entry)
            if remote is None:
                completeness = Partial(scope, Text.of("kit.nameless_entry"))
            else:
                objects[identifier] = remote
        missing = sorted(tied - listing.items.keys())
        if len(missing) > _MOST_MISSING:
            completeness = Partial(scope, Text.of("discourse.accounts_missing", count=len(missing)))
        else:
            objects |= self._read_again(missing)
        return Observation(completeness, objects), {}

    def _read_again(self, missing: list[str]) -> dict[str, Remote]:
        """Who went from a page to the one before it while that was read is missing in the list, and there."""
        read = (self._accounts.found(account) for account in missing)
        remotes = (self._remote(entry, is_tied=True) for entry in read if entry is not None)
        return {remote.remote_id: remote for remote in remotes if remote is not None}

    def _observe_few(self, look: ForumLook) -> Observation:
        """One request an account that is tied; else one for the name, one for the address, one for whom it has."""
        objects: dict[str, Remote] = {}
        for one in look.sought(self.kind):
            for entry in self._candidates(one):
                remote = self._remote(entry, is_tied=one.remote_id is not None)
                if remote is not None:
                    objects[remote.remote_id] = remote
                    look.groups_of[remote.remote_id] = shape.groups_in(entry)
        return Observation(Complete(look.scope(self._target, self.kind)), objects)

    def _candidates(self, sought: Sought) -> Iterator[Entry]:
        """Whole accounts: with groups, and with the address where a list told it."""
        if sought.remote_id is not None:
            whole = self._accounts.found(sought.remote_id)
            if whole is not None:
                yield whole
            return
        found = [self._accounts.called(self.canonical_name(sought.name)) if sought.name else None]
        found.append(self._accounts.reached_by(sought.email) if sought.email else None)
        yield from (self._whole(listed) for listed in found if listed is not None and shape.is_person(listed))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - there is no room for a mark
        """By its name: nobody had it when the plan was made; and with its login, if somebody took it since."""
        entry = self._accounts.called(forum_name(name, self._longest))
        remote = None if entry is None else self._remote(self._whole(entry))
        return Absent() if remote is None else Present(remote)

    def _whole(self, listed: Entry) -> Entry:
        """With what stands on the account alone, such as its login."""
        return {**(self._accounts.found(str(listed["id"])) or {}), **listed}

    def _remote(self, entry: Entry, *, is_tied: bool = False) -> Remote | None:
        return shape.remote_of(entry, self._provider, is_tied=is_tied)

    # --- writing -----------------------------------------------------------------------------------------------

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.discourse.accounts.steps`."""
        return steps.compiled(batch, self._settings)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The account itself. What is to be made nameless and is gone, is. Who runs the forum stays (`Permanent`).

        The server says of these what it says where we lack rights, which would end the run for everybody else.
        """
        entry = self._accounts.found(located(step, resolve))
        remote = None if entry is None else self._remote(entry)
        runs_it = entry is not None and (entry.get("admin") is True or entry.get("moderator") is True)
        if runs_it and step.operation in (steps.SUSPEND, steps.ERASE):
            raise Permanent(Text.of("discourse.staff_stays", name=step.name))
        return Verified(remote) if step.operation == steps.ERASE else held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.operation == steps.CREATE:
            return self._writer.create(step)
        return self._writer.write(step, located(step, resolve), None if verified is None else verified.remote)
