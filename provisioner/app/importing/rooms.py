"""From team folders and conversations to the bodies they belong to, so that the first plan adopts them as they are."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from policies.keys import administrators_key, body_key
from policies.sections import UNLIMITED
from provisioner.app.importing.drawn import DrawnBody, LeftOut
from provisioner.app.importing.people import Circumstances
from provisioner.model.inventory import Complete, Inventory, Remote
from provisioner.model.ports import Capabilities
from provisioner.model.resources import LADDER_OF_RIGHTS, EdgeRole, Kind, Resource, ResourceId, Seats
from provisioner.model.text import Text

_OVERRIDES: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.TEAM_FOLDER: ("folder", "folder_name"),
    Kind.CONVERSATION: ("conversation", "conversation_name"),
    Kind.MAILING_LIST: ("mailing_list", "mailing_list_name"),
    Kind.FORUM_CATEGORY: ("forum", "forum_name"),
    Kind.WIKI_SPACE: ("wiki", "wiki_name"),
}
"""Kind of a room → what switches it off for one body, and what names it."""
_OPENS: Final = {Kind.FORUM_CATEGORY: "forum_open", Kind.WIKI_SPACE: "wiki_open"}


def kinds_of_rooms(inventory: Inventory, capabilities: Capabilities) -> tuple[Kind, ...]:
    """The kinds of rooms that this target has, and that were read whole: of others nothing can be said."""
    return tuple(
        kind
        for kind in _OVERRIDES
        if kind in capabilities.fields and isinstance(inventory.of(kind).completeness, Complete)
    )


class RoomsDrawer:
    """Looks at all rooms of a kind at once: one that two bodies could mean belongs to neither.

    A room is a body's when that body's groups are the only ones of a body in it, and no second room says the same.
    Which body it is for is never guessed from its name.
    """

    def __init__(self, inventory: Inventory, circumstances: Circumstances, bodies: Collection[DrawnBody]) -> None:
        self._inventory = inventory
        self._circumstances = circumstances
        self._of_group = {
            group.remote_id: body for body in bodies for group in (body.group, body.administrators) if group is not None
        }
        self.left_out: list[LeftOut] = []

    def draw(self, kinds: Collection[Kind]) -> None:
        """Give the bodies their rooms of these kinds; what belongs to no body, or not to one alone, is left out."""
        for kind in kinds:
            found: defaultdict[str, list[Remote]] = defaultdict(list)
            bodies: dict[str, DrawnBody] = {}
            for remote in self._ours_to_take(kind):
                body = self._only_body(kind, remote)
                if body is None:
                    self._leave_out(kind, remote, Text.of("app.import_no_body"))
                else:
                    bodies[body.id] = body
                    found[body.id].append(remote)
            for identity, rooms in found.items():
                if len(rooms) == 1:
                    bodies[identity].rooms[kind] = rooms[0]
                else:
                    for remote in rooms:
                        self._leave_out(kind, remote, Text.of("app.import_two_rooms"))

    def moderators(self, body: DrawnBody) -> frozenset[str]:
        """Remote ids of those who moderate its conversation."""
        room = body.rooms.get(Kind.CONVERSATION)
        roster = None if room is None else self._inventory.rosters.get((Kind.CONVERSATION, room.remote_id))
        return frozenset() if roster is None else roster.of(EdgeRole.MODERATOR, Kind.ACCOUNT)

    def _ours_to_take(self, kind: Kind) -> Iterator[Remote]:
        objects = self._inventory.of(kind).objects.values()
        for remote in sorted(objects, key=lambda one: (one.name.casefold(), one.remote_id)):
            if self._circumstances.is_others(kind, remote):
                self._leave_out(kind, remote, Text.of("app.import_other_network"))
            elif remote.writable is not None and not remote.writable:
                self._leave_out(kind, remote, Text.of("app.import_unwritable_room"))
            else:
                yield remote

    def _only_body(self, kind: Kind, remote: Remote) -> DrawnBody | None:
        roster = self._inventory.rosters.get((kind, remote.remote_id))
        if roster is None:
            return None
        groups = (group for (_, member), inside in roster.members.items() if member is Kind.GROUP for group in inside)
        found = {body.id: body for group in groups if (body := self._of_group.get(group)) is not None}
        return next(iter(found.values())) if len(found) == 1 else None

    def _leave_out(self, kind: Kind, remote: Remote, why: Text) -> None:
        self.left_out.append(LeftOut(kind, remote.name, remote.name, why))


def room_overrides(
    body: DrawnBody, kinds: Collection[Kind], wanted: Mapping[ResourceId, Resource]
) -> Iterator[tuple[str, Any]]:
    """The overrides that still lack before the policy means exactly the rooms that there are.

    A body without a room gets none: whether it shall have one is for whoever reads the registry to decide.
    """
    for kind in kinds:
        switch, name = _OVERRIDES[kind]
        remote, resource = body.rooms.get(kind), wanted.get(ResourceId(kind, body_key(body.id)))
        if remote is None:
            if resource is not None:
                yield switch, False
        elif resource is None or resource.name != remote.name:
            yield name, remote.name
        else:
            yield from _settings_overrides(kind, remote, resource)


def _settings_overrides(kind: Kind, remote: Remote, wanted: Resource) -> Iterator[tuple[str, Any]]:
    """Of a room that the policy means under its name: what else of it is to stay."""
    if kind is Kind.TEAM_FOLDER and "quota" in wanted.fields:
        quota = remote.fields.get("quota")
        if isinstance(quota, int) and quota != wanted.fields["quota"]:
            yield "folder_quota", _quota_word(quota)
    elif kind in _OPENS:
        seen = remote.fields.get("open")
        if isinstance(seen, bool) and seen != wanted.fields["open"]:
            yield _OPENS[kind], seen


def rights_overrides(
    body: DrawnBody, inventory: Inventory, edges: Mapping[Seats, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """The overrides that leave each group of the body its rights in the folder; odd combinations have no word."""
    identity, folder = ResourceId(Kind.TEAM_FOLDER, body_key(body.id)), body.rooms.get(Kind.TEAM_FOLDER)
    roster = None if folder is None else inventory.rosters.get((Kind.TEAM_FOLDER, folder.remote_id))
    groups = (("folder_members", body.group, body_key), ("folder_moderators", body.administrators, administrators_key))
    for name, group, key_of in groups:
        if group is None or roster is None:
            continue
        for role in LADDER_OF_RIGHTS:
            has = role is not EdgeRole.OTHER and group.remote_id in roster.of(role, Kind.GROUP)
            if has and key_of(body.id) not in edges.get(Seats(identity, role, Kind.GROUP), ()):
                yield name, str(role)


def _quota_word(quota: int) -> str:
    """Bytes as the registry takes them, in the largest unit that loses nothing."""
    if quota == UNLIMITED:
        return "unlimited"
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "KB")):
        if quota and quota % 1024**power == 0:
            return f"{quota // 1024**power} {unit}"
    return f"{quota} B"
