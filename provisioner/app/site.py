"""One network, ready for work: its registry and policy read, its state and targets opened when needed."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from policies.document import Policy
from provisioner.app.alerting.misnamed import misnamed_of_alerts
from provisioner.app.connectors import Target, connector_type
from provisioner.app.registry_reading import RegistryReading
from provisioner.app.settings import (
    NetworkSettings,
    Settings,
    load_settings,
    source_settings,
    target_settings,
)
from provisioner.app.source_types import source_type, source_types
from provisioner.model.enrolments import NO_ENROLMENTS, Enrolments
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Clock, ConnectorType, Wiring
from provisioner.model.registry import Origin
from provisioner.model.rules import PlanningRules
from provisioner.model.sources import Source
from provisioner.model.text import Text
from provisioner.registry.editfiles import Files
from provisioner.registry.files import read_document
from provisioner.registry.loading import Loaded
from provisioner.registry.mistakes import mend_word
from provisioner.registry.problems import Problem, error
from provisioner.sources.types import CommonSettings, SourceType
from provisioner.state import Database, EnrolmentStore, Rates, TiesLog
from provisioner.transport.clock import SystemClock
from provisioner.transport.gate import WriteGate
from provisioner.transport.http import HttpSession
from provisioner.transport.ledger import RateLedger, Waiter


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """The policy file as read; ``policy`` is None when it is wrong."""

    policy: Policy | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a plan is made from. ``problems`` are warnings, and errors that block single entries."""

    loaded: Loaded
    policy: Policy
    problems: tuple[Problem, ...]


