"""From groups to bodies: the policy's patterns read backwards."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from policies.desire import desire, organisation_key
from policies.document import Policy
from policies.names import group_id
from provisioner.app.importing.drawn import DrawnBody, DrawnOrganisation, DrawnPerson, LeftOut
from provisioner.app.importing.names import slug
from provisioner.app.importing.organisations import free_id
from provisioner.app.importing.overrides import fix_names, lead_of, unfit_in
from provisioner.app.importing.people import Circumstances, of_memberships, shown_of
from provisioner.app.importing.rooms import RoomsDrawer
from provisioner.model.inventory import Inventory, Remote
from provisioner.model.registry import BodyKind, Organisation, OrganisationKind, Registry
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text

_BARE = "{name}"
_MARK = "0name0"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A policy's pattern, as it is shown and as it looks in a group's id."""

    pattern: str

    def of_shown(self, text: str) -> str | None:
        """The name in what people read, or None."""
        return _between(text, *self.pattern.split(_BARE))

    def of_id(self, identifier: str) -> str | None:
        """The name in a group's id, or None."""
        before, _, behind = group_id(self.pattern, _MARK).partition(_MARK)
        return _between(identifier, before, behind)


def _between(text: str, before: str, behind: str) -> str | None:
    fits = text.startswith(before) and text.endswith(behind) and len(text) > len(before) + len(behind)
    return text[len(before) : len(text) - len(behind)].strip() or None if fits else None


