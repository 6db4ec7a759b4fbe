"""Editing the registry in place: comments, quotes and every line that is not meant stay as they are.

Every function is given the files as they are now (`Files`, for one edit), changes one of them, checks the result as a
whole and only then writes it. An edit that would bring in an error is refused with `EditRefused`, and nothing is
written; errors that were there before do not stand in the way.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from provisioner.model.registry import BodyKind, Identity, JoinMode, OrganisationKind, Role
from provisioner.model.text import Text
from provisioner.registry.checks import ORGANISATION_ROLES
from provisioner.registry.editfiles import Edit, EditRefused, Files
from provisioner.registry.splicing import short, short_list

__all__ = [
    "Edit",
    "EditRefused",
    "Files",
    "absent_person",
    "add_organisation",
    "add_person",
    "archive_body",
    "create_body",
    "leave_organisation",
    "leave_person",
    "link_person",
    "move_person",
    "rename_body",
]


def add_person(
    files: Files,
    *,
    given_name: str,
    family_name: str,
    email: str,
    organisation: str,
    joined: date | None = None,
    roles: Sequence[Role] = (),
    bodies: Sequence[str] = (),
    person_id: str | None = None,
) -> Edit:
    """Write a new person into the file where others of the organisation stand, else ``people/<organisation>.yaml``."""
    person_id = person_id or files.new_person_id()
    entry: dict[str, Any] = {
        "id": person_id,
        "given_name": given_name,
        "family_name": family_name,
        "email": email,
        "organisation": organisation,
        **({"roles": [str(role) for role in roles]} if roles else {}),
        **({"bodies": list(bodies)} if bodies else {}),
        **({"joined": joined} if joined else {}),
    }
    file = files.of_people_in(organisation) or f"people/{organisation}.yaml"
    what = Text.of(
        "registry.person_added", id=person_id, name=f"{given_name} {family_name}".strip(), organisation=organisation
    )
    return files.add("people", entry, file, what)


def move_person(files: Files, person_id: str, organisation: str, on: date, *, email: str | None = None) -> Edit:
    """From ``on`` the person is in ``organisation``; what it was elsewhere ends the day before, roles included."""
    last_day = on - timedelta(days=1)
    by_source = files.organisations_by_source(person_id)

    def move(person: Any) -> None:
        stays: list[Any] = list(person.get("affiliations") or ())
        home = person.get("organisation") or (by_source[0] if len(by_source) == 1 and not stays else None)
        if home is not None:
            roles = [role for role in person.get("roles") or () if role in ORGANISATION_ROLES]
            stays = [short(organisation=home, roles=short_list(roles) if roles else None)]
            _drop_roles(person, roles)
        stays += [short(organisation=other) for other in by_source if other != home]
        open_stays = [stay for stay in stays if stay.get("until") is None or _day(stay["until"]) >= on]
        if any(stay["organisation"] == organisation for stay in open_stays):
            raise EditRefused(Text.of("registry.already_there", id=person_id, organisation=organisation))
        for stay in open_stays:
            stay["until"] = last_day
        new = short(organisation=organisation, since=on)
        if "organisation" in person:
            position = list(person).index("organisation")
            del person["organisation"]
            person.insert(position, "affiliations", [*stays, new])
        else:
            written = person.setdefault("affiliations", [])
            written.extend([*stays[len(written) :], new])
        if email is not None:
            person["email"] = email

    what = Text.of("registry.person_moved", id=person_id, organisation=organisation, on=on)
    return files.change("people", person_id, move, what)


def leave_person(files: Files, person_id: str, on: date, *, body: str | None = None) -> Edit:
    """``on`` is the person's last day in the network, or (``body``) the last day in that body."""
    if body is None:
        return files.change(
            "people",
            person_id,
            lambda person: person.update(leaves=on),
            Text.of("registry.person_left", id=person_id, on=on),
        )

    def leave(person: Any) -> None:
        memberships = person.get("bodies") or []
        for index, membership in enumerate(memberships):
            if membership == body:
                memberships[index] = short(id=body, until=on)
                return
            if isinstance(membership, dict) and membership.get("id") == body and is_open(membership, on):
                membership["until"] = on
                return
        decided = files.place_of(person_id, body, on)
        if decided is None:
            raise EditRefused(Text.of("registry.no_member", id=person_id, body=body))
        role = None if decided.role is Role.MEMBER else str(decided.role)
        stay = short(id=body, role=role, since=decided.period.since, until=on)  # the same stay, so that its end counts
        person["bodies"] = [*memberships, stay]

    return files.change(
        "people", person_id, leave, Text.of("registry.person_left_body", id=person_id, body=body, on=on)
    )


