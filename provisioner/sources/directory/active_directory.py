"""What is special about Active Directory. Sections are those of [MS-ADTS], Microsoft's published description."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from provisioner.model.text import Text
from provisioner.sources.directory.doubt import Doubt
from provisioner.transport.directory import Directory, Search
from provisioner.transport.directory_answers import Entry
from provisioner.transport.dn import quote_filter

USER_ACCOUNT_CONTROL: Final = "userAccountControl"
_ACCOUNT_DISABLE: Final = 0x2  # 2.2.16
_IN_CHAIN: Final = "1.2.840.113556.1.4.1941"  # 3.1.1.3.4.4.3, LDAP_MATCHING_RULE_TRANSITIVE_EVAL
NEVER: Final = frozenset({0, 0x7FFFFFFFFFFFFFFF})
"""Values of accountExpires that mean that it does not (3.1.1.5, [MS-ADA1] 2.2)."""
_BEGINNING: Final = datetime(1601, 1, 1, tzinfo=UTC)


def key_of(value: bytes) -> str:
    """An objectGUID as everybody writes it. Raises ValueError."""
    return str(uuid.UUID(bytes_le=value))


def is_active(values: Iterable[bytes]) -> bool | None:
    """What userAccountControl says; None: it can't be read, and every account has one."""
    try:
        (value,) = (int(value) for value in values)
    except ValueError:
        return None
    return not value & _ACCOUNT_DISABLE


def moment_of(ticks: int) -> datetime:
    """A FILETIME: 100 nanoseconds since 1601 ([MS-DTYP] 2.3.3). Raises OverflowError, ValueError."""
    if ticks < 0:
        raise ValueError("before the beginning of time")
    return _BEGINNING + timedelta(microseconds=ticks // 10)


@dataclass(frozen=True, slots=True)
class Controller:
    """One domain controller, and how far its own count of changes has come (3.1.1.1.9)."""

    identity: str
    highest: int


def controller(directory: Directory) -> Controller | None:
    """Which one answers, asked afresh. None: it does not say so.

    uSNChanged counts on one controller alone, and anew after it was restored: its invocationId changes then.
    """
    root = directory.read("", ("dsServiceName", "highestCommittedUSN"))
    if root is None:
        return None
    (service,) = root.texts("dsServiceName") or ("",)
    highest = next(iter(root.texts("highestCommittedUSN")), "")
    if not service or not highest.isdecimal():
        return None
    entry = directory.read(service, ("invocationId",))
    invocation = entry.raw("invocationId") if entry is not None else ()
    return Controller(f"{service} {key_of(invocation[0]) if invocation else ''}".strip(), int(highest))


def members(directory: Directory, group: Entry, page_size: int) -> str:
    """A filter for the members of a group, of the groups in it, and of those whose primary group one of these is.

    memberOf leaves the primary group out (3.1.1.3.4.4.3 follows memberOf alone), so it is asked for by its number, the
    last part of objectSid ([MS-DTYP] 2.4.2.2); only a group of one's own domain can be one's primary group.
    Raises `Doubt` and what `Directory` raises.
    """
    context = next(iter(directory.root().texts("defaultNamingContext")), "")
    domain = directory.read(context, ("objectSid",)) if context else None
    if domain is None or not domain.raw("objectSid"):
        raise Doubt(Text.of("directory.domain_hidden"))
    chain = f"(memberOf:{_IN_CHAIN}:={quote_filter(group.name)})"
    inside = directory.search(
        Search(context, f"(&(objectCategory=group){chain})", ("objectSid",), page_size=page_size, skips_references=True)
    )
    if inside.gap is not None or inside.missing:
        raise Doubt(inside.gap or Text.of("directory.domain_hidden"))
    ours = domain.raw("objectSid")[0][2:]
    sids = [sid for entry in (group, *inside.entries) for sid in entry.raw("objectSid")]
    numbers = sorted({int.from_bytes(sid[-4:], "little") for sid in sids if sid[2:-4] == ours})
    return f"(|{chain}{''.join(f'(primaryGroupID={number})' for number in numbers)})"
