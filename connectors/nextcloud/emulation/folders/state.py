"""What an emulated Nextcloud knows of team folders. Observed on Nextcloud 34 with Team folders 22."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from connectors.nextcloud.emulation.folders.tree import Rule, Tree

READ, UPDATE, CREATE, DELETE, SHARE = 1, 2, 4, 8, 16
ALL: Final = 31
UNLIMITED: Final = -3
DEFAULT_QUOTA: Final = -4
"""What is stored for the server's default; shown as unlimited where no default is set (observed)."""

ManagerType = Literal["user", "group", "circle"]


@dataclass(slots=True, eq=False)
class Folder:
    """One team folder with the groups that have it. Its fields may be set at will."""

    id: int
    mount_point: str
    quota: int = DEFAULT_QUOTA
    """Bytes, or a negative number with a meaning of its own."""
    acl: bool = False
    acl_default_no_permission: bool = False
    groups: dict[str, int] = field(default_factory=dict)
    """Group id to permission bits. Nobody looks whether the group exists."""
    managers: set[tuple[str, str]] = field(default_factory=set)
    """Type and id of whoever manages the advanced permissions; unknown ones are kept, and not shown."""
    tree: Tree = field(default_factory=Tree)

    @property
    def shown_quota(self) -> int:
        """The quota as the server tells it."""
        return UNLIMITED if self.quota == DEFAULT_QUOTA else self.quota


class Folders:
    """All team folders, and the plain ways to change them: no rights, no checks, no requests."""

    def __init__(self) -> None:
        self.all: dict[int, Folder] = {}
        self._next = 1

    def add(self, mount_point: str, groups: Iterable[str] = (), *, permissions: int = ALL, acl: bool = False) -> Folder:
        """Add a folder for these groups. The same mount point twice is for callers to prevent."""
        folder = Folder(self._next, mount_point, acl=acl, groups=dict.fromkeys(groups, permissions))
        self.all[folder.id] = folder
        self._next += 1
        return folder

    def by_mount_point(self, mount_point: str) -> Folder | None:
        """The folder of exactly this name: case and all count (observed)."""
        return next((folder for folder in self.all.values() if folder.mount_point == mount_point), None)

    def of(self, groups: Iterable[str]) -> list[tuple[Folder, int]]:
        """The folders that a member of these groups has, with the bits of all its groups together."""
        mine = set(groups)
        found: list[tuple[Folder, int]] = []
        for folder in self.all.values():
            shared = [bits for group, bits in folder.groups.items() if group in mine]
            if shared:
                together = 0
                for bits in shared:
                    together |= bits
                found.append((folder, together))
        return found

    # --- what the app hears of accounts and groups -------------------------------------------------------------

    def joined(self, user_id: str, group_id: str) -> None:
        """Nothing to do: access follows membership by itself."""

    def left(self, user_id: str, group_id: str) -> None:
        """Nothing to do: access follows membership by itself."""

    def group_removed(self, group_id: str) -> None:
        """A deleted group loses its folders for good; a new one of that id does not get them back (observed)."""
        for folder in self.all.values():
            folder.groups.pop(group_id, None)
            self._forget(folder, "group", group_id)

    def user_removed(self, user_id: str) -> None:
        """A deleted account manages nothing any more (observed)."""
        for folder in self.all.values():
            self._forget(folder, "user", user_id)

    def _forget(self, folder: Folder, kind: str, subject: str) -> None:
        folder.managers.discard((kind, subject))
        for node in folder.tree.walk():
            node.rules = [rule for rule in node.rules if (rule.kind, rule.subject) != (kind, subject)]


def rules_text(rules: Iterable[Rule]) -> list[str]:
    """Rules for the eye, in tests: `group team-a 31/1` (mask, then what is allowed of it)."""
    return [f"{rule.kind} {rule.subject} {rule.mask}/{rule.permissions}" for rule in rules]