def absent_person(files: Files, person_id: str, since: date, until: date | None = None) -> Edit:
    """The person is away from ``since`` to ``until``, both included: nothing is taken away for want of activity."""

    def be_absent(person: Any) -> None:
        absence = short(since=since, until=until)
        if person.get("absences"):
            person["absences"].append(absence)
        else:
            person["absences"] = [absence]

    return files.change("people", person_id, be_absent, Text.of("registry.person_absent", id=person_id, since=since))


def link_person(files: Files, person_id: str, identities: Sequence[Identity]) -> Edit:
    """The person is these entries of sources, from now on."""

    def link(person: Any) -> None:
        known = person.setdefault("identities", [])
        before = {(one["source"], str(one["key"])) for one in known}
        missing = [one for one in identities if (one.source, one.key) not in before]
        if not missing:
            raise EditRefused(Text.of("registry.linked_already", id=person_id))
        known.extend(short(source=one.source, key=one.key) for one in missing)

    what = Text.of("registry.person_linked", id=person_id, source=identities[-1].source)
    return files.change("people", person_id, link, what)


def create_body(
    files: Files,
    *,
    body_id: str,
    name: str,
    kind: BodyKind = BodyKind.PROJECT,
    lead: str | None = None,
    join: JoinMode = JoinMode.APPROVAL,
    purpose: str = "",
) -> Edit:
    """Write a new body where the last one stands, or into a file of its own when each has one."""
    entry = {
        "id": body_id,
        "name": name,
        "kind": str(kind),
        **({"lead": lead} if lead else {}),
        "join": str(join),
        **({"purpose": purpose} if purpose else {}),
    }
    file = files.for_body(body_id)
    return files.add("bodies", entry, file, Text.of("registry.body_created", id=body_id, name=name))


def rename_body(files: Files, body_id: str, name: str) -> Edit:
    """Another name; the id stays, so that its rooms are renamed in place."""
    what = Text.of("registry.body_renamed", id=body_id, name=name)
    return files.change("bodies", body_id, lambda body: body.update(name=name), what)


def archive_body(files: Files, body_id: str, on: date) -> Edit:
    """``on`` is the first day on which the body is no longer active. Nothing of it is deleted."""
    what = Text.of("registry.body_archived", id=body_id, on=on)
    return files.change("bodies", body_id, lambda body: body.update(archived=on), what)


def add_organisation(
    files: Files,
    *,
    organisation_id: str,
    name: str,
    kind: OrganisationKind = OrganisationKind.CITY,
    domains: Sequence[str] = (),
    part_of: str | None = None,
    joined: date | None = None,
) -> Edit:
    """Write a new organisation where the last one stands."""
    entry = {
        "id": organisation_id,
        "name": name,
        "kind": str(kind),
        **({"domains": list(domains)} if domains else {}),
        **({"part_of": part_of} if part_of else {}),
        **({"joined": joined} if joined else {}),
    }
    holders = [file.file for file, _, _ in files.entries("organisations")]
    file = holders[-1] if holders else "organisations.yaml"
    return files.add(
        "organisations", entry, file, Text.of("registry.organisation_added", id=organisation_id, name=name)
    )


def leave_organisation(files: Files, organisation_id: str, on: date) -> Edit:
    """``on`` is its last day in the network; on the day after, its people's affiliations are over."""
    what = Text.of("registry.organisation_left", id=organisation_id, on=on)
    change = files.change
    return change("organisations", organisation_id, lambda organisation: organisation.update(leaves=on), what)


def _drop_roles(person: Any, roles: list[str]) -> None:
    """Take roles of the organisation away from the person, for they now stand with the affiliation."""
    for role in roles:
        person["roles"].remove(role)
    if roles and not person["roles"]:
        del person["roles"]


def is_open(stay: Any, on: date) -> bool:
    """Whether an affiliation or a membership, as it is written, still holds on that day."""
    return stay.get("until") is None or _day(stay["until"]) >= on


def _day(value: Any) -> date:
    """A day as ruamel gives it: a date, or the text that was in quotes."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))