class BodiesDrawer:
    """Looks at all groups at once, since a moderators' group belongs to another."""

    def __init__(
        self,
        inventory: Inventory,
        circumstances: Circumstances,
        policy: Policy,
        people: Iterable[DrawnPerson],
        guests: Iterable[DrawnPerson],
        organisations: Iterable[DrawnOrganisation],
        kinds: Collection[Kind],
    ) -> None:
        """``kinds``: those of rooms that the target has."""
        self._kinds = kinds
        self._inventory = inventory
        self._circumstances = circumstances
        self._policy = policy
        self._people = {person.account: person for person in people}
        self._guests = {guest.account: guest for guest in guests}
        self._by_id = {person.id: person for person in self._people.values()}
        self._organisation_groups = _organisation_groups(policy, organisations)
        self.left_out: list[LeftOut] = []
        groups = inventory.of(Kind.GROUP).objects.values()
        ordered = sorted(groups, key=lambda remote: (shown_of(remote).casefold(), remote.name))
        self._groups = {remote.name: remote for remote in ordered if self._is_ours_to_take(remote)}

    def draw(self) -> list[DrawnBody]:
        """The bodies by name, with the overrides that lead each to exactly its groups; people get memberships."""
        pairs = self._pairs()
        administrators = {remote.name for remote in pairs.values()}
        taken: set[str] = set()
        bodies: list[DrawnBody] = []
        for group in self._groups.values():
            if group.name not in administrators:
                bodies += self._body(group, pairs.get(group.name), taken)
        self._give_rooms(bodies)
        fix_names(bodies, self._policy, self._kinds, self._inventory)
        return [body for body in bodies if self._is_writable(body)]

    def _give_rooms(self, bodies: list[DrawnBody]) -> None:
        """Who moderates the chat of a body without a moderators' group moderates the body: nothing else tells."""
        rooms = RoomsDrawer(self._inventory, self._circumstances, bodies)
        rooms.draw(self._kinds)
        self.left_out += rooms.left_out
        for body in bodies:
            if body.administrators is None:
                body.moderators = of_memberships(self._people, rooms.moderators(body)) & body.members

    def _is_ours_to_take(self, remote: Remote) -> bool:
        if self._circumstances.is_protected(Kind.GROUP, remote.name):
            return self._leave_out(remote, Text.of("app.import_protected"))
        if self._circumstances.is_others(Kind.GROUP, remote):
            return self._leave_out(remote, Text.of("app.import_other_network"))
        if remote.name in self._organisation_groups:
            return self._leave_out(remote, Text.of("app.import_organisation_group"))
        return True

    def _leave_out(self, remote: Remote, why: Text) -> bool:
        self.left_out.append(LeftOut(Kind.GROUP, remote.name, shown_of(remote), why))
        return False

    def _pairs(self) -> dict[str, Remote]:
        """Name of a group → the group of its moderators."""
        shown: defaultdict[str, list[Remote]] = defaultdict(list)
        for remote in self._groups.values():
            shown[shown_of(remote)].append(remote)
        pairs: dict[str, Remote] = {}
        administrators: set[str] = set()
        for remote in sorted(self._groups.values(), key=lambda one: (len(shown_of(one)), one.name)):
            for members in self._members_of(remote, shown):
                if members is not remote and members.name not in pairs and members.name not in administrators:
                    pairs[members.name] = remote
                    administrators.add(remote.name)
                    break
        return pairs

    def _members_of(self, remote: Remote, shown: Mapping[str, list[Remote]]) -> Iterator[Remote]:
        """The groups whose moderators ``remote`` may be by its name; the surest first."""
        for names in self._policy.groups.names.values():
            if names.administrators is None or names.administrators == _BARE or names.members is None:
                continue
            pattern = _Pattern(names.administrators)
            name = pattern.of_id(remote.name)
            if name is not None and (found := self._groups.get(group_id(names.members, _MARK).replace(_MARK, name))):
                yield found
            name = pattern.of_shown(shown_of(remote))
            if name is not None and len(alike := shown.get(names.members.format(name=name), [])) == 1:
                yield alike[0]

    def _body(self, group: Remote, administrators: Remote | None, taken: set[str]) -> Iterator[DrawnBody]:
        moderators = frozenset[str]() if administrators is None else self._in(administrators)
        members = self._in(group) | moderators
        kind, name = self._kind_and_name(group)
        if kind is None and not members:
            roster = self._inventory.rosters[Kind.GROUP, group.remote_id]
            why = Text.of("app.import_nobody_of_them" if roster.accounts else "app.import_empty")
            for remote in (group, administrators):
                if remote is not None:
                    self._leave_out(remote, why)
            return
        wish = slug(name) or slug(group.name) or "gruppe"
        wish = f"pg-{wish}" if kind is BodyKind.PROJECT else wish
        lead = lead_of([self._by_id[one] for one in members], [self._by_id[one] for one in moderators])
        found = kind or BodyKind.CIRCLE
        yield DrawnBody(free_id(wish, taken), name, found, group, administrators, members, moderators, lead)

    def _in(self, group: Remote) -> frozenset[str]:
        return of_memberships(self._people, self._inventory.rosters[Kind.GROUP, group.remote_id].accounts)

    def _kind_and_name(self, group: Remote) -> tuple[BodyKind | None, str]:
        """The kind whose pattern fits, the longest first; a pattern that fits everything tells nothing."""
        names = self._policy.groups.names
        counts = Counter(one.members for one in names.values())
        telling = [
            (kind, one.members)
            for kind, one in names.items()
            if one.members is not None and one.members != _BARE and counts[one.members] == 1
        ]
        shown = shown_of(group)
        for kind, pattern in sorted(telling, key=lambda pair: -len(pair[1])):
            if (name := _Pattern(pattern).of_shown(shown)) is not None:
                return kind, name
            if _Pattern(pattern).of_id(group.name) is not None:
                return kind, shown
        return None, shown

    def _is_writable(self, body: DrawnBody) -> bool:
        """Whether the registry takes its names; then everybody of it becomes a member."""
        unfit = unfit_in(body)
        if unfit is not None:
            for remote in (body.group, body.administrators):
                if remote is not None:
                    self._leave_out(remote, Text.of("app.import_unfit", field=unfit))
            return False
        for member in body.members:
            self._by_id[member].memberships[body.id] = member in body.moderators
        for group, moderates in ((body.group, False), (body.administrators, True)):
            for member in (
                frozenset[str]() if group is None else self._inventory.rosters[Kind.GROUP, group.remote_id].accounts
            ):
                if member in self._guests:
                    self._guests[member].memberships[body.id] = moderates
        return True


def _organisation_groups(policy: Policy, organisations: Iterable[DrawnOrganisation]) -> frozenset[str]:
    """Names of the groups that policy gives to organisations."""
    if policy.groups.organisation is None:
        return frozenset()
    listed = {one.id: Organisation(one.id, one.name, OrganisationKind.CITY) for one in organisations}
    whole = policy.model_copy(update={"managed": None})
    desired = desire(Registry("import", "", organisations=listed), whole, date.min)
    return frozenset(desired.resources[ResourceId(Kind.GROUP, organisation_key(one))].name for one in listed)
