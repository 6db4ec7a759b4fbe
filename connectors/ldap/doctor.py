"""What doctor asks a directory. It reads only; what can't be known without writing is said, not tried."""

from collections.abc import Iterator
from typing import Final

from connectors.ldap.client import CLASSES, NAMING, UUID, Client
from provisioner.model.errors import LoginRefused, NotAllowed, Permanent, SettingsError, TargetError
from provisioner.model.ports import Finding, Severity
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.transport.directory import ASSERTION, POST_READ
from provisioner.transport.dn import normal, parse

_PAGED: Final = "1.2.840.113556.1.4.319"


def examine(client: Client) -> Iterator[Finding]:
    """Findings in the order in which they should be mended; after a failed log-in there are no more."""
    try:
        root = client.directory.root()
    except (TargetError, SettingsError) as error:
        yield _no_entry(error)
        return
    url = client.settings.url
    yield Finding(Severity.OK, Text.of("ldap.doctor_reachable", url=url, user=client.settings.user))
    secure = url.startswith("ldaps:") or client.settings.start_tls
    if not secure:
        yield Finding(Severity.WARNING, Text.of("ldap.doctor_plaintext", url=url), Text.of("ldap.mend_plaintext"))
    yield from _controls(frozenset(root.texts("supportedControl")))
    yield from _own_account(client)
    for kind in (Kind.ACCOUNT, Kind.GROUP):
        try:
            yield from _branch(client, kind)
        except TargetError as error:
            yield Finding(
                Severity.ERROR,
                Text.of("ldap.doctor_branch", branch=client.branch(kind), detail=str(error)),
                Text.of("ldap.mend_branch", branch=client.branch(kind), user=client.settings.user),
            )
    try:
        yield from _member_of(client)
    except TargetError as error:
        yield Finding(Severity.WARNING, Text.of("ldap.doctor_member_of_unread", detail=str(error)))
    yield Finding(Severity.NOTE, Text.of("ldap.doctor_write_unknown"), Text.of("ldap.mend_write_unknown"))


def _no_entry(error: TargetError | SettingsError) -> Finding:
    """Why there is no log-in, and what mends it."""
    mends = {
        "transport.directory_certificate": "ldap.mend_certificate",
        "transport.directory_no_tls": "ldap.mend_no_tls",
        "transport.directory_plaintext": "ldap.mend_plaintext",
        "transport.directory_unreachable": "ldap.mend_unreachable",
        "transport.directory_garbled": "ldap.mend_garbled",
    }
    mend = mends.get(error.text.code)
    if mend is None and isinstance(error, LoginRefused):
        mend = "ldap.mend_login"
    if mend is None and isinstance(error, NotAllowed | Permanent):
        mend = "ldap.mend_refused"
    return Finding(Severity.ERROR, error.text, Text.of(mend or "ldap.mend_settings"))


def _controls(offered: frozenset[str]) -> Iterator[Finding]:
    if _PAGED not in offered:
        yield Finding(Severity.ERROR, Text.of("ldap.doctor_no_paging"), Text.of("ldap.mend_no_paging"))
    if POST_READ not in offered or ASSERTION not in offered:
        yield Finding(Severity.NOTE, Text.of("ldap.doctor_few_controls"))


def _own_account(client: Client) -> Iterator[Finding]:
    mine, people = normal(client.settings.user), normal(client.settings.people)
    if len(parse(mine)) and mine.endswith("," + people):
        yield Finding(
            Severity.ERROR,
            Text.of("ldap.doctor_own_account", user=client.settings.user),
            Text.of("ldap.mend_own_account"),
        )


def _branch(client: Client, kind: Kind) -> Iterator[Finding]:
    branch = client.branch(kind)
    found = client.read_branch(kind, ())
    if found.gap is not None:
        mend = "ldap.mend_size_limit" if found.gap.code == "transport.directory_size_limit" else "ldap.mend_branch"
        arguments = {"branch": branch, "user": client.settings.user}
        yield Finding(Severity.ERROR, found.gap, Text.of(mend, **arguments))
        return
    count = len(found.entries)
    yield Finding(Severity.OK, Text.of("ldap.doctor_branch_read", branch=branch, count=count))
    unnamed = sum(not entry.raw(NAMING[kind]) for entry in found.entries)
    if unnamed:
        what = Text.of("ldap.doctor_names_hidden", branch=branch, count=unnamed, attribute=NAMING[kind])
        yield Finding(Severity.ERROR, what, Text.of("ldap.mend_branch", branch=branch, user=client.settings.user))
    unpaged = client.directory.below_unpaged(branch, f"(objectClass={CLASSES[kind]})", (UUID,))
    if unpaged.gap is not None:
        what = Text.of("ldap.doctor_size_limit", branch=branch, count=count, limit=len(unpaged.entries))
        yield Finding(Severity.NOTE, what, Text.of("ldap.mend_other_readers"))


def _member_of(client: Client) -> Iterator[Finding]:
    """Whether memberOf follows member: told from a person who is a member of some group."""
    branch, placeholder = client.branch(Kind.ACCOUNT), normal(client.settings.placeholder)
    groups = client.directory.below(client.branch(Kind.GROUP), "(objectClass=groupOfNames)", ("member",))
    inside = {normal(value.decode(errors="replace")) for group in groups.entries for value in group.raw("member")}
    inside.discard(placeholder)
    people = client.directory.below(branch, "(objectClass=inetOrgPerson)", (UUID, "memberOf"))
    names = {normal(person.name): person for person in people.entries}
    member = next((names[name] for name in sorted(inside) if name in names), None)
    dangling = sum(name.endswith("," + normal(branch)) and name not in names for name in inside)
    if people.gap is None and dangling:
        yield Finding(Severity.WARNING, Text.of("ldap.doctor_no_refint", count=dangling), Text.of("ldap.mend_refint"))
    if member is None:
        yield Finding(Severity.NOTE, Text.of("ldap.doctor_member_of_unknown"))
    elif not any(person.raw("memberOf") for person in people.entries):
        yield Finding(Severity.WARNING, Text.of("ldap.doctor_no_member_of"), Text.of("ldap.mend_member_of"))
    else:
        yield Finding(Severity.OK, Text.of("ldap.doctor_member_of"))
