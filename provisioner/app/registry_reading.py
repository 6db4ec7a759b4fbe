"""Reads a network's registry, and keeps what was read until something of it changed.

Files and sources are the expensive part. Whether they changed is asked of the file system and of the database, in
milliseconds; what was decided through the service is laid over anew.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from provisioner.app.settings import FILE_NAME, NetworkSettings
from provisioner.model.enrolments import Enrolments
from provisioner.model.registry import Identity, Origin
from provisioner.model.sources import Supply
from provisioner.registry.fingerprint import Fingerprint, fingerprint
from provisioner.registry.folder import YamlFolder
from provisioner.registry.loading import Base, Loaded, load_base
from provisioner.registry.problems import warning_of
from provisioner.registry.reading import find_files
from provisioner.registry.sources import Malformed
from provisioner.registry.supplying import TEXT_FIELDS
from provisioner.sources.types import CommonSettings
from provisioner.state import Apart, Database, Mirrors

_Mirrored = tuple[tuple[tuple[str, int, bool], ...], Mapping[str, frozenset[tuple[str, str]]]]
"""By source its revision and whether it was ever read whole; and who was told apart."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was read, and what it was read from."""

    base: Base
    files: Fingerprint
    mirrored: _Mirrored


class Readable(Protocol):
    """What of a network has to be known to read its registry."""

    @property
    def network(self) -> str:
        """Its name."""

    @property
    def section(self) -> NetworkSettings:
        """Its settings."""

    @property
    def registry_folder(self) -> Path:
        """Where the files are."""

    @property
    def database(self) -> Database:
        """The state. Raises `StateError`."""

    def has_state(self) -> bool:
        """Whether there is a database: where there is none, looking must not make one."""

    def read_source(self, name: str) -> CommonSettings:
        """A source's settings as its kind's type. Raises `SettingsError`."""

    def enrolments(self) -> Enrolments:
        """What was decided through the service. Raises `StateError`."""


class RegistryReading:
    """One network's. Safe for many threads: whoever finds that something changed reads, the others wait for it."""

    def __init__(self, site: Readable) -> None:
        self._site = site
        self._kept: Kept | None = None
        self._lock = threading.Lock()

    def loaded(self) -> Loaded:
        """The registry as it is now. Raises `SettingsError`, `StateError`."""
        enrolments = self._site.enrolments()
        kept = self._kept
        if kept is not None and self.still_holds(kept) and (loaded := kept.base.laid_over(enrolments)) is not None:
            return loaded
        return self.read_again(enrolments)[1]

    def read_again(self, enrolments: Enrolments) -> tuple[Kept, Loaded]:
        """All of it with these, unless somebody did in the meantime."""
        with self._lock:
            kept = self._kept
            if kept is not None and self.still_holds(kept) and (loaded := kept.base.laid_over(enrolments)) is not None:
                return kept, loaded
            files, mirrored = fingerprint(find_files(self._site.registry_folder), time.time_ns()), self._mirrored()
            base = self._base(enrolments)
            self._kept = kept = Kept(base, files, mirrored)
            return kept, base.finished(base.registry, enrolments)

    def kept(self) -> Kept | None:
        """What was read last; it may be old."""
        return self._kept

    def still_holds(self, kept: Kept) -> bool:
        """Whether neither files nor sources changed since. Raises `StateError`."""
        return self.has_files(kept) and self.has_sources(kept)

    def has_files(self, kept: Kept) -> bool:
        """Whether the files did not change since."""
        return kept.files.still_holds(find_files(self._site.registry_folder))

    def has_sources(self, kept: Kept) -> bool:
        """Whether what is known of sources did not change since. Raises `StateError`."""
        return kept.mirrored == self._mirrored()

    def supplies(self) -> tuple[Supply, ...]:
        """What is believed of the people of every source that the settings name; no source is asked.

        Raises `SettingsError`, `StateError`.
        """
        site = self._site
        sources = {name: site.read_source(name) for name in site.section.sources}
        if not sources:
            return ()
        believed, apart = Mirrors(site.database).believed(site.network, sources), Apart(site.database).of(site.network)
        return tuple(
            Supply(
                name,
                settings.organisation,
                settings.brings,
                settings.authoritative,
                settings.decides_existence,
                believed[name][1],
                believed[name][0].whole_at is not None,
                apart.get(name, frozenset()),
            )
            for name, settings in sources.items()
        )

    def forsaken(self) -> list[str]:
        """Sources that the settings no longer name, although people of them are kept. Raises `StateError`."""
        known = {
            name for name, mirror in Mirrors(self._site.database).all(self._site.network).items() if mirror.revision
        }
        return sorted(known - self._site.section.sources.keys())

    def _mirrored(self) -> _Mirrored:
        site = self._site
        if not site.has_state():
            return (), {}
        mirrors = Mirrors(site.database).all(site.network)
        read = tuple((name, one.revision, one.whole_at is not None) for name, one in mirrors.items())
        return read, Apart(site.database).of(site.network)

    def _base(self, enrolments: Enrolments) -> Base:
        site = self._site
        if not site.section.sources and not site.has_state():
            return load_base([YamlFolder(site.registry_folder)], (), (), enrolments)
        folder, supplies = YamlFolder(site.registry_folder), self.supplies()
        # The settings may have named sources before.
        return self._doubted(load_base([folder], supplies, self._forsaken_people(), enrolments))

    def _doubted(self, base: Base) -> Base:
        """With what has to be said of sources of which people may be missing."""
        site = self._site
        mirrors = Mirrors(site.database).all(site.network)
        unread = [name for name in site.section.sources if name not in mirrors or mirrors[name].whole_at is None]
        where, forsaken = Origin(FILE_NAME), self.forsaken()
        problems = [warning_of(where, "app.source_unread", source=name) for name in unread]
        problems += [warning_of(where, "app.source_forsaken", source=name) for name in forsaken]
        if not problems:
            return base
        # What is written of people whom a forsaken source knows better may be years old.
        theirs = {one.id for one in base.registry.people.values() if any(i.source in forsaken for i in one.identities)}
        registry = replace(base.registry, complete=False, blocked=base.registry.blocked | theirs)
        return base.doubted(registry, problems)

    def _forsaken_people(self) -> Iterator[Malformed]:
        """Who may have accounts as people of such a source: under another name it would bring them all once more."""
        believed = Mirrors(self._site.database).believed(self._site.network, self.forsaken())
        for name, (_, people) in believed.items():
            for key, kept in people.items():
                told = {field: str(kept.person.fields.get(field) or "") for field in TEXT_FIELDS}
                yield Malformed(
                    frozenset({Identity(name, key)}), told["email"], (told["given_name"], told["family_name"])
                )
