"""The policy file: typed, with a default for everything, so that an empty file is a whole policy."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from provisioner.model.registry import BodyKind, Role
from provisioner.model.resources import Kind
from provisioner.model.rules import GuardRules, Limit, OnDrift

UNLIMITED = -3
"""What Nextcloud itself calls a quota without end."""

_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}


def quota_in_bytes(quota: str) -> int | None:
    """Bytes of "5 GB" (1024-based, as Nextcloud counts); `UNLIMITED`; None for "default". ValueError for others."""
    wanted = quota.strip()
    if wanted == "default":
        return None
    if wanted == "unlimited":
        return UNLIMITED
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B)", wanted, re.IGNORECASE)
    if match is None:
        raise ValueError('a quota is "5 GB", "500 MB", "unlimited" or "default"')
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _checked_quota(quota: str) -> str:
    quota_in_bytes(quota)
    return quota


def _checked_pattern(pattern: str) -> str:
    if set(re.findall(r"{([^}]*)}", pattern)) != {"name"}:
        raise ValueError("a pattern holds {name} and no other placeholder")
    return pattern


def _checked_user_id(source: str) -> str:
    if source in ("name", "email", "person-id") or re.fullmatch(r"identity:[a-z0-9-]+", source):
        return source
    raise ValueError('"name", "email", "person-id" or "identity:<source>"')


Quota = Annotated[str, AfterValidator(_checked_quota)]
Pattern = Annotated[str, AfterValidator(_checked_pattern)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AccountsPolicy(_Section):
    """How people's accounts look."""

    user_id: Annotated[str, AfterValidator(_checked_user_id)] = Field(
        default="name",
        description='What user ids are made of: "name" (erika.muster), "email", "person-id" or "identity:<source>", '
        "the key under which a login knows the person. Once given, a user id never changes.",
    )
    made_by: Literal["us", "login"] = Field(
        default="us",
        description='"login": accounts appear at the first login; they are bound when they exist, never created here.',
    )
    quota: Quota = Field(default="5 GB", description="For everybody without a role in quota_by_role.")
    quota_by_role: dict[Role, Quota] = Field(
        default={Role.GUEST: "1 GB", Role.RANGER: "unlimited", Role.MODERATOR: "10 GB"},
        description="The largest of a person's roles counts; a guest has the guest's, whatever else.",
    )
    protected: tuple[str, ...] = Field(
        default=("admin", "administrator", "root"),
        description="User ids over there that are never a subject of any change. Ours is always protected.",
    )


class GroupNames(_Section):
    """The groups that a kind of body gets."""

    members: Pattern | None = Field(default="{name}", description="Name of the members' group; null for none.")
    administrators: Pattern | None = Field(default=None, description="Name of the moderators' group; null for none.")


def _default_names() -> dict[BodyKind, GroupNames]:
    project = GroupNames(members="PG_{name}", administrators="PG_{name}-Administratoren")
    plain = GroupNames(members="{name}", administrators="{name}-Administratoren")
    return {kind: project if kind is BodyKind.PROJECT else plain for kind in BodyKind}


class GroupsPolicy(_Section):
    """How groups are called and who writes them."""

    names: dict[BodyKind, GroupNames] = Field(default_factory=_default_names)
    organisation: Pattern | None = Field(
        default=None, description='Name of a group for each organisation, e.g. "Org_{name}"; null for none.'
    )
    members_written_by: Literal["us", "login"] = Field(
        default="us",
        description='The one declared writer of memberships. "login": the login brings them, they are only read.',
    )
    protected: tuple[str, ...] = Field(
        default=("admin", "provisioners"), description="Groups over there that are never a subject of any change."
    )


class DriftPolicy(_Section):
    """What becomes of something that was changed over there."""

    account: OnDrift = OnDrift.ASK
    group: OnDrift = OnDrift.ASK


class LimitPolicy(_Section):
    count: int = Field(ge=0, description="More than so many refuse the plan.")
    share: float = Field(gt=0, le=1, description="More than this share of all there are refuses the plan …")
    floor: int = Field(default=5, ge=0, description="… but only above so many.")

    def limit(self) -> Limit:
        return Limit(self.count, self.share, self.floor)


def _limit(limit: Limit) -> LimitPolicy:
    return LimitPolicy(count=limit.count, share=limit.share, floor=limit.floor)


_GUARDS = GuardRules()


class GuardsPolicy(_Section):
    """When a plan is refused before the first write; over the plan and over seven days, for each target."""

    suspensions: LimitPolicy = _limit(_GUARDS.suspensions)
    removed_edges: LimitPolicy = _limit(_GUARDS.removed_edges)
    updates: LimitPolicy = _limit(_GUARDS.updates)
    lost_objects: LimitPolicy = _limit(_GUARDS.lost_objects)
    members_lost_by_one_group: LimitPolicy = _limit(_GUARDS.members_lost_by_one_group)
    mails: int = Field(default=_GUARDS.mails, ge=0, description="Mails that the targets would send to people.")
    administrators_left: int = Field(default=_GUARDS.administrators_left, ge=0)

    def rules(self) -> GuardRules:
        return GuardRules(
            suspensions=self.suspensions.limit(),
            removed_edges=self.removed_edges.limit(),
            updates=self.updates.limit(),
            lost_objects=self.lost_objects.limit(),
            members_lost_by_one_group=self.members_lost_by_one_group.limit(),
            mails=self.mails,
            administrators_left=self.administrators_left,
        )


class Policy(_Section):
    """How roles and bodies become accounts and groups, and what needs a ranger's eyes."""

    accounts: AccountsPolicy = AccountsPolicy()
    groups: GroupsPolicy = GroupsPolicy()
    on_drift: DriftPolicy = DriftPolicy()
    guards: GuardsPolicy = GuardsPolicy()
    managed: tuple[str, ...] | None = Field(
        default=None,
        description="Ids of the bodies to manage; null for all. So one group starts and the rest follows.",
    )

    def drift_rules(self) -> dict[Kind, OnDrift]:
        return {Kind.ACCOUNT: self.on_drift.account, Kind.GROUP: self.on_drift.group}
