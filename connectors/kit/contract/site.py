"""What a connector's contract is asked with: samples of its objects, and a bench that names everything anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Protocol

from connectors.kit.bench import Bench
from provisioner.emulation import Faults, RequestLog
from provisioner.model.changes import Change
from provisioner.model.inventory import Remote
from provisioner.model.ports import Clock, Connector, Wiring
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value


@dataclass(frozen=True)
class Sample:
    """What one kind of objects looks like in a product. In texts "{word}" stands for a word that nothing else has."""

    kind: Kind
    fields: Mapping[FieldName, Value]
    """Of a new object, without its name."""
    changed: Mapping[FieldName, Value] = field(default_factory=dict)
    """Other values of some of them, to update to."""
    roles: tuple[EdgeRole, ...] = ()
    """In which members can be in it; none: it is no container."""
    members: Kind = Kind.ACCOUNT
    """What its members are; there has to be a sample of these."""
    name: str = "{word}"
    graded: bool = False
    """Whether a member has exactly one of the roles, and can be given another one."""
    erasable: bool = True
    """Whether an `Erase` of one makes steps."""
    served: bool = True
    """Whether the server keeps it; else neither looking nor making asks anything."""


class Emulated(Protocol):
    """What the contract needs of an emulator: any `provisioner.emulation.Emulator` has it."""

    @property
    def clock(self) -> Clock:
        """What goes on behind it goes by this."""
        ...

    @property
    def faults(self) -> Faults:
        """What strikes its answers."""
        ...

    @property
    def log(self) -> RequestLog:
        """What it was asked."""
        ...


class Site(Bench):
    """A bench that gives everything names of its own."""

    def __init__(
        self,
        open_connector: Callable[[str, Wiring], Connector],
        emulator: Emulated | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``emulator``: what stands behind it, for `EmulatedContract`; None: a real server."""
        super().__init__(open_connector, clock or (None if emulator is None else emulator.clock))
        self.open_connector = open_connector
        self.emulator = emulator
        self.prefix = f"rt{token_hex(3)}"
        self._words = count(1)
        self._others: list[Site] = []

    def another(self) -> "Site":
        """Somebody else with a connector to the same server, who knows what is there by now."""
        other = Site(self.open_connector, self.emulator, self.clock)
        other.ids, other.called = dict(self.ids), dict(self.called)
        self._others.append(other)
        return other

    def close(self) -> None:
        """Close the connector, and those of the others."""
        for one in self._others:
            one.close()
        super().close()

    def name(self, sample: Sample, word: str) -> str:
        """As the registry has it."""
        return sample.name.format(word=f"{self.prefix}{word}")

    def fields(self, values: Mapping[FieldName, Value], word: str) -> dict[FieldName, Value]:
        """With the word in their texts."""
        own = f"{self.prefix}{word}"
        return {one: said.replace("{word}", own) if isinstance(said, str) else said for one, said in values.items()}

    def word(self) -> str:
        """One that was not used yet; short, since names may have to be."""
        return f"w{next(self._words)}"

    def some(self, sample: Sample) -> ResourceId:
        """A new object of whatever name, made."""
        return self.new(sample, self.word())

    def creating(self, sample: Sample, word: str) -> Change:
        """A new object, not made yet."""
        identity = identify(sample.kind, word)
        return self.create(identity, self.name(sample, word), self.fields(sample.fields, word))

    def new(self, sample: Sample, word: str) -> ResourceId:
        """A new object, made."""
        self.apply(self.creating(sample, word))
        return identify(sample.kind, word)


def identify(kind: Kind, word: str) -> ResourceId:
    """A key of the registry's for a test's word."""
    return ResourceId(kind, f"{'person' if kind is Kind.ACCOUNT else 'body'}:{word}")


def is_called(site: Site, remote: Remote, kind: Kind, name: str) -> bool:
    """Whether it has this name, in its canonical form."""
    canonical = site.connector.capabilities().canonical_name
    return canonical(kind, remote.name) == canonical(kind, name)


def found_by(site: Site, sample: Sample, word: str) -> str:
    """What apply looks a creation up by: the name of the step that makes it."""
    return site.compile(site.creating(sample, word))[0].name


def verdicts(site: Site, steps: object) -> list[object]:
    """What a fresh read says of each step that expects something."""
    assert isinstance(steps, list | tuple)
    return [site.connector.verify(step, site.resolve) for step in steps if step.expects is not None]
