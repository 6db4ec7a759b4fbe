"""Accounts: from changes to the fewest writes. Pure. What the server limits to 50 in 600 s is counted here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.nextcloud import quota
from connectors.nextcloud.accounts import languages
from connectors.nextcloud.accounts.shape import FIELDS, MANAGED, canonical
from provisioner.model.changes import Create, Resume, Suspend, Update
from provisioner.model.inventory import Unknown
from provisioner.model.resources import Edge, FieldName, ResourceId, Seats, Value
from provisioner.model.steps import Cost, Effects, Json, Step

EDIT_BUCKET: Final = "nextcloud.edit"
PUT_BUCKET: Final = "nextcloud.put"
"""PATCH and PUT of accounts: the server counts them by acting account, and each for itself (observed). Creating,
joining, disabling and deleting are not counted."""

CREATE: Final = "create-account"
PATCH: Final = "update-account"
PUT: Final = "edit-account"
DISABLE: Final = "disable-account"
ENABLE: Final = "enable-account"
ERASE: Final = "erase-account"

_KEYS: Final[Mapping[FieldName, tuple[str, str]]] = {
    "display_name": ("displayName", "displayname"),
    "email": ("email", "email"),
    "quota": ("quota", "quota"),
    "language": ("language", "language"),
}
"""What a field is called in POST and PATCH, and as the key of a PUT."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What compiling has to know of the server and the settings."""

    patches: bool
    mails_password: bool
    welcome_mail: bool
    default_quota: int


def create_step(change: Create, digest: str, joins: Sequence[tuple[ResourceId, str]], manner: Manner) -> Step:
    """One POST with all fields and groups. ``joins``: (group, digest of its change). The password is made later."""
    fields = {
        name: canonical(name, value, manner.default_quota)
        for name, value in change.wanted.fields.items()
        if name in FIELDS
    }
    payload: dict[str, Json] = {"userid": change.wanted.name}
    payload |= {_KEYS[name][0]: text for name in _KEYS if (text := sent(name, fields, manner.default_quota))}
    suspended = fields.get("enabled") is False
    if suspended:
        payload["enabled"] = False
    reachable = bool(fields.get("email"))
    payload["mail_password"] = manner.mails_password and reachable
    mails = 1 if reachable and (manner.mails_password or manner.welcome_mail) else 0
    groups = tuple(dict.fromkeys(group for group, _ in joins))
    return Step(
        target=change.target,
        operation=CREATE,
        id=change.id,
        name=change.wanted.name,
        changes=(digest, *dict.fromkeys(join for _, join in joins)),
        payload=payload,
        refers=groups,
        effects=Effects(fields=fields, joins=tuple(Edge(Seats(group), change.id.key) for group in groups)),
        cost=Cost(requests=2 if suspended else 1, mails=mails),
    )


def update_steps(change: Update, digest: str, patches: bool, default_quota: int) -> Iterator[Step]:
    """One PATCH for all fields where the server has it, else a PUT a field; enabling and disabling are apart."""
    after = {name: canonical(name, value, default_quota) for name, value in change.after.items() if name in MANAGED}
    before = {name: value for name, value in change.before.items() if not isinstance(value, Unknown)}
    written = [name for name in _KEYS if name in after]
    for names in [written] if patches else [[name] for name in written]:
        if not names:
            continue
        # The old address may be told of the new one: a mail, as far as anybody can know beforehand.
        mails = 1 if "email" in names and before.get("email") else 0
        yield Step(
            target=change.target,
            operation=PATCH if patches else PUT,
            id=change.id,
            name=change.name,
            changes=(digest,),
            remote_id=change.remote_id,
            payload={_KEYS[name][0 if patches else 1]: sent(name, after, default_quota) or "" for name in names},
            effects=Effects(fields={name: after[name] for name in names}),
            expects={name: before[name] for name in names if name in before},
            cost=Cost(requests=2, mails=mails, limited={EDIT_BUCKET if patches else PUT_BUCKET: 1}),
        )
    if "enabled" in after:
        yield _switch(change, change.remote_id, digest, bool(after["enabled"]), ())


def switch_step(change: Suspend | Resume, digest: str, left: tuple[ResourceId, ...]) -> Step:
    """Disable or enable; ``left``: the groups that this plan takes the account out of first."""
    return _switch(change, change.remote_id, digest, isinstance(change, Resume), left)


def _switch(
    change: Suspend | Resume | Update, remote_id: str, digest: str, on: bool, after: tuple[ResourceId, ...]
) -> Step:
    return Step(
        target=change.target,
        operation=ENABLE if on else DISABLE,
        id=change.id,
        name=change.name,
        changes=(digest,),
        remote_id=remote_id,
        after=after,
        effects=Effects(fields={"enabled": on}),
        expects={"enabled": not on},
        cost=Cost(requests=2),
    )


def sent(name: FieldName, fields: Mapping[FieldName, Value], default_quota: int) -> str:
    """A field as it is sent: always a string (a number is refused with 400). "" where there is nothing to send."""
    value = fields.get(name)
    if name == "quota" and name in fields:
        size = value if isinstance(value, int) else None
        return quota.written(None if size == default_quota else size)
    if name == "language" and isinstance(value, str):
        return languages.sent(value)
    return "" if value is None else str(value)
