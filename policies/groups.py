"""The groups that bodies and organisations get, and who is in them."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date

from policies.document import Policy
from policies.keys import administrators_key, body_key, guests_key, organisation_key
from policies.membership import Belonging, Belongings
from policies.names import group_id
from provisioner.model.registry import Body, Registry
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class Group:
    """One group. ``people`` and ``ended`` are ids of people."""

    key: str
    wished_name: str
    shown_name: str
    people: Iterable[str]
    ended: Iterable[str]
    reason: Text
    closed: bool = False


def groups(registry: Registry, policy: Policy, belongings: Belongings, today: date, tied: Set[str]) -> Iterator[Group]:
    """All groups of the bodies that are managed, and of the organisations.

    ``tied``: keys of groups and rooms that we have already. An archived body that has neither these nor members gets
    none: it was erased, or never had any.
    """
    managed = None if policy.managed is None else frozenset(policy.managed)
    of_bodies = belongings.of_bodies()
    for body in registry.bodies.values():
        if managed is None or body.id in managed:
            yield from _of_body(body, policy, of_bodies[body.id], today, tied)
    pattern = policy.groups.organisation
    if pattern is not None and managed is None:
        for organisation in registry.organisations.values():
            yield Group(
                organisation_key(organisation.id),
                group_id(pattern, organisation.name) or organisation.id,
                pattern.format(name=organisation.name),
                belongings.of_organisation(organisation.id),
                belongings.left_organisation(organisation.id),
                Text.of("policies.organisation_group", organisation=organisation.name),
            )


def fixed_by_hand(registry: Registry) -> dict[str, str]:
    """Key → the id that a body says its group has."""
    fixed: dict[str, str] = {}
    for body in registry.bodies.values():
        if body.overrides.group_id:
            fixed[body_key(body.id)] = body.overrides.group_id
        if body.overrides.administrators_group_id:
            fixed[administrators_key(body.id)] = body.overrides.administrators_group_id
    return fixed


def _of_body(body: Body, policy: Policy, belonging: Belonging, today: date, tied: Set[str]) -> Iterator[Group]:
    names, own = policy.groups.names[body.kind], body.overrides
    archived = body.is_archived(today)
    if archived and not belonging.members and tied.isdisjoint(_keys(body)):
        return
    members = _named(names.members, body, own.group_name, own.group_id)
    guests = _named(names.guests, body, None, None)
    if members is not None:
        reason = Text.of("policies.archived_body" if archived else "policies.body_group", body=body.name)
        people = belonging.members - belonging.guests if guests and belonging.guests else belonging.members
        # The archive stays readable to its people; what an archived body loses is its administration.
        yield Group(body_key(body.id), *members, people, belonging.ended, reason)
    administrators = _named(names.administrators, body, own.administrators_group_name, own.administrators_group_id)
    if administrators is not None and own.administrators_group:
        reason = Text.of("policies.archived_body" if archived else "policies.administrators_group", body=body.name)
        yield Group(
            administrators_key(body.id),
            *administrators,
            () if archived else belonging.moderators,
            belonging.moderators | belonging.ended if archived else belonging.ended,
            reason,
            closed=archived,
        )
    if guests is not None and (belonging.guests or guests_key(body.id) in tied):
        reason = Text.of("policies.archived_body" if archived else "policies.guests_group", body=body.name)
        yield Group(guests_key(body.id), *guests, belonging.guests, belonging.ended, reason)


def _keys(body: Body) -> tuple[str, str, str]:
    return body_key(body.id), administrators_key(body.id), guests_key(body.id)


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
