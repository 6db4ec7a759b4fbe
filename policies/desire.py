"""From a registry and a policy to what should exist: accounts, groups and who is in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from policies.document import KEEP, UNLIMITED, Policy, quota_in_bytes
from policies.membership import Belonging, Belongings, Standing
from policies.names import allot, group_id, transliterated, user_id_from_name
from provisioner.model.registry import Body, Person, Registry, Role
from provisioner.model.resources import Desired, FieldName, Kind, Resource, ResourceId, Seats, Value
from provisioner.model.text import Text


def person_key(person: str) -> str:
    return f"person:{person}"


def body_key(body: str) -> str:
    return f"body:{body}"


def administrators_key(body: str) -> str:
    return f"body:{body}:administrators"


def organisation_key(organisation: str) -> str:
    return f"organisation:{organisation}"


@dataclass(frozen=True, slots=True)
class Assigned:
    """Names that were given before (by key), and names that must never be given again.

    The keys of ``groups`` also tell which groups are ours though their bodies are gone.
    """

    accounts: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    is_retired: Callable[[Kind, str], bool] = lambda kind, name: False


def desire(registry: Registry, policy: Policy, today: date, assigned: Assigned = Assigned()) -> Desired:
    """What should exist in every target, seen from the registry alone. Pure; the same input, the same answer."""
    belongings = Belongings(registry, today)
    keys = {person: person_key(person) for person in registry.people}
    containers = list(_containers(registry, policy, belongings, today))
    resources: dict[ResourceId, Resource] = {}
    for account in _accounts(registry, policy, belongings, assigned, keys):
        resources[account.id] = account
    group_names = allot(
        ((container.key, container.wished_name) for container in containers),
        {**assigned.groups, **_groups_fixed_by_hand(registry)},
        lambda name: assigned.is_retired(Kind.GROUP, name),
    )
    edges: dict[Seats, frozenset[str]] = {}
    ended: dict[Seats, frozenset[str]] = {}
    for container in containers:
        identity = ResourceId(Kind.GROUP, container.key)
        fields: dict[FieldName, Value] = {"display_name": container.shown_name}
        resources[identity] = Resource(identity, group_names[container.key], fields, container.reason)
        edges[Seats(identity)] = frozenset(map(keys.__getitem__, container.people))
        if container.ended:
            ended[Seats(identity)] = frozenset(map(keys.__getitem__, container.ended))
    written_by_login = policy.groups.members_written_by == "login"
    by_date = (Standing.LEFT, Standing.GUEST_ENDED, Standing.ORGANISATION_LEFT)
    return Desired(
        resources=resources,
        edges=edges,
        ended=ended,
        closed=frozenset(ResourceId(Kind.GROUP, container.key) for container in containers if container.closed),
        gone=frozenset(keys[person] for person, now in belongings.standings.items() if now in by_date),
        complete=registry.complete,
        blocked=_blocked(registry) | {keys[person] for person in belongings.uncertain},
        unmanaged=_unmanaged(registry, policy),
        login_writes=_all_groups(containers, assigned) if written_by_login else frozenset(),
    )


def _all_groups(containers: Iterable["_Container"], assigned: Assigned) -> frozenset[ResourceId]:
    keys = (*(container.key for container in containers), *assigned.groups)
    return frozenset(ResourceId(Kind.GROUP, key) for key in keys)


def _blocked(registry: Registry) -> frozenset[str]:
    """A malformed entry could have been of any kind, so its id blocks each."""
    forms = (person_key, body_key, administrators_key, organisation_key)
    return frozenset(form(entry) for entry in registry.blocked for form in forms)


def _unmanaged(registry: Registry, policy: Policy) -> frozenset[str]:
    if policy.managed is None:
        return frozenset()
    others = registry.bodies.keys() - set(policy.managed)
    keys = {form(body) for body in others for form in (body_key, administrators_key)}
    return frozenset(keys | {organisation_key(organisation) for organisation in registry.organisations})


@dataclass(frozen=True, slots=True)
class _Container:
    key: str
    wished_name: str
    shown_name: str
    people: Iterable[str]
    ended: Iterable[str]
    reason: Text
    closed: bool = False


def _containers(registry: Registry, policy: Policy, belongings: Belongings, today: date) -> Iterator[_Container]:
    managed = None if policy.managed is None else frozenset(policy.managed)
    of_bodies = belongings.of_bodies()
    for body in registry.bodies.values():
        if managed is None or body.id in managed:
            yield from _of_body(body, policy, of_bodies[body.id], today)
    pattern = policy.groups.organisation
    if pattern is not None and managed is None:
        for organisation in registry.organisations.values():
            yield _Container(
                organisation_key(organisation.id),
                group_id(pattern, organisation.name) or organisation.id,
                pattern.format(name=organisation.name),
                belongings.of_organisation(organisation.id),
                belongings.left_organisation(organisation.id),
                Text.of("policies.organisation_group", organisation=organisation.name),
            )


def _of_body(body: Body, policy: Policy, belonging: Belonging, today: date) -> Iterator[_Container]:
    names, own = policy.groups.names[body.kind], body.overrides
    archived = body.is_archived(today)
    members = _named(names.members, body, own.group_name, own.group_id)
    if members is not None:
        reason = Text.of("policies.archived_body" if archived else "policies.body_group", body=body.name)
        # The archive stays readable to its people; what an archived body loses is its administration.
        yield _Container(body_key(body.id), *members, belonging.members, belonging.ended, reason)
    administrators = _named(names.administrators, body, own.administrators_group_name, own.administrators_group_id)
    if administrators is not None and own.administrators_group:
        reason = Text.of("policies.archived_body" if archived else "policies.administrators_group", body=body.name)
        yield _Container(
            administrators_key(body.id),
            *administrators,
            () if archived else belonging.moderators,
            belonging.moderators | belonging.ended if archived else belonging.ended,
            reason,
            closed=archived,
        )


def _named(pattern: str | None, body: Body, own: str | None, fixed: str | None) -> tuple[str, str] | None:
    """(wished id, shown name) of a body's group. None: there is no such group.

    ``own`` is the body's own choice of a name, ``fixed`` the id that the group has, whatever its name.
    """
    if fixed:
        return fixed, own or (body.name if pattern is None else pattern.format(name=body.name))
    if own:
        return group_id("{name}", own) or body.id, own
    if pattern is None:
        return None
    return group_id(pattern, body.name) or group_id(pattern, body.id), pattern.format(name=body.name)


def _accounts(
    registry: Registry, policy: Policy, belongings: Belongings, assigned: Assigned, keys: Mapping[str, str]
) -> Iterator[Resource]:
    given = {**assigned.accounts, **_fixed_by_hand(registry)}
    names = allot(
        ((key, given.get(key) or _wished_user_id(registry.people[person], policy)) for person, key in keys.items()),
        given,
        lambda name: assigned.is_retired(Kind.ACCOUNT, name),
    )
    managed = _people_of_managed_bodies(policy, belongings)
    raised = _raised_quotas(registry, belongings)
    quotas = {role: quota_in_bytes(quota) for role, quota in policy.accounts.quota_by_role.items() if quota}
    kept = policy.accounts.quota.strip() == KEEP
    usual = None if kept else quota_in_bytes(policy.accounts.quota)
    created_by_us = policy.accounts.made_by == "us"
    for person in registry.people.values():
        key = keys[person.id]
        now = belongings.standings[person.id]
        known = key in assigned.accounts
        if now is Standing.NOT_YET and not known:
            continue
        if managed is not None and person.id not in managed and not known:
            continue
        organisation = belongings.homes.get(person.id)
        home = None if organisation is None else registry.organisations[organisation].name
        fields: dict[FieldName, Value] = {
            "display_name": person.display_name,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "email": person.email,
            "language": person.language or policy.accounts.language or registry.language,
            "enabled": now is Standing.ACTIVE,
        }
        if now is Standing.ACTIVE:  # a leaver keeps the quota and the organisation that the account has
            if not kept:
                fields["quota"] = _quota(belongings.roles[person.id], usual, quotas, raised.get(person.id, ()))
            fields["organisation"] = home
        reason = _reason(person, now, home)
        yield Resource(ResourceId(Kind.ACCOUNT, key), names[key], fields, reason, created_by_us=created_by_us)


def _groups_fixed_by_hand(registry: Registry) -> dict[str, str]:
    fixed: dict[str, str] = {}
    for body in registry.bodies.values():
        if body.overrides.group_id:
            fixed[body_key(body.id)] = body.overrides.group_id
        if body.overrides.administrators_group_id:
            fixed[administrators_key(body.id)] = body.overrides.administrators_group_id
    return fixed


def _fixed_by_hand(registry: Registry) -> dict[str, str]:
    return {person_key(person.id): person.user_id for person in registry.people.values() if person.user_id}


def _wished_user_id(person: Person, policy: Policy) -> str:
    source = policy.accounts.user_id
    wish = ""
    if source == "email":
        wish = person.email.lower()
    elif source.startswith("identity:"):
        wanted = source.removeprefix("identity:")
        wish = next((identity.key for identity in person.identities if identity.source == wanted), "")
        if not wish and policy.accounts.made_by == "login":
            return person.id  # never a made-up login id: nothing of this name will ever be found
    elif source == "name":
        wish = user_id_from_name(person.given_name, person.family_name)
    return wish or transliterated(person.id).lower()


def _people_of_managed_bodies(policy: Policy, belongings: Belongings) -> set[str] | None:
    if policy.managed is None:
        return None
    of_bodies = belongings.of_bodies()
    return set().union(*(of_bodies[body].members for body in policy.managed if body in of_bodies))


def _raised_quotas(registry: Registry, belongings: Belongings) -> dict[str, list[int | None]]:
    """Person id → the quotas that bodies give their members by their own choice."""
    raised: dict[str, list[int | None]] = {}
    of_bodies = belongings.of_bodies()
    for body in registry.bodies.values():
        if body.overrides.member_quota is not None:
            quota = quota_in_bytes(body.overrides.member_quota)
            for person in of_bodies[body.id].members:
                raised.setdefault(person, []).append(quota)
    return raised


def _quota(
    roles: set[Role], usual: int | None, by_role: Mapping[Role, int | None], raised: Iterable[int | None]
) -> int | None:
    if Role.GUEST in roles and Role.GUEST in by_role:
        return by_role[Role.GUEST]
    quotas = [usual, *(by_role[role] for role in roles if role in by_role), *raised]
    if UNLIMITED in quotas:
        return UNLIMITED
    return max((quota for quota in quotas if quota is not None), default=None)


def _reason(person: Person, now: Standing, home: str | None) -> Text:
    if now is Standing.GUEST_ENDED and person.guest is not None:
        return Text.of("policies.guest_ended", until=person.guest.until)
    if now is Standing.LEFT and person.period.until is not None:
        return Text.of("policies.left", until=person.period.until)
    if now is Standing.ORGANISATION_LEFT:
        return Text.of("policies.organisation_left")
    if now is Standing.NOT_YET:
        return Text.of("policies.not_yet")
    if person.guest is not None:
        return Text.of("policies.guest", until=person.guest.until, sponsor=person.guest.sponsor)
    return Text.of("policies.belongs_to", organisation=home) if home else Text.of("policies.in_registry")
