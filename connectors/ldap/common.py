"""What people and groups have in common when changes become steps."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from provisioner.model.changes import Change, Create, Erase, Update
from provisioner.model.inventory import Unknown
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Seats, Value
from provisioner.model.steps import Cost, Effects, Json, Step

VERIFIED: Final = Cost(requests=2)
"""Of a step that reads its object first: one read, one write."""


def known(before: Mapping[FieldName, Value | Unknown]) -> dict[FieldName, Value]:
    """The part of a state that a fresh read can be held against."""
    return {name: value for name, value in before.items() if not isinstance(value, Unknown)}


def creation(change: Create, members: Sequence[str] = (), joins: Sequence[Change] = ()) -> Step:
    """One add. For a group with all its members, so that it is never seen empty."""
    fields = dict(change.wanted.fields)
    payload: dict[str, Json] = {"fields": cast(Json, fields)}
    if change.id.kind is Kind.GROUP:
        payload["members"] = list(members)
    return Step(
        target=change.target,
        operation=f"create-{change.id.kind}",
        id=change.id,
        name=change.wanted.name,
        changes=(change.digest(), *(join.digest() for join in joins)),
        payload=payload,
        refers=accounts(members),
        effects=Effects(
            fields={**fields, "name": change.wanted.name},
            joins=tuple(Edge(Seats(change.id), member) for member in members),
        ),
        repeatable=False,
    )


def renaming(changes: Sequence[Change]) -> list[Step]:
    """A step of its own: a modifyDN can't carry attributes."""
    updates = [change for change in changes if isinstance(change, Update) and "name" in change.after]
    return [
        Step(
            target=change.target,
            operation=f"rename-{change.id.kind}",
            id=change.id,
            name=change.name,
            changes=(change.digest(),),
            remote_id=change.remote_id,
            payload={"name": cast(str, change.after["name"])},
            effects=Effects(fields={"name": change.after["name"]}),
            expects=known({"name": change.before["name"]}),
            cost=VERIFIED,
        )
        for change in updates
    ]


def erasing(change: Erase, canonical_name: str) -> Step:
    """One delete of what was named; ``canonical_name`` is never used again."""
    return Step(
        target=change.target,
        operation=f"erase-{change.id.kind}",
        id=change.id,
        name=change.name,
        changes=(change.digest(),),
        remote_id=change.remote_id,
        effects=Effects(fields={"name": canonical_name}, erased=True),
        expects={},
        cost=VERIFIED,
    )


def without_name(fields: Mapping[FieldName, Value]) -> dict[FieldName, Value]:
    return {name: value for name, value in fields.items() if name != "name"}


def accounts(keys: Sequence[str]) -> tuple[ResourceId, ...]:
    return tuple(ResourceId(Kind.ACCOUNT, key) for key in keys)
