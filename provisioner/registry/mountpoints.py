"""Which paths may be a folder's mount point: never the root, never outside of it, nothing that people can't sync."""

import re
from typing import Final

UNSYNCABLE: Final = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f-\x9f]')
"""What file systems of laptops refuse in a name (NTFS above all; Nextcloud 34 takes ``: * ?``, as observed)."""


def is_safe(path: str) -> bool:
    """Whether ``path`` leads somewhere below the root, and Nextcloud takes it as it is.

    "/" stands between names; none is empty or "." or has spaces around it, and ".." is nowhere.
    """
    parts = path.split("/")
    return (
        "\\" not in path and ".." not in path and all(part not in ("", ".") and part == part.strip() for part in parts)
    )


def is_syncable(path: str) -> bool:
    """Whether every laptop can hold folders of these names."""
    return UNSYNCABLE.search(path) is None and all(part == part.rstrip(" .") for part in path.split("/"))
