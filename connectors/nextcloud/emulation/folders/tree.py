"""Folders and files with their advanced permissions, as plain values below WebDAV and Team folders."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

_IDS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of advanced permissions: of the bits in `mask`, those in `permissions` are allowed, the rest denied."""

    kind: str
    """user, group or circle."""
    subject: str
    mask: int
    permissions: int


@dataclass(slots=True, eq=False)
class Node:
    """A file, or a folder when `content` is None."""

    name: str
    content: bytes | None = None
    modified: float = 0.0
    """Seconds since 1970."""
    children: dict[str, Node] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    version: int = 1
    id: int = field(default_factory=lambda: next(_IDS))
    gone: bool = False
    """It was taken away; who still holds it sees that."""

    @property
    def is_folder(self) -> bool:
        """Whether it holds others."""
        return self.content is None

    @property
    def size(self) -> int:
        """Bytes of the file, or of all files below."""
        return len(self.content) if self.content is not None else sum(child.size for child in self.children.values())

    @property
    def etag(self) -> str:
        """A word that changes with every write here or below, without its quotes."""
        return hashlib.sha256(f"{self.id}:{self.version}".encode()).hexdigest()[:32]


class Tree:
    """The files of one team folder or one home."""

    def __init__(self) -> None:
        self.root = Node("")

    def find(self, path: str) -> Node | None:
        """What is at a path of names joined by slashes; the empty path is the root."""
        node: Node | None = self.root
        for name in split(path):
            node = node.children.get(name) if node is not None else None
        return node

    def trail(self, path: str) -> list[Node]:
        """The nodes from the root to the path, as far as they exist."""
        found = [self.root]
        for name in split(path):
            child = found[-1].children.get(name)
            if child is None:
                break
            found.append(child)
        return found

    def write(self, path: str, content: bytes | None, modified: float = 0.0) -> Node:
        """Put a file, or with None a folder, at a path; parents are made. Behind everybody's back."""
        *parents, name = split(path)
        node = self.root
        for parent in parents:
            node = node.children.setdefault(parent, Node(parent, modified=modified))
        made = node.children.get(name)
        if made is None:
            made = node.children[name] = Node(name, content, modified)
        else:
            made.content = content
            made.modified = modified
        self.touch(path)
        return made

    def remove(self, path: str) -> None:
        """Take away what is at a path. Raises KeyError when nothing is."""
        *parents, name = split(path)
        node = self.root
        for parent in parents:
            node = node.children[parent]
        node.children.pop(name).gone = True
        self.touch("/".join(parents))

    def touch(self, path: str) -> None:
        """Note a change: every folder above gets a new etag."""
        for node in self.trail(path):
            node.version += 1

    def walk(self) -> Iterator[Node]:
        """All nodes, the root first."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.children.values())

    def paths(self) -> dict[str, bytes | None]:
        """Every path below the root with its content, None for a folder: for looking into it."""
        found: dict[str, bytes | None] = {}

        def note(node: Node, path: str) -> None:
            for name, child in sorted(node.children.items()):
                found[path + name] = child.content
                note(child, f"{path}{name}/")

        note(self.root, "")
        return found


def split(path: str) -> list[str]:
    """The names of a path; doubled slashes count once."""
    return [name for name in path.split("/") if name]
