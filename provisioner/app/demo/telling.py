"""How the demo's story is told: to whom, in which words, and what its chapters ask again and again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.app.applying import Applied, Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.demo.demo_alerts import DemoAlerts
from provisioner.app.demo.demo_cloud import DemoCloud, Seen, cloud_of
from provisioner.app.demo.demo_meetings import DemoMeetings
from provisioner.app.demo.demo_spaces import DemoSpaces, SeenSpaces, spaces_of
from provisioner.app.leavers import Leavers
from provisioner.app.looking import Drifted
from provisioner.app.planning import Planned, make_plan
from provisioner.app.sandbox import Sandboxes
from provisioner.app.site import Site
from provisioner.emulation import VirtualClock
from provisioner.model.errors import ReadiError
from provisioner.model.registry import Person
from provisioner.model.text import Argument, Text
from provisioner.registry import editing

BEGINNING: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday morning, the same in every run."""


class DemoFailed(ReadiError):
    """The story went otherwise than it is told; always a defect."""


@dataclass(slots=True)
class Traffic:
    """What the emulators were asked."""

    requests: int = 0
    writes: int = 0


@dataclass(slots=True)
class Story:
    """The story's figures."""

    people: int = 0
    resources: int = 0
    first_changes: int = 0
    first: Traffic = field(default_factory=Traffic)
    first_seconds: float = 0.0
    second_changes: int = 0
    second: Traffic = field(default_factory=Traffic)
    drift: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """To whom the story is told: a chapter's heading, a sentence, a plan, drift, who is leaving."""

    chapter: Callable[[Text], None]
    say: Callable[[Text], None]
    plan: Callable[[Planned, int], None]
    """The plan, and how many lines of it."""
    drift: Callable[[Drifted, Site], None]
    leavers: Callable[[Leavers], None]
    yaml: Callable[[str], None]
    """What a ranger wrote into the registry."""


class Teller:
    """What every chapter is told with: a network on emulators, in virtual time."""

    def __init__(self, audience: Audience, clock: VirtualClock, site: Site, sandboxes: Sandboxes) -> None:
        self._audience = audience
        self._clock = clock
        self._site = site
        self._sandboxes = sandboxes
        self.story = Story()

    def plan(self, *only: str) -> Planned:
        with self._site.targets() as targets:
            return make_plan(self._site, targets, frozenset(only))

    def apply_all(self, *only: str) -> Applied:
        """What runs unattended."""
        applied = apply(self._site, Approval(), Started("demo", "demo"), only=frozenset(only))
        self.expect(not applied.planned.plan.refusals, "apply")
        return applied

    def approve(self) -> None:
        """A ranger read the plan and agrees to exactly its changes."""
        plan = self.plan().plan
        apply(self._site, Approval.of_all(plan), Started("demo", "demo"))

    def meetings(self) -> DemoMeetings:
        return DemoMeetings(self._site, self._sandboxes)

    def spaces(self) -> DemoSpaces:
        return spaces_of(self._site, self._sandboxes)

    def cloud(self) -> DemoCloud:
        return cloud_of(self._site, self._sandboxes)

    def alerts(self) -> DemoAlerts:
        return DemoAlerts(self._site, self.cloud(), self._clock)

    def say_alert(self, message: str, level: int, zone: str) -> None:
        """What is read in the chat while the water stands so high."""
        self.say("level", moment=self._clock.now().astimezone(ZoneInfo(zone)), level=level)
        self.say_lines(message)

    def say_lines(self, message: str) -> None:
        for line in filter(None, message.splitlines()):
            self.say("description", line=line)

    def say_conversation(self, seen: Seen) -> None:
        self.say("conversation", name=seen.conversation, people=seen.people, moderators=", ".join(seen.moderators))
        for line in seen.description:
            self.say("description", line=line)

    def say_spaces(self, seen: SeenSpaces) -> None:
        self.say("spaces", category=seen.category, page=seen.page)
        for line in filter(None, seen.topic):
            self.say("description", line=line)

    def somebody_who(self, fits: Callable[[Person], bool]) -> Person:
        registry = self._site.read_registry().registry
        return next(person for _, person in sorted(registry.people.items()) if fits(person))

    @contextmanager
    def traffic(self) -> Iterator[Traffic]:
        before = [sandbox.traffic() for sandbox in self._sandboxes.running]
        traffic = Traffic()
        yield traffic
        for sandbox, (requests, writes) in zip(self._sandboxes.running, before, strict=True):
            now = sandbox.traffic()
            traffic.requests += now[0] - requests
            traffic.writes += now[1] - writes

    def chapter(self, code: str) -> None:
        self._audience.chapter(Text.of(f"app.demo_chapter_{code}"))

    def say(self, code: str, **arguments: Argument) -> None:
        self._audience.say(Text.of(f"app.demo_{code}", **arguments))

    def told(self, edit: editing.Edit) -> None:
        self._audience.say(edit.summary)

    def expect(self, so: bool, chapter: str) -> None:
        if not so:
            raise DemoFailed(Text.of("app.demo_failed", chapter=chapter))
