"""Accounts: from changes to steps, and from steps to what is sent. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final, cast

from connectors.keycloak.attributes import MARK, attributes_of
from connectors.keycloak.listing import Item
from connectors.keycloak.users import ATTRIBUTES, FIELDS, MANAGED, PROFILE, canonical
from connectors.kit.batch import Batch, text_of
from connectors.kit.steps import erasing_step, fields_of, merged_step, step_of
from provisioner.model.changes import Change, Create, Erase, Resume, Suspend, Update
from provisioner.model.resources import Edge, Seats, marker_of
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-account"
UPDATE: Final = "update-account"
LINK: Final = "link-account"
ERASE: Final = "erase-account"


def create_step(batch: Batch, change: Create, joins: Sequence[Change]) -> Step:
    """One POST with all fields, link, required actions and groups. No password is ever set, and no mail sent."""
    wanted = change.wanted
    fields = {name: canonical(name, value) for name, value in wanted.fields.items() if name in FIELDS}
    groups = tuple(dict.fromkeys(join.id for join in joins))
    apart = sum("/" in name for name in {join.id: join.name for join in joins}.values())
    return step_of(
        batch,
        change,
        CREATE,
        changes=tuple(dict.fromkeys(batch.digests((change, *joins)))),
        payload={"username": wanted.name, "fields": cast(Json, fields)},
        refers=groups,
        effects=Effects(
            fields={**fields, "name": wanted.name.lower()},
            joins=tuple(Edge(Seats(group), change.id.key) for group in groups),
        ),
        # A link is first looked up: the server would let two accounts have it.
        cost=Cost(requests=1 + apart + (1 if fields.get("login_link") else 0)),
    )


def change_step(batch: Batch, changes: Sequence[Update | Suspend | Resume]) -> Iterator[Step]:
    """All that differs of one account in one PUT; none where nothing of it can be written."""
    return merged_step(batch, changes, UPDATE, MANAGED, canonical)


def link_step(batch: Batch, change: Update) -> Iterator[Step]:
    """One POST of a link that was not known when the account was made; none where there is none to make."""
    link = change.after.get("login_link")
    if isinstance(link, str) and link:
        effects = Effects(fields={"login_link": link})
        cost = Cost(requests=3)
        yield step_of(batch, change, LINK, payload={"link": link}, effects=effects, expects={}, cost=cost)


def erase_step(batch: Batch, change: Erase) -> Step:
    """One DELETE of what was named, after looks at what it may do."""
    return erasing_step(batch, change, ERASE, cost=Cost(requests=4))


def created(step: Step, paths: Sequence[str]) -> dict[str, object]:
    """The representation to POST. Nobody has checked that the address is the person's: that is not claimed."""
    fields = fields_of(step)
    body: dict[str, object] = {
        "username": text_of(step, "username"),
        "enabled": fields.get("enabled") is not False,
        "emailVerified": False,
        "attributes": {MARK: [marker_of(step.id)]}
        | {key: [value] for field, key in ATTRIBUTES.items() if (value := fields.get(field))},
    }
    body |= {key: value for field, key in PROFILE.items() if (value := fields.get(field))}
    actions = fields.get("required_actions")
    if isinstance(actions, str):
        body["requiredActions"] = [one for one in actions.split(",") if one]
    link = fields.get("login_link")
    if isinstance(link, str):
        alias, foreign_id = split_link(link)
        body["federatedIdentities"] = [linked(alias, foreign_id, text_of(step, "username"))]
    if paths:
        body["groups"] = list(paths)
    return body


def updated(step: Step, item: Item) -> dict[str, object]:
    """The representation to PUT over ``item``, as just read: what is left out of it would be wiped.

    Observed: without ``attributes`` all of them stay, also such as are hidden from us; with it, those that are left out
    go. Username, address and both names are always sent; what is to be cleared as "", since without ``attributes``
    null is "as it is". A new address is one that nobody has checked, and the server would go on calling it verified.
    """
    fields = fields_of(step)
    body: dict[str, object] = {"username": item.get("username")}
    for field, key in PROFILE.items():
        body[key] = (fields[field] or "") if field in fields else item.get(key)
    if canonical("email", _text(body["email"])) != canonical("email", _text(item.get("email"))):
        body["emailVerified"] = False
    if "enabled" in fields:
        body["enabled"] = fields["enabled"] is not False
    if not ATTRIBUTES.keys().isdisjoint(fields):
        attributes = attributes_of(item)
        for field, key in ATTRIBUTES.items():
            if field in fields:
                value = fields[field]
                others = attributes.get(key, [])[1:]
                attributes[key] = [str(value), *others] if value else []
        body["attributes"] = attributes
    return body


def split_link(link: str) -> tuple[str, str]:
    """ "bretten:4711" → alias of the identity provider, and the id of the account there."""
    alias, _, foreign_id = link.partition(":")
    return alias, foreign_id


def linked(alias: str, foreign_id: str, username: str) -> dict[str, str]:
    """A link as it is sent. What the person is called there is not known; it is shown to administrators only."""
    return {"identityProvider": alias, "userId": foreign_id, "userName": username}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
