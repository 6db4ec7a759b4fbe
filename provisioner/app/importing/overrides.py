"""What sets a drawn body apart from what the policy would make of it, so that the plan finds what is there."""

from collections import Counter
from collections.abc import Collection
from datetime import date

from policies.desire import administrators_key, body_key, desire
from policies.document import Policy
from provisioner.app.importing.drawn import DrawnBody, DrawnPerson, unfit_field
from provisioner.app.importing.people import shown_of
from provisioner.app.importing.rooms import rights_overrides, room_overrides
from provisioner.model.inventory import Inventory, Remote
from provisioner.model.registry import Body, BodyOverrides, Registry
from provisioner.model.resources import Kind, Resource, ResourceId
from provisioner.registry.documents import BodyDocument


def unfit_in(body: DrawnBody) -> str | None:
    """The first field that the registry would not take as it is, or None.

    Ids are kept letter by letter; the registry drops spaces around a text.
    """
    unfit = unfit_field(BodyDocument, body.fields())
    given = body.overrides.items()
    return unfit or next((name for name, value in given if isinstance(value, str) and value != value.strip()), None)


def lead_of(members: Collection[DrawnPerson], moderators: Collection[DrawnPerson]) -> str | None:
    """The organisation that most come from; of several the one with most moderators; else nobody leads."""
    counts = Counter(member.organisation for member in members)
    leading = Counter(moderator.organisation for moderator in moderators)
    ranking = sorted(((count, leading[one], one) for one, count in counts.items()), reverse=True)
    if not ranking or (len(ranking) > 1 and ranking[0][:2] == ranking[1][:2]):
        return None
    return ranking[0][2]


def fix_names(bodies: Collection[DrawnBody], policy: Policy, kinds: Collection[Kind], inventory: Inventory) -> None:
    """Give each body the overrides without which the policy would mean another group, or rename this one.

    What the policy makes of a body is asked of the policy itself, until all that it says is what there is: fixing one
    id can free, or take, the name of another.
    """
    whole = policy.model_copy(update={"managed": None})
    changed = True
    while changed:
        registry = Registry("import", "", bodies={body.id: _as_model(body) for body in bodies})
        desired = desire(registry, whole, date.min)
        wanted = desired.resources
        changed = False
        for body in bodies:
            members = wanted.get(ResourceId(Kind.GROUP, body_key(body.id)))
            if body.group is not None:
                changed |= _fix(body, "group", body.group, members)
            moderators = wanted.get(ResourceId(Kind.GROUP, administrators_key(body.id)))
            if body.administrators is not None:
                changed |= _fix(body, "administrators_group", body.administrators, moderators)
            elif moderators is not None:
                body.overrides["administrators_group"] = False
                changed = True
            for name, value in room_overrides(body, kinds, wanted):
                changed |= _set(body, name, value)
            for name, role in rights_overrides(body, inventory, desired.edges):
                changed |= _set(body, name, role)


def _fix(body: DrawnBody, which: str, remote: Remote, wanted: Resource | None) -> bool:
    """Set the override that is missing. True when there was one."""
    if wanted is None:
        return _set(body, f"{which}_id", remote.name)
    if wanted.fields["display_name"] != (shown := shown_of(remote)):
        return _set(body, f"{which}_name", shown)
    return wanted.name != remote.name and _set(body, f"{which}_id", remote.name)


def _set(body: DrawnBody, name: str, value: object) -> bool:
    changed = body.overrides.get(name) != value
    body.overrides[name] = value
    return changed


def _as_model(body: DrawnBody) -> Body:
    return Body(body.id, body.name, body.kind, overrides=BodyOverrides(**body.overrides))
