"""Explains a person, a body or a resource: what it has, where, and why. Asks no target; says what we know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policies.desire import Assigned, body_key, desire, person_key
from policies.membership import Belongings, Standing
from policies.reasons import reasons_in_body
from provisioner.app.addresses import address
from provisioner.app.connectors import connector_type
from provisioner.app.focus import is_named
from provisioner.app.planning import assigned_of
from provisioner.app.provenance import identity_facts, taken, told_of_person, told_of_place
from provisioner.app.site import Inputs, Site
from provisioner.model.bindings import Binding, Ties
from provisioner.model.enrolments import SOURCE
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Identity, Origin
from provisioner.model.resources import Desired, Kind, ResourceId, Seats
from provisioner.model.text import Text
from provisioner.model.words import edge_word, resource_word
from provisioner.state import Bindings

_ROOMS = (
    Kind.GROUP,
    Kind.TEAM_FOLDER,
    Kind.CONVERSATION,
    Kind.MEETING_ROOM,
    Kind.CALENDAR,
    Kind.MEETING,
    Kind.CONFERENCE,
    Kind.FORUM_CATEGORY,
    Kind.WIKI_SPACE,
    Kind.WIKI_PAGE,
    Kind.MAILING_LIST,
    Kind.ROLE,
    Kind.ACCOUNT,
)
"""In which order a body's rooms are told."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is so, and why."""

    what: Text
    why: tuple[Text, ...] = ()


@dataclass(slots=True)
class Explanation:
    """What ``id`` means here. ``origin`` is the line where it is written."""

    id: str
    kind: str
    name: str
    origin: Origin | None
    facts: list[Fact] = field(default_factory=list)
    identities: tuple[Identity, ...] = ()
    """Who a person is in sources."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Of a person whom sources know: by field of the files, where its value is from."""


