"""Accounts as a room of the connector."""

from collections.abc import Iterator, Mapping
from typing import cast

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Look, Room, Rosters, Staged, erased_already, held_against
from connectors.nodebb import account_steps as steps
from connectors.nodebb import accounts
from connectors.nodebb.account_reading import Accounts, ties_path
from connectors.nodebb.client import Client, Refusal, number_of, part, text
from connectors.nodebb.slugs import slug
from provisioner.model.errors import NotAllowed, Permanent, TargetError
from provisioner.model.inventory import Absent, Complete, Observation, Present, Reading, Scope
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

REASON = "re@di"
"""What a suspended person is told."""


class AccountRoom(Room[Look]):
    """Made by our companion plugin where it is there, else by the forum's own API."""

    kind = Kind.ACCOUNT
    operations = steps.OPERATIONS

    def __init__(self, client: Client, target: str) -> None:
        self._client = client
        self._target = target
        self._accounts = Accounts(client, target)
        self._companion = "" if self._accounts.provider is None else ties_path(self._accounts.provider)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """More of them with the companion."""
        return accounts.FIELDS if self._companion else accounts.PLAIN_FIELDS

    def objection(self, name: str) -> Text | None:
        """Why no account of this name is made."""
        return accounts.objection(name)

    def canonical_name(self, name: str) -> str:
        """Two names with one slug are one: the second is given a suffix (observed)."""
        return slug(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """See `connectors.nodebb.accounts`."""
        return accounts.canonical(field, value)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """Everybody, or the few that are sought."""
        if look.interest.only is None:
            return self._accounts.observe(), {}
        sought = look.sought(self.kind)
        if not sought:
            return Observation(Complete(Scope(self._target, self.kind, only=frozenset()))), {}
        return self._accounts.observe_few(sought), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nodebb.account_steps`."""
        writable = frozenset(self.fields) - {"name"}
        return steps.Compiler(batch, writable, companion=bool(self._companion)).steps()

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """One account, read afresh. Raises `Permanent` rather than let our own be erased; the server keeps chiefs."""
        uid = located(step, resolve)
        if step.operation == steps.ERASE and uid == number_of(self._client.page("/self")):
            raise Permanent(Text.of("nodebb.never_erased", name=step.name))
        remote = self._accounts.read(uid)
        return Verified(remote) if step.operation == steps.ERASE else held_against(step, remote, Client.product)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write; of a creation without the companion a second one takes back what has another name."""
        if step.operation == steps.CREATE:
            return self._create(step)
        uid, note = located(step, resolve), None
        fields = cast(Mapping[FieldName, Value], step.payload.get("fields") or {})
        match step.operation:
            case steps.SETTLE:
                self._settle(uid, {_COMPANIONS[name]: value or "" for name, value in fields.items()}, step.name)
            case steps.NAME:
                self._client.change("PUT", f"/users/{part(uid)}", {"fullname": fields["display_name"] or ""})
            case steps.SUSPEND if self._companion:
                self._settle(uid, {"enabled": False}, step.name)
            case steps.SUSPEND:
                self._client.change("PUT", f"/users/{part(uid)}/ban", {"reason": REASON})
            case steps.RESUME:
                self._client.change("DELETE", f"/users/{part(uid)}/ban")
            case steps.CONFIRM:
                note = self._confirm(uid, step)
            case steps.ERASE:
                if verified is not None and verified.remote is None:
                    return erased_already(step, Client.product)
                self._client.change("DELETE", f"/users/{part(uid)}/account")
        return Done(uid, uid, note=note)

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - accounts have no room for a mark
        """By exactly this username: one with a suffix is somebody else."""
        remote = self._accounts.named(name)
        return Absent() if remote is None else Present(remote)

    # --- writing -----------------------------------------------------------------------------------------------

    def _create(self, step: Step) -> Done:
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        body = {
            "username": text_of(step, "username"),
            "fullname": fields.get("display_name") or "",
            "email": fields.get("email") or "",
        }
        uid = self._made(step, body, fields) if self._companion else self._made_plainly(step, body)
        return Done(uid, uid)

    def _made(self, step: Step, body: Mapping[str, object], fields: Mapping[FieldName, Value]) -> str:
        """By the companion: the name as it is, or not at all."""
        wish = {**body, "id": fields.get("login_id") or ""}
        try:
            made = self._client.make(f"{self._companion}/users", wish, step.name)
        except Refusal as refusal:
            raise _refused(refusal, step.name) from refusal
        return number_of(made)

    def _made_plainly(self, step: Step, body: Mapping[str, object]) -> str:
        """By the forum's own API, which would take an address that waits, and give another name than was asked for."""
        email, username = str(body["email"]), str(body["username"])
        if email and self._accounts.with_address(email) is not None:
            raise Permanent(Text.of("nodebb.email_taken", name=step.name))
        if self._accounts.named(username) is not None:
            raise Permanent(Text.of("nodebb.name_taken", name=step.name))
        made = self._client.make("/users", {name: value for name, value in body.items() if value}, step.name)
        uid = number_of(made)
        if text(made, "username") != username:
            # Somebody else, a group or a category has the name: this one was made a moment ago, and is nobody's.
            self._client.change("DELETE", f"/users/{part(uid)}/account")
            raise Permanent(Text.of("nodebb.name_taken", name=step.name))
        return uid

    def _confirm(self, uid: str, step: Step) -> Text | None:
        """A server that sends no mails for it did not keep the address at all (read in its source)."""
        try:
            self._client.change("POST", f"/users/{part(uid)}/emails/{part(text_of(step, 'email'))}/confirm")
        except Refusal as refusal:
            if refusal.status != 404:
                raise
            return Text.of("nodebb.address_not_kept", name=step.name)
        return None

    def _settle(self, uid: str, body: Mapping[str, object], name: str) -> None:
        try:
            self._client.change("PUT", f"{self._companion}/users/{part(uid)}", body)
        except NotAllowed as error:  # of this account: it must not end the run for others
            raise Permanent(Text.of("nodebb.administrator_stays", name=name), error.detail) from error
        except Refusal as refusal:
            raise _refused(refusal, name) from refusal


_COMPANIONS: Mapping[FieldName, str] = {"email": "email", "login_id": "id"}
_TAKEN = {
    "username-taken": "nodebb.name_taken",
    "email-taken": "nodebb.email_taken",
    "login-taken": "nodebb.login_taken",
    "tied-otherwise": "nodebb.tied_otherwise",
}


def _refused(refusal: Refusal, name: str) -> TargetError:
    """The companion's refusals in our words."""
    code = _TAKEN.get(refusal.words)
    return refusal if code is None else Permanent(Text.of(code, name=name), refusal.detail)
