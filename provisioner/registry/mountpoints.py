"""Which paths may be a folder's mount point: never the root, never outside of it, nothing that people can't sync."""

import re
from typing import Final

UNSYNCABLE: Final = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f-\x9f]')
"""What file systems of laptops refuse in a name (NTFS above all; Nextcloud 34 takes ``: * ?``, as observed)."""


def is_safe(path: str) -> bool:
    """Whether ``path`` leads somewhere below the root: "/" stands between names, and none is empty, "." or ".."."""
    parts = path.split("/")
    return "\\" not in path and all(part.strip() and part.strip() not in (".", "..") for part in parts)


def is_syncable(path: str) -> bool:
    """Whether every laptop can hold folders of these names."""
    return UNSYNCABLE.search(path) is None and all(part == part.strip(" ").rstrip(".") for part in path.split("/"))
