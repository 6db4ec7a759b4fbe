"""From a few ids to the part of a network that they concern: what is planned of it, and what is read for that.

A person: the account and its places in all containers, whoever else is in these. A body, or an organisation's group:
its containers with everybody in them, what these stand below or are listed in, and those of its members who have no
account yet. An organisation: its people, too. All else that is ours counts as there (`Ties.assumed`), is not looked at
and can't be changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from policies.desire import person_key
from provisioner.model.bindings import Binding, Ties
from provisioner.model.inventory import NOBODY, Inventory, Roster
from provisioner.model.ports import Interest, Sought
from provisioner.model.registry import Registry
from provisioner.model.resources import Desired, EdgeRole, Kind, ResourceId, Seats


@dataclass(frozen=True, slots=True)
class Focused:
    """Of one target: what a plan is made from, and what has to be observed for it."""

    desired: Desired
    ties: Ties
    interest: Interest
    missing: tuple[ResourceId, ...] = ()
    """Containers in which somebody in focus shall be, and which are not in focus and not there yet."""

    def has(self, identity: ResourceId) -> bool:
        """Whether it is looked at, and may be changed."""
        only = self.interest.only
        return only is None or (identity not in self.ties.assumed and any(sought.id == identity for sought in only))


def seen(focused: Focused, inventory: Inventory) -> tuple[Desired, Ties, Inventory]:
    """What is wanted, tied and there, once it was read, as far as it is in focus.

    Of a container that counts as there the accounts that do so, too, are none of this plan's business, and its groups
    are as they should be. When it could not be told who of those in focus is in it, nothing is said of it unless
    somebody should be.
    """
    desired, ties = focused.desired, focused.ties
    if not ties.assumed:
        return desired, ties, inventory
    others: dict[Kind, dict[str, ResourceId]] = {kind: {} for kind in Kind}
    for identity, binding in ties.assumed.items():
        others[identity.kind][binding.remote_id] = identity
    rosters: dict[tuple[Kind, str], Roster] = {}
    told: set[ResourceId] = set()
    groups: dict[Seats, frozenset[str]] = {}
    for (kind, remote_id), roster in inventory.rosters.items():
        rosters[kind, remote_id] = roster
        if (container := others[kind].get(remote_id)) is not None:
            told.add(container)
            members = {
                (role, member): there - others[member].keys() if member is Kind.ACCOUNT else there
                for (role, member), there in roster.members.items()
            }
            rosters[kind, remote_id] = replace(roster, members=members)
            for (role, member), there in roster.members.items():
                if member is Kind.GROUP:
                    keys = frozenset(others[member][at].key for at in there & others[member].keys())
                    groups[Seats(container, role, member)] = keys
    edges = {
        seats: members
        for seats, members in desired.edges.items()
        if members or ties.edges.get(seats) or seats.container not in ties.assumed or seats.container in told
    }
    desired = replace(desired, edges={**edges, **groups})
    return desired, replace(ties, edges={**ties.edges, **groups}), replace(inventory, rosters=rosters)


def filled(inventory: Inventory, known: Ties, ties: Ties) -> Inventory:
    """For the guards, who count how many are left: with those members who count as there, in their containers."""
    if not ties.assumed:
        return inventory
    rosters = dict(inventory.rosters)
    for seats, members in known.edges.items():
        container = ties.assumed.get(seats.container)
        roster = None if container is None else rosters.get((seats.container.kind, container.remote_id))
        if container is None or roster is None:
            continue
        there = (ties.assumed.get(ResourceId(seats.member, key)) for key in members)
        sort = (seats.role, seats.member)
        all_there = roster.of(*sort) | {member.remote_id for member in there if member is not None}
        rosters[seats.container.kind, container.remote_id] = replace(
            roster, members={**roster.members, sort: all_there}
        )
    return replace(inventory, rosters=rosters)


def is_named(key: str, only: Set[str]) -> bool:
    """Whether a key ("body:pg-sensorik:administrators") belongs to one of the ids, given with or without its kind.

    What all bodies share ("bodies:project") is nobody's: it is named as a whole.
    """
    parts = key.split(":")
    return key in only or (parts[0] != "bodies" and (parts[1] in only or ":".join(parts[:2]) in only))


def whole(desired: Desired, ties: Ties, kinds: Iterable[Kind]) -> Focused:
    """Everything; what is tied or wanted is told so that no more than that is read where reading is dear."""
    looked_at = frozenset(kinds)
    called = {
        (identity.kind, binding.remote_id): binding.name
        for identity, binding in ties.bindings.items()
        if identity.kind in looked_at
    }
    names = frozenset(
        (identity.kind, resource.name)
        for identity, resource in desired.resources.items()
        if identity.kind in looked_at and identity not in ties.bindings
    )
    keys = {
        (identity.kind, binding.remote_id): identity.key
        for identity, binding in ties.bindings.items()
        if identity.kind in looked_at
    }
    return Focused(desired, ties, Interest(frozenset(called), names, called=called, keys=keys))


def found_again(interest: Interest, ties: Ties) -> Interest:
    """The same, with what earlier runs had made although nobody learnt of it: it is tied by now."""
    tied = whole(Desired(), ties, {identity.kind for identity in ties.bindings}).interest
    only = interest.only
    if only is not None:
        known = ties.bindings
        only = tuple(replace(one, remote_id=known[one.id].remote_id) if one.id in known else one for one in only)
    return replace(
        interest,
        bound=interest.bound | tied.bound,
        called={**interest.called, **tied.called},
        keys={**interest.keys, **tied.keys},
        only=only,
    )


def narrow(only: Set[str], registry: Registry, desired: Desired, ties: Ties, kinds: Iterable[Kind]) -> Focused:
    """The part that these ids concern. Pure; ids that mean nothing here lead to nothing."""
    return _Focus(only, registry, desired, ties, frozenset(kinds)).focused()


class _Focus:
    """One target's part."""

    def __init__(
        self, only: Set[str], registry: Registry, desired: Desired, ties: Ties, kinds: frozenset[Kind]
    ) -> None:
        self._desired, self._ties, self._kinds = desired, ties, kinds
        known = [*desired.resources, *ties.bindings, *(ties.pending or ())]
        named = {identity for identity in known if self._is_container(identity) and is_named(identity.key, only)}
        self._containers = frozenset(named | self._around(named))
        """Planned with everybody in them."""
        self._people = self._people_named(only, registry, known)
        """Account keys whose places are planned everywhere."""
        self._accounts = self._people | self._members_to_look_at()
        """Account keys that are looked at themselves."""
        self._edges = dict(self._narrowed(desired.edges))
        self._applied = dict(self._narrowed(ties.edges))

    def focused(self) -> Focused:
        desired, ties = self._desired, self._ties
        in_focus = self._in_focus
        resources = {identity: wanted for identity, wanted in desired.resources.items() if in_focus(identity)}
        edges = {seats: members for seats, members in self._edges.items() if self._is_there(seats.container)}
        edges |= {seats: NOBODY for seats in self._applied if self._is_left_over(seats.container)}
        narrow_ties = replace(
            ties,
            bindings={identity: binding for identity, binding in ties.bindings.items() if in_focus(identity)},
            edges=self._applied,
            pending={identity: name for identity, name in (ties.pending or {}).items() if in_focus(identity)},
            borrowed={identity: account for identity, account in ties.borrowed.items() if in_focus(identity)},
            assumed={identity: known for identity, known in self._known() if not in_focus(identity)},
            unsettled=frozenset(filter(in_focus, ties.unsettled)),
        )
        narrow_desired = replace(
            desired,
            resources=resources,
            edges=edges,
            ended=dict(self._narrowed(desired.ended)),
            through_groups={
                container: accounts if container in self._containers else accounts & self._people
                for container, accounts in desired.through_groups.items()
            },
        )
        missing = {
            seats.container
            for seats, members in self._edges.items()
            if members and seats not in edges and seats.container.kind in self._kinds
        }
        return Focused(narrow_desired, narrow_ties, self._interest(), tuple(sorted(missing)))

    def _is_container(self, identity: ResourceId) -> bool:
        return identity.kind is not Kind.ACCOUNT and identity.kind in self._kinds

    def _around(self, named: Set[ResourceId]) -> set[ResourceId]:
        """What containers in focus stand below, and the texts of other things that lead to them."""
        found: set[ResourceId] = set()
        resources = self._desired.resources
        ahead = [resources[identity] for identity in named if identity in resources]
        while ahead:
            needed = [need for need in ahead.pop().needs if self._is_container(need) and need not in named | found]
            found.update(needed)
            ahead += [resources[need] for need in needed if need in resources]
        if named:
            texts = ((wanted, text) for wanted in resources.values() for text in wanted.late.values())
            found |= {wanted.id for wanted, text in texts if self._is_container(wanted.id) and text.links() & named}
        return found

    def _people_named(self, only: Set[str], registry: Registry, known: Iterable[ResourceId]) -> frozenset[str]:
        """Also those who are in the group of an organisation that is named, though it may have left the registry."""
        named = {
            person_key(person.id)
            for person in registry.people.values()
            if any(is_named(f"organisation:{stay.organisation}", only) for stay in person.affiliations)
        }
        for edges in (self._desired.edges, self._ties.edges):
            for seats, members in edges.items():
                of_organisation = seats.container.key.startswith("organisation:")
                if of_organisation and seats.member is Kind.ACCOUNT and is_named(seats.container.key, only):
                    named |= members
        known_accounts = {identity.key for identity in (*known, *self._ties.borrowed) if identity.kind is Kind.ACCOUNT}
        return frozenset(key for key in known_accounts if key in named or is_named(key, only))

    def _members_to_look_at(self) -> frozenset[str]:
        """Members of the containers who have no account of ours, or a borrowed one whose places change."""
        found: set[str] = set()
        borrowed = {identity.key for identity in self._ties.borrowed} - {
            identity.key for identity in self._ties.bindings if identity.kind is Kind.ACCOUNT
        }
        for seats in self._desired.edges.keys() | self._ties.edges.keys():
            if seats.container in self._containers and seats.member is Kind.ACCOUNT:
                wanted = self._desired.edges.get(seats, NOBODY)
                found |= {key for key in wanted if ResourceId(Kind.ACCOUNT, key) not in self._ties.bindings} - borrowed
                found |= (wanted ^ self._ties.edges.get(seats, NOBODY)) & borrowed
        return frozenset(found)

    def _in_focus(self, identity: ResourceId) -> bool:
        return identity.key in self._accounts if identity.kind is Kind.ACCOUNT else identity in self._containers

    def _is_there(self, container: ResourceId) -> bool:
        return container in self._containers or container in self._ties.bindings

    def _is_left_over(self, container: ResourceId) -> bool:
        """Whether it is ours, not in focus, and nobody shall be in it any more."""
        desired = self._desired
        return (
            container in self._ties.bindings
            and container not in self._containers
            and container not in desired.resources
            and container not in desired.login_writes
            and container.key not in desired.blocked
            and container.key not in desired.unmanaged
        )

    def _known(self) -> Iterator[tuple[ResourceId, Binding]]:
        """All that counts as there; what is ours before what is borrowed."""
        yield from ((one, account) for one, account in self._ties.borrowed.items() if one not in self._ties.bindings)
        yield from self._ties.bindings.items()

    def _narrowed(self, edges: Mapping[Seats, frozenset[str]]) -> Iterator[tuple[Seats, frozenset[str]]]:
        """Containers in focus whole, of the others the people in focus alone."""
        for seats, members in edges.items():
            if seats.container in self._containers:
                yield seats, members
            elif seats.member is Kind.ACCOUNT and self._people and self._concerns(seats):
                yield seats, members & self._people

    def _concerns(self, seats: Seats) -> bool:
        """Whether somebody in focus is, was or shall be there, or may have been put there by hand."""
        if seats.container.kind is Kind.GROUP and seats.container in self._ties.bindings:
            return True  # an account tells its groups, so that all of them are known
        places = (self._desired.edges, self._desired.ended, self._ties.edges)
        if any(not self._people.isdisjoint(edges.get(seats, NOBODY)) for edges in places):
            return True
        # Whoever comes into a conversation with a group may be in it by hand as well.
        through = self._desired.through_groups.get(seats.container, NOBODY)
        group = Seats(ResourceId(Kind.GROUP, seats.container.key))
        plain = seats.role is EdgeRole.MEMBER and seats.container.kind is not Kind.GROUP
        return plain and not (
            self._people.isdisjoint(through) and self._people.isdisjoint(self._ties.edges.get(group, NOBODY))
        )

    def _interest(self) -> Interest:
        everything = whole(self._desired, self._ties, self._kinds).interest
        sought = tuple(self._sought())
        names = frozenset((one.id.kind, one.name) for one in sought if one.remote_id is None)
        return replace(everything, names=names, only=sought)

    def _sought(self) -> Iterator[Sought]:
        """What is to be read: by its remote id, and by the name that it shall have where that is another."""
        places = {seats.container for seats in self._edges.keys() | self._applied.keys()}
        # An account tells its groups; a conversation has to be asked who is in it.
        to_ask = {one for one in places if one.kind is not Kind.GROUP and one in self._ties.bindings}
        accounts = {ResourceId(Kind.ACCOUNT, key) for key in self._accounts}
        for identity in sorted(self._containers | to_ask | accounts):
            binding = self._ties.bindings.get(identity) or self._ties.borrowed.get(identity)
            wanted = self._desired.resources.get(identity)
            if binding is not None:
                yield Sought(identity, binding.name, binding.remote_id)
            if wanted is not None and self._in_focus(identity) and (binding is None or binding.name != wanted.name):
                email = wanted.fields.get("email") if binding is None else None
                yield Sought(identity, wanted.name, email=email if isinstance(email, str) else None)
