"""Pages and files of an emulated DokuWiki, with what it keeps of them for good."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.dokuwiki.names import slug


def clean_id(raw: str) -> str:
    """As ``cleanID`` does: small letters, accents off, colons between the parts."""
    parts = [slug(part) for part in re.split("[:;]", raw)]
    return ":".join(part for part in parts if part)


@dataclass
class Pages:
    """By id. Deleted ones live on in the attic."""

    texts: dict[str, str] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    """Seconds since 1970."""
    attic: dict[str, list[str]] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)
    """Page → who edits it in a browser."""
    files: dict[str, bytes] = field(default_factory=dict)

    def save(self, page: str, text: str, now: int) -> None:
        """An empty text deletes."""
        if page in self.texts:
            self.attic.setdefault(page, []).append(self.texts[page])
        if text.strip():
            self.texts[page] = text
            self.changed[page] = now
        else:
            self.texts.pop(page, None)

    def below(self, namespace: str) -> list[str]:
        """All pages of a namespace and below, "" for all."""
        found = [page for page in self.texts if not namespace or page.startswith(f"{namespace}:")]
        return sorted(found, key=_folders_first)

    def files_below(self, namespace: str) -> list[str]:
        """All files likewise."""
        return sorted(file for file in self.files if not namespace or file.startswith(f"{namespace}:"))

    def info(self, page: str, level: int) -> dict[str, Any]:
        """What ``getPageInfo`` and the lists say."""
        return {
            "id": page,
            "revision": self.changed[page],
            "size": len(self.texts[page].encode()),
            "title": page,
            "permission": level,
            "hash": "",
            "author": "",
        }


def _folders_first(page: str) -> list[tuple[bool, str]]:
    *folders, name = page.split(":")
    return [*((False, folder) for folder in folders), (True, name)]
