"""What the policy's sections are made of: checked words for quotas, names and mount points."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from provisioner.model.registry import BodyKind
from provisioner.registry.mountpoints import is_safe, is_syncable

UNLIMITED = -3
"""What Nextcloud itself calls a quota without end."""
KEEP = "keep"
"""Quotas are somebody else's business."""

_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}


class Section(BaseModel):
    """A part of the policy: nothing unknown in it, and never changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def over(usual: Mapping[BodyKind, str | None]) -> Callable[[object], object]:
    """Of patterns by kind of body: whoever names one kind means that one; the others keep their default."""
    whole: dict[object, object] = {str(kind): pattern for kind, pattern in usual.items()}
    return lambda given: (
        whole | {str(kind): pattern for kind, pattern in given.items()} if isinstance(given, dict) else given
    )


def quota_in_bytes(quota: str) -> int | None:
    """Bytes of "5 GB" (1024-based, as Nextcloud counts); `UNLIMITED`; None for "default". ValueError for others."""
    wanted = quota.strip()
    if wanted == "default":
        return None
    if wanted == "unlimited":
        return UNLIMITED
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B)", wanted, re.IGNORECASE)
    if match is None:
        raise PydanticCustomError("policies.bad_quota", "no quota")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _checked_quota(quota: str) -> str:
    quota_in_bytes(quota)
    return quota


def _checked_or_kept(quota: str) -> str:
    return quota if quota.strip() == KEEP else _checked_quota(quota)


def _checked_folder_quota(quota: str) -> str:
    if quota.strip() == "default":  # a team folder has no quota of its server's to fall back on
        raise PydanticCustomError("policies.bad_folder_quota", "no quota of a folder")
    return _checked_or_kept(quota)


def _checked_pattern(pattern: str) -> str:
    if pattern.count("{name}") != 1 or set("{}") & set(pattern.replace("{name}", "")):
        raise PydanticCustomError("policies.bad_pattern", "no pattern")
    return pattern


def _checked_mount_pattern(pattern: str) -> str:
    plain = _checked_pattern(pattern).replace("{name}", "x")
    if not is_safe(plain) or not is_syncable(plain):
        raise PydanticCustomError("policies.bad_mount_point", "no mount point")
    return pattern


Quota = Annotated[str, AfterValidator(_checked_quota)]
QuotaOrKeep = Annotated[str, AfterValidator(_checked_or_kept)]
FolderQuota = Annotated[str, AfterValidator(_checked_folder_quota)]
Pattern = Annotated[str, AfterValidator(_checked_pattern)]
MountPattern = Annotated[str, AfterValidator(_checked_mount_pattern)]
