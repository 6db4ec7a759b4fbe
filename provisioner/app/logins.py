"""Do policy and a target's login want the same? Each group has one writer, and each account one name."""

from collections.abc import Iterator, Mapping, Sequence

from policies.desire import desire
from policies.document import Policy
from provisioner.app.connectors import Target
from provisioner.app.observing import ties_of
from provisioner.app.planning import assigned_of
from provisioner.app.site import Site
from provisioner.model.bindings import Ties
from provisioner.model.offers import KnowsLogin, LoginGroups
from provisioner.model.ports import Connector, Finding, Severity
from provisioner.model.resources import Kind
from provisioner.model.text import Text

SHOWN = 3
"""So many names stand in a finding; more are counted."""


def examine_login(site: Site, target: Target) -> Iterator[Finding]:
    """What doctor finds where people log in elsewhere, held against the policy and what stands in other targets.

    Raises `SettingsError`, `StateError`.
    """
    connector, policy = target.connector, site.read_policy().policy
    if not isinstance(connector, KnowsLogin) or not connector.capabilities().named_by_login:
        if policy is not None and policy.groups.members_written_by == "login" and _has_groups(connector):
            yield Finding(Severity.WARNING, Text.of("app.no_login"), Text.of("app.mend_no_login"))
        return
    groups = connector.login_groups()
    with site.targets() as targets:
        known = ties_of(site, targets)
        if groups is not None and policy is not None:
            yield from writers(policy, groups, _groups_of_ours(site, policy, targets, known))
        for login in targets:
            if login.connector.capabilities().holds_login:
                yield from strangers(login.name, known[login.name], known[target.name])


def _has_groups(connector: Connector) -> bool:
    """Groups that a login could write; in what people log in with they are written by us."""
    can = connector.capabilities()
    return Kind.GROUP in can.fields and not can.made_by_us


def writers(policy: Policy, login: LoginGroups, ours: Sequence[str]) -> Iterator[Finding]:
    """Each of our groups (by name) has to have exactly one writer: the login, or us."""
    touched = {name: login.touches(name) for name in ours}
    yes = [name for name, answer in touched.items() if answer]
    no = [name for name, answer in touched.items() if answer is False]
    if len(yes) + len(no) < len(ours):
        yield Finding(Severity.WARNING, Text.of("app.login_unclear", provider=login.provider))
    elif policy.groups.members_written_by == "us" and yes:
        what = Text.of("app.two_writers", provider=login.provider, count=len(yes), groups=_some(yes))
        yield Finding(Severity.ERROR, what, Text.of("app.mend_two_writers"))
    elif policy.groups.members_written_by == "login" and no:
        what = Text.of("app.no_writer", provider=login.provider, count=len(no), groups=_some(no))
        yield Finding(Severity.ERROR, what, Text.of("app.mend_no_writer"))


def strangers(login: str, at_login: Ties, here: Ties) -> Iterator[Finding]:
    """Accounts to which the person's login does not lead, because it has another name. ``login``: a target."""
    others = sorted(
        f"{account.name} ({at_login.bindings[identity].name})"
        for identity, account in here.bindings.items()
        if identity.kind is Kind.ACCOUNT
        and identity in at_login.bindings
        and at_login.bindings[identity].name != account.name
    )
    if others:
        what = Text.of("app.other_name_at_login", login=login, count=len(others), names=_some(others))
        yield Finding(Severity.WARNING, what, Text.of("app.mend_other_name_at_login"))


def _groups_of_ours(site: Site, policy: Policy, targets: Sequence[Target], known: Mapping[str, Ties]) -> list[str]:
    registry = site.read_registry().registry
    assigned = assigned_of((target.connector.capabilities(), known[target.name]) for target in targets)
    desired = desire(registry, policy, site.today(registry.time_zone), assigned)
    return sorted(wanted.name for identity, wanted in desired.resources.items() if identity.kind is Kind.GROUP)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
