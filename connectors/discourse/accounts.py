"""Accounts as a room: made before their people first log in, tied to the login, suspended, made nameless. Never mailed.

A tie can only be given with the account (``external_ids`` of POST /users.json): there is no request that adds it later.
And the server moves one that somebody else has, without a word (users_controller.rb, read): so we look first.
"""

import secrets
from collections.abc import Iterator, Mapping
from typing import Final, cast

from connectors.discourse import account_reading
from connectors.discourse.account_reading import Accounts, canonical, is_person
from connectors.discourse.client import PRODUCT, REQUESTS, Client
from connectors.discourse.look import ForumLook
from connectors.discourse.names import forum_name, objection
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.client import Entry, Refusal, segment, text
from connectors.kit.outcomes import creating, perhaps_created
from connectors.kit.rooms import Room, Rosters, Stage, Staged, held_against, known
from provisioner.model.changes import Create, Erase, Leave, Resume, Suspend, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Scope,
)
from provisioner.model.ports import Resolve, Sought
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Cost, Done, Effects, Json, Moved, Step, Verified
from provisioner.model.text import Text

CREATE: Final = "create-account"
UPDATE: Final = "update-account"
SUSPEND: Final = "suspend-account"
RESUME: Final = "resume-account"
ERASE: Final = "anonymise-account"
FOREVER: Final = "3020-01-01T00:00:00.000Z"
"""Until when somebody is suspended: the server takes a date alone."""
_WRITTEN: Final[frozenset[FieldName]] = frozenset({"display_name"})
_MOST_MISSING: Final = 20
"""Accounts of ours that a list lacks and that are read one by one; of more nothing is concluded."""


