"""Why somebody is in a body: computed when asked for, never stored."""

from collections.abc import Iterator

from policies.membership import Belongings
from provisioner.model.registry import Body, Membership, Person, Role, Selector
from provisioner.model.text import Text


def reasons_in_body(person: Person, body: Body, belongings: Belongings) -> Iterator[Text]:
    """Every reason for which ``person`` belongs to ``body`` today; none when the person does not."""
    if person.id not in belongings.of_bodies()[body.id].members:
        return
    for membership in person.memberships:
        if membership.body == body.id and membership.period.holds(belongings.today):
            yield _written(membership)
    for selector in body.selectors:
        if person.id in belongings.selected(selector):
            yield _selected(selector)


def _written(membership: Membership) -> Text:
    role, since, until = str(membership.role), membership.period.since, membership.period.until
    if until is not None:
        return Text.of("policies.why_written_until", role=role, until=until)
    if since is not None:
        return Text.of("policies.why_written_since", role=role, since=since)
    return Text.of("policies.why_written", role=role)


def _selected(selector: Selector) -> Text:
    parts: list[str] = []
    if selector.everybody:
        parts.append("everybody")
    for name in ("roles", "organisations", "organisation_kinds", "bodies", "body_roles"):
        values = getattr(selector, name)
        if values:
            parts.append(f"{name}: {', '.join(sorted(str(value) for value in values))}")
    code = "policies.why_selected_moderator" if selector.as_role is Role.MODERATOR else "policies.why_selected"
    return Text.of(code, selector="; ".join(parts))
