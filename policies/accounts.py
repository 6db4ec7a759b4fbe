"""The accounts that people get: user ids, quotas, and what else is shown of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from policies.document import Policy
from policies.keys import person_key
from policies.loginsections import LoginPolicy
from policies.membership import Belongings, Standing
from policies.names import allot, transliterated, user_id_from_name
from policies.sections import KEEP, UNLIMITED, quota_in_bytes
from provisioner.model.registry import Person, Registry, Role
from provisioner.model.resources import FieldName, Kind, Resource, ResourceId, Value
from provisioner.model.text import Text


def accounts(
    registry: Registry,
    policy: Policy,
    belongings: Belongings,
    keys: Mapping[str, str],
    tied: Mapping[str, str],
    is_retired: Callable[[str], bool],
) -> Iterator[Resource]:
    """The accounts of all who are here, and of those who left and have one.

    ``keys``: person id → key; ``tied``: key → the user id given before; ``is_retired``: never to be given again.
    """
    given = {**tied, **_fixed_by_hand(registry)}
    names = allot(
        ((key, given.get(key) or _wished_user_id(registry.people[person], policy)) for person, key in keys.items()),
        given,
        is_retired,
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
        known = key in tied
        if now is Standing.VANISHED or (now is Standing.NOT_YET and not known):
            continue  # of somebody who vanished the account is nobody's: it waits for a ranger like that of no entry
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
                guest = belongings.is_guest(person.id)
                fields["quota"] = _quota(
                    belongings.roles[person.id], usual, quotas, raised.get(person.id, ()), guest=guest
                )
            fields["organisation"] = home
        fields |= _login(person, organisation, policy.login)
        reason = _reason(person, now, home)
        yield Resource(ResourceId(Kind.ACCOUNT, key), names[key], fields, reason, created_by_us=created_by_us)


def _login(person: Person, organisation: str | None, policy: LoginPolicy) -> dict[FieldName, Value]:
    """How somebody comes in for the first time: by the account of the organisation, else by steps of the login."""
    link = policy.links.get(organisation or "")
    known = link and next((one.key for one in person.identities if one.source == link.source), None)
    if link and known:
        return {"login_link": f"{link.alias}:{known}"}
    return {"required_actions": ",".join(policy.required_actions)} if policy.required_actions else {}


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
    roles: set[Role],
    usual: int | None,
    by_role: Mapping[Role, int | None],
    raised: Iterable[int | None],
    *,
    guest: bool,
) -> int | None:
    if guest and Role.GUEST in by_role:
        return by_role[Role.GUEST]
    # Whoever is a guest in one body alone is at home in the network, and has what all the others have.
    quotas = [usual, *(by_role[role] for role in roles - {Role.GUEST} if role in by_role), *raised]
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
