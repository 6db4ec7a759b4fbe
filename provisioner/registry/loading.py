"""The registry of a network, loaded: read, merged, checked, built."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner.model.enrolments import NO_ENROLMENTS, Enrolments
from provisioner.model.registry import Registry
from provisioner.model.sources import Supply
from provisioner.registry.building import build
from provisioner.registry.checks import check_alone
from provisioner.registry.digest import digest
from provisioner.registry.enrolling import add_enrolled, placed
from provisioner.registry.folder import YamlFolder
from provisioner.registry.linking import Proposal
from provisioner.registry.merging import merge_supplies
from provisioner.registry.problems import Problem, in_order
from provisioner.registry.references import check_among
from provisioner.registry.sources import Malformed, Source, merge


@dataclass(frozen=True, slots=True)
class Loaded:
    """``registry`` can always be used: what is malformed is left out of it and named in ``registry.blocked``."""

    registry: Registry
    problems: tuple[Problem, ...]
    """All at once, by file, line and column."""
    digest: str
    proposals: tuple[Proposal, ...] = ()
    """Entries of sources that wait for somebody to say whether they are people of the registry."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep something from being used."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that keep nothing from being used."""
        return tuple(problem for problem in self.problems if not problem.is_error)


def load(
    folder: Path,
    supplies: Sequence[Supply] = (),
    unclear: Iterable[Malformed] = (),
    enrolments: Enrolments = NO_ENROLMENTS,
) -> Loaded:
    """Load a folder of YAML files, with the people whom sources of identities supply and who came by themselves.

    ``unclear``: people of whom more is known elsewhere than here; who resembles them is not made a second time.
    Never raises for what stands in them, nor when there are none.
    """
    return load_sources([YamlFolder(folder)], supplies, unclear, enrolments)


def load_sources(
    sources: Sequence[Source],
    supplies: Sequence[Supply] = (),
    unclear: Iterable[Malformed] = (),
    enrolments: Enrolments = NO_ENROLMENTS,
) -> Loaded:
    """Load from several places at once; contradictions between them are problems."""
    with _collector_paused():
        result = merge(source.read() for source in sources)
        result.malformed += unclear
        add_enrolled(result, enrolments)
        proposals = merge_supplies(result, supplies)
        check_alone(result)
        check_among(result)
        registry, missing = placed(build(result), enrolments)
        return Loaded(registry, in_order([*result.problems, *missing]), digest(registry), proposals)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Many small objects that all stay: looking for cycles among them again and again costs a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
