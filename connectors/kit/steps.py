"""Steps as most connectors compile them: one for a change of an object, one for each member. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypedDict, Unpack, cast

from connectors.kit.batch import Batch, text_of
from connectors.kit.rooms import known
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Regrade, Resume, Suspend, Update, Write
from provisioner.model.inventory import Unknown
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, FieldName, ResourceId, Value
from provisioner.model.steps import Cost, Effects, Json, Step


class Parts(TypedDict, total=False):
    """What is particular to a step; see `provisioner.model.steps.Step`."""

    name: str
    changes: tuple[str, ...]
    remote_id: str | None
    payload: Mapping[str, Json]
    refers: tuple[ResourceId, ...]
    after: tuple[ResourceId, ...]
    effects: Effects
    expects: Mapping[FieldName, Value] | None
    expects_edge: Edge | None
    repeatable: bool
    cost: Cost


def step_of(batch: Batch, change: Change, operation: str, **parts: Unpack[Parts]) -> Step:
    """One step that makes this change true. Its object is bound, adopted, or created by this batch (remote id None).

    For several changes: ``changes=batch.digests(all_of_them)``. Raises `KeyError` for an object that nobody knows.
    """
    if isinstance(change, Update | Suspend | Resume | Leave | Regrade | Erase):
        remote_id: str | None = change.remote_id
    else:
        remote_id = batch.remote_id(change.id)
    usual: Parts = {
        "name": change.wanted.name if isinstance(change, Create) else change.name,
        "changes": batch.digests((change,)),
        "remote_id": remote_id,
    }
    whole: Parts = {**usual, **parts}
    return Step(target=change.target, operation=operation, id=change.id, **whole)


def member_steps(
    batch: Batch, change: Join | Leave | Regrade, operation: str, **parts: Unpack[Parts]
) -> Iterator[Step]:
    """One step a member, whose key stands in the payload ("member"), and the role as well ("role").

    Who comes is named in ``refers`` and comes into being first. Who goes, or gets another role, has to be there still
    (``expects_edge``), and is not named: what is wrong with one must not keep the others where they should not be.
    """
    for key in change.members:
        now = Edge(change.seats, key)
        own: Parts = {"payload": {"member": key, "role": str(change.role)}}
        match change:
            case Join():
                own |= {"refers": (ResourceId(change.member, key),), "effects": Effects(joins=(now,))}
            case Leave():
                own |= {"expects_edge": now, "effects": Effects(leaves=(now,))}
            case Regrade():
                before = Edge(change.left, key)
                own |= {"expects_edge": before, "effects": Effects(joins=(now,), leaves=(before,))}
        whole: Parts = {**own, **parts}
        yield step_of(batch, change, operation, **whole)


def member_of(step: Step, resolve: Resolve) -> str:
    """Remote id of whom a step of `member_steps` is about. Raises `KeyError`."""
    edge = (*step.effects.joins, *step.effects.leaves)[0]
    return resolve(ResourceId(edge.seats.member, text_of(step, "member")))


def after_of(change: Update | Suspend | Resume) -> Mapping[FieldName, Value]:
    """The fields that a change makes other than they were."""
    return change.after if isinstance(change, Update) else {"enabled": isinstance(change, Resume)}


def changing_step(batch: Batch, change: Update | Suspend | Resume, operation: str, **parts: Unpack[Parts]) -> Step:
    """One step for all fields of a change: held against what was seen of these, which is one more request.

    Who is suspended leaves what this batch takes them out of before.
    """
    after = after_of(change)
    usual: Parts = {
        "effects": Effects(fields=after),
        "expects": known(_before(change), frozenset(after)),
        "cost": Cost(requests=2),
    }
    if isinstance(change, Suspend):
        usual["after"] = tuple(one.id for one in batch.leaves_of(change.id))
    whole: Parts = {**usual, **parts}
    return step_of(batch, change, operation, **whole)


def field_steps(
    batch: Batch,
    change: Update,
    operation: str,
    fields: Collection[FieldName],
    canonical: Callable[[FieldName, Value], Value] = lambda _, value: value,
    **parts: Unpack[Parts],
) -> Iterator[Step]:
    """One step for those of the ``fields`` that a change makes other; none where it makes none of them so.

    With what they shall be in the payload (`fields_of`), held against what was seen of these.
    """
    after = {name: canonical(name, value) for name, value in change.after.items() if name in fields}
    if after:
        usual: Parts = {
            "payload": {"fields": cast(Json, after)},
            "effects": Effects(fields=after),
            "expects": known(change.before, frozenset(after)),
            "cost": Cost(requests=2),
        }
        whole: Parts = {**usual, **parts}
        yield step_of(batch, change, operation, **whole)


def merged_step(
    batch: Batch,
    several: Sequence[Update | Suspend | Resume],
    operation: str,
    fields: Collection[FieldName],
    canonical: Callable[[FieldName, Value], Value] = lambda _, value: value,
    **parts: Unpack[Parts],
) -> Iterator[Step]:
    """One step for all that several changes make other of the ``fields`` of one object; none where that is nothing.

    For products that write an object whole. The payload is that of `field_steps`; who is suspended leaves what this
    batch takes them out of before.
    """
    after: dict[FieldName, Value] = {}
    before: dict[FieldName, Value] = {}
    touching: list[Change] = []
    for change in several:
        made = {name: canonical(name, value) for name, value in after_of(change).items() if name in fields}
        if made:
            after |= made
            before |= known(_before(change), frozenset(fields))
            touching.append(change)
    if after:
        leaves = batch.leaves_of(several[0].id) if after.get("enabled") is False else ()
        usual: Parts = {
            "changes": batch.digests(touching),
            "payload": {"fields": cast(Json, after)},
            "after": tuple(dict.fromkeys(one.id for one in leaves)),
            "effects": Effects(fields=after),
            "expects": before,
            "cost": Cost(requests=2),
        }
        whole: Parts = {**usual, **parts}
        yield step_of(batch, several[0], operation, **whole)


def fields_of(step: Step) -> Mapping[FieldName, Value]:
    """The fields in a step's payload; {} where there are none."""
    return cast(Mapping[FieldName, Value], step.payload.get("fields") or {})


def writing_step(
    batch: Batch, change: Write, operation: str, canonical: Callable[[str], str | None], **parts: Unpack[Parts]
) -> Step:
    """One step for a late text, which stands in the payload ("text"), held against the text that was seen."""
    text = canonical(change.written)
    usual: Parts = {
        "payload": {"text": text},
        "effects": Effects(fields={change.field: text}),
        "expects": known({change.field: change.before}, frozenset({change.field})),
        "cost": Cost(requests=2),
    }
    whole: Parts = {**usual, **parts}
    return step_of(batch, change, operation, **whole)


def erasing_step(batch: Batch, change: Erase, operation: str, **parts: Unpack[Parts]) -> Step:
    """One step that deletes an object for good, after a look at it. Its name is never used again."""
    usual: Parts = {
        "payload": {"fingerprint": change.fingerprint},
        "effects": Effects(fields={"name": change.name}, erased=True),
        "expects": {},
        "cost": Cost(requests=2),
    }
    whole: Parts = {**usual, **parts}
    return step_of(batch, change, operation, **whole)


def _before(change: Update | Suspend | Resume) -> Mapping[FieldName, Value | Unknown]:
    return change.before if isinstance(change, Update) else {"enabled": isinstance(change, Suspend)}
