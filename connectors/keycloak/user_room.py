"""Accounts as a room of the connector."""

from collections.abc import Iterator

from connectors.keycloak import user_steps as steps
from connectors.keycloak import users
from connectors.keycloak.client import Client, segment
from connectors.keycloak.group_reading import Groups
from connectors.keycloak.listing import Item, identifier_of
from connectors.keycloak.memberships import LEAVES
from connectors.keycloak.room import Look
from connectors.keycloak.settings import PRODUCT
from connectors.keycloak.user_reading import Users
from connectors.kit.answers import Refusal
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, Rosters, Stage, Staged, erased_already, held_against
from connectors.kit.steps import fields_of
from provisioner.model.changes import Create, Erase, Resume, Suspend, Update
from provisioner.model.errors import Permanent, TargetError, Uncertain
from provisioner.model.inventory import Absent, Observation, Present, Reading, Unreadable
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Seats, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class UserRoom(Room[Look]):
    """An account is made with its fields, its link and its groups in one POST."""

    kind = Kind.ACCOUNT
    fields = users.FIELDS
    operations = frozenset({steps.CREATE, steps.UPDATE, steps.LINK, steps.ERASE})
    sharing = operations | LEAVES

    def __init__(self, client: Client, target: str, groups: Groups) -> None:
        self._client = client
        self._groups = groups
        self.reader = Users(client, target)
        self._fresh: Item | None = None
        """What `verify` just read, for the `perform` that follows it."""
        self._names_are_ours: bool | None = None

    def objection(self, name: str) -> Text | None:
        """Why the server would refuse this username."""
        return users.objection(name)

    def canonical_name(self, name: str) -> str:
        """The server puts usernames in lower case (observed)."""
        return name.lower()

    def canonical(self, field: FieldName, value: Value) -> Value:
        """The form in which a value comes back."""
        return users.canonical(field, value)

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - its page is nobody's business
        """What other systems learn of an account: the claim "sub"."""
        return remote_id

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All accounts, or the few that are sought."""
        if look.interest.only is not None:
            return self.reader.observe_only(look.bearer, look.sought(self.kind)), {}
        expected = any(kind is self.kind for kind, _ in look.interest.bound)
        return self.reader.observe(look.bearer, expected), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One POST for a new account, one PUT for all that differs, one POST for a link."""
        existing: dict[ResourceId, list[Update | Suspend | Resume]] = {}
        for change in batch.of(self.kind):
            if isinstance(change, Create):
                joins = [join for join in batch.joins_of(change.id) if join.id.kind is Kind.GROUP]
                yield Staged(Stage.ACCOUNTS, steps.create_step(batch, change, joins))
            elif isinstance(change, Update | Suspend | Resume):
                existing.setdefault(change.id, []).append(change)
                for step in steps.link_step(batch, change) if isinstance(change, Update) else ():
                    yield Staged(Stage.LINKS, step)
            elif isinstance(change, Erase):
                yield Staged(Stage.ERASURES, steps.erase_step(batch, change))
        for theirs in existing.values():
            for step in steps.change_step(batch, theirs):
                yield Staged(Stage.SWITCHES if step.effects.fields.get("enabled") is False else Stage.UPDATES, step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One account, read afresh. Raises `Permanent` rather than let administrators or ourselves be erased."""
        item = self.reader.read(located(step, resolve))
        self._fresh = item
        remote = None if item is None else self.reader.remote(item)
        if step.operation != steps.ERASE:
            return held_against(step, remote, PRODUCT)
        if item is not None and self._is_untouchable(item):
            raise Permanent(Text.of("keycloak.never_erased", name=step.name))
        return Verified(remote)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; before a link one read more, and an account's groups with a slash in their names are joined."""
        fresh, self._fresh = self._fresh, None
        if step.operation == steps.CREATE:
            return self._create(step, resolve)
        if verified is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        identifier = located(step, resolve)
        if step.operation == steps.ERASE:
            if verified.remote is None:
                return erased_already(step, PRODUCT)
            self._client.write("DELETE", f"/users/{segment(identifier)}")
            return Done(identifier, identifier)
        if fresh is None or identifier_of(fresh) != identifier:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        if step.operation == steps.UPDATE:
            self._client.write("PUT", f"/users/{segment(identifier)}", steps.updated(step, fresh))
            return Done(identifier, identifier)
        return self._link(step, identifier, fresh)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By its mark, then by its name. What has the name and another mark, or could have ours, is not ours."""
        found = self.reader.marked(marker_of(identity))
        if len(found) > 1:
            return Unreadable(Text.of("keycloak.marked_twice", name=name))
        named = found or self.reader.named(name)
        if not named:
            return Absent()
        remote = self.reader.remote(named[0])
        if not found and (remote.marker or self.reader.evidence.kept().marker):
            return Unreadable(Text.of("keycloak.not_ours", name=name))
        groups = self.reader.groups_of(remote.remote_id)
        return Present(remote, None if groups is None else frozenset(groups))

    def forget(self) -> None:
        """Drop what was read for a step."""
        self._fresh = None

    def _create(self, step: Step, resolve: Resolve) -> Done:
        """POST. Groups go along by their paths, which the server resolves; with a slash in a name it may find another.

        Raises `OutcomeUnknown` unless the answer proves that nothing was made.
        """
        self._demand_own_names()
        link = fields_of(step).get("login_link")
        if isinstance(link, str):
            self._demand_free(*steps.split_link(link), step.name)
        groups = {group: resolve(group) for group in step.refers}
        names = {group: self._groups.name_of(remote_id) for group, remote_id in groups.items()}
        paths = [f"/{self._client.settings.parent_group}/{name}" for name in names.values() if "/" not in name]
        body = steps.created(step, paths)
        made = self._client.create("/users", body, step.name).made
        missed: list[Edge] = []
        for group, name in names.items():
            if "/" in name:
                try:
                    self._client.write("PUT", f"/users/{segment(made)}/groups/{segment(groups[group])}")
                except TargetError:
                    missed.append(Edge(Seats(group), step.id.key))
        note = Text.of("keycloak.joins_missed", name=step.name, count=len(missed)) if missed else None
        return Done(made, made, note=note, missed=tuple(missed))

    def _link(self, step: Step, identifier: str, fresh: Item) -> Done:
        """POST of a link. One that is there already is never changed."""
        alias, foreign_id = steps.split_link(text_of(step, "link"))
        there = _link_in(fresh, alias)
        if there == foreign_id:
            return Done(identifier, identifier)
        if there is not None:
            raise Permanent(Text.of("keycloak.linked_otherwise", name=step.name, alias=alias))
        self._demand_free(alias, foreign_id, step.name, but=identifier)
        path = f"/users/{segment(identifier)}/federated-identity/{segment(alias)}"
        try:
            self._client.write("POST", path, steps.linked(alias, foreign_id, str(fresh.get("username") or "")))
        except Refusal as refusal:
            if refusal.status != 409:
                raise
            # Of a provider that does not exist (yet) a link is kept, but shown nowhere except to a search (observed).
            if any(identifier_of(one) == identifier for one in self.reader.linked(alias, foreign_id)):
                return Done(identifier, identifier)
            raise Permanent(
                Text.of("keycloak.linked_otherwise", name=step.name, alias=alias), refusal.detail
            ) from refusal
        return Done(identifier, identifier)

    def _demand_free(self, alias: str, foreign_id: str, name: str, but: str = "") -> None:
        """Raise `Permanent` where another account logs in with this one already: the server would allow both."""
        others = [one for one in self.reader.linked(alias, foreign_id) if identifier_of(one) != but]
        if others:
            who = str(others[0].get("username") or "")
            raise Permanent(Text.of("keycloak.link_taken", name=name, alias=alias, other=who))

    def _demand_own_names(self) -> None:
        """Raise `Permanent` where the realm makes usernames of addresses: it would not take ours (observed)."""
        if self._names_are_ours is None:
            realm = self._client.entry("")
            self._names_are_ours = realm.get("registrationEmailAsUsername") is not True
        if not self._names_are_ours:
            raise Permanent(Text.of("keycloak.email_as_username", realm=self._client.settings.realm))

    def _is_untouchable(self, item: Item) -> bool:
        own = self._client.who().subject
        identifier = identifier_of(item)
        # Nothing but its name tells a service account (observed: serviceAccountClientId is not shown).
        if identifier == own or str(item.get("username") or "").startswith(users.SERVICE):
            return True
        return self.reader.administers(identifier, own)


def _link_in(item: Item, alias: str) -> str | None:
    """The id at this identity provider that an account, read alone, is linked to."""
    links = item.get("federatedIdentities")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("identityProvider") == alias:
            found = link.get("userId")
            return found if isinstance(found, str) else ""
    return None
