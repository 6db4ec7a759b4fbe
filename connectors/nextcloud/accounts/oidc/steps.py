"""Accounts of user_oidc: compile. Its one call knows name, display name, address and quota; all else comes after it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from connectors.kit.rooms import Stage, Staged
from connectors.nextcloud.accounts.shape import FIELDS, canonical
from connectors.nextcloud.accounts.steps import EDIT_BUCKET, PUT_BUCKET, Manner, sent
from connectors.nextcloud.groups import memberships
from provisioner.model.changes import Create, Join, Update
from provisioner.model.inventory import Unknown
from provisioner.model.resources import FieldName, Value
from provisioner.model.steps import Cost, Effects, Json, Step

CREATE: Final = "create-login-account"
RENAME: Final = "rename-login-account"
LANGUAGE: Final = "choose-language"

_KEYS: Final[dict[FieldName, str]] = {"display_name": "displayName", "email": "email", "quota": "quota"}
"""What a field is called in its call."""


def create_steps(change: Create, digest: str, joins: Sequence[tuple[Join, str]], manner: Manner) -> Iterator[Staged]:
    """One POST; a membership each; and the language, if the server does not start everybody with it anyway.

    ``joins``: memberships with the digests of their changes. Every step can be made up for by itself.
    """
    fields = {
        name: canonical(name, value, manner.default_quota)
        for name, value in change.wanted.fields.items()
        if name in FIELDS
    }
    payload: dict[str, Json] = {"userid": change.wanted.name}
    payload |= {_KEYS[name]: text for name in _KEYS if (text := sent(name, fields, manner.default_quota))}
    if payload.get("quota") == "0":
        payload["quota"] = "0 B"  # PHP takes "0" for nothing said
    suspended = fields.get("enabled") is False
    if suspended:
        payload["enabled"] = False
    made: dict[FieldName, Value] = {name: value for name, value in fields.items() if name != "language"}
    yield Staged(
        Stage.ACCOUNTS,
        Step(
            target=change.target,
            operation=CREATE,
            id=change.id,
            name=change.wanted.name,
            changes=(digest,),
            payload=payload,
            effects=Effects(fields=made),
            cost=Cost(requests=3 if suspended else 2),
        ),
    )
    for join, its_digest in joins:
        yield Staged(Stage.JOINS, memberships.join_step(join, change.id, None, its_digest))
    if language := sent("language", fields, manner.default_quota):
        yield Staged(
            Stage.UPDATES,
            Step(
                target=change.target,
                operation=LANGUAGE,
                id=change.id,
                name=change.wanted.name,
                changes=(digest,),
                payload={"language": language},
                effects=Effects(fields={"language": fields["language"]}),
                expects={},
                cost=Cost(requests=2, limited={EDIT_BUCKET if manner.patches else PUT_BUCKET: 1}),
            ),
        )


def rename_step(change: Update, digest: str, manner: Manner) -> Step:
    """A display name, which this backend takes by its own call alone: another POST, that no limit counts."""
    display_name = canonical("display_name", change.after["display_name"], manner.default_quota)
    before = change.before.get("display_name")
    return Step(
        target=change.target,
        operation=RENAME,
        id=change.id,
        name=change.name,
        changes=(digest,),
        remote_id=change.remote_id,
        payload={"displayName": display_name},
        effects=Effects(fields={"display_name": display_name}),
        expects={} if before is None or isinstance(before, Unknown) else {"display_name": before},
        cost=Cost(requests=2),
    )


def without_name(change: Update) -> Update:
    """The same change of all other fields."""
    before: dict[FieldName, Value | Unknown] = {
        name: value for name, value in change.before.items() if name != "display_name"
    }
    after: dict[FieldName, Value] = {name: value for name, value in change.after.items() if name != "display_name"}
    return replace(change, before=before, after=after)
