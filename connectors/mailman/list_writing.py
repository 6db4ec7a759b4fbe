"""Writing lists: silently. Nobody is welcomed, and nobody is told that they were taken off (observed)."""

from collections.abc import Mapping, Sequence
from typing import cast

from connectors.kit.answers import Entry, Refusal, text
from connectors.kit.batch import text_of
from connectors.mailman.account_reading import AccountReader
from connectors.mailman.client import Client, segment, user_of
from connectors.mailman.list_reading import ListReader
from connectors.mailman.lists import BEGINNINGS, STYLE, objection, settings_for
from provisioner.model.errors import Permanent, TargetError
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

_MEMBER = "member"


class ListWriter:
    """Performs the steps."""

    def __init__(self, client: Client, reader: ListReader, accounts: AccountReader) -> None:
        self._client = client
        self._reader = reader
        self._accounts = accounts
        self._domain = client.settings.domain

    def create(self, step: Step) -> Done:
        """POST of the address, which is all that it takes; the rest is `set`."""
        name = text_of(step, "name")
        why = objection(name)
        if why is not None:
            raise Permanent(why)
        body: dict[str, object] = {"fqdn_listname": f"{name}@{self._domain}"}
        if STYLE in self._reader.styles():
            body["style_name"] = STYLE
        made = self._client.create("/lists", body, name).made
        try:
            remote = self._reader.read(made)
        except TargetError:
            remote = None  # it is there all the same; without a fingerprint nothing would tell it from a later one
        return Done(made, "" if remote is None else remote.fingerprint)

    def set(self, step: Step, list_id: str) -> Done:
        """PATCH of the fields; with ``begins`` also of what a list begins with, and our mark."""
        fields = cast(Mapping[FieldName, Value], step.payload["fields"])
        spoken = self._reader.languages() if fields.get("language") else frozenset[str]()
        body = settings_for(fields, spoken)
        if step.payload.get("begins") is True:
            body = {**BEGINNINGS, "info": marker_of(step.id), **body}
        if body:
            self._client.write("PATCH", f"/lists/{segment(list_id)}/config", body)
        return Done(list_id)

    def subscribe(self, step: Step, list_id: str, resolve: Resolve) -> Done:
        """POST of one person. Who is on it already stays so; whose own request waits there no longer has to wait.

        A refusal does not mean that nothing happened: with a welcome that can't be fetched Mailman answers 400 and
        has subscribed (observed). So it is looked for, whatever was said.
        """
        user, role = resolve(step.refers[0]), text_of(step, "role")
        email = self._accounts.email_of(user)
        if not email:
            raise Permanent(Text.of("mailman.no_address", name=step.name))
        body: dict[str, object] = {"list_id": list_id, "subscriber": email, "role": role}
        if role == _MEMBER:
            body |= {"pre_verified": True, "pre_confirmed": True, "pre_approved": True, "send_welcome_message": False}
        try:
            self._post(body, list_id, step.name)
        except Refusal:
            if self._is_in(list_id, role, email, user):
                return Done(list_id)
            if not self._withdraw(list_id, email):
                raise
            self._post(body, list_id, step.name)
        return Done(list_id)

    def unsubscribe(self, step: Step, list_id: str, entries: Sequence[Entry], resolve: Resolve) -> Done:
        """Those who were just seen there go; ``entries``: of all who are in this role."""
        keys = cast(Sequence[str], step.payload["members"])
        users = {resolve(ResourceId(Kind.ACCOUNT, key)) for key in keys}
        going = [entry for entry in entries if user_of(entry) in users]
        if text_of(step, "role") == _MEMBER:
            emails = sorted({text(entry, "email") for entry in going})
            if emails:
                self._client.write("DELETE", f"/lists/{segment(list_id)}/roster/member", {"emails": emails})
            return Done(list_id)
        for entry in going:
            self._delete(f"/members/{segment(text(entry, 'member_id'))}")
        return Done(list_id)

    def erase(self, list_id: str) -> Done:
        """DELETE of the list. What was written on it stays on the server's disk."""
        self._delete(f"/lists/{segment(list_id)}")
        return Done(list_id, note=Text.of("mailman.archive_stays", list=list_id))

    def _post(self, body: Mapping[str, object], list_id: str, name: str) -> None:
        made = self._client.write("POST", "/members", body)
        if made.status == 202:  # somebody has to agree, although we said that all did
            self._withdraw(list_id, str(body["subscriber"]))
            raise Permanent(Text.of("mailman.not_subscribed", name=name))

    def _is_in(self, list_id: str, role: str, email: str, user: str) -> bool:
        try:
            entry = self._client.entry(f"/lists/{segment(list_id)}/{role}/{segment(email)}")
        except Refusal as refusal:
            if refusal.status == 404:
                return False
            raise
        return user_of(entry) == user

    def _withdraw(self, list_id: str, email: str) -> bool:
        """Take back whatever request to subscribe waits there for this address; nobody is told (observed)."""
        path = f"/lists/{segment(list_id)}/requests"
        waiting = [one for one in self._client.pages(path, "token").entries if text(one, "email").lower() == email]
        for one in waiting:
            self._client.write("POST", f"{path}/{segment(text(one, 'token'))}", {"action": "discard"})
        return bool(waiting)

    def _delete(self, path: str) -> None:
        """What Mailman itself says is gone already is done."""
        try:
            self._client.write("DELETE", path)
        except Refusal as refusal:
            if refusal.status != 404 or not refusal.words:
                raise
