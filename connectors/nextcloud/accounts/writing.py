"""Accounts: performing the steps. What the server limits to 50 in 600 s is counted before each write."""

import secrets
from collections.abc import Mapping
from typing import Final

from connectors.kit.batch import text_of
from connectors.kit.outcomes import perhaps_created
from connectors.nextcloud.accounts.shape import LOCAL_BACKEND
from connectors.nextcloud.accounts.steps import EDIT_BUCKET, PUT_BUCKET
from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, segment
from connectors.nextcloud.outcomes import creating
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import NotAllowed, OutcomeUnknown, RateLimited, TargetError
from provisioner.model.ports import Ledger, Resolve
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

NOT_CREATED: Final = frozenset({102, 103, 104, 105, 106, 107, 108, 109, 110})
"""OCS codes after which a POST has certainly made nothing (observed and read): name taken, sub-admin of admin,
unknown group, a group that is not ours to give, no group given, weak password, neither password nor e-mail, unknown
sub-admin group, no e-mail where one is required.
101 is not among them: the same code says "bad characters" and "bad quota, but the account exists now"."""


class AccountWriter:
    """Performs the steps. Asks the ledger before each write that the server counts."""

    def __init__(self, client: Client, settings: NextcloudSettings, ledger: Ledger) -> None:
        self._client = client
        self._settings = settings
        self._ledger = ledger

    def create(self, step: Step, resolve: Resolve) -> Done:
        """POST. The password exists only in this call: nowhere else, in no journal and no log."""
        name = text_of(step, "userid")
        body: dict[str, object] = {
            key: text_of(step, key)
            for key in ("userid", "displayName", "email", "quota", "language")
            if key in step.payload
        }
        body["groups"] = [resolve(group) for group in step.refers]
        if not step.payload.get("mail_password"):
            body["password"] = first_password()
        data = creating(lambda: self._client.write("POST", f"{CLOUD}/users", body), name, NOT_CREATED)
        made = data.get("id") if isinstance(data, dict) else None
        if made is None or str(made) != name:
            raise perhaps_created(name, "")
        if step.payload.get("enabled") is False:
            self.disable_at_once(name)
        return Done(name, fingerprint=LOCAL_BACKEND)

    def patch(self, step: Step) -> Done:
        """PATCH of all fields at once; checked by the server before any is applied (422 names the fields)."""
        self.edit(step.remote_id or "", step.name, "PATCH", dict(step.payload))
        return Done(step.remote_id or "")

    def put(self, step: Step) -> Done:
        """PUT of one field."""
        for key, value in step.payload.items():
            self.edit(step.remote_id or "", step.name, "PUT", {"key": key, "value": value})
        return Done(step.remote_id or "")

    def switch(self, step: Step, word: str) -> Done:
        """PUT …/enable or …/disable: idempotent, without a body, not limited."""
        identifier = step.remote_id or ""
        self._client.write("PUT", f"{CLOUD}/users/{segment(identifier)}/{word}")
        return Done(identifier)

    def leave_note(self, own_id: str, note: str) -> None:
        """PUT of our own account's "role", which is room for a note: nobody logs in with that account."""
        self.edit(own_id, own_id, "PUT", {"key": "role", "value": note})

    def edit(self, identifier: str, name: str, method: str, body: Mapping[str, object]) -> None:
        """One write of those that the server counts."""
        limit, window = self._settings.edit_limit, self._settings.edit_window
        bucket = EDIT_BUCKET if method == "PATCH" else PUT_BUCKET
        self._ledger.acquire(bucket, limit, window)
        try:
            self._client.write(method, f"{CLOUD}/users/{segment(identifier)}", body)
        except RateLimited:
            self._ledger.exhausted(bucket, limit, window)
            raise
        except NotAllowed as refused:
            if "edit this user" not in refused.detail:
                raise
            # Only this account is closed to us (it is in the group "admin"); our rights are as they were.
            raise OcsRefusal(Text.of("nextcloud.not_ours_to_edit", name=name), refused.detail, 403, 403) from refused

    def disable_at_once(self, name: str) -> None:
        """Right after its creation: nobody is to log in with it in between."""
        try:
            self._client.write("PUT", f"{CLOUD}/users/{segment(name)}/disable")
        except TargetError as error:
            raise OutcomeUnknown(Text.of("nextcloud.created_not_suspended", name=name), error.detail) from error


def first_password() -> str:
    """A password that nobody will ever know: 32 random bytes, with the characters that password policies ask for."""
    return f"{secrets.token_urlsafe(32)}-aZ7"