class AccountRoom(Room[ForumLook]):
    """Everybody's account. Bots, and those who once wrote a mail, are not there for us."""

    kind = Kind.ACCOUNT
    operations = frozenset({CREATE, UPDATE, SUSPEND, RESUME, ERASE})

    def __init__(self, target: str, client: Client) -> None:
        self._target = target
        self._client = client
        self._provider = client.settings.login_provider
        self._longest = client.settings.longest_name
        self.accounts = Accounts(client, self._provider)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """With the login's id where people log in with one."""
        tied: dict[FieldName, Mode] = {} if self._provider is None else {"login_id": Mode.CREATE_ONLY}
        return account_reading.FIELDS | tied

    def objection(self, name: str) -> Text | None:
        """Too little is left of the name, or nobody may have it."""
        return objection(name, self._longest, user=True)

    def canonical_name(self, name: str) -> str:
        """As it is over there, in lower case."""
        return forum_name(name, self._longest).lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `account_reading.canonical`."""
        return forum_name(str(value), self._longest) if field == "name" else canonical(field, value)

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: ForumLook) -> tuple[Observation, Rosters]:
        """All; of those whose name is wanted for somebody also whose login they are: one request each."""
        if look.interest.only is not None:
            return self._observe_only(look, look.sought(self.kind)), {}
        wanted = {self.canonical_name(name) for kind, name in look.interest.names if kind is self.kind}
        bound = {account for kind, account in look.interest.bound if kind is self.kind}
        listing = self.accounts.listed(emails=bool(wanted) or look.interest.everybody)
        scope = Scope(self._target, self.kind)
        completeness: Completeness = Complete(scope) if listing.gap is None else Partial(scope, listing.gap)
        objects: dict[str, Remote] = {}
        for identifier, entry in listing.items.items():
            if not is_person(entry) and identifier not in bound:
                continue
            remote = self.accounts.remote(self._with_login(entry, identifier, bound, wanted))
            if remote is None:
                completeness = Partial(scope, Text.of("kit.nameless_entry"))
            else:
                objects[identifier] = remote
        missing = sorted(bound - listing.items.keys())
        if len(missing) > _MOST_MISSING:
            completeness = Partial(scope, Text.of("discourse.accounts_missing", count=len(missing)))
        else:
            objects |= self._read_again(missing)
        return Observation(completeness, objects), {}

    def _with_login(self, entry: Entry, identifier: str, bound: set[str], wanted: set[str]) -> Entry:
        """With what stands on the account alone, where it may be somebody's."""
        if self._provider is None or identifier in bound or text(entry, "username").lower() not in wanted:
            return entry
        return {**(self.accounts.found(identifier) or {}), **entry}

    def _read_again(self, missing: list[str]) -> dict[str, Remote]:
        """Who went from a page to the one before it while that was read is missing in the list, and there."""
        found = {account: self.accounts.found(account) for account in missing}
        read = {account: entry for account, entry in found.items() if entry is not None}
        remotes = {account: self.accounts.remote(entry, is_tied=True) for account, entry in read.items()}
        return {account: remote for account, remote in remotes.items() if remote is not None}

    def _observe_only(self, look: ForumLook, sought: tuple[Sought, ...]) -> Observation:
        """One request an account that is tied; else one for the name, one for the address, one for whom it has."""
        objects: dict[str, Remote] = {}
        for one in sought:
            for entry in self._candidates(one):
                remote = self.accounts.remote(entry, is_tied=one.remote_id is not None)
                if remote is not None:
                    objects[remote.remote_id] = remote
                    look.groups_of[remote.remote_id] = self.accounts.groups_in(entry)
        only = frozenset(one.id.key for one in sought)
        return Observation(Complete(Scope(self._target, self.kind, only=only)), objects)

    def _candidates(self, sought: Sought) -> Iterator[Entry]:
        """Whole accounts: with groups, and with the address where a list told it."""
        if sought.remote_id is not None:
            whole = self.accounts.found(sought.remote_id)
            if whole is not None:
                yield whole
            return
        found = [self.accounts.called(self.canonical_name(sought.name)) if sought.name else None]
        found.append(self.accounts.reached_by(sought.email) if sought.email else None)
        for listed in found:
            if listed is not None and is_person(listed):
                yield {**(self.accounts.found(str(listed["id"])) or {}), **listed}

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - there is no room for a mark
        """By its name: nobody had it when the plan was made."""
        entry = self.accounts.called(forum_name(name, self._longest))
        remote = None if entry is None else self.accounts.remote(entry)
        return Absent() if remote is None else Present(remote)

    # --- writing -----------------------------------------------------------------------------------------------

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """A POST an account, with a look before and after it; else a read and a write."""
        for change in batch.of(self.kind):
            match change:
                case Create():
                    yield Staged(Stage.ACCOUNTS, self._create_step(batch, change))
                case Update():
                    step = self._update_step(batch, change)
                    if step is not None:
                        yield Staged(Stage.UPDATES, step)
                case Suspend() | Resume():
                    yield Staged(Stage.SWITCHES, self._switch_step(batch, change))
                case Erase():
                    effects = Effects(fields={"name": self.canonical_name(change.name)}, erased=True)
                    step = _step(batch, change, ERASE, change.remote_id, {}, effects, requests=2)
                    yield Staged(Stage.ERASURES, step)

    def _create_step(self, batch: Batch, change: Create) -> Step:
        wanted = change.wanted
        fields = {name: canonical(name, value) for name, value in wanted.fields.items() if name in self.fields}
        name = forum_name(wanted.name, self._longest)
        return Step(
            target=change.target,
            operation=CREATE,
            id=change.id,
            name=name,
            changes=(batch.digest(change),),
            payload={"username": name, "fields": cast(Json, fields)},
            effects=Effects(fields={**fields, "name": name}),
            cost=Cost(3, 1 if self._client.settings.welcomes else 0, {REQUESTS: 3}),
        )

    def _update_step(self, batch: Batch, change: Update) -> Step | None:
        after = {name: canonical(name, value) for name, value in change.after.items() if name in _WRITTEN}
        if not after:
            return None
        expects = known(change.before, _WRITTEN)
        payload = {"fields": cast(Json, after)}
        return _step(batch, change, UPDATE, change.remote_id, payload, Effects(fields=after), expects)

    def _switch_step(self, batch: Batch, change: Suspend | Resume) -> Step:
        """Groups are left first, whether that works or not."""
        suspends = isinstance(change, Suspend)
        left = tuple(dict.fromkeys(one.id for one in batch.leaves_of(change.id) if isinstance(one, Leave)))
        return _step(
            batch,
            change,
            SUSPEND if suspends else RESUME,
            change.remote_id,
            {},
            Effects(fields={"enabled": not suspends}),
            {"enabled": suspends},
            after=left if suspends else (),
        )

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The account itself. What is to be made nameless and is gone, is."""
        entry = self.accounts.found(located(step, resolve))
        remote = None if entry is None else self.accounts.remote(entry)
        if step.operation == ERASE:
            if entry is not None and (entry.get("admin") is True or entry.get("moderator") is True):
                raise Permanent(Text.of("discourse.never_erased", name=step.name))
            return Verified(remote)
        return held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.operation == CREATE:
            return self._create(step)
        account = located(step, resolve)
        remote = None if verified is None else verified.remote
        path = f"/admin/users/{segment(account, PRODUCT)}"
        if step.operation == ERASE:
            if remote is None:
                return Done(account, note=Text.of("kit.erased_already", name=step.name, product=PRODUCT))
            self._client.write("PUT", f"{path}/anonymize.json", {})
        elif step.operation == SUSPEND:
            # No message: it would be mailed. The reason is shown to whoever tries to log in.
            body = {"suspend_until": FOREVER, "reason": "re@di"}
            try:
                self._client.write("PUT", f"{path}/suspend.json", body)
            except Refusal as refusal:
                if refusal.status != 409:  # 409: is suspended already
                    raise
        elif step.operation == RESUME:
            self._client.write("PUT", f"{path}/unsuspend.json", {})
        elif remote is not None:
            fields = cast(Mapping[str, Value], step.payload["fields"])
            name = fields.get("display_name") or ""
            self._client.write("PUT", f"/u/{segment(remote.name, PRODUCT)}.json", {"name": name})
        return Done(account, account)

    def _create(self, step: Step) -> Done:
        """Look whose login it is, make it, and see what came of it: a 200 alone says nothing."""
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        username, email, login = text_of(step, "username"), fields.get("email"), fields.get("login_id")
        wrong = self.objection(username)
        if wrong is not None:
            raise Permanent(wrong)
        if not isinstance(email, str):
            raise Permanent(Text.of("discourse.no_address", name=step.name))
        body: dict[str, object] = {
            "username": username,
            "email": email,
            "name": fields.get("display_name") or "",
            # Nobody is to know it: who is tied to a login needs none, and all others set their own.
            "password": secrets.token_urlsafe(32),
            "active": True,
            "approved": True,
        }
        if self._provider is not None:
            if not isinstance(login, str) or not login:
                raise Permanent(Text.of("discourse.no_login", name=step.name))
            theirs = self.accounts.with_login(login)
            if theirs is not None:
                made = str(theirs["id"])
                return Done(made, made, note=Text.of("discourse.had_account", name=text(theirs, "username")))
            body["external_ids"] = {self._provider: login}
        creating(lambda: self._client.write("POST", "/users.json", body), step.name)
        entry = creating(lambda: self._made(username, login), step.name)
        if entry is None:  # said to be done, and nothing there: somebody has the address, and the site tells nobody
            raise Permanent(Text.of("discourse.address_taken", name=step.name))
        if text(entry, "username").lower() != username.lower():
            raise perhaps_created(step.name, "another username")
        return Done(str(entry["id"]), str(entry["id"]))

    def _made(self, username: str, login: Value) -> Entry | None:
        """Read again: where a site hides which addresses it knows, no answer tells an id (users_controller.rb)."""
        if self._provider is None or not isinstance(login, str):
            return self.accounts.called(username)
        return self.accounts.with_login(login)


def _step(
    batch: Batch,
    change: Update | Suspend | Resume | Erase,
    operation: str,
    remote_id: str,
    payload: dict[str, Json],
    effects: Effects,
    expects: Mapping[FieldName, Value] | None = None,
    *,
    after: tuple[ResourceId, ...] = (),
    requests: int = 2,
) -> Step:
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=change.name,
        changes=(batch.digest(change),),
        remote_id=remote_id,
        payload=payload,
        after=after,
        effects=effects,
        expects={} if expects is None else expects,
        cost=Cost(requests, limited={REQUESTS: requests}),
    )
