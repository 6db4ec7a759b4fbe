"""Writes of accounts: nobody is mailed, and nobody's login taken.

A tie can only be given with the account (``external_ids`` of POST /users.json): there is no request that adds it later.
And the server moves one that somebody else has, without a word (users_controller.rb, read): so we look first.
"""

import secrets
from typing import Final

from connectors.discourse.accounts import steps
from connectors.discourse.accounts.reading import Accounts
from connectors.discourse.client import PRODUCT, Client
from connectors.discourse.names import objection
from connectors.kit.batch import text_of
from connectors.kit.client import Entry, Refusal, segment, text
from connectors.kit.outcomes import creating, perhaps_created
from connectors.kit.rooms import erased_already
from connectors.kit.steps import fields_of
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Remote
from provisioner.model.resources import Value
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

FOREVER: Final = "3020-01-01T00:00:00.000Z"
"""Until when somebody is suspended: the server takes a date alone."""


class Writer:
    """Writes to accounts of one forum."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    def create(self, step: Step) -> Done:
        """Look whose login it is, make it, and see what came of it: a 200 alone says nothing."""
        fields = fields_of(step)
        username, email, login = text_of(step, "username"), fields.get("email"), fields.get("login_id")
        wrong = objection(username, self._client.settings.longest_name, user=True)
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
        if self._accounts.provider is not None:
            if not isinstance(login, str) or not login:
                raise Permanent(Text.of("discourse.no_login", name=step.name))
            theirs = self._accounts.with_login(login)
            if theirs is not None:
                made = str(theirs["id"])
                return Done(made, made, note=Text.of("discourse.had_account", name=text(theirs, "username")))
            body["external_ids"] = {self._accounts.provider: login}
        creating(lambda: self._client.write("POST", "/users.json", body), step.name)
        entry = creating(lambda: self._made(username, login), step.name)
        if entry is None:  # said to be done, and nothing there: somebody has the address, and the site tells nobody
            raise Permanent(Text.of("discourse.address_taken", name=step.name))
        if text(entry, "username").lower() != username.lower():
            raise perhaps_created(step.name, "another username")
        return Done(str(entry["id"]), str(entry["id"]))

    def _made(self, username: str, login: Value) -> Entry | None:
        """Read again: where a site hides which addresses it knows, no answer tells an id (users_controller.rb)."""
        if self._accounts.provider is None or not isinstance(login, str):
            return self._accounts.called(username)
        return self._accounts.with_login(login)

    def write(self, step: Step, account: str, seen: Remote | None) -> Done:
        """One write to an account that was ``seen`` a moment ago; None: it is gone, which is well for an erasure."""
        path = f"/admin/users/{segment(account, PRODUCT)}"
        match step.operation:
            case steps.ERASE if seen is None:
                return erased_already(step, PRODUCT)
            case steps.ERASE:
                self._client.write("PUT", f"{path}/anonymize.json", {})
            case steps.SUSPEND:
                self._suspend(path)
            case steps.RESUME:
                self._client.write("PUT", f"{path}/unsuspend.json", {})
            case steps.UPDATE if seen is not None:
                body = {"name": fields_of(step).get("display_name") or ""}
                self._client.write("PUT", f"/u/{segment(seen.name, PRODUCT)}.json", body)
        return Done(account, account)

    def _suspend(self, path: str) -> None:
        """Without a message, which would be mailed. The reason is shown to whoever tries to log in."""
        try:
            self._client.write("PUT", f"{path}/suspend.json", {"suspend_until": FOREVER, "reason": "re@di"})
        except Refusal as refusal:
            if refusal.status != 409:  # 409: is suspended already
                raise
