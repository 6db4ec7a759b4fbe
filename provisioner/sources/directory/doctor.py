"""What doctor asks a directory that people are read from. It reads only; what can't be told so is said, not tried."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from provisioner.model.errors import LoginRefused, NotAllowed, Permanent, SettingsError, TargetError
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text
from provisioner.sources.directory.doubt import Doubt
from provisioner.sources.directory.looking import Looked, Looking
from provisioner.sources.directory.settings import Product

_PAGED: Final = "1.2.840.113556.1.4.319"
_WRITABLE: Final = ("allowedAttributesEffective", "allowedChildClassesEffective")
"""What the account that asks could write and create ([MS-ADTS] 3.1.1.4.5.22 and 21); computed when asked for."""


def examine(source: Looking) -> Iterator[Finding]:
    """Findings in the order in which they should be mended; after a failed log-in there are no more."""
    settings = source.settings
    try:
        offered = frozenset(source.directory.root().texts("supportedControl"))
    except (TargetError, SettingsError) as error:
        yield _no_entry(error)
        return
    yield Finding(Severity.OK, Text.of("directory.doctor_reachable", url=settings.url, user=settings.user))
    if settings.url.startswith("ldaps:") or settings.start_tls:
        yield Finding(Severity.OK, Text.of("directory.doctor_tls", url=settings.url))
    else:
        plain = Text.of("directory.doctor_plaintext", url=settings.url)
        yield Finding(Severity.WARNING, plain, Text.of("directory.mend_plaintext"))
    if _PAGED not in offered:
        yield Finding(Severity.ERROR, Text.of("directory.doctor_no_paging"), Text.of("directory.mend_size_limit"))
    try:
        source.asking.check_base()
        looked = source.look()
        yield from _people(source, looked)
        yield from _changes(source)
        yield from _rights(source, looked)
    except Doubt as doubt:
        yield Finding(Severity.ERROR, doubt.why, Text.of("directory.mend_base", user=settings.user))
    except TargetError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("directory.mend_base", user=settings.user))


def _no_entry(error: TargetError | SettingsError) -> Finding:
    """Why there is no log-in, and what mends it."""
    mends = {
        "transport.directory_certificate": "directory.mend_certificate",
        "transport.directory_no_tls": "directory.mend_plaintext",
        "transport.directory_plaintext": "directory.mend_plaintext",
        "transport.directory_unreachable": "directory.mend_unreachable",
        "transport.directory_garbled": "directory.mend_unreachable",
    }
    mend = mends.get(error.text.code)
    if mend is None and isinstance(error, LoginRefused | NotAllowed | Permanent):
        mend = "directory.mend_login"
    return Finding(Severity.ERROR, error.text, Text.of(mend or "directory.mend_settings"))


def _people(source: Looking, looked: Looked) -> Iterator[Finding]:
    settings = source.settings
    if looked.gap is not None:
        mend = Text.of("directory.mend_base", user=settings.user)
        if looked.gap.code == "transport.directory_size_limit":
            mend = Text.of("directory.mend_size_limit")
        yield Finding(Severity.ERROR, looked.gap, mend)
    count = len(looked.found.entries)
    off = sum(not one.active for one in looked.people)
    yield Finding(
        Severity.OK if count else Severity.WARNING,
        Text.of("directory.doctor_people", base=settings.base, filter=settings.who, count=count, off=off),
        None if count else Text.of("directory.mend_filter"),
    )
    for why, entries in Counter(one.why for one in looked.unusable).most_common():
        yield Finding(Severity.WARNING, Text.of("directory.doctor_unusable", count=entries, why=why))
    if looked.found.references:
        yield Finding(Severity.NOTE, Text.of("directory.doctor_references", count=looked.found.references))
    if count and looked.found.pages > -(-count // settings.page_size) + 1:
        most = -(-count // looked.found.pages)
        yield Finding(Severity.NOTE, Text.of("directory.doctor_page_limit", most=most, asked=settings.page_size))


def _changes(source: Looking) -> Iterator[Finding]:
    if source.settings.members_of is not None:
        yield Finding(Severity.NOTE, Text.of("directory.doctor_group_whole"))
        return
    way, _ = source.begin()
    if way is None:
        yield Finding(Severity.NOTE, Text.of("directory.doctor_way_none"))
    elif way.name == "sync":
        yield Finding(Severity.OK, Text.of("directory.doctor_way_sync"))
    elif way.name == "usn":
        yield Finding(Severity.OK, Text.of("directory.doctor_way_usn"), Text.of("directory.mend_pin"))
    else:
        yield Finding(Severity.NOTE, Text.of("directory.doctor_way_time"))


def _rights(source: Looking, looked: Looked) -> Iterator[Finding]:
    """Active Directory tells what the asking account could write. OpenLDAP tells nobody without a try."""
    if source.settings.kind is not Product.ACTIVE_DIRECTORY:
        yield Finding(Severity.NOTE, Text.of("directory.doctor_write_unknown"), Text.of("directory.mend_write_unknown"))
        return
    for entry in (source.settings.base, *(found.name for found in looked.found.entries[:1])):
        read = source.directory.read(entry, _WRITABLE)
        if read is not None and any(read.raw(attribute) for attribute in _WRITABLE):
            what = Text.of("directory.doctor_may_write", user=source.settings.user)
            yield Finding(Severity.WARNING, what, Text.of("directory.mend_may_write"))
            return
    yield Finding(Severity.OK, Text.of("directory.doctor_reads_only"))
