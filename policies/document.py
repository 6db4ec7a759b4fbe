"""The policy file: typed, with a default for everything, so that an empty file is a whole policy."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from policies.alertsections import AlertsPolicy
from policies.loginsections import LoginPolicy, MailingListsPolicy
from policies.meetingsections import MeetingsPolicy
from policies.roomsections import ConversationsPolicy, FoldersPolicy
from policies.sections import Pattern, Quota, QuotaOrKeep, Section
from policies.servicesections import ConfirmationsPolicy, JoiningPolicy, MailsPolicy
from policies.spacesections import ForumPolicy, WikiPolicy
from provisioner.model.changes import Verb
from provisioner.model.registry import BodyKind, Role
from provisioner.model.resources import Kind
from provisioner.model.rules import GuardRules, Limit, OnDrift


def _checked_user_id(source: str) -> str:
    if source in ("name", "email", "person-id") or re.fullmatch(r"identity:[a-z0-9-]+", source):
        return source
    raise PydanticCustomError("policies.bad_user_id", "no such source of user ids")


_USUAL_QUOTAS: dict[Role, str | None] = {Role.GUEST: "1 GB", Role.RANGER: "unlimited", Role.MODERATOR: "10 GB"}


def _with_usual_quotas(given: object) -> object:
    """Whoever gives one role a quota does not mean to take it from the others."""
    if not isinstance(given, dict):
        return given
    usual: dict[object, object] = {str(role): quota for role, quota in _USUAL_QUOTAS.items()}
    return usual | {str(role): quota for role, quota in given.items()}


class AccountsPolicy(Section):
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
    quota: QuotaOrKeep = Field(
        default="5 GB",
        description='The least that everybody gets, guests apart. "keep": no quota at all is compared or changed, '
        "for servers on which they have grown.",
    )
    quota_by_role: Annotated[dict[Role, Quota | None], BeforeValidator(_with_usual_quotas)] = Field(
        default_factory=lambda: dict(_USUAL_QUOTAS),
        description="The larger of this and what a person's roles have counts; a guest of the network has the guest's, "
        "whatever else. Roles that are not named here keep what they have by default; null takes a role's quota away.",
    )
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = Field(
        default=None, description="Language of accounts whose people name none, two letters; null: the network's."
    )
    protected: tuple[str, ...] = Field(
        default=("admin", "administrator", "root"),
        description="User ids over there that are never a subject of any change. Ours is always protected.",
    )


class GroupNames(Section):
    """The groups that a kind of body gets."""

    members: Pattern | None = Field(description="Name of the members' group; null for none.")
    administrators: Pattern | None = Field(description="Name of the moderators' group; null for none.")
    guests: Pattern | None = Field(
        description="Name of the guests' group, which exists once there are guests; null: guests are in the members'."
    )


def _default_names() -> dict[BodyKind, GroupNames]:
    project = GroupNames(members="PG_{name}", administrators="PG_{name}-Administratoren", guests="PG_{name}-Gäste")
    plain = GroupNames(members="{name}", administrators="{name}-Administratoren", guests="{name}-Gäste")
    return {kind: project if kind is BodyKind.PROJECT else plain for kind in BodyKind}


def _with_usual_names(given: object) -> object:
    """Whoever names one kind of body means that one: the others, and its other groups, keep the default."""
    if not isinstance(given, dict):
        return given
    names: dict[object, object] = {str(kind): usual.model_dump() for kind, usual in _default_names().items()}
    for kind, own in given.items():
        usual = names.get(str(kind), {})
        own = own.model_dump() if isinstance(own, GroupNames) else own
        names[str(kind)] = {**usual, **own} if isinstance(usual, dict) and isinstance(own, dict) else own
    return names


class GroupsPolicy(Section):
    """How groups are called and who writes them."""

    names: Annotated[dict[BodyKind, GroupNames], BeforeValidator(_with_usual_names)] = Field(
        default_factory=_default_names,
        description="By kind of body; what is not named keeps its default. {name} is the body's name.",
    )
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


class DriftPolicy(Section):
    """What becomes of something that was changed over there."""

    account: OnDrift = Field(
        default=OnDrift.ASK,
        description='Fields of accounts: "ask" takes it back once a ranger agreed, "keep" leaves it, "revert" takes it '
        "back unattended.",
    )
    group: OnDrift = Field(default=OnDrift.ASK, description="Names of groups and who is in them; the same words.")
    folder: OnDrift = Field(
        default=OnDrift.ASK,
        description="Mount points and settings of team folders, and what groups may do in them; the same words.",
    )
    conversation: OnDrift = Field(
        default=OnDrift.ASK,
        description="Names, descriptions and settings of conversations, and who is in them; the same words.",
    )
    role: OnDrift = Field(default=OnDrift.ASK, description="Who has a role of the login; the same words.")
    meeting_room: OnDrift = Field(
        default=OnDrift.ASK, description="Names of meeting rooms, where a product keeps them; the same words."
    )
    calendar: OnDrift = Field(
        default=OnDrift.ASK, description="Names of calendars, and which groups see them; the same words."
    )
    meeting: OnDrift = Field(
        default=OnDrift.ASK, description="When and where meetings take place, and what they say; the same words."
    )
    conference: OnDrift = Field(
        default=OnDrift.ASK, description="Conferences of a planner, and who takes part; the same words."
    )
    forum_category: OnDrift = Field(
        default=OnDrift.ASK,
        description="Forum categories: name, place, first topic, and what groups may do there; the same words.",
    )
    wiki_space: OnDrift = Field(
        default=OnDrift.ASK,
        description="What groups may do in a wiki's spaces; the same words. Pages are never touched.",
    )
    wiki_page: OnDrift = Field(
        default=OnDrift.ASK, description="Wiki pages that are ours: the index of all bodies; the same words."
    )
    mailing_list: OnDrift = Field(
        default=OnDrift.ASK,
        description="Settings of mailing lists, and who is on them or owns them; the same words.",
    )


class LimitPolicy(Section):
    count: int = Field(ge=0, description="More than so many refuse the plan.")
    share: float = Field(gt=0, le=1, description="More than this share of all there are refuses the plan …")
    floor: int = Field(default=5, ge=0, description="… but only above so many.")

    def limit(self) -> Limit:
        return Limit(self.count, self.share, self.floor)


def _limit(limit: Limit) -> LimitPolicy:
    return LimitPolicy(count=limit.count, share=limit.share, floor=limit.floor)


_GUARDS = GuardRules()


class GuardsPolicy(Section):
    """When a plan is refused before the first write; over the plan and over seven days, for each target."""

    @model_validator(mode="before")
    @classmethod
    def _with_usual_limits(cls, given: object) -> object:
        """A limit of which only the count, or only the share, is named keeps the rest of its default."""
        if not isinstance(given, dict):
            return given
        whole = dict(given)
        for name, own in given.items():
            usual = getattr(_GUARDS, str(name), None)
            if isinstance(usual, Limit) and isinstance(own, dict):
                whole[name] = {**_limit(usual).model_dump(), **own}
        return whole

    suspensions: LimitPolicy = Field(default=_limit(_GUARDS.suspensions), description="Accounts suspended.")
    removed_edges: LimitPolicy = Field(default=_limit(_GUARDS.removed_edges), description="Memberships taken away.")
    updates: LimitPolicy = Field(
        default=_limit(_GUARDS.updates),
        description="Objects changed; accounts, groups, folders and conversations each by themselves.",
    )
    lost_objects: LimitPolicy = Field(
        default=_limit(_GUARDS.lost_objects), description="Objects of ours that vanished over there, whoever did it."
    )
    members_lost_by_one_group: LimitPolicy = Field(
        default=_limit(_GUARDS.members_lost_by_one_group), description="Members that one group loses."
    )
    mails: int = Field(default=_GUARDS.mails, ge=0, description="Mails that the targets would send to people.")
    administrators_left: int = Field(
        default=_GUARDS.administrators_left,
        ge=0,
        description="A moderators' group that loses somebody keeps at least so many.",
    )

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


class RetentionPolicy(Section):
    """How long what we remember is kept."""

    history_days: int = Field(
        default=365,
        ge=8,
        description="Days after which past runs and their steps, which hold people's data, are forgotten. The guards "
        "look back seven.",
    )
    audit_days: int = Field(
        default=365,
        ge=30,
        description="Days after which it is forgotten who decided what through the service; requests to join, and "
        "confirmed lists, as well.",
    )
    letters_days: int = Field(
        default=60,
        ge=30,
        description="Days for which it is known of a letter that it went (to whom and about what, not its text). No "
        "reminder is sent twice within them.",
    )
    gatherings_days: int = Field(
        default=1095,
        ge=31,
        description="Days for which it is known of a meeting how long it was and how many were in its room; never who. "
        "The yearly figures are counted from them.",
    )


class LifecyclePolicy(Section):
    """What becomes of people who left."""

    wait_days: int = Field(
        default=30,
        ge=0,
        description="Days between an account's suspension and the day on which its files may be handed over; days of "
        "a written absence do not count.",
    )


class Policy(Section):
    """How roles and bodies become accounts and rooms, and what needs a ranger's eyes."""

    accounts: AccountsPolicy = Field(default=AccountsPolicy(), description="How people's accounts look.")
    groups: GroupsPolicy = Field(default=GroupsPolicy(), description="How groups are called and who writes them.")
    folders: FoldersPolicy = Field(
        default=FoldersPolicy(), description="The team folder of each body: where it is, and who may do what in it."
    )
    conversations: ConversationsPolicy = Field(default=ConversationsPolicy(), description="The chat of each body.")
    mailing_lists: MailingListsPolicy = Field(
        default=MailingListsPolicy(), description="The mailing list of each body."
    )
    meetings: MeetingsPolicy = Field(default=MeetingsPolicy(), description="Where and when bodies meet.")
    forum: ForumPolicy = Field(default=ForumPolicy(), description="The forum category of each body.")
    wiki: WikiPolicy = Field(default=WikiPolicy(), description="The wiki space of each body.")
    login: LoginPolicy = Field(default=LoginPolicy(), description="What accounts get where people log in.")
    joining: JoiningPolicy = Field(default=JoiningPolicy(), description="How people come in by themselves.")
    confirmations: ConfirmationsPolicy = Field(
        default=ConfirmationsPolicy(),
        description="When moderators are asked whether the lists of their bodies are right.",
    )
    mails: MailsPolicy = Field(default=MailsPolicy(), description="What the service writes to people.")
    alerts: AlertsPolicy = Field(
        default=AlertsPolicy(), description="What people are told of sensors, how often, and what is kept of it."
    )
    on_drift: DriftPolicy = Field(
        default=DriftPolicy(), description="What becomes of something that was changed over there."
    )
    guards: GuardsPolicy = Field(
        default=GuardsPolicy(),
        description="When a plan is refused before the first write; over the plan and over seven days, by target.",
    )
    queued: tuple[Verb, ...] = Field(
        default=(),
        description='Kinds of change that wait for a ranger even where they would run unattended: "create", "update", '
        '"suspend", "resume", "join", "leave", "regrade", "write". Nothing is ever loosened by this.',
    )
    lifecycle: LifecyclePolicy = Field(default=LifecyclePolicy(), description="What becomes of people who left.")
    retention: RetentionPolicy = Field(default=RetentionPolicy(), description="How long what we remember is kept.")
    rotation: dict[str, Annotated[int, Field(ge=1, le=100)]] = Field(
        default_factory=dict,
        description="By target (as the settings name it): in how many runs each of its groups and categories is read "
        'once while nothing is to be done in it, e.g. {"forum": 7}. For servers that answer few requests a minute: '
        "what somebody changed over there is seen that much later. What is not named is read in every run.",
    )
    managed: tuple[str, ...] | None = Field(
        default=None,
        description="Ids of the bodies to manage; null for all. So one group starts and the rest follows.",
    )

    def drift_rules(self) -> dict[Kind, OnDrift]:
        """What policy says about each kind of resource."""
        return {
            Kind.ACCOUNT: self.on_drift.account,
            Kind.GROUP: self.on_drift.group,
            Kind.TEAM_FOLDER: self.on_drift.folder,
            Kind.CONVERSATION: self.on_drift.conversation,
            Kind.ROLE: self.on_drift.role,
            Kind.MAILING_LIST: self.on_drift.mailing_list,
            Kind.MEETING_ROOM: self.on_drift.meeting_room,
            Kind.CALENDAR: self.on_drift.calendar,
            Kind.MEETING: self.on_drift.meeting,
            Kind.CONFERENCE: self.on_drift.conference,
            Kind.FORUM_CATEGORY: self.on_drift.forum_category,
            Kind.WIKI_SPACE: self.on_drift.wiki_space,
            Kind.WIKI_PAGE: self.on_drift.wiki_page,
        }
