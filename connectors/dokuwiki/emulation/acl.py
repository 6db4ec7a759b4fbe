"""The rights of an emulated DokuWiki, line by line as its file holds them (``inc/auth.php``, the acl plugin)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

NONE: Final = 0
READ: Final = 1
EDIT: Final = 2
DELETE: Final = 16
ADMIN: Final = 255
_ENCODED: Final = re.compile(r"[\x00-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]")


def encoded(name: str, *, group: bool = False) -> str:
    """As the file writes a user or group: ASCII's special letters encoded, all others as they are."""
    if group and name.startswith("@"):
        return f"@{encoded(name[1:])}"
    return _ENCODED.sub(lambda letter: f"%{ord(letter[0]):02x}", name)


@dataclass
class AclFile:
    """Lines of scope, user or group (encoded), level."""

    lines: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, scope: str, who: str, level: int) -> None:
        """As the plugin does: the old line out where its pattern finds it; a page is at most edited, else any level."""
        self.delete(scope, who)
        if "*" not in scope:
            level = min(level, EDIT)
        self.lines.append((scope, encoded(who, group=True), level))

    def delete(self, scope: str, who: str) -> None:
        """By a pattern that knows no case and no level that begins with 9 (observed)."""
        line = (scope, encoded(who, group=True))
        self.lines = [one for one in self.lines if one[:2] != line or str(one[2])[0] == "9"]

    def listed(self) -> dict[str, dict[str, str]]:
        """For ``listAcls``: of two lines for the same the later one shows; numbers are texts."""
        found: dict[str, dict[str, str]] = {}
        for scope, who, level in self.lines:
            found.setdefault(scope, {})[unquote(who)] = str(level)
        return {scope: dict(sorted(found[scope].items())) for scope in sorted(found)}

    def level(self, page: str, user: str | None, groups: Iterable[str]) -> int:
        """What ``auth_aclcheck`` says: the page itself, then its namespaces upwards; strangers are in @ALL alone."""
        asked = {"@ALL", *(f"@{encoded(group.lower())}" for group in groups)}
        if user:
            asked.add(encoded(user.lower()))
        found = self._highest(page, asked)
        path = page
        while found is None and path:
            path = path.rpartition(":")[0]
            found = self._highest(f"{path}:*" if path else "*", asked)
        return NONE if found is None else found

    def _highest(self, scope: str, asked: set[str]) -> int | None:
        levels = [
            min(level, DELETE)
            for where, who, level in self.lines
            if where == scope and (who if who == "@ALL" else who.lower()) in asked
        ]
        return max(levels, default=None)
