"""From changes of conversations to the fewest writes, pure.

A new room: one POST with its groups and its mark, the first message, one write a moderator. What else differs is one
write each, since Talk has an address for every field.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.kit.batch import Batch
from connectors.kit.rooms import Stage, Staged
from connectors.kit.steps import erasing_step, step_of
from connectors.nextcloud.conversations.shape import canonical
from provisioner.model.changes import Change, Create, Erase, Join, Leave, Update, Write
from provisioner.model.inventory import Unknown
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Cost, Effects, Step

CREATE: Final = "create-conversation"
SET: Final = "set-conversation"
GREET: Final = "greet-conversation"
INVITE: Final = "invite-to-conversation"
PROMOTE: Final = "promote-in-conversation"
DEMOTE: Final = "demote-in-conversation"
REMOVE: Final = "remove-from-conversation"
ERASE: Final = "erase-conversation"

OPERATIONS: Final = frozenset({CREATE, SET, GREET, INVITE, PROMOTE, DEMOTE, REMOVE, ERASE})
SHARING: Final = frozenset({PROMOTE, DEMOTE, REMOVE})

_SWITCHES: Final[tuple[FieldName, ...]] = ("listed", "lobby", "read_only")


def compile_conversations(batch: Batch) -> Iterator[Staged]:
    """The steps of all changes of conversations.

    Demotions come before anybody leaves a group: Talk keeps a moderator who left the group, and lets a plain member
    go with it.
    """
    changes = list(batch.of(Kind.CONVERSATION))
    locks: list[Step] = []
    for change in changes:
        if isinstance(change, Create):
            for step in _creating(change, batch):
                late = step.operation == SET  # a closed room takes no message, so it is closed last
                locks.append(step) if late else (yield Staged(Stage.PLACES, step))
    for change in changes:
        if isinstance(change, Join) and change.role is EdgeRole.MEMBER:
            for step in _inviting(change, batch):
                yield Staged(Stage.PLACES, step)
    for change in changes:
        if isinstance(change, Join) and change.role is EdgeRole.MODERATOR:
            for key in change.members:
                yield Staged(Stage.PLACES, _promoting(change, key, batch))
    for step in locks:
        yield Staged(Stage.PLACES, step)
    for change in changes:
        if isinstance(change, Update):
            for step in _updating(change, batch):
                yield Staged(Stage.UPDATES, step)
        elif isinstance(change, Leave):
            yield from _leaving(change, batch)
        elif isinstance(change, Write):
            yield Staged(Stage.TEXTS, _writing(change, batch))
        elif isinstance(change, Erase):
            yield Staged(Stage.ERASURES, erasing_step(batch, change, ERASE))


def _creating(change: Create, batch: Batch) -> Iterator[Step]:
    """The POST with all groups that join in the same plan, and what can only follow it."""
    fields = {name: canonical(name, change.wanted.fields.get(name)) for name in _SWITCHES}
    message = canonical("first_message", change.wanted.fields.get("first_message"))
    closes_later = bool(message and fields["read_only"])
    if closes_later:
        fields["read_only"] = False
    joins = [join for join in batch.about(change.id) if isinstance(join, Join) and _goes_along(join)]
    edges = tuple(Edge(join.seats, key) for join in joins for key in join.members)
    marker = marker_of(change.id)
    yield Step(
        target=change.target,
        operation=CREATE,
        id=change.id,
        name=change.wanted.name,
        changes=(batch.digest(change), *(batch.digest(join) for join in joins)),
        payload={"name": change.wanted.name, "marker": marker, **{str(name): fields[name] for name in _SWITCHES}},
        refers=tuple(ResourceId(Kind.GROUP, edge.member) for edge in edges),
        effects=Effects(fields={"name": change.wanted.name, "description": marker, **fields}, joins=edges),
        repeatable=False,
    )
    if isinstance(message, str) and message:
        yield _greeting(change, message, batch)
    if closes_later:
        yield _setting(change, "read_only", True, {"read_only": False}, batch)


def _goes_along(join: Join) -> bool:
    return join.role is EdgeRole.MEMBER and join.member is Kind.GROUP


def _inviting(change: Join, batch: Batch) -> Iterator[Step]:
    """One POST a group or account; the groups of a new room were in its own."""
    if change.id in batch.created and change.member is Kind.GROUP:
        return
    for key in change.members:
        yield step_of(
            batch,
            change,
            INVITE,
            payload={"member": key},
            refers=(ResourceId(change.member, key),),
            effects=Effects(joins=(Edge(change.seats, key),)),
        )


def _promoting(change: Join, key: str, batch: Batch) -> Step:
    """Talk promotes by a number that only a fresh read tells; who is not inside yet is let in first."""
    return step_of(
        batch,
        change,
        PROMOTE,
        payload={"member": key},
        refers=(ResourceId(Kind.ACCOUNT, key),),
        effects=Effects(joins=(Edge(change.seats, key),)),
        expects={},
        cost=Cost(requests=2),
    )


def _updating(change: Update, batch: Batch) -> Iterator[Step]:
    """One PUT a field. A room is opened before it is greeted, and closed after all else."""
    after = {name: canonical(name, value) for name, value in change.after.items()}
    order: list[FieldName] = ["name", "listed", "lobby", "description"]
    order.insert(len(order) if after.get("read_only") else 0, "read_only")
    greeting = after.get("first_message")
    for name in order:
        if name == "read_only" and after.get(name) and isinstance(greeting, str) and greeting:
            yield _greeting(change, greeting, batch)
        if name in after:
            yield _setting(change, name, after[name], change.before, batch)
    if isinstance(greeting, str) and greeting and not after.get("read_only"):
        yield _greeting(change, greeting, batch)


def _setting(
    change: Change,
    name: FieldName,
    value: Value,
    before: Mapping[FieldName, Value | Unknown],
    batch: Batch,
) -> Step:
    seen = before.get(name)
    return step_of(
        batch,
        change,
        SET,
        name=change.name,
        payload={"field": name, "value": value},
        effects=Effects(fields={name: value}),
        expects={} if seen is None or isinstance(seen, Unknown) else {name: seen},
        cost=Cost(requests=2),
    )


def _greeting(change: Change, message: str, batch: Batch) -> Step:
    """The chat is read before: what was posted can't be taken back, and is never posted again."""
    return step_of(
        batch,
        change,
        GREET,
        name=change.name,
        payload={"message": message},
        effects=Effects(fields={"first_message": message}),
        expects={},
        repeatable=False,
        cost=Cost(requests=3),
    )


