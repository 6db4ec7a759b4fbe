"""What every connector's contract asks, for pytest: on its emulator, and on a real server where there is one.

A product says what its objects look like and where they are; all tests come along:

    class TestBoard(EmulatedContract):
        samples = (
            Sample(Kind.GROUP, {}),
            Sample(Kind.FORUM_CATEGORY, {"description": "a"}, {"description": "b"}, (READER, WRITER), Kind.GROUP),
        )

        @pytest.fixture
        def site(self) -> Iterator[Site]:
            with BoardEmulator() as emulator:
                settings = BoardSettings(url=emulator.url, token=SecretStr(TOKEN))
                with Site(lambda target, wiring: BOARD.open(target, settings, wiring), emulator) as site:
                    yield site

`Contract` alone is for real servers: it only uses the connector. What is particular to a product stays in its own
tests. Needs pytest; nothing that serves a target imports this.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import ClassVar, Protocol

import pytest

from connectors.kit.bench import TARGET, Bench
from provisioner.emulation import Faults, RequestLog
from provisioner.model.changes import Change
from provisioner.model.errors import (
    LoginRefused,
    OutcomeUnknown,
    Permanent,
    TargetError,
    Uncertain,
    WriteRefused,
)
from provisioner.model.inventory import Absent, Complete, Partial, Present, Remote
from provisioner.model.ports import Clock, Connector, Interest, Severity, Sought, Wiring
from provisioner.model.resources import EdgeRole, FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Moved, Step


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


class Contract:
    """What the core relies on in every connector. A subclass gives ``samples`` and the fixture ``site``."""

    samples: ClassVar[tuple[Sample, ...]]

    def sample(self, kind: Kind) -> Sample:
        """The sample of a kind."""
        return next(one for one in self.samples if one.kind is kind)

    def containers(self) -> Iterator[Sample]:
        """Samples of what has members."""
        return (one for one in self.samples if one.roles)

    def renamed(self, site: Site) -> Iterator[Sample]:
        """Samples of what can have another name."""
        return (one for one in self.samples if "name" in site.managed(one.kind))

    def is_not_there(self, site: Site, sample: Sample, word: str) -> None:
        """A look-up of what was never made tells so. For a product that can't tell, override it, and say why."""
        assert site.connector.look_up(identify(sample.kind, word), found_by(site, sample, word)) == Absent()

    def test_there_is_a_sample_of_every_kind(self, site: Site) -> None:
        assert {one.kind for one in self.samples} == site.kinds

    def test_what_is_made_is_read_back_as_it_was_wished_for(self, site: Site) -> None:
        can = site.connector.capabilities()
        for sample in self.samples:
            remote = site.remote(site.new(sample, "one"))
            for one in site.managed(sample.kind) & sample.fields.keys():
                wished = can.canonical(sample.kind, one, site.fields(sample.fields, "one")[one])
                assert remote.fields[one] == wished, (sample.kind, one)
            if "name" in can.fields[sample.kind]:
                assert is_called(site, remote, sample.kind, site.name(sample, "one"))

    def test_two_observations_tell_the_same_and_are_complete(self, site: Site) -> None:
        for sample in self.samples:
            site.new(sample, "one")
        first, second = site.observe(), site.observe()
        assert (first.observations, first.rosters) == (second.observations, second.rosters)
        assert all(isinstance(one.completeness, Complete) for one in first.observations.values())
        assert all(isinstance(one.completeness, Complete) for one in first.rosters.values())

    def test_a_look_at_one_object_tells_what_a_look_at_all_tells(self, site: Site) -> None:
        for sample in self.samples:
            identity = site.new(sample, "one")
            remote_id, wide = site.ids[identity], site.remote(identity)
            interest = Interest(
                bound=frozenset({(sample.kind, remote_id)}),
                only=(Sought(identity, wide.name, remote_id),),
                called=site.called,
            )
            found = site.observe(interest=interest).of(sample.kind)
            assert found.objects == {remote_id: wide}
            assert isinstance(found.completeness, Complete)
            assert found.completeness.scope.only == frozenset({identity.key})

    def test_what_exists_is_adopted_without_a_write_and_is_ours_from_then_on(self, site: Site) -> None:
        other = site.another()
        for sample in self.samples:
            there = other.remote(other.new(sample, "there"))
            identity = identify(sample.kind, "ours")
            assert site.compile(site.adopt(identity, there)) == []
            assert site.ids[identity] == there.remote_id

    def test_a_field_that_differs_is_written_and_nothing_else_changes(self, site: Site) -> None:
        for sample in self.samples:
            if sample.changed:
                identity = site.new(sample, "one")
                before = site.remote(identity)
                changed = site.fields(sample.changed, "one")
                site.apply(site.update(identity, before, changed))
                canonical = site.connector.capabilities().canonical
                wished = {one: canonical(sample.kind, one, value) for one, value in changed.items()}
                after = site.remote(identity)
                assert after.fields == {**before.fields, **wished}
                assert (after.remote_id, after.fingerprint) == (before.remote_id, before.fingerprint)

    def test_a_new_name_keeps_the_object_its_fields_and_its_members(self, site: Site) -> None:
        for sample in self.renamed(site):
            identity = site.new(sample, "old")
            seated = self._seat(site, sample, identity) if sample.roles else frozenset()
            before = site.remote(identity)
            site.apply(site.update(identity, before, {"name": site.name(sample, "new")}))
            after = site.remote(identity)
            assert is_called(site, after, sample.kind, site.name(sample, "new"))
            same = {one: value for one, value in before.fields.items() if one != "name"}
            assert {one: value for one, value in after.fields.items() if one != "name"} == same
            if sample.roles:
                assert site.seated(identity, sample.roles[0], sample.members) == seated

    def test_members_come_and_go_one_by_one(self, site: Site) -> None:
        for sample in self.containers():
            container = site.new(sample, "room")
            name = site.name(sample, "room")
            member = self.sample(sample.members)
            one, two = site.some(member), site.some(member)
            for role in sample.roles:
                site.apply(site.join(container, name, one, two, role=role))
                assert site.seated(container, role, sample.members) == {one.key, two.key}
                site.apply(site.leave(container, name, one, role=role))
                assert site.seated(container, role, sample.members) == {two.key}
                site.apply(site.leave(container, name, two, role=role))
                assert site.seated(container, role, sample.members) == frozenset()

    def test_a_member_is_given_another_role_and_has_no_other_then(self, site: Site) -> None:
        for sample in self.containers():
            if sample.graded:
                container, member = site.new(sample, "graded"), site.some(self.sample(sample.members))
                name, (lower, higher) = site.name(sample, "graded"), (sample.roles[0], sample.roles[-1])
                site.apply(site.join(container, name, member, role=lower))
                for before, role in ((lower, higher), (higher, lower)):
                    site.apply(site.regrade(container, name, member, before=before, role=role))
                    assert site.seated(container, role, sample.members) == {member.key}
                    assert site.seated(container, before, sample.members) == frozenset()

    def test_all_that_is_new_is_made_in_one_go(self, site: Site) -> None:
        for sample in self.containers():
            member = self.sample(sample.members)
            word = site.word()
            container, one = identify(sample.kind, word), identify(member.kind, word)
            joining = site.join(container, site.name(sample, word), one, role=(role := sample.roles[0]))
            site.apply(site.creating(member, word), site.creating(sample, word), joining)
            assert site.seated(container, role, member.kind) == {one.key}

    def test_an_account_is_suspended_and_comes_back(self, site: Site) -> None:
        for sample in self.samples:
            if "enabled" in site.managed(sample.kind):
                identity = site.some(sample)
                before = site.remote(identity)
                assert before.fields["enabled"] is True
                site.apply(site.suspend(identity, before))
                assert site.remote(identity).fields["enabled"] is False
                site.apply(site.resume(identity, site.remote(identity)))
                assert site.remote(identity) == before

    def test_what_is_named_is_erased_and_a_second_time_is_no_error(self, site: Site) -> None:
        for sample in self.samples:
            if sample.erasable:
                identity = site.new(sample, "gone")
                steps = site.compile(site.erase(identity, site.remote(identity)))
                assert steps
                (erased,) = (str(step.effects.fields["name"]) for step in steps if step.effects.erased)
                assert site.connector.capabilities().canonical_name(sample.kind, erased) == erased
                for _ in range(2):
                    for step in steps:
                        site.perform(step)

    def test_what_was_made_is_looked_up_and_what_was_not_is_absent(self, site: Site) -> None:
        for sample in self.samples:
            if sample.served:  # of what no server keeps, a creation that was cut short left nothing
                identity = site.new(sample, "one")
                found = site.connector.look_up(identity, found_by(site, sample, "one"))
                assert isinstance(found, Present), (sample.kind, found)
                assert found.remote.remote_id == site.ids[identity]
            self.is_not_there(site, sample, "never")

    def test_what_somebody_changed_meanwhile_is_not_written_over(self, site: Site) -> None:
        for sample in self.samples:
            if sample.changed and sample.served:
                identity = site.new(sample, "one")
                before = site.remote(identity)
                change = site.update(identity, before, site.fields(sample.changed, "one"))
                steps = site.compile(change)
                site.another().apply(change)
                assert any(isinstance(one, Moved) for one in verdicts(site, steps)), sample.kind

    def test_a_step_that_was_not_verified_is_not_performed(self, site: Site) -> None:
        for sample in self.samples:
            if sample.changed and sample.served:
                identity = site.new(sample, "one")
                (step, *_) = site.compile(
                    site.update(identity, site.remote(identity), site.fields(sample.changed, "one"))
                )
                with pytest.raises(Uncertain):
                    site.connector.perform(step, None, site.resolve)

    def test_a_step_of_another_version_is_refused(self, site: Site) -> None:
        step = Step(TARGET, "no-such-step", identify(self.samples[0].kind, "x"), "x", ())
        with pytest.raises(Permanent):
            site.connector.perform(step, None, site.resolve)

    def test_nothing_is_written_while_the_gate_is_closed(self, site: Site) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "shut"))
            if sample.served:
                with pytest.raises(WriteRefused):
                    site.connector.perform(step, None, site.resolve)
                self.is_not_there(site, sample, "shut")

    def test_names_and_values_have_one_canonical_form(self, site: Site) -> None:
        can = site.connector.capabilities()
        for sample in self.samples:
            name = can.canonical_name(sample.kind, site.name(sample, "Ähre"))
            assert can.canonical_name(sample.kind, name) == name
            for one, value in site.fields({**sample.fields, **sample.changed}, "Ähre").items():
                form = can.canonical(sample.kind, one, value)
                assert can.canonical(sample.kind, one, form) == form

    def test_doctor_finds_nothing_wrong(self, site: Site) -> None:
        findings = list(site.connector.examine())
        assert findings
        assert [one.what for one in findings if one.severity is Severity.ERROR] == []

    def _seat(self, site: Site, sample: Sample, container: ResourceId) -> frozenset[str]:
        member = site.some(self.sample(sample.members))
        site.apply(site.join(container, site.remote(container).name, member, role=sample.roles[0]))
        return frozenset({member.key})


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


