"""How things look in Mailman's answers."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from connectors.mailman.emulation.refusing import Refused
from connectors.mailman.emulation.state import NEVER, Address, List, Member, Pending, User

T = TypeVar("T")
Shape = dict[str, Any]


class Views:
    """``base``: the address of the API, which stands in every link."""

    def __init__(self, base: Callable[[], str]) -> None:
        self._base = base

    def link(self, path: str) -> str:
        return f"{self._base()}/{path}"

    def domain(self, host: str) -> Shape:
        return {
            "alias_domain": None,
            "description": None,
            "mail_host": host,
            "self_link": self.link(f"domains/{host}"),
        }

    def mailing_list(self, place: List, members: int) -> Shape:
        config = place.config or {}
        return {
            "advertised": config.get("advertised"),
            "display_name": config.get("display_name"),
            "fqdn_listname": f"{place.name}@{place.host}",
            "list_id": place.id,
            "list_name": place.name,
            "mail_host": place.host,
            "member_count": members,
            "volume": config.get("volume"),
            "description": config.get("description"),
            "self_link": self.link(f"lists/{place.id}"),
        }

    def user(self, user: User) -> Shape:
        shape: Shape = {
            "created_on": user.created_on,
            "is_server_owner": user.is_server_owner,
            "self_link": self.link(f"users/{user.id}"),
            "user_id": user.id,
            "password": "$6$rounds=656000$emulated",
        }
        return {**shape, "display_name": user.display_name} if user.display_name else shape

    def address(self, address: Address) -> Shape:
        shape: Shape = {
            "email": address.email,
            "original_email": address.original,
            "registered_on": address.registered_on,
            "self_link": self.link(f"addresses/{address.email}"),
        }
        if address.display_name:
            shape["display_name"] = address.display_name
        if address.verified_on:
            shape["verified_on"] = address.verified_on
        if address.user is not None:
            shape["user"] = self.link(f"users/{address.user.id}")
        return shape

    def member(self, member: Member) -> Shape:
        address, user = member.address, member.user
        as_address = isinstance(member.subscriber, Address)
        shown = member.subscriber.display_name or (user.display_name if user is not None else "")
        shape: Shape = {
            "address": self.link(f"addresses/{address.email}"),
            "bounce_score": member.bounce_score,
            "last_warning_sent": NEVER,
            "total_warnings_sent": 0,
            "delivery_mode": "regular",
            "email": address.email,
            "list_id": member.list_id,
            "subscription_mode": "as_address" if as_address else "as_user",
            "role": member.role,
            "display_name": shown,
            "self_link": self.link(f"members/{member.id}"),
            "member_id": member.id,
        }
        if member.last_bounce:
            shape["last_bounce_received"] = member.last_bounce
        if user is not None:
            shape["user"] = self.link(f"users/{user.id}")
        if member.role in ("owner", "moderator"):
            shape["moderation_action"] = "accept"
        return shape

    def pending(self, one: Pending) -> Shape:
        return {
            "token": one.token,
            "type": "subscription",
            "list_id": one.list_id,
            "email": one.address.email,
            "display_name": one.address.display_name,
            "when": one.when,
            "token_owner": one.owner,
        }


def tagged(shape: Shape) -> Shape:
    """With an etag, which everything has."""
    digest = hashlib.sha1(json.dumps(shape, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    return {**shape, "http_etag": f'"{digest}"'}


def page_of(items: Sequence[T], shape: Callable[[T], Shape], query: dict[str, str]) -> Shape:
    """One page. Without count and page it is everything; with one of them alone the server breaks."""
    count, page = _number(query, "count"), _number(query, "page")
    start, part = 0, items
    if (count is None) is not (page is None):
        raise Refused(500)
    if count is not None and page is not None:
        if page < 1:
            said = f'The "page should be greater than 0." parameter is invalid. {page}'
            raise Refused(400, said, "Invalid parameter")
        start = (page - 1) * count
        part = items[start : page * count]
    found: Shape = {"start": start, "total_size": len(items)}
    if part:
        found["entries"] = [tagged(shape(one)) for one in part]
    return tagged(found)


def _number(query: dict[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return int(query[name])
    except ValueError:
        said = f'The "{name}" parameter is invalid. The value must be an integer.'
        raise Refused(400, said, "Invalid parameter") from None
