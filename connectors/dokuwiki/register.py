"""The page on which stands which namespace is whose: a mark that outlives a lost answer and a lost database. Pure.

DokuWiki keeps nothing about a namespace. The page stands in a namespace of its own that superusers alone read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from provisioner.model.inventory import Epoch

_HEAD: Final = """\
====== readi ======

Diese Seite schreibt der Dienst, der Gremien und Räume verwaltet. Bitte nicht ändern: Danach weiß er nicht mehr, \
welcher Bereich wem gehört.

This page is written by the service that manages bodies and rooms. Please leave it as it is: it says which space is \
whose.
"""
_SPACE: Final = re.compile(r"  \* space (\S+) readi:(\S+)")
_EPOCH: Final = re.compile(r"  \* epoch (\S+) (\d{1,18})")


@dataclass(frozen=True, slots=True)
class Register:
    """What stands on the page."""

    spaces: Mapping[str, str] = field(default_factory=dict)
    """Namespace → the registry's key."""
    epoch: Epoch | None = None

    @classmethod
    def read(cls, page: str) -> "Register":
        """Of the page's text; lines that are none of ours are passed over."""
        spaces: dict[str, str] = {}
        epoch: Epoch | None = None
        for line in page.splitlines():
            if found := _SPACE.fullmatch(line.rstrip()):
                spaces[found[1]] = found[2]
            elif found := _EPOCH.fullmatch(line.rstrip()):
                epoch = Epoch(found[1], int(found[2]))
        return cls(spaces, epoch)

    def written(self) -> str:
        """The page's text."""
        lines = [f"  * space {namespace} readi:{key}" for namespace, key in sorted(self.spaces.items())]
        if self.epoch is not None:
            lines.append(f"  * epoch {self.epoch.database} {self.epoch.number}")
        return "\n".join((_HEAD, *lines, ""))

    def namespace_of(self, key: str) -> str | None:
        """The space that was made for this key; None: none was."""
        return next((namespace for namespace, whose in self.spaces.items() if whose == key), None)

    def with_space(self, namespace: str, key: str) -> "Register":
        """Once it is noted."""
        return replace(self, spaces={**self.spaces, namespace: key})

    def without(self, namespace: str) -> "Register":
        """Once it is struck out."""
        return replace(self, spaces={one: key for one, key in self.spaces.items() if one != namespace})

    def at(self, epoch: Epoch) -> "Register":
        """Once this epoch is noted."""
        return replace(self, epoch=epoch)
