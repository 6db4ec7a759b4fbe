"""Accounts: compile and apply. What the server limits to 50 in 600 s is counted here, in plan and at the write."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.batch import text_of
from connectors.nextcloud import languages, quota
from connectors.nextcloud.accounts import FIELDS, LOCAL_BACKEND, MANAGED, canonical
from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, segment
from connectors.nextcloud.outcomes import creating
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.changes import Create, Resume, Suspend, Update
from provisioner.model.errors import NotAllowed, OutcomeUnknown, RateLimited, TargetError
from provisioner.model.inventory import Unknown
from provisioner.model.ports import Ledger, Resolve
from provisioner.model.resources import Edge, FieldName, ResourceId, Seats, Value
from provisioner.model.steps import Cost, Done, Effects, Json, Step
from provisioner.model.text import Text

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

NOT_CREATED: Final = frozenset({102, 103, 104, 105, 106, 107, 108, 109, 110})
"""OCS codes after which a POST has certainly made nothing (observed and read): name taken, sub-admin of admin,
unknown group, a group that is not ours to give, no group given, weak password, neither password nor e-mail, unknown
sub-admin group, no e-mail where one is required.
101 is not among them: the same code says "bad characters" and "bad quota, but the account exists now"."""

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
            raise OutcomeUnknown(Text.of("nextcloud.perhaps_created", name=name))
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
