"""The reading jobs beside plan: drift, doctor, history."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policies.document import Policy
from provisioner.app.connectors import connector_type
from provisioner.app.logins import examine_login
from provisioner.app.observing import View, names_tied, observe
from provisioner.app.site import Site
from provisioner.app.work.certificates import examine_certificate
from provisioner.model.errors import SettingsError
from provisioner.model.inventory import Partial
from provisioner.model.ports import Finding, Severity
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.rules import OnDrift
from provisioner.model.text import Text
from provisioner.planning.drift import Drift, DriftKind, drift_of
from provisioner.state import Entry, Run, Runs

_KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Drifted:
    """What was changed over there, and the targets that could not be read, wholly or in part, with why.

    ``rules``: what policy does about changes, by kind; empty when the policy can't be read.
    """

    items: tuple[Drift, ...]
    unread: dict[str, Text]
    rules: Mapping[Kind, OnDrift]
    names: Mapping[str, str]
    """Of our accounts and groups over there, by their keys."""

    def answer(self, item: Drift) -> OnDrift | None:
        """What policy does about it; None: nothing brings back what is lost, or the policy can't be read."""
        return None if item.kind is DriftKind.LOST else self.rules.get(item.id.kind)


def find_drift(site: Site, only_targets: Sequence[str] = ()) -> Drifted:
    """What differs from the last apply, whatever the registry says by now. Raises `SettingsError`, `StateError`."""
    items: list[Drift] = []
    unread: dict[str, Text] = {}
    policy = site.read_policy().policy
    with site.targets(only_targets) as targets:
        views = observe(site, targets)
        for view in views.values():
            if view.error is not None:
                unread[view.target.name] = view.error.text
            elif view.inventory is not None and view.capabilities is not None:
                items += drift_of(view.inventory, view.ties, view.capabilities, _login_writes(policy, view))
                for observation in view.inventory.observations.values():
                    if isinstance(observation.completeness, Partial):
                        unread.setdefault(view.target.name, observation.completeness.why)
    items.sort(key=lambda item: (item.target, _KINDS.index(item.id.kind)))
    rules = {} if policy is None else policy.drift_rules()
    return Drifted(tuple(items), unread, rules, names_tied(view.known for view in views.values()))


def _login_writes(policy: Policy | None, view: View) -> frozenset[ResourceId]:
    """Keys of the containers whose members the login writes: that they change is nobody's tampering."""
    ours = view.capabilities is not None and view.capabilities.made_by_us
    if ours or policy is None or policy.groups.members_written_by != "login":
        return frozenset()
    return frozenset(identity for identity in view.ties.bindings if identity.kind is Kind.GROUP)


def examine(site: Site, only_targets: Sequence[str] = ()) -> Iterator[tuple[str, list[Finding]]]:
    """Every target's findings; one with wrong settings is a finding itself, so that all the others are looked at."""
    ailing: dict[tuple[str, str], str] = {}
    for name in site.target_names(only_targets):
        try:
            with site.targets([name]) as [target]:
                door = target.server, target.account
                if door in ailing:  # its password may be wrong, and a server locks an address that keeps trying
                    same = Text.of("app.same_account", other=ailing[door])
                    yield name, [Finding(Severity.ERROR, same, Text.of("app.mend_other_first", other=ailing[door]))]
                    continue
                found = [*readable_secrets(site, site.section.targets[name]), *target.connector.examine()]
                if any(finding.severity is Severity.ERROR for finding in found):
                    ailing[door] = name
                found += [*examine_certificate(site, name), *examine_login(site, target), *_way_in(site, name)]
                shared = _also_on(site, name, target.server)
                if shared:
                    found.append(Finding(Severity.NOTE, Text.of("app.server_shared", others=", ".join(shared))))
                yield name, found
        except SettingsError as error:
            mend = Text.of("app.mend_settings", target=name, detail=error.detail)
            yield name, [Finding(Severity.ERROR, error.text, mend)]


def _way_in(site: Site, name: str) -> Iterator[Finding]:
    """Rooms are entered by links of the service: it needs an address that people can open."""
    kind = connector_type(str(site.section.targets[name].get("connector", "")), name)
    if Kind.MEETING_ROOM in kind.kinds and site.settings.service.url is None:
        yield Finding(Severity.WARNING, Text.of("app.no_way_in"), Text.of("app.mend_no_way_in"))


def readable_secrets(site: Site, section: Mapping[str, object]) -> Iterator[Finding]:
    """Files with secrets of a target or a source that others on this machine can read."""
    for value in _secret_files(section):
        file = site.home / value
        if file.is_file() and file.stat().st_mode & 0o077:
            mend = Text.of("app.mend_readable_secret", file=str(file))
            yield Finding(Severity.WARNING, Text.of("app.readable_secret", file=str(file)), mend)


def _secret_files(section: Mapping[str, object]) -> Iterator[str]:
    for field, value in section.items():
        if isinstance(value, Mapping):
            yield from _secret_files(value)
        elif field.endswith(("password_file", "secret_file")) and isinstance(value, str):
            yield value


def _also_on(site: Site, name: str, server: str) -> list[str]:
    """Other networks' targets on the same server: they share its lock and its rate limit."""
    others = []
    for network, section in site.settings.networks.items():
        for other, fields in section.targets.items():
            if (network, other) == (site.network, name):
                continue
            try:
                found = connector_type(str(fields.get("connector", "")), other)
                same = server == found.server(site.read_target(found, other, network))
            except SettingsError:
                continue  # a finding of that very target; this one is not to blame
            if same:
                others.append(f"{network}/{other}")
    return others


def past_runs(site: Site, limit: int) -> list[Run]:
    """The newest runs first."""
    return Runs(site.database).latest(site.network, limit)


def past_run(site: Site, run: int) -> tuple[Run, list[Entry]]:
    """One run with its steps. Raises `SettingsError` when this network has none of that number."""
    runs = Runs(site.database)
    found = runs.get(site.network, run)
    if found is None:
        raise SettingsError(Text.of("app.unknown_run", run=run))
    return found, runs.steps(run)