@dataclass
class Site:
    """A network of one installation. ``waiter`` makes the waiting of each target's run."""

    settings: Settings
    home: Path
    """The folder of the settings file; paths in it are relative to this."""
    network: str
    clock: Clock = field(default_factory=SystemClock)
    waiter: Callable[[str], Waiter] | None = None
    source_types: Mapping[str, SourceType] = field(default_factory=source_types)

    @classmethod
    def open(cls, settings_file: Path, network: str | None = None, clock: Clock | None = None) -> "Site":
        """Read the settings and choose the network. Raises `SettingsError`."""
        settings = load_settings(settings_file)
        if network is None:
            if len(settings.networks) != 1:
                raise SettingsError(Text.of("app.which_network", known=", ".join(sorted(settings.networks))))
            network = next(iter(settings.networks))
        if network not in settings.networks:
            known = ", ".join(sorted(settings.networks))
            raise SettingsError(Text.of("app.unknown_network", network=network, known=known))
        return cls(settings, settings_file.parent, network, clock or SystemClock())

    @property
    def section(self) -> NetworkSettings:
        return self.settings.networks[self.network]

    @property
    def registry_folder(self) -> Path:
        return self.home / self.section.registry

    @cached_property
    def database(self) -> Database:
        """The state, opened (and made or migrated) at the first use. Raises `StateError`."""
        state = self.settings.state
        return Database.open(state if "://" in state else self.home / state)

    @cached_property
    def ties_log(self) -> TiesLog:
        """The file in which the database's ties are kept a second time. Raises `SettingsError`, `StateError`."""
        return TiesLog(self.database, self._ties_file())

    def _ties_file(self) -> Path | None:
        """As the settings say; else beside the SQLite file, named after it."""
        settings = self.settings
        if "ties_log" in settings.model_fields_set:
            return None if settings.ties_log is None else self.home / settings.ties_log
        if self.database.path is None:
            raise SettingsError(Text.of("app.ties_log_unnamed"))
        return self.database.path.with_suffix(".ties.jsonl")

    def close(self) -> None:
        """Close the database if it was opened."""
        self.__dict__.pop("ties_log", None)
        opened = self.__dict__.pop("database", None)
        if opened is not None:
            opened.close()

    def read_registry(self) -> Loaded:
        """The registry's files, what the sources supply and what was decided through the service.

        What did not change since is not read again. Raises `SettingsError`, `StateError`. Where no sources are and no
        state is yet, none is made.
        """
        return self.reading.loaded()

    @cached_property
    def reading(self) -> RegistryReading:
        """Reads the registry, and keeps what was read."""
        return RegistryReading(self)

    def enrolments(self) -> Enrolments:
        """What was decided through the service. Raises `StateError`."""
        return EnrolmentStore(self.database, self.network).all() if self.has_state() else NO_ENROLMENTS

    def enrolments_revision(self) -> int:
        """Grows with everything that is decided through the service. Raises `StateError`."""
        return EnrolmentStore(self.database, self.network).revision() if self.has_state() else 0

    def version(self) -> int | None:
        """The state's: see `Database.version`. Raises `StateError`."""
        return self.database.version() if self.has_state() else None

    def has_state(self) -> bool:
        """Whether there is a database: where there is none, looking must not make one."""
        state = self.settings.state
        return "database" in self.__dict__ or "://" in state or (self.home / state).exists()

    def files(self) -> Files:
        """The registry's files as they are now, for one edit. Raises `SettingsError`, `StateError`."""
        return Files(self.registry_folder, self.reading.supplies(), self.enrolments())

    def forsaken(self) -> list[str]:
        """Sources that the settings no longer name, although people of them are kept. Raises `StateError`."""
        return self.reading.forsaken()

    def policy_files(self) -> tuple[Path, ...]:
        """The policy's file, if there is one."""
        return () if self.section.policy is None else (self.home / self.section.policy,)

    def read_policy(self) -> ReadPolicy:
        """The policy; without a file the defaults."""
        if self.section.policy is None:
            return ReadPolicy(Policy(), ())
        policy, problems = read_document(self.home / self.section.policy, Policy)
        return ReadPolicy(policy, problems)

    def inputs(self) -> Inputs:
        """Registry and policy together. Raises `SettingsError` for a wrong policy or a registry without people."""
        read, loaded = self.read_policy(), self.read_registry()
        if read.policy is None:
            raise SettingsError(
                Text.of("app.bad_policy"), detail=str(next(p.where for p in read.problems if p.is_error))
            )
        if not loaded.registry.people:
            folder, mistakes = str(self.registry_folder), len(loaded.errors)
            if loaded.registry.blocked or any(problem.where.file != "." for problem in loaded.errors):
                raise SettingsError(Text.of("app.nobody_well_formed", folder=folder, count=mistakes))
            if self.section.sources:
                raise SettingsError(Text.of("app.nobody_supplied", folder=folder))
            raise SettingsError(Text.of("app.empty_registry", folder=folder))
        return Inputs(loaded, read.policy, (*loaded.problems, *read.problems, *self.misnamed(read.policy, loaded)))

    def misnamed(self, policy: Policy, loaded: Loaded) -> Iterator[Problem]:
        """Bodies and targets that are named and do not exist: with a slip of the pen nothing would be managed."""
        known = loaded.registry.bodies.keys() | loaded.registry.blocked
        for body in policy.managed or ():
            if body not in known and loaded.registry.complete:
                where = Origin(str(self.section.policy))
                yield error(where, Text.of("app.unknown_managed", body=body), mend_word(body, known))
        for target in sorted(policy.rotation.keys() - self.section.targets.keys()):
            where = Origin(str(self.section.policy))
            yield error(where, Text.of("app.unknown_rotated", target=target), mend_word(target, self.section.targets))
        yield from misnamed_of_alerts(policy.alerts, str(self.section.policy), loaded.registry, self.section.bridge)

    def today(self, time_zone: str) -> date:
        """The day it is for the network's people."""
        return self.clock.now().astimezone(ZoneInfo(time_zone)).date()

    def target_names(self, only: Sequence[str] = ()) -> list[str]:
        """All targets, or those named. Raises `SettingsError` for one that there isn't."""
        known = self.section.targets
        for name in only:
            if name not in known:
                raise SettingsError(Text.of("app.unknown_target", target=name, known=", ".join(known)))
        return [name for name in known if not only or name in only]

    @contextmanager
    def targets(self, only: Sequence[str] = ()) -> Iterator[list[Target]]:
        """The targets, opened (no request is made yet) and closed at the end. Raises `SettingsError`."""
        opened: list[Target] = []
        try:
            for name in self.target_names(only):
                opened.append(self._open(name))
            yield opened
        finally:
            for target in opened:
                target.connector.close()

    def read_target(self, found: ConnectorType, name: str, network: str | None = None) -> BaseModel:
        """A target's settings as its connector's type. Raises `SettingsError`."""
        section = self.settings.networks[network or self.network].targets[name]
        return target_settings(found.settings, section, self.home, name)

    def source_names(self, only: Sequence[str] = ()) -> list[str]:
        """All sources, or those named. Raises `SettingsError` for one that there isn't."""
        known = self.section.sources
        for name in only:
            if name not in known:
                raise SettingsError(Text.of("app.unknown_source", source=name, known=", ".join(known)))
        return [name for name in known if not only or name in only]

    def read_source(self, name: str) -> CommonSettings:
        """A source's settings as its kind's type. Raises `SettingsError`."""
        section = self.section.sources[name]
        return source_settings(self._source_type(name).settings, section, self.home, name)

    @contextmanager
    def source(self, name: str) -> Iterator[Source]:
        """The source, opened (no request is made yet), behind a closed gate. Raises `SettingsError`."""
        opened = self._source_type(name).open(name, self.read_source(name), WriteGate(), self.clock)
        try:
            yield opened
        finally:
            opened.close()

    def reading_session(self, *, timeout: float = 30.0, ca_file: Path | None = None) -> HttpSession:
        """To ask a server that is no target: its gate stays closed. ``timeout`` in seconds."""
        return HttpSession(WriteGate(), timeout=timeout, ca_file=None if ca_file is None else self.home / ca_file)

    def _source_type(self, name: str) -> SourceType:
        return source_type(str(self.section.sources[name].get("source", "")), name, self.source_types)

    def _open(self, name: str) -> Target:
        found = connector_type(str(self.section.targets[name].get("connector", "")), name)
        settings = self.read_target(found, name)
        server, gate = found.server(settings), WriteGate()
        waiter = self.waiter(name) if self.waiter is not None else Waiter(self.clock)
        ledger = RateLedger(Rates(self.database), server, found.account(settings), self.clock, waiter)
        connector = found.open(name, settings, Wiring(gate, self.clock, ledger))
        return Target(name, found, server, connector, gate, waiter, ledger.spent, found.account(settings))


def planning_rules(policy: Policy) -> PlanningRules:
    """What the planner has to be told of the policy."""
    return PlanningRules(
        on_drift=policy.drift_rules(),
        guards=policy.guards.rules(),
        protected_accounts=frozenset(policy.accounts.protected),
        protected_groups=frozenset(policy.groups.protected),
        queued=frozenset(policy.queued),
    )


def policy_digest(policy: Policy) -> str:
    """sha256 in hex over everything in the policy, defaults included: a new default is a new policy."""
    return hashlib.sha256(policy.model_dump_json().encode()).hexdigest()
