"""Why somebody is in a body: computed when asked for, never stored."""

from collections.abc import Iterator

from policies.membership import Belongings
from provisioner.model.registry import Body, Membership, Person, Registry, Role, Selector
from provisioner.model.text import Text
from provisioner.model.words import kind_word, role_word


def reasons_in_body(person: Person, body: Body, belongings: Belongings) -> Iterator[Text]:
    """Every reason for which ``person`` belongs to ``body`` today; none when the person does not."""
    if person.id not in belongings.of_bodies()[body.id].members:
        return
    for membership in person.memberships:
        if membership.body == body.id and membership.period.holds(belongings.today):
            yield _written(membership)
    for selector in body.selectors:
        if person.id in belongings.selected(selector):
            yield _selected(selector, belongings.registry)


def _written(membership: Membership) -> Text:
    role, since, until = role_word(membership.role), membership.period.since, membership.period.until
    if until is not None:
        return Text.of("policies.why_written_until", role=role, until=until)
    if since is not None:
        return Text.of("policies.why_written_since", role=role, since=since)
    return Text.of("policies.why_written", role=role)


def _selected(selector: Selector, registry: Registry) -> Text:
    code = "policies.why_selected_moderator" if selector.as_role is Role.MODERATOR else "policies.why_selected"
    return Text.of(code, selector=tuple(_conditions(selector, registry)))


def _conditions(selector: Selector, registry: Registry) -> Iterator[Text]:
    """What is asked of people, all of it."""
    if selector.everybody:
        yield Text.of("policies.chosen_everybody")
    if selector.roles:
        yield Text.of("policies.chosen_roles", roles=tuple(map(role_word, sorted(selector.roles))))
    if selector.body_roles:
        yield Text.of("policies.chosen_body_roles", roles=tuple(map(role_word, sorted(selector.body_roles))))
    if selector.organisation_kinds:
        yield Text.of("policies.chosen_kinds", kinds=tuple(map(kind_word, sorted(selector.organisation_kinds))))
    if selector.organisations:
        names = (registry.organisations[one].name for one in sorted(selector.organisations))
        yield Text.of("policies.chosen_organisations", names=", ".join(names))
    if selector.bodies:
        known = (registry.bodies[one].name if one in registry.bodies else one for one in sorted(selector.bodies))
        yield Text.of("policies.chosen_bodies", names=", ".join(known))
