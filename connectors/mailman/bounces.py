"""Addresses from which mail comes back: Mailman stops writing to them, and nobody but the list's owners is told."""

from collections.abc import Iterator
from datetime import UTC, datetime

from connectors.kit.answers import Entry, text
from connectors.mailman.client import Client, segment, user_of
from connectors.mailman.lists import ROLES
from provisioner.model.offers import AilingAddress
from provisioner.model.resources import EdgeRole


def ailing_addresses(client: Client) -> Iterator[AilingAddress]:
    """Those on lists of our domain: one request a page of lists, and one a page of addresses. Raises `TargetError`."""
    lists = client.whole(f"/domains/{segment(client.settings.domain)}/lists", "list_id")
    names = {text(entry, "list_id"): text(entry, "list_name") for entry in lists}
    for entry in client.whole("/members/find", "member_id", {"delivery_status": "by_bounces"}):
        name = names.get(text(entry, "list_id"))
        if name is not None and text(entry, "role") == ROLES[EdgeRole.MEMBER]:
            yield _ailing(entry, name)


def _ailing(entry: Entry, name: str) -> AilingAddress:
    score = entry.get("bounce_score")
    return AilingAddress(
        container=name,
        account=user_of(entry) or None,
        address=text(entry, "email"),
        since=_moment(text(entry, "last_bounce_received")),
        score=score if isinstance(score, int) else 0,
    )


def _moment(said: str) -> datetime | None:
    """Mailman writes UTC without saying so."""
    try:
        return datetime.fromisoformat(said).replace(tzinfo=UTC) if said else None
    except ValueError:
        return None
