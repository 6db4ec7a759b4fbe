"""The registry of a network, loaded: read, merged, checked, built.

In two steps. The base is what the files, the sources and whoever came by themselves say: reading it takes a second at
10,000 people. What was decided through the service since is laid over it in milliseconds, with the same outcome.
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from provisioner.model.enrolments import NO_ENROLMENTS, Enrolments
from provisioner.model.registry import Registry
from provisioner.model.sources import Supply
from provisioner.registry.building import build
from provisioner.registry.checks import check_alone
from provisioner.registry.digest import Digests
from provisioner.registry.enrolling import Newcomers, add_enrolled, placed
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


@dataclass(frozen=True, slots=True)
class Base:
    """A registry without places in bodies and last days that were decided through the service."""

    registry: Registry
    problems: tuple[Problem, ...]
    proposals: tuple[Proposal, ...]
    newcomers: Newcomers
    """Knows who can be brought in without reading everything again."""
    digests: Digests

    def laid_over(self, enrolments: Enrolments) -> Loaded | None:
        """All of the registry.

        None: the base has to be read again with these, e.g. because somebody resembles somebody, or is forgotten.
        """
        registry = self.newcomers.brought_into(self.registry, enrolments)
        return None if registry is None else self.finished(registry, enrolments)

    def finished(self, registry: Registry, enrolments: Enrolments) -> Loaded:
        """The second step alone, of a registry that has everybody."""
        registry, missing = placed(registry, enrolments, self.newcomers.files_whole)
        problems = in_order([*self.problems, *missing]) if missing else self.problems
        return Loaded(registry, problems, self.digests.of(registry), self.proposals)

    def doubted(self, registry: Registry, problems: Sequence[Problem]) -> "Base":
        """The same with less of certainty: ``registry`` differs in what it says of itself, not in its people."""
        return replace(self, registry=registry, problems=in_order([*self.problems, *problems]))


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
    base = load_base(sources, supplies, unclear, enrolments)
    return base.finished(base.registry, enrolments)


def load_base(
    sources: Sequence[Source], supplies: Sequence[Supply], unclear: Iterable[Malformed], enrolments: Enrolments
) -> Base:
    """The first step; the second can always be made with these ``enrolments``."""
    with _collector_paused():
        result = merge(source.read() for source in sources)
        result.malformed += unclear
        files_whole = result.complete
        add_enrolled(result, enrolments)
        written = [entry.document.email for entry in result.people]
        proposals = merge_supplies(result, supplies)
        check_alone(result)
        check_among(result)
        newcomers = Newcomers(result, written, supplies, enrolments, files_whole=files_whole)
        return Base(build(result), in_order(result.problems), proposals, newcomers, Digests())


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
