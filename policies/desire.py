"""From a registry and a policy to what should exist: accounts, groups, folders, conversations, and who is in them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from policies.accounts import accounts
from policies.document import Policy
from policies.groups import Group, fixed_by_hand, groups
from policies.keys import administrators_key, body_key, guests_key, organisation_key, person_key
from policies.lists import Listed, login_roles, mailing_lists
from policies.meetings import Meetings, Tied, TiedMeetings
from policies.membership import Belongings, Standing
from policies.names import allot, allot_following
from policies.rooms import Room, Rooms
from policies.spaces import Spaces, TiedSpaces
from provisioner.model.registry import Registry
from provisioner.model.resources import Desired, FieldName, Kind, Resource, ResourceId, Seats, Value

__all__ = [
    "Assigned",
    "Tied",
    "TiedMeetings",
    "TiedSpaces",
    "administrators_key",
    "body_key",
    "desire",
    "guests_key",
    "organisation_key",
    "person_key",
]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Names that were given before (by key), and names that must never be given again.

    The keys also tell what is ours: groups whose bodies are gone, rooms of bodies that are archived, a guests' group
    without guests.
    """

    accounts: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    is_retired: Callable[[Kind, str], bool] = lambda kind, name: False
    folders: Mapping[str, str] = field(default_factory=dict)
    conversations: Mapping[str, str] = field(default_factory=dict)
    mailing_lists: Mapping[str, str] = field(default_factory=dict)
    meetings: TiedMeetings = TiedMeetings()
    spaces: TiedSpaces = TiedSpaces()


def desire(registry: Registry, policy: Policy, today: date, assigned: Assigned = Assigned()) -> Desired:
    """What should exist in every target, seen from the registry alone. Pure; the same input, the same answer."""
    belongings = Belongings(registry, today)
    keys = {person: person_key(person) for person in registry.people}
    ours = {*assigned.groups, *assigned.folders, *assigned.conversations}
    ours |= {*assigned.spaces.categories, *assigned.spaces.spaces}
    of_groups = list(groups(registry, policy, belongings, today, ours))
    resources: dict[ResourceId, Resource] = {}
    retired = assigned.is_retired
    for account in accounts(
        registry, policy, belongings, keys, assigned.accounts, lambda name: retired(Kind.ACCOUNT, name)
    ):
        resources[account.id] = account
    group_names = allot(
        ((group.key, group.wished_name) for group in of_groups),
        {**assigned.groups, **fixed_by_hand(registry)},
        lambda name: retired(Kind.GROUP, name),
    )
    edges: dict[Seats, frozenset[str]] = {}
    ended: dict[Seats, frozenset[str]] = {}
    for group in of_groups:
        identity = ResourceId(Kind.GROUP, group.key)
        fields: dict[FieldName, Value] = {"display_name": group.shown_name}
        resources[identity] = Resource(identity, group_names[group.key], fields, group.reason)
        edges[Seats(identity)] = frozenset(map(keys.__getitem__, group.people))
        if group.ended:
            ended[Seats(identity)] = frozenset(map(keys.__getitem__, group.ended))
    lists = list(mailing_lists(registry, policy, belongings, today, keys, assigned.mailing_lists))
    list_names = allot(
        ((one.resource.id.key, one.resource.name) for one in lists),
        assigned.mailing_lists,
        lambda name: retired(Kind.MAILING_LIST, name),
    )
    meetings = Meetings(registry, policy, belongings, today, keys, edges.keys(), assigned.meetings)
    resources |= {room.id: room for room in meetings.rooms()}
    spaces = Spaces(registry, policy, belongings, today, edges.keys(), assigned.spaces)
    others = resources.keys() | {one.resource.id for one in lists} | spaces.ids()
    tied = {Kind.TEAM_FOLDER: assigned.folders, Kind.CONVERSATION: assigned.conversations}
    rooms = list(Rooms(registry, policy, belongings, today, keys, edges, ended, tied, others).all())
    rooms += meetings.calendars()
    rooms += spaces.all(others | {room.resource.id for room in rooms})
    named = (*tied.items(), (Kind.CALENDAR, assigned.meetings.calendars), *assigned.spaces.names().items())
    for kind, names in named:
        resources |= _named([room for room in rooms if room.resource.id.kind is kind], kind, names, retired)
    resources |= {one.id: one for one in spaces.index(resources)}
    for listed in lists:
        resources[listed.resource.id] = replace(listed.resource, name=list_names[listed.resource.id.key])
    resources |= {one.id: one for one in meetings.meetings(others)}
    conferences = list(meetings.conferences())
    resources |= {one.resource.id: one.resource for one in conferences}
    roles = list(login_roles(policy, belongings, keys))
    resources |= {one.resource.id: one.resource for one in roles}
    seated: list[Room | Listed] = [*rooms, *lists, *roles, *conferences]
    for one in seated:
        edges |= one.edges
        ended |= one.ended
    written_by_login = policy.groups.members_written_by == "login"
    by_date = (Standing.LEFT, Standing.GUEST_ENDED, Standing.ORGANISATION_LEFT)
    return Desired(
        resources=resources,
        edges=edges,
        ended=ended,
        through_groups={room.resource.id: room.through_groups for room in rooms if room.through_groups is not None},
        closed=frozenset(ResourceId(Kind.GROUP, group.key) for group in of_groups if group.closed),
        gone=frozenset(keys[person] for person, now in belongings.standings.items() if now in by_date),
        complete=registry.complete,
        blocked=_blocked(registry, assigned) | {keys[person] for person in belongings.uncertain},
        unmanaged=_unmanaged(registry, policy, assigned) | meetings.left_alone(),
        login_writes=_all_groups(of_groups, assigned) if written_by_login else frozenset(),
    )


def _named(
    rooms: list[Room], kind: Kind, names: Mapping[str, str], retired: Callable[[Kind, str], bool]
) -> dict[ResourceId, Resource]:
    """The rooms of one kind, each with a name of its own."""
    wishes = {room.resource.id.key: room.resource.name for room in rooms}
    fixed = {room.resource.id.key for room in rooms if room.named_by_hand}
    found = allot_following(wishes, names, fixed, lambda name: retired(kind, name))
    return {room.resource.id: replace(room.resource, name=found[room.resource.id.key]) for room in rooms}


def _all_groups(of_groups: Iterable[Group], assigned: Assigned) -> frozenset[ResourceId]:
    keys = (*(group.key for group in of_groups), *assigned.groups)
    return frozenset(ResourceId(Kind.GROUP, key) for key in keys)


_OF_BODIES = (body_key, administrators_key, guests_key)


def _blocked(registry: Registry, assigned: Assigned) -> frozenset[str]:
    """A malformed entry could have been of any kind, so its id blocks each."""
    forms = (person_key, *_OF_BODIES, organisation_key)
    keys = {form(entry) for entry in registry.blocked for form in forms}
    return frozenset(keys | assigned.meetings.keys_of(registry.blocked))


def _unmanaged(registry: Registry, policy: Policy, assigned: Assigned) -> frozenset[str]:
    if policy.managed is None:
        return frozenset()
    others = registry.bodies.keys() - set(policy.managed)
    keys = {form(body) for body in others for form in _OF_BODIES} | assigned.meetings.keys_of(others)
    return frozenset(keys | {organisation_key(organisation) for organisation in registry.organisations})
