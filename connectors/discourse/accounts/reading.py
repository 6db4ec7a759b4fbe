"""Accounts as they are read: pages of a hundred, one by its id, one by the login's.

The list holds bots (ids below 1), and people who only ever wrote a mail (``staged``): these are nobody's account yet.
It tells the address only when asked (``show_emails``), which the server notes in its log of what staff did; so it is
asked for only when somebody may be adopted. What a login knows somebody by stands on each account alone
(lib/admin_user_index_query.rb, app/serializers/admin_user_list_serializer.rb, admin_detailed_user_serializer.rb, read).
"""

from typing import Final

from connectors.discourse.client import PRODUCT, Client, identifier_of
from connectors.kit.client import Entry, Params, segment, text
from connectors.kit.paging import READINGS, Listing, Page, numbered

PAGE: Final = 100
_LIST: Final = "/admin/users/list/active.json"


class Accounts:
    """Reads of accounts. ``provider``: as the forum calls the login that accounts are tied to; None: to none."""

    def __init__(self, client: Client, provider: str | None) -> None:
        self._client = client
        self.provider = provider

    def listed(self, *, emails: bool) -> Listing:
        """Everybody, by id, in order of their names: those are told apart by nothing else. ⌊n / 100⌋ + 1 requests.

        Who is made meanwhile shifts the rest, which shows; who goes does, too, and does not: so what is ours and
        missing has to be read itself before anything is concluded (`found`).
        """
        more: Params = {"show_emails": "true"} if emails else {}

        def page(number: int) -> Page:
            entries = self._client.items(_LIST, {"order": "username", "asc": "true", "page": number, **more})
            return Page(entries, is_last=len(entries) < PAGE)

        return numbered(page, identifier_of, readings=READINGS)

    def found(self, account: str) -> Entry | None:
        """One account with its groups and its ties to logins, without its address; None: there is none.

        Only an administrator may ask: to others all accounts are typed 404s.
        """
        return self._client.find(f"/admin/users/{segment(account, PRODUCT)}.json")

    def with_login(self, login_id: str) -> Entry | None:
        """Whoever this login belongs to; None: nobody. Only with a provider."""
        path = f"/u/by-external/{segment(self.provider or '', PRODUCT)}/{segment(login_id, PRODUCT)}.json"
        answer = self._client.find(path)
        if answer is None:
            return None
        user = answer.get("user")
        if not isinstance(user, dict) or not identifier_of(user):
            raise self._client.garbled("/u/by-external/{provider}/{id}.json")
        return user

    def called(self, name: str) -> Entry | None:
        """Who has this name; None: nobody."""
        listed = self._client.items(_LIST, {"filter": name, "show_emails": "true"})
        return next((one for one in listed if text(one, "username").lower() == name.lower()), None)

    def reached_by(self, email: str) -> Entry | None:
        """Who has this address first of all; None: nobody."""
        listed = self._client.items(_LIST, {"email": email, "show_emails": "true"})
        return next((one for one in listed if text(one, "email").lower() == email.lower()), None)
