"""From the cockpit's groups to project groups, called over there as the database says."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final
from urllib.parse import unquote, urlsplit

from policies.desire import body_key, desire
from policies.document import Policy
from provisioner.app.importing.cockpit import Cockpit, CockpitGroup
from provisioner.app.importing.cockpit_people import Drawn, remarks
from provisioner.app.importing.drawn import DrawnBody, LeftOut, Remark
from provisioner.app.importing.names import slug
from provisioner.app.importing.organisations import free_id
from provisioner.app.importing.overrides import fix_names, lead_of, unfit_in
from provisioner.model.inventory import Inventory, Remote
from provisioner.model.registry import Body, BodyKind, JoinMode, Registry
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text

_PREFIX: Final = re.compile(r"(?:PG|Projektgruppe)(?:[\s_:./-]+)(?=\S)", re.IGNORECASE)
_LIST: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")
_PAGES: Final = frozenset({"admin", "admindb", "listinfo", "mailman", "options", "private", "members", "lists"})
"""Parts of a Mailman address that name no list."""


def usable_groups(cockpit: Cockpit) -> tuple[dict[int, CockpitGroup], list[LeftOut]]:
    """Groups that can become bodies, by id, each with a name; and the others."""
    usable: dict[int, CockpitGroup] = {}
    left_out: list[LeftOut] = []
    counts = Counter(group.keycloak_group.casefold() for group in cockpit.groups if group.keycloak_group)
    for group in cockpit.groups:
        shown = group.name or group.keycloak_group
        if not bare_name(shown) or not slug(shown):
            why = Text.of("app.cockpit_nameless")
        elif counts[group.keycloak_group.casefold()] > 1:
            why = Text.of("app.cockpit_same_group", group=group.keycloak_group)
        else:
            usable[group.id] = replace(group, name=shown)
            continue
        left_out.append(LeftOut(Kind.GROUP, shown or str(group.id), shown or str(group.id), why))
    return usable, left_out


def bare_name(shown: str) -> str:
    """ "PG_Sensorik" and "Projektgruppe Sensorik" → "Sensorik": the policy writes the rest."""
    return _PREFIX.sub("", shown, count=1) if _PREFIX.match(shown) else shown


class CockpitBodies:
    """Looks at all groups at once, since two may name one group of administrators."""

    def __init__(self, groups: Mapping[int, CockpitGroup], policy: Policy) -> None:
        self._groups = groups
        self._policy = policy
        self._administering = Counter(group.keycloak_admin_group.casefold() for group in groups.values())
        self._members = {group.keycloak_group.casefold() for group in groups.values()}
        self.left_out: list[LeftOut] = []
        self.remarks: list[Remark] = []

    def draw(self, joined: Mapping[int, Iterable[str]], people: Drawn) -> list[DrawnBody]:
        """The bodies by name; people and guests get memberships. Who moderates stands in Keycloak, not here."""
        taken: set[str] = set()
        bodies: dict[int, DrawnBody] = {}
        for group in sorted(self._groups.values(), key=lambda one: (bare_name(one.name).casefold(), one.id)):
            name = bare_name(group.name)
            members = [people.people[email] for email in joined.get(group.id, ()) if email in people.people]
            bodies[group.id] = DrawnBody(
                id=free_id(f"pg-{slug(name)}", taken),
                name=name,
                kind=BodyKind.PROJECT,
                group=_named(group.keycloak_group),
                administrators=_named(self._administrators(group)),
                members=frozenset(member.id for member in members),
                moderators=frozenset(),
                lead=lead_of(members, ()),
                join=JoinMode.APPROVAL if group.moderated else JoinMode.OPEN,
                address=group.url,
            )
        self._give_lists(bodies)
        fix_names(list(bodies.values()), self._policy, (Kind.MAILING_LIST,), Inventory("cockpit"))
        for body in bodies.values():
            # Nobody who administers is known: tied, the group would lose all of them by the first plan.
            body.overrides["administrators_group"] = False
        self._remark(bodies)
        for number, body in bodies.items():
            self._settle(body, joined.get(number, ()), people)
        return [body for body in bodies.values() if unfit_in(body) is None]

    def _administrators(self, group: CockpitGroup) -> str:
        """Its administrators' group, if that is nobody else's and no group of members."""
        name = group.keycloak_admin_group
        mine = self._administering[name.casefold()] == 1 and name.casefold() not in self._members
        return name if mine else ""

    def _give_lists(self, bodies: Mapping[int, DrawnBody]) -> None:
        """Each body the list that it has: as its address says, else as the policy names it."""
        plain = {body.id: Body(body.id, body.name, body.kind) for body in bodies.values()}
        whole = self._policy.model_copy(update={"managed": None})
        usual = desire(Registry("import", "", bodies=plain), whole, date.min).resources
        unnamed = []
        for number, body in bodies.items():
            group = self._groups[number]
            if not group.has_mailing_list:
                continue
            wanted = usual.get(ResourceId(Kind.MAILING_LIST, body_key(body.id)))
            name = list_name_in(group.mailing_list_url) or ("" if wanted is None else wanted.name)
            if name:
                body.rooms[Kind.MAILING_LIST] = Remote(name, name, {})
            if not list_name_in(group.mailing_list_url):
                unnamed.append(body.name)
        self.remarks += remarks(("app.cockpit_unnamed_lists", unnamed))

    def _remark(self, bodies: Mapping[int, DrawnBody]) -> None:
        told: defaultdict[str, list[str]] = defaultdict(list)
        for number, body in bodies.items():
            group = self._groups[number]
            if body.administrators is not None:
                told["app.cockpit_moderators"].append(f"{body.name}: {body.administrators.name}")
            elif group.keycloak_admin_group:
                told["app.cockpit_shared_administrators"].append(f"{body.name}: {group.keycloak_admin_group}")
            else:
                told["app.cockpit_no_administrators"].append(body.name)
            if body.group is None:
                told["app.cockpit_no_keycloak_group"].append(body.name)
            if group.automatic is False:
                told["app.cockpit_not_automatic"].append(body.name)
            if group.url:
                told["app.cockpit_pages"].append(f"{body.name}: {group.url}")
        self.remarks += remarks(*sorted(told.items()))

    def _settle(self, body: DrawnBody, joined: Iterable[str], people: Drawn) -> None:
        """Everybody of it becomes a member, if the registry takes it at all."""
        unfit = unfit_in(body)
        if unfit is not None:
            self.left_out.append(LeftOut(Kind.GROUP, body.name, body.name, Text.of("app.import_unfit", field=unfit)))
            return
        for email in joined:
            person = people.people.get(email) or people.guests.get(email)
            if person is not None:
                person.memberships[body.id] = False


def list_name_in(url: str) -> str:
    """ "https://lists.example/mailman/admin/pg-sensorik/" → "pg-sensorik"; "pg-sensorik@lists.example" → the same.

    "" where no list is named.
    """
    address = url.strip()
    if "/" not in address:
        found = address.partition("@")[0].lower()
    else:
        parts = [unquote(part).lower() for part in urlsplit(address).path.split("/") if part]
        found = next((part.partition("@")[0] for part in reversed(parts) if part not in _PAGES), "")
    return found if _LIST.fullmatch(found) else ""


def _named(name: str) -> Remote | None:
    return Remote(name, name, {"display_name": name}) if name else None
