"""Who or what may be erased, and what stands in the way, as far as registry, ladder and ties tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policies.membership import Belongings
from provisioner.app.connectors import Target
from provisioner.app.focus import is_named
from provisioner.app.leavers import accounts_held, find_leaver, leavers_of
from provisioner.app.site import Inputs, Site
from provisioner.lifecycle.ladder import Rung
from provisioner.model.bindings import Binding, Ties
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Origin, Person
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text
from provisioner.registry.mistakes import mend_word

PERSON, BODY = "person", "body"
_LAST_FIRST = (
    Kind.WIKI_PAGE,
    Kind.WIKI_SPACE,
    Kind.FORUM_CATEGORY,
    Kind.CONFERENCE,
    Kind.MEETING,
    Kind.CALENDAR,
    Kind.MEETING_ROOM,
    Kind.MAILING_LIST,
    Kind.CONVERSATION,
    Kind.TEAM_FOLDER,
    Kind.ACCOUNT,
    Kind.GROUP,
    Kind.ROLE,
)
"""What is in another goes before it; of a body's groups that of all members goes last."""
_NAMED = 6
"""How many people are named who stand in the way."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what is to be erased, from the registry's side."""

    id: str
    name: str
    obstacles: tuple[Text, ...]
    origin: Origin | None


def person_subject(
    site: Site, inputs: Inputs, targets: Sequence[Target], identity: str, ties: Mapping[str, Ties]
) -> Subject:
    """Raises `SettingsError` for an id that is neither in the registry nor tied."""
    registry = inputs.loaded.registry
    entry = registry.people.get(identity)
    obstacles = list(_unsure(inputs, identity))
    pending = ResourceId(Kind.ACCOUNT, f"{PERSON}:{identity}")
    obstacles += [
        Text.of("lifecycle.outcome_open", target=target)
        for target, known in ties.items()
        if pending in (known.pending or {})
    ]
    leavers = list(leavers_of(site, inputs, accounts_held(site, targets)))
    try:
        leaver = find_leaver(registry, leavers, identity)
    except SettingsError as staying:
        if entry is None:
            raise
        return Subject(identity, entry.display_name, (staying.text, *obstacles), entry.origin)
    if leaver.rung not in (Rung.ERASABLE, Rung.ERASED):
        obstacles.insert(0, Text.of("lifecycle.not_on_last_rung", what=leaver.waits_for))
    return Subject(identity, leaver.name, tuple(obstacles), None if entry is None else entry.origin)


def body_subject(
    site: Site, inputs: Inputs, targets: Sequence[Target], identity: str, ties: Mapping[str, Ties]
) -> Subject:
    """Of a body that is in no registry any more the name is what its rooms are called."""
    registry, key = inputs.loaded.registry, f"{BODY}:{identity}"
    obstacles = list(_unsure(inputs, identity))
    obstacles += [
        Text.of("lifecycle.outcome_open", target=target)
        for target, known in ties.items()
        if any(is_named(one.key, {key}) for one in known.pending or {})
    ]
    body = registry.bodies.get(identity)
    if body is None:
        names = [binding.name for known in ties.values() for binding in reversed(in_order(known, key))]
        if not names:
            mend = mend_word(identity, registry.bodies.keys())
            raise SettingsError(Text.of("lifecycle.no_such_body", id=identity, mend=mend))
        return Subject(identity, names[0], tuple(obstacles), None)
    today = site.today(registry.time_zone)
    if not body.is_archived(today):
        if body.archived_on is None:
            obstacles.append(Text.of("lifecycle.body_active", id=identity))
        else:
            obstacles.append(Text.of("lifecycle.body_active_until", day=body.archived_on))
    written = [person for person in registry.people.values() if _is_written(person, identity, site, inputs)]
    if written:
        names_of = ", ".join(sorted(f"{person.display_name} ({person.id})" for person in written)[:_NAMED])
        names_of += ", …" if len(written) > _NAMED else ""
        obstacles.append(Text.of("lifecycle.people_named", id=identity, count=len(written), names=names_of))
    selected = Belongings(registry, today).of_bodies()[identity].members - {person.id for person in written}
    if selected:
        obstacles.append(Text.of("lifecycle.people_selected", count=len(selected), where=str(body.origin or "")))
    return Subject(identity, body.name, tuple(obstacles), body.origin)


def _is_written(person: Person, body: str, site: Site, inputs: Inputs) -> bool:
    """Whether the person's entry names the body for today or later."""
    today = site.today(inputs.loaded.registry.time_zone)
    return any(one.body == body and not one.period.is_over(today) for one in person.memberships)


def _unsure(inputs: Inputs, identity: str) -> Iterator[Text]:
    registry = inputs.loaded.registry
    if not registry.complete:
        yield Text.of("planning.registry_incomplete")
    if identity in registry.blocked:
        yield Text.of("lifecycle.entry_malformed", id=identity)


def in_order(ties: Ties, key: str) -> list[Binding]:
    """What is tied for this key, in the order in which it goes."""
    mine = [binding for identity, binding in ties.bindings.items() if is_named(identity.key, {key})]
    return sorted(mine, key=lambda one: (_LAST_FIRST.index(one.id.kind), one.id.key == key, one.id.key))
