"""Writes of accounts: by our companion plugin where it is there, else by the forum's own API."""

from collections.abc import Mapping

from connectors.kit.batch import text_of
from connectors.kit.steps import fields_of
from connectors.nodebb.accounts import steps
from connectors.nodebb.accounts.reading import Accounts, ties_path
from connectors.nodebb.client import Client, Refusal, number_of, part, text
from provisioner.model.errors import NotAllowed, Permanent, TargetError
from provisioner.model.resources import FieldName, Value
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

REASON = "re@di"
"""What a suspended person is told."""


class Writer:
    """Writes to accounts of one forum."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts
        self._companion = "" if accounts.provider is None else ties_path(accounts.provider)

    def write(self, step: Step, uid: str) -> Done:
        """One write to an account that is there."""
        note, fields = None, fields_of(step)
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
                self._client.change("DELETE", f"/users/{part(uid)}/account")
        return Done(uid, uid, note=note)

    def create(self, step: Step) -> Done:
        """One write; without the companion a second one takes back what has another name."""
        fields = fields_of(step)
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
