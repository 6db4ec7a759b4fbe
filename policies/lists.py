"""The mailing lists of bodies, and the roles of the login: who is on them, who has them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from policies.document import Policy
from policies.keys import body_key, role_key
from policies.membership import Belonging, Belongings
from policies.names import list_name
from provisioner.model.registry import Body, Registry, Role
from provisioner.model.resources import EdgeRole, Kind, Resource, ResourceId, Seats
from provisioner.model.text import Text

_NOBODY = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Listed:
    """A mailing list or a role before it has its name. Its resource's name is the wished one."""

    resource: Resource
    edges: Mapping[Seats, frozenset[str]]
    ended: Mapping[Seats, frozenset[str]] = field(default_factory=dict)


def mailing_lists(
    registry: Registry,
    policy: Policy,
    belongings: Belongings,
    today: date,
    keys: Mapping[str, str],
    tied: Mapping[str, str],
) -> Iterator[Listed]:
    """The lists of all bodies that are managed. ``keys``: person → account; ``tied``: keys of lists that we have.

    An archived body keeps the list that it has, for nobody to write to, and gets no new one.
    """
    managed = None if policy.managed is None else frozenset(policy.managed)
    of_bodies = belongings.of_bodies()
    for body in registry.bodies.values():
        name = _name(body, policy)
        if not name or not (managed is None or body.id in managed):
            continue
        archived, identity = body.is_archived(today), ResourceId(Kind.MAILING_LIST, body_key(body.id))
        if archived and identity.key not in tied:
            continue
        edges, ended = _seated(identity, of_bodies[body.id], policy, keys, archived=archived)
        resource = Resource(
            identity,
            name,
            {
                "display_name": body.name,
                "description": " ".join(body.purpose.split()),
                "listed": policy.mailing_lists.listed and not archived,
                "read_only": archived,
                "language": registry.language,
            },
            Text.of("policies.archived_body" if archived else "policies.mailing_list", body=body.name),
        )
        yield Listed(resource, edges, ended)


def login_roles(policy: Policy, belongings: Belongings, keys: Mapping[str, str]) -> Iterator[Listed]:
    """The roles that policy names, each with all who have one of the registry's roles that lead to it."""
    by_name: dict[str, set[Role]] = {}
    for role, name in policy.login.roles.items():
        by_name.setdefault(name, set()).add(role)
    for name, roles in sorted(by_name.items()):
        identity = ResourceId(Kind.ROLE, role_key(name))
        people = frozenset(keys[person] for person, has in belongings.roles.items() if not roles.isdisjoint(has))
        yield Listed(Resource(identity, name, {}, Text.of("policies.login_role", name=name)), {Seats(identity): people})


def _name(body: Body, policy: Policy) -> str:
    """What is to stand before the @; "" for no list."""
    pattern, own = policy.mailing_lists.names[body.kind], body.overrides
    if not own.mailing_list:
        return ""
    if own.mailing_list_name:
        return own.mailing_list_name
    return "" if pattern is None else list_name(pattern, body.name) or list_name(pattern, body.id)


def _seated(
    identity: ResourceId, belonging: Belonging, policy: Policy, keys: Mapping[str, str], *, archived: bool
) -> tuple[dict[Seats, frozenset[str]], dict[Seats, frozenset[str]]]:
    """Who is on it, who owns it, and whose time there is over. Nobody moderates an archive."""
    on = belonging.members if policy.mailing_lists.guests else belonging.members - belonging.guests
    members, moderating = Seats(identity), Seats(identity, EdgeRole.MODERATOR)
    moderators = frozenset(map(keys.__getitem__, belonging.moderators))
    over = frozenset(map(keys.__getitem__, belonging.ended))
    edges = {members: frozenset(map(keys.__getitem__, on)), moderating: _NOBODY if archived else moderators}
    ended = {members: over, moderating: over | moderators if archived else over}
    return edges, {seats: people for seats, people in ended.items() if people}