class EmulatedContract(Contract):
    """The same, and what only an emulator can be made to do: ``site.emulator`` is given."""

    @pytest.fixture
    def emulator(self, site: Site) -> Emulated:
        assert site.emulator is not None
        return site.emulator

    def test_reading_and_compiling_write_nothing(self, site: Site, emulator: Emulated) -> None:
        for sample in self.samples:
            site.new(sample, "one")
        emulator.log.clear()
        site.observe(interest=Interest(everybody=True))
        assert list(site.connector.examine())
        assert emulator.log.writes == []
        emulator.log.clear()
        for sample in self.samples:
            assert site.compile(site.creating(sample, "two"))
        site.connector.capabilities()
        assert emulator.log.requests == []

    def test_who_is_in_it_already_is_put_in_once(self, site: Site) -> None:
        for sample in self.containers():
            container, member = site.new(sample, "room"), site.some(self.sample(sample.members))
            joining = site.join(container, site.name(sample, "room"), member, role=sample.roles[0])
            site.apply(joining)
            before = site.observe()
            site.apply(joining)
            assert site.observe().rosters == before.rosters

    def test_a_creation_whose_answer_is_lost_is_looked_up(self, site: Site, emulator: Emulated) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "lost"))
            if sample.served:
                emulator.faults.reset_after(writes=True)
                with pytest.raises(OutcomeUnknown):
                    site.perform(step)
                found = site.connector.look_up(step.id, step.name)
                assert isinstance(found, Present), (sample.kind, found)

    def test_a_creation_that_never_arrived_is_absent(self, site: Site, emulator: Emulated) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "lost"))
            if sample.served:
                emulator.faults.reset_before(writes=True)
                with pytest.raises(OutcomeUnknown):
                    site.perform(step)
                self.is_not_there(site, sample, "lost")

    @pytest.mark.parametrize("status", [200, 302, 403, 404])
    def test_a_page_instead_of_an_answer_concludes_nothing(self, site: Site, emulator: Emulated, status: int) -> None:
        made = [(sample, site.some(sample)) for sample in self.samples if sample.served]
        emulator.faults.login_page(status, times=None)
        with suppress(TargetError):  # which concludes nothing either
            inventory = site.observe()
            for sample, _ in made:
                assert isinstance(inventory.of(sample.kind).completeness, Partial), sample.kind
        for sample, identity in made:
            with suppress(TargetError):
                assert not isinstance(site.connector.look_up(identity, "x"), Absent), sample.kind
        assert emulator.log.requests

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_server_that_is_tired_is_asked_again(self, site: Site, emulator: Emulated, status: int) -> None:
        sample = next(one for one in self.samples if one.served)
        identity = site.some(sample)
        emulator.faults.status(status, retry_after=1, times=2)
        assert site.remote(identity).remote_id == site.ids[identity]
        assert emulator.faults.pending == []

    def test_a_write_that_ends_in_an_error_of_the_server_is_never_taken_for_done(
        self, site: Site, emulator: Emulated
    ) -> None:
        for sample in self.samples:
            (step, *_) = site.compile(site.creating(sample, "broken"))
            if sample.served:
                emulator.faults.status(500, when="after", writes=True)
                with pytest.raises(OutcomeUnknown):
                    site.perform(step)

    def test_doctor_says_what_is_wrong_and_raises_nothing(self, site: Site, emulator: Emulated) -> None:
        emulator.faults.login_page(times=None)
        found = [one for one in site.connector.examine() if one.severity is Severity.ERROR]
        assert found
        assert all(one.mend is not None for one in found)

    def test_whoever_is_not_let_in_asks_once(self, site: Site, emulator: Emulated) -> None:
        emulator.faults.status(401, times=None)
        emulator.log.clear()
        for _ in range(3):
            with pytest.raises(LoginRefused):
                site.observe()
        assert len(emulator.log.requests) == 1
