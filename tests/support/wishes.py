"""What is desired, put together by hand: one body with its groups, folder and conversation, and who is in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from provisioner.model.resources import (
    Desired,
    EdgeRole,
    FieldName,
    Kind,
    LateText,
    Resource,
    ResourceId,
    Seats,
    Value,
)
from provisioner.model.text import Text
from tests.support.planning import account_id, administrators_id, folder_id, group_id, guests_id, room_id

WHY = Text.of("test.why")
FOLDER_FIELDS: Mapping[FieldName, Value] = {"quota": 5, "advanced_permissions": True, "layout": "Protokolle"}
ROOM_FIELDS: Mapping[FieldName, Value] = {
    "read_only": False,
    "lobby": False,
    "listed": False,
    "first_message": "Willkommen!",
}


@dataclass(frozen=True)
class Wish:
    """The body "iot". People by their ids; change any of it with `dataclasses.replace`, then ask `desired`."""

    members: frozenset[str] = frozenset({"p1", "p2"})
    moderators: frozenset[str] = frozenset({"p1"})
    guests: frozenset[str] = frozenset()
    put_in: frozenset[str] = frozenset()
    """Wanted in the conversation, one by one."""
    people: frozenset[str] = frozenset({"p1", "p2"})
    """Who has an account."""
    ended: frozenset[str] = frozenset()
    """Whose membership ended by date."""
    gone: frozenset[str] = frozenset()
    """Who left the network by date."""
    roles: Mapping[ResourceId, EdgeRole] = field(
        default_factory=lambda: {group_id("iot"): EdgeRole.WRITER, administrators_id("iot"): EdgeRole.MANAGER}
    )
    """What each group may do in the folder."""
    rights_ended: frozenset[ResourceId] = frozenset()
    """Groups whose rights in the folder ended by date."""
    folder: str | None = "Projektgruppen/Sensorik"
    room: str | None = "PG Sensorik"
    complete: bool = True
    note: str = "Willkommen!"

    def without(self, *people: str) -> "Wish":
        """Whoever is dropped from the body, without a date."""
        gone = frozenset(people)
        return replace(self, members=self.members - gone, moderators=self.moderators - gone, guests=self.guests - gone)

    def desired(self) -> Desired:
        folder, room = folder_id("iot"), room_id("iot")
        groups = {group_id("iot"): self.members, administrators_id("iot"): self.moderators}
        groups |= {guests_id("iot"): self.guests} if self.guests else {}
        resources = [Resource(identity, f"g-{identity.key}", {}, WHY) for identity in groups]
        for person in self.people:
            fields: dict[FieldName, Value] = {"email": f"{person}@bretten.example", "enabled": person not in self.gone}
            resources.append(Resource(account_id(person), person, fields, WHY))
        edges = {Seats(identity): keys(people) for identity, people in groups.items()}
        ended = {Seats(identity): keys(self.ended) for identity in groups}
        if self.folder is not None:
            late = {"note": LateText(((self.note,), ("Chat: ", room)))}
            resources.append(Resource(folder, self.folder, FOLDER_FIELDS, WHY, late=late))  # type: ignore[arg-type]
            for role in EdgeRole:
                seats = Seats(folder, role, Kind.GROUP)
                edges[seats] = frozenset(group.key for group, has in self.roles.items() if has is role)
                ended[seats] = frozenset(group.key for group in self.rights_ended)
        if self.room is not None:
            text = LateText((("Ordner: ", folder), (f"readi:{room.key}",)))
            resources.append(Resource(room, self.room, ROOM_FIELDS, WHY, late={"description": text}))
            inside = [group_id("iot")] + ([guests_id("iot")] if self.guests else [])
            edges[Seats(room, EdgeRole.MEMBER, Kind.GROUP)] = frozenset(group.key for group in inside)
            edges[Seats(room, EdgeRole.MODERATOR)] = keys(self.moderators)
            edges[Seats(room)] = keys(self.put_in)
            ended |= {Seats(room, EdgeRole.MODERATOR): keys(self.ended), Seats(room): keys(self.ended)}
        return Desired(
            resources={resource.id: resource for resource in resources},
            edges=edges,
            ended=ended,
            through_groups={room: keys(self.members | self.guests)} if self.room is not None else {},
            gone=keys(self.gone),
            complete=self.complete,
        )


def keys(people: Iterable[str]) -> frozenset[str]:
    return frozenset(account_id(person).key for person in people)
