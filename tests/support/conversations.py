"""The few words that tests need to make changes of conversations."""

from connectors.nextcloud.emulation.talk.state import MODERATOR, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.model.changes import ChangeClass, Create, Erase, Join, Leave, Update, Write
from provisioner.model.inventory import Complete, Inventory, Level, Remote, Roster, Scope
from provisioner.model.ports import Interest
from provisioner.model.resources import EdgeRole, Kind, LateText, Resource, ResourceId, Value, marker_of
from tests.support.nextcloud import SERVICE, TARGET, WHY, Bench, group, person

ROOMS = frozenset({Kind.CONVERSATION})


def room(key: str) -> ResourceId:
    return ResourceId(Kind.CONVERSATION, f"body:{key}")


def create_room(key: str, name: str, **fields: Value) -> Create:
    wanted = Resource(room(key), name, dict(fields), WHY)  # type: ignore[arg-type]
    keys = Complete(Scope(TARGET, Kind.CONVERSATION), Level.KEYS)
    return Create(target=TARGET, id=wanted.id, name=name, reason=WHY, wanted=wanted, keys=keys)


def keys_of(kind: Kind, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(f"{'person' if kind is Kind.ACCOUNT else 'body'}:{name}" for name in names))


def enter(key: str, *names: str, member: Kind = Kind.GROUP, role: EdgeRole = EdgeRole.MEMBER) -> Join:
    """Groups, or accounts, into a room."""
    members = keys_of(member, names)
    return Join(target=TARGET, id=room(key), name=key, reason=WHY, members=members, role=role, member=member)


def moderate(key: str, *names: str) -> Join:
    return enter(key, *names, member=Kind.ACCOUNT, role=EdgeRole.MODERATOR)


def exit_(key: str, token: str, *names: str, member: Kind = Kind.ACCOUNT, role: EdgeRole = EdgeRole.MEMBER) -> Leave:
    """Accounts, or groups, out of a room, or out of their role there."""
    return Leave(
        target=TARGET,
        id=room(key),
        name=key,
        reason=WHY,
        members=keys_of(member, names),
        remote_id=token,
        edges=Complete(Scope(TARGET, Kind.CONVERSATION, token)),
        source_complete=True,
        role=role,
        member=member,
    )


def moderate_no_more(key: str, token: str, *names: str) -> Leave:
    return exit_(key, token, *names, role=EdgeRole.MODERATOR)


def alter(key: str, before: Remote, **after: Value) -> Update:
    return Update(
        target=TARGET,
        id=room(key),
        name=before.name,
        reason=WHY,
        remote_id=before.remote_id,
        before={name: before.fields.get(name) for name in after},  # type: ignore[call-overload,misc]
        after=after,  # type: ignore[arg-type]
    )


def describe(key: str, text: str, before: Remote | None = None) -> Write:
    """The description; without ``before`` that of a room which the same plan makes."""
    return Write(
        target=TARGET,
        id=room(key),
        name=key,
        reason=WHY,
        field="description",
        text=LateText(((text,), (marker_of(room(key)),))),
        before=None if before is None else before.fields["description"],
        written=f"{text}\n{marker_of(room(key))}",
        remote_id=None if before is None else before.remote_id,
    )


def erase(key: str, before: Remote) -> Erase:
    return Erase(
        target=TARGET,
        id=room(key),
        name=before.name,
        reason=WHY,
        change_class=ChangeClass.NAMED,
        remote_id=before.remote_id,
        fingerprint=before.fingerprint,
        keys=Complete(Scope(TARGET, Kind.CONVERSATION)),
    )


def look(bench: Bench, interest: Interest | None = None) -> Inventory:
    """The conversations alone; with everybody in them unless told otherwise."""
    return bench.connector.observe(ROOMS, Interest(everybody=True) if interest is None else interest)


def seen(bench: Bench, token: str) -> Remote:
    return look(bench, Interest()).of(Kind.CONVERSATION).objects[token]


def roster(bench: Bench, token: str) -> Roster:
    return look(bench, Interest(bound=frozenset({(Kind.CONVERSATION, token)}))).rosters[Kind.CONVERSATION, token]


def inside(bench: Bench, token: str) -> frozenset[str]:
    """The accounts in a room, as the roster tells them."""
    return roster(bench, token).of(EdgeRole.MEMBER, Kind.ACCOUNT)


def moderators(bench: Bench, token: str) -> frozenset[str]:
    return roster(bench, token).of(EdgeRole.MODERATOR, Kind.ACCOUNT)


def groups_in(bench: Bench, token: str) -> frozenset[str]:
    return roster(bench, token).of(EdgeRole.MEMBER, Kind.GROUP)


def grown_room(cloud: NextcloudEmulator, bench: Bench) -> Room:
    """A room of ours: Sensorik with Anna, who moderates, and Bert; Dora is not in it."""
    for name in ("anna", "bert", "dora"):
        cloud.add_user(name, groups=[] if name == "dora" else ["Sensorik"])
        bench.ids[person(name)] = name
    cloud.add_group("Technik")
    made = cloud.add_room("Sensorik", SERVICE[0], groups=["Sensorik"])
    made.description = "readi:body:s"
    found = made.find("users", "anna")
    assert found is not None
    found.type = MODERATOR
    bench.ids |= {room("s"): made.token, group("s"): "Sensorik", group("t"): "Technik"}
    look(bench)
    cloud.log.clear()
    return made
