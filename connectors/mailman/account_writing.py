"""Writing users: a new one, another name, another address."""

from collections.abc import Mapping

from connectors.kit.answers import Entry, Refusal, text
from connectors.kit.batch import text_of
from connectors.mailman.account_reading import AccountReader
from connectors.mailman.accounts import MOVING, Account, Address, objection
from connectors.mailman.client import Client, segment
from provisioner.model.errors import Permanent
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text


class AccountWriter:
    """Performs the steps. Nobody is told of any of these writes (observed)."""

    def __init__(self, client: Client, reader: AccountReader) -> None:
        self._client = client
        self._reader = reader

    def create(self, step: Step) -> Done:
        """POST of a user with its address. An address that is somebody's already is refused, never merged."""
        email, shown = text_of(step, "email"), text_of(step, "display_name")
        self._demand_usable(email)
        known = self._reader.address(email)
        if known is not None and known.user:
            raise Permanent(Text.of("mailman.address_taken", email=email, user=known.user))
        body = {"email": email, "display_name": shown}
        try:
            made = self._client.create("/users", body, email)
        except Refusal as refusal:
            if refusal.status == 400 and (other := self._reader.address(email)) is not None and other.user:
                raise Permanent(Text.of("mailman.address_taken", email=email, user=other.user)) from refusal
            raise
        if known is not None and known.shown != shown:
            self._show_address(email, shown)  # somebody wrote to a list with it: it was there before its user
        self._reader.remember(Account(made.made, (Address(email, shown, "", False, made.made),)))
        return Done(made.made, made.made)

    def update(self, step: Step, account: Account) -> Done:
        """Another name, another address, or both; ``account`` was read right before."""
        email, shown, primary = text_of(step, "email"), text_of(step, "display_name"), account.primary
        self._reader.forget(account.id)
        if email and (primary is None or primary.email != email):
            self._move(account, primary, email, shown)
        elif primary is not None and shown:
            self._show_user(account.id, shown)
            self._show_address(primary.email, shown)
        return Done(account.id, account.id)

    def erase(self, step: Step) -> Done:
        """DELETE of a user with all addresses and memberships, in whatever domain."""
        user = step.remote_id or ""
        self._reader.forget(user)
        self._client.write("DELETE", f"/users/{segment(user)}")
        return Done(user)

    def _move(self, account: Account, old: Address | None, email: str, shown: str) -> None:
        """From one address to another, memberships and all; may be cut short anywhere and done again.

        The old one is marked first and deleted last, and as long as it is marked it is the one that is meant.
        Deleting an address ends the memberships that still hang on it (observed), so they go before.
        """
        self._demand_usable(email)
        known = self._reader.address(email)
        if known is not None and known.user not in ("", account.id):
            raise Permanent(Text.of("mailman.address_taken", email=email, user=known.user))
        shown = shown or self._name_of(account, old)
        if old is not None and old.shown != MOVING:
            self._show_user(account.id, shown)
            self._show_address(old.email, MOVING)
        try:
            self._link(account, known, email, shown)
        except Refusal:
            if old is not None:
                self._show_address(old.email, shown)
            raise
        if old is None:
            return
        follows = self._take_along(old.email, email)
        others = any(one.email not in (old.email, email) for one in account.addresses)
        if follows or others or account.preferred:
            self._client.write("POST", f"/users/{segment(account.id)}/preferred_address", {"email": email})
        self._client.write("DELETE", f"/addresses/{segment(old.email)}")

    def _link(self, account: Account, known: Address | None, email: str, shown: str) -> None:
        if known is None or not known.user:
            body = {"email": email, "display_name": shown}
            self._client.write("POST", f"/users/{segment(account.id)}/addresses", body)
        if known is not None and known.shown != shown:
            self._show_address(email, shown)
        if known is None or not known.verified:
            self._client.write("POST", f"/addresses/{segment(email)}/verify", {})

    def _take_along(self, old: str, new: str) -> bool:
        """Memberships of one address to another one. True: some follow the preferred address by themselves.

        Where the new one is already in the same list and role, the old membership goes with its address: Mailman would
        make two that it then can't tell apart. Where the list no longer wrote to the old one because mail came back, it
        writes to the new one: by itself Mailman would not (observed).
        """
        there = {_seat(entry) for entry in self._memberships(new)}
        ailing = {text(entry, "member_id") for entry in self._memberships(old, delivery_status="by_bounces")}
        follows = False
        for entry in self._memberships(old):
            member = text(entry, "member_id")
            if member in ailing:
                enabled = {"delivery_status": "enabled"}
                self._client.write("PATCH", f"/members/{segment(member)}/preferences", enabled)
            if text(entry, "subscription_mode") == "as_user":
                follows = True
            elif _seat(entry) not in there:
                self._client.write("PATCH", f"/members/{segment(member)}", {"address": new})
        return follows

    def _memberships(self, email: str, **more: str) -> tuple[Entry, ...]:
        return self._client.whole("/members/find", "member_id", {"subscriber": email, **more})

    def _name_of(self, account: Account, old: Address | None) -> str:
        if old is not None and old.shown not in ("", MOVING):
            return old.shown
        user: Mapping[str, object] = self._client.find(f"/users/{segment(account.id)}") or {}
        return text(user, "display_name")

    def _show_user(self, user: str, shown: str) -> None:
        self._client.write("PATCH", f"/users/{segment(user)}", {"display_name": shown})

    def _show_address(self, email: str, shown: str) -> None:
        self._client.write("PATCH", f"/addresses/{segment(email)}", {"display_name": shown})

    @staticmethod
    def _demand_usable(email: str) -> None:
        why = objection(email)
        if why is not None:
            raise Permanent(why)


def _seat(entry: Entry) -> tuple[str, str]:
    return text(entry, "list_id"), text(entry, "role")