class Explainer:
    """Answers for one network, from its registry, policy and state."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._inputs: Inputs = site.inputs()
        self._enrolments = site.enrolments()
        self._registry = self._inputs.loaded.registry
        self._ties = ties_by_target(site)
        with site.targets() as targets:
            self._capabilities = {target.name: target.connector.capabilities() for target in targets}
        today = site.today(self._registry.time_zone)
        self._belongings = Belongings(self._registry, today)
        self._desired: Desired = desire(self._registry, self._inputs.policy, today, self._assigned())

    def _assigned(self) -> Assigned:
        return assigned_of((self._capabilities[name], ties) for name, ties in self._ties.items())

    def explain(self, wanted: str) -> Explanation:
        """By registry id, key, a person's name or address, or what something is called in a target.

        Raises `SettingsError` for nothing, or for several.
        """
        identity = wanted.split(":")[1] if wanted.count(":") else wanted
        if identity in self._registry.people:
            return self._person(identity)
        if identity in self._registry.bodies:
            return self._body(identity)
        if (person := self._by_name(wanted)) is not None:
            return self._person(person)
        for ties in self._ties.values():
            for resource, binding in ties.bindings.items():
                if wanted.lower() in (binding.name.lower(), binding.remote_id.lower()):
                    return self._resource(resource, binding.name)
        for resource, desired in self._desired.resources.items():
            if desired.name.lower() == wanted.lower():
                return self._resource(resource, desired.name)
        raise SettingsError(Text.of("app.nothing_of_that_name", id=wanted))

    def _by_name(self, wanted: str) -> str | None:
        """The id of the one person of this name or address. Raises `SettingsError` that names the ids of several."""
        called = wanted.casefold()
        found = [
            person.id
            for person in self._registry.people.values()
            if called in (person.display_name.casefold(), person.email.casefold())
        ]
        if len(found) > 1:
            raise SettingsError(Text.of("app.several_of_that_name", name=wanted, ids=", ".join(sorted(found))))
        return found[0] if found else None

    def _resource(self, resource: ResourceId, name: str) -> Explanation:
        identity = resource.key.split(":")[1]
        if resource.kind is Kind.ACCOUNT and identity in self._registry.people:
            return self._person(identity)
        if identity in self._registry.bodies:
            return self._body(identity)
        explanation = Explanation(resource.key, str(resource.kind), name, None)
        if resource in self._desired.resources:
            explanation.facts.append(Fact(self._desired.resources[resource].reason))
        else:
            explanation.facts.append(Fact(Text.of("app.no_longer_in_registry")))
        explanation.facts += self._where(resource)
        return explanation

    def _person(self, identity: str) -> Explanation:
        person = self._registry.people[identity]
        explanation = Explanation(identity, "person", person.display_name, person.origin)
        explanation.identities = person.identities
        explanation.origins = {one.field: one.where for one in taken(person)}
        known = identity_facts(person, self._registry, self._belongings.today)
        explanation.facts += [Fact(what, why) for what, why in known]
        explanation.facts += [Fact(what) for what in told_of_person(self._enrolments, identity)]
        account = ResourceId(Kind.ACCOUNT, person_key(identity))
        desired = self._desired.resources.get(account)
        if desired is not None:
            suspended = desired.fields.get("enabled") is False
            what = Text.of("app.account_suspended" if suspended else "app.account_wanted", name=desired.name)
            explanation.facts.append(Fact(what, (desired.reason,)))
        elif self._belongings.standings[identity] is Standing.VANISHED and self._tied(account):
            explanation.facts.append(Fact(Text.of("app.suspension_waits")))
        else:
            explanation.facts.append(Fact(Text.of("app.no_account")))
        explanation.facts += self._where(account)
        for body in self._registry.bodies.values():
            reasons = (*reasons_in_body(person, body, self._belongings), *told_of_place(self._enrolments, person, body))
            if reasons:
                belonging = self._belongings.of_bodies()[body.id]
                code = "app.moderates" if identity in belonging.moderators else "app.is_in"
                explanation.facts.append(Fact(Text.of(code, body=body.name), reasons))
        return explanation

    def _tied(self, resource: ResourceId) -> bool:
        return any(resource in ties.bindings for ties in self._ties.values())

    def _body(self, identity: str) -> Explanation:
        body = self._registry.bodies[identity]
        explanation = Explanation(identity, "body", body.name, body.origin)
        if body.origin is not None and body.origin.file == SOURCE:
            explanation.facts.append(Fact(Text.of("app.made_through_service")))
        only = frozenset((body_key(identity),))
        there = frozenset(kind for can in self._capabilities.values() for kind in can.fields)
        known = {wanted for wanted in self._desired.resources if wanted.kind in there}
        known.update(tied for ties in self._ties.values() for tied in ties.bindings)
        rooms = sorted((one for one in known if is_named(one.key, only)), key=lambda one: (_ROOMS.index(one.kind), one))
        for room in rooms:
            explanation.facts.append(self._room(room))
            explanation.facts += self._where(room)
        for member in sorted(self._belongings.of_bodies()[identity].members):
            person = self._registry.people[member]
            reasons = (*reasons_in_body(person, body, self._belongings), *told_of_place(self._enrolments, person, body))
            explanation.facts.append(Fact(Text.of("app.member", name=person.display_name, id=member), reasons))
        return explanation

    def _room(self, room: ResourceId) -> Fact:
        """A group, folder or conversation that a body shall have, and who may do what there."""
        desired = self._desired.resources.get(room)
        if desired is None:
            name = next(ties.bindings[room].name for ties in self._ties.values() if room in ties.bindings)
            return Fact(Text.of("app.room_not_wanted", kind=resource_word(room.kind), name=name))
        if room.kind is Kind.GROUP:
            what = Text.of("app.group_wanted", name=desired.name, count=len(self._desired.edges[Seats(room)]))
            return Fact(what, (desired.reason,))
        roles = tuple(self._roles(room))
        return Fact(
            Text.of("app.room_wanted", kind=resource_word(room.kind), name=desired.name), (desired.reason, *roles)
        )

    def _roles(self, room: ResourceId) -> Iterator[Text]:
        if self._desired.resources[room].fields.get("open") is True:
            yield Text.of("app.open_to_all")
        for seats, members in self._desired.edges.items():
            if seats.container != room or not members:
                continue
            if seats.member is Kind.GROUP:
                names = [self._called(ResourceId(Kind.GROUP, key)) for key in sorted(members)]
                yield Text.of("app.role_of_groups", role=edge_word(seats.role, room.kind), names=", ".join(names))
            else:
                yield Text.of("app.role_of_people", role=edge_word(seats.role, room.kind), count=len(members))

    def _called(self, group: ResourceId) -> str:
        found = (ties.bindings[group].name for ties in self._ties.values() if group in ties.bindings)
        wanted = self._desired.resources.get(group)
        return next(found, group.key if wanted is None else wanted.name)

    def _where(self, resource: ResourceId) -> Iterator[Fact]:
        """In which targets that have such things it is, under which name, and where people open it."""
        for target, ties in self._ties.items():
            seen = self._capabilities[target]
            if resource.kind not in seen.fields:
                continue
            binding, borrowed = ties.bindings.get(resource), ties.borrowed.get(resource)
            if binding is None and borrowed is not None:
                yield Fact(self._account("borrowed_in_target", target, resource, borrowed))
            elif binding is None:
                yield Fact(Text.of("app.not_in_target", target=target))
            elif resource.kind is Kind.ACCOUNT:
                here = "account_in_target" if Kind.GROUP in seen.fields else "account_on_lists"
                yield Fact(self._account(here, target, resource, binding))
            elif resource.kind is Kind.GROUP and Kind.ACCOUNT not in seen.fields:  # who is in it, is known elsewhere
                yield Fact(Text.of("app.room_in_target", target=target, name=binding.name))
            elif resource.kind is Kind.GROUP:
                count = len(ties.edges.get(Seats(resource), ()))
                yield Fact(Text.of("app.group_in_target", target=target, name=binding.name, count=count))
            else:
                where = address(self._site, seen, resource, binding.remote_id, binding.name)
                if where is None:
                    yield Fact(Text.of("app.room_in_target", target=target, name=binding.name))
                else:
                    yield Fact(Text.of("app.room_in_target_at", target=target, name=binding.name, address=where))

    def _account(self, code: str, target: str, account: ResourceId, binding: Binding) -> Text:
        kind = Kind.MAILING_LIST if code == "account_on_lists" else Kind.GROUP
        edges = self._ties[target].edges.items()
        there = {seats.container for seats, members in edges if seats.container.kind is kind and account.key in members}
        return Text.of(f"app.{code}", target=target, name=binding.name, count=len(there))


def ties_by_target(site: Site) -> dict[str, Ties]:
    """All that the database knows of every target. Raises `SettingsError`, `StateError`."""
    bindings, found = Bindings(site.database), dict[str, Ties]()
    for name in site.target_names():
        connector = connector_type(str(site.section.targets[name].get("connector", "")), name)
        found[name] = bindings.ties(site.network, name, connector.server(site.read_target(connector, name)))
    return found