def _leaving(change: Leave, batch: Batch) -> Iterator[Staged]:
    """Out of the room, or of the role alone; whoever leaves both leaves the room."""
    others = [one for one in batch.about(change.id) if isinstance(one, Leave)]
    for key in change.members:
        same = [one for one in others if key in one.members and one.member is change.member]
        out = next((one for one in same if one.role is EdgeRole.MEMBER), None)
        if change is not (out or change):
            continue  # goes with the other
        gone = tuple(one for one in same if out is not None or one is change)
        step = Step(
            target=change.target,
            operation=REMOVE if out is not None else DEMOTE,
            id=change.id,
            name=change.name,
            changes=tuple(dict.fromkeys(batch.digest(one) for one in gone)),
            remote_id=change.remote_id,
            payload={"member": key},
            refers=(ResourceId(change.member, key),),
            effects=Effects(leaves=tuple(Edge(one.seats, key) for one in gone)),
            expects_edge=Edge(change.seats, key),
            cost=Cost(requests=2),
        )
        yield Staged(Stage.LEAVES if out is not None else Stage.UPDATES, step)


def _writing(change: Write, batch: Batch) -> Step:
    """The description; a room that the same run made holds its mark alone."""
    made = change.remote_id is None and change.before is None
    before: Value | Unknown = marker_of(change.id) if made else change.before
    value = canonical(change.field, change.written)
    return _setting(change, change.field, value, {change.field: before}, batch)
