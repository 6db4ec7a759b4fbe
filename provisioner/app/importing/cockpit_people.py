"""From the cockpit's addresses to people: one for each address that is somebody's and in some group."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from provisioner.app.importing.addresses import is_role_address, name_in
from provisioner.app.importing.cockpit import Cockpit, CockpitGroup, CockpitMember
from provisioner.app.importing.drawn import DrawnPerson, LeftOut, Remark, unfit_field
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.registry.documents import PersonDocument


@dataclass(slots=True)
class Rows:
    """The members' rows, sorted out: who is in which group, and why the others are in none."""

    joined: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Id of a group → addresses of whom the database has in it and in Nextcloud."""
    remarks: list[Remark] = field(default_factory=list)


def sort_rows(cockpit: Cockpit, groups: Mapping[int, CockpitGroup]) -> Rows:
    """Hold every row against the groups that are taken over.

    Of several rows of one address in one group the most cautious counts: who waits in one of them is not in, and who
    shall not be in Nextcloud by one of them is not.
    """
    rows, together = Rows(), defaultdict[tuple[int, str], list[CockpitMember]](list)
    known = {group.id for group in cockpit.groups}
    empty: list[str] = []
    nowhere: list[str] = []
    elsewhere: list[str] = []
    for member in cockpit.members:
        if not member.email:
            empty.append(str(member.row))
        elif member.group is None or member.group not in known:
            nowhere.append(f"{member.email} ({'-' if member.group is None else member.group})")
        elif member.group not in groups:
            elsewhere.append(f"{member.email} ({member.group})")
        else:
            together[member.group, member.email].append(member)
    told: defaultdict[str, list[str]] = defaultdict(list)
    for (group, email), found in sorted(together.items()):
        about = f"{email} ({groups[group].name})"
        if len(found) > 1:
            same = len({(one.waiting, one.in_nextcloud, one.in_mailing_list) for one in found}) == 1
            told["app.cockpit_twice" if same else "app.cockpit_differing"].append(about)
        why = _why_not(found, groups[group])
        if why is not None:
            told[why].append(about)
            continue
        rows.joined[group].add(email)
        if groups[group].has_mailing_list and not all(one.in_mailing_list for one in found):
            told["app.cockpit_not_on_list"].append(about)
    rows.remarks += remarks(
        *sorted(told.items()),
        ("app.cockpit_dangling", nowhere),
        ("app.cockpit_other_groups", elsewhere),
        ("app.cockpit_empty_rows", empty),
    )
    return rows


def _why_not(found: Iterable[CockpitMember], group: CockpitGroup) -> str | None:
    """Why somebody is no member, as the code of a remark; None: is one."""
    rows = list(found)
    if any(one.waiting for one in rows):
        return "app.cockpit_waiting"
    if all(one.in_nextcloud for one in rows):
        return None
    on_list = group.has_mailing_list and all(one.in_mailing_list for one in rows)
    return "app.cockpit_list_alone" if on_list else "app.cockpit_neither"


@dataclass(slots=True)
class Drawn:
    """Everybody by address."""

    people: dict[str, DrawnPerson] = field(default_factory=dict)
    guests: dict[str, DrawnPerson] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def draw_people(addresses: Iterable[str], private_domains: frozenset[str], new_id: Callable[[], str]) -> Drawn:
    """Who has these addresses. Names are guessed, for the database has none; organisations come later."""
    drawn, taken, unsure = Drawn(), set[str](), []
    for email in sorted(addresses):
        if is_role_address(email):
            drawn.left_out.append(LeftOut(Kind.ACCOUNT, email, email, Text.of("app.cockpit_role_address")))
            continue
        guess = name_in(email)
        while (made := new_id()) in taken:
            pass
        taken.add(made)
        note = None if guess.is_sure else Text.of("app.cockpit_guessed_badly")
        person = DrawnPerson(
            made, email, None, guess.given_name, guess.family_name, email, None, organisation_name="", note=note
        )
        # Any id will do for the organisation here: it is found once everybody is known.
        unfit = unfit_field(PersonDocument, {**person.fields(""), "organisation": "x"})
        if unfit is not None:
            drawn.left_out.append(LeftOut(Kind.ACCOUNT, email, email, Text.of("app.import_unfit", field=unfit)))
        elif person.domain in private_domains:
            why = Text.of("app.import_private_address")
            drawn.left_out.append(LeftOut(Kind.ACCOUNT, email, email, why, person))
            drawn.guests[email] = person
        else:
            drawn.people[email] = person
            if not guess.is_sure:
                unsure.append(f"{email}: {person.given_name} {person.family_name}".replace(":  ", ": "))
    drawn.remarks += remarks(("app.cockpit_unsure_names", unsure))
    return drawn


def remarks(*found: tuple[str, Iterable[str]]) -> Iterable[Remark]:
    """Those that are about anything."""
    for code, about in found:
        if names := tuple(about):
            yield Remark(Text.of(code, count=len(names)), names)
