"""The whole story on emulators: what a ranger's first week with this looks like, told in half a minute.

Nothing outside a temporary folder and loopback is touched; time is virtual.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from policies.desire import person_key
from provisioner.app.applying import Applied, Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.demo.demo_cloud import DemoCloud, Seen, cloud_of
from provisioner.app.demo.demo_meetings import DemoMeetings
from provisioner.app.leavers import Leavers, find_leavers
from provisioner.app.looking import Drifted, find_drift
from provisioner.app.planning import Planned, make_plan
from provisioner.app.sandbox import Sandboxes, example_folder
from provisioner.app.site import Site
from provisioner.emulation import VirtualClock
from provisioner.lifecycle.ladder import Rung
from provisioner.model.changes import Create, Leave, Suspend, Update
from provisioner.model.errors import ReadiError
from provisioner.model.registry import Person
from provisioner.model.text import Argument, Text
from provisioner.registry import editing

BEGINNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday morning, the same in every run."""

_NEWBORN = "pg-starkregen"
_NEWBORN_YAML = f"""\
  - id: {_NEWBORN}
    name: Starkregen
    kind: project
    purpose: Pegel, Keller, Sirenen. Wer warnt wen?
    members: [{{organisations: [agentur, bretten]}}, {{roles: [coordinator], organisations: [agentur, bretten], \
as_role: moderator}}]
"""
_DATES_YAML = """\
    meetings: {series: [{id: jour-fixe, first: 2026-12-03T10:00, every: 2 weeks, minutes: 60}]}
"""
_LEAVER = "p-jrrvdk6x"
"""One of its two moderators."""


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


class Demo:
    """Tells the story once."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._clock = VirtualClock(BEGINNING)
        self.story = Story()

    def run(self) -> Story:
        """Raises `DemoFailed` when something did not go as told."""
        with tempfile.TemporaryDirectory(prefix="readi-demo-") as name, Sandboxes(self._clock) as sandboxes:
            folder = Path(name)
            shutil.copytree(example_folder() / "registry", folder / "registry")
            for sandbox in sandboxes.running:
                sandbox.prepare_for_demo()
            policy = example_folder() / "policy.yaml"
            settings = sandboxes.write_settings(folder, Path("registry"), policy if policy.is_file() else None)
            self._sandboxes = sandboxes
            self._site = Site.open(settings, clock=self._clock)
            try:
                self._tell()
            finally:
                self._site.close()
        return self.story

    def _tell(self) -> None:
        self._validate()
        self._first_sync()
        self._second_sync()
        self._birth()
        self._meeting()
        self._tampering()
        self._moving()
        self._mass_removal()
        self._leaving()
        self._archiving()
        self._ladder()

    def _validate(self) -> None:
        self._chapter("validate")
        loaded = self._site.read_registry()
        registry = loaded.registry
        self._expect(not loaded.errors, "validate")
        self.story.people = len(registry.people)
        self._say(
            "registry",
            people=len(registry.people),
            organisations=len(registry.organisations),
            bodies=len(registry.bodies),
        )

    def _first_sync(self) -> None:
        self._chapter("first")
        planned = self._plan()
        self._audience.plan(planned, 12)
        self.story.first_changes = sum(1 for _ in planned.plan.changes())
        self.story.resources = sum(isinstance(change, Create) for change in planned.plan.changes())
        started = time.monotonic()
        with self._traffic() as traffic:
            applied = self._apply_all()
        self.story.first, self.story.first_seconds = traffic, round(time.monotonic() - started, 2)
        done = 0 if applied.report is None else sum(applied.report.counts.values())
        self._say("applied", steps=done, requests=traffic.requests, writes=traffic.writes)

    def _second_sync(self) -> None:
        self._chapter("second")
        with self._traffic() as traffic:
            planned = self._plan()
        self.story.second_changes, self.story.second = sum(1 for _ in planned.plan.changes()), traffic
        self._expect(self.story.second_changes == 0 and traffic.writes == 0, "second")
        self._say("unchanged", requests=traffic.requests, writes=traffic.writes)

    def _birth(self) -> None:
        self._chapter("birth")
        with (self._site.registry_folder / "bodies.yaml").open("a", encoding="utf-8") as file:
            file.write(f"\n{_NEWBORN_YAML}")
        self._audience.yaml(_NEWBORN_YAML)
        with self._traffic() as traffic:
            planned = self._plan(_NEWBORN)
            self._audience.plan(planned, 8)
            self._apply_all(_NEWBORN)
        self._say("only", requests=traffic.requests, body=_NEWBORN)
        seen = self._cloud().seen(_NEWBORN)
        self._expect("Willkommen.md" in seen.inside and len(seen.inside) > 1 and len(seen.moderators) == 2, "birth")
        self._say("folder", name=seen.folder, inside=" · ".join(seen.inside))
        self._say_conversation(seen)

    def _meeting(self) -> None:
        self._chapter("meeting")
        with (self._site.registry_folder / "bodies.yaml").open("a", encoding="utf-8") as file:
            file.write(_DATES_YAML)
        self._audience.yaml(_DATES_YAML)
        self._audience.plan(self._plan(_NEWBORN), 4)
        self._apply_all(_NEWBORN)
        now, meetings = self._clock.now(), self._meetings()
        dates = meetings.dates(_NEWBORN, now, now + timedelta(days=60))
        self._expect(len(dates) > 1, "meeting")
        self._say("meets", first=dates[0], second=dates[1])
        people = self._site.read_registry().registry.people
        outside = self._somebody_who(lambda person: meetings.enters(_NEWBORN, person.id) is None)
        self._expect(meetings.enters(_NEWBORN, _LEAVER) == "moderator", "meeting")
        self._expect(meetings.turns_away(_NEWBORN, _LEAVER) and meetings.renamed() == 0, "meeting")
        self._say("enters", name=people[_LEAVER].display_name, other=outside.display_name)

    def _tampering(self) -> None:
        self._chapter("tampering")
        self._cloud().tamper("pg-sensorik")
        drifted = find_drift(self._site)
        self._audience.drift(drifted, self._site)
        # A group with other rights left one role and came into another: one thing that somebody did.
        self.story.drift = len({(item.target, item.id, item.field, item.account) for item in drifted.items})
        self._expect(self.story.drift == 5, "tampering")
        self._say("asked")
        self._audience.plan(self._plan(), 6)
        self._approve()
        self._expect(not find_drift(self._site).items, "tampering")

    def _moving(self) -> None:
        self._chapter("moving")
        mover = self._somebody_who(lambda person: len(person.affiliations) == 1 and not person.absences)
        elsewhere = next(
            organisation.id
            for organisation in self._site.read_registry().registry.organisations.values()
            if organisation.kind == "city" and organisation.id != mover.affiliations[0].organisation
        )
        today = self._clock.now().date()
        before = self._cloud().seen("pg-sensorik")
        self._told(editing.move_person(self._site.files(), mover.id, elsewhere, today))
        self._told(editing.rename_body(self._site.files(), "pg-sensorik", "Sensorik und IoT"))
        planned = self._plan()
        self._audience.plan(planned, 10)
        self._expect(any(isinstance(change, Update) for change in planned.plan.changes()), "moving")
        self._apply_all()
        after = self._cloud().seen("pg-sensorik")
        self._expect(after.folder != before.folder and after.remote_ids == before.remote_ids, "moving")
        self._say("in_place", folder=after.folder, conversation=after.conversation)

    def _mass_removal(self) -> None:
        self._chapter("mass")
        people = sorted((self._site.registry_folder / "people").glob("*.yaml"))
        away = self._site.home / "away"
        away.mkdir()
        for file in people[: len(people) // 2]:
            file.rename(away / file.name)
        planned = self._plan()
        self._expect(bool(planned.plan.refusals), "mass")
        refusal = planned.plan.refusals[0]
        self.story.refused = refusal.guard
        self._audience.plan(planned, 0)
        for file in away.iterdir():
            file.rename(self._site.registry_folder / "people" / file.name)

    def _leaving(self) -> None:
        self._chapter("leaving")
        registry = self._site.read_registry().registry
        leaver = registry.people[_LEAVER]
        chats = self._cloud().chats_of(person_key(leaver.id))
        yesterday = (self._clock.now() - timedelta(days=1)).date()
        self._told(editing.leave_person(self._site.files(), leaver.id, yesterday))
        planned = self._plan()
        self._audience.plan(planned, 8)
        kinds = [type(change) for change in planned.plan.changes()]
        self._expect(Suspend in kinds and Leave in kinds, "leaving")
        self._apply_all()
        self._expect(chats > 0 and self._cloud().chats_of(person_key(leaver.id)) == 0, "leaving")
        self._say("out", name=leaver.display_name, chats=chats)
        self._expect(self._meetings().enters(_NEWBORN, leaver.id) is None, "leaving")
        self._clock.advance(timedelta(hours=5).total_seconds())  # whoever came in this morning sits there no more
        renamed = self._meetings().renamed()
        self._expect(renamed > 0, "leaving")
        self._say("renamed", count=renamed)
        self._say_conversation(self._cloud().seen(_NEWBORN))

    def _archiving(self) -> None:
        self._chapter("archiving")
        self._told(editing.archive_body(self._site.files(), _NEWBORN, self._clock.now().date()))
        self._audience.plan(self._plan(), 8)
        self._approve()
        seen = self._cloud().seen(_NEWBORN)
        self._expect(seen.folder.startswith("Archiv/") and seen.readers_only and seen.read_only, "archiving")
        self._say("archived", folder=seen.folder, conversation=seen.conversation)

    def _ladder(self) -> None:
        self._chapter("ladder")
        self._audience.leavers(find_leavers(self._site))
        days = self._site.inputs().policy.lifecycle.wait_days
        self._clock.advance(timedelta(days=days).total_seconds())
        self._say("later", days=days)
        leavers = find_leavers(self._site)
        self._audience.leavers(leavers)
        self._expect(any(leaver.rung is Rung.HAND_OVER for leaver in leavers.people), "ladder")
        self._say("the_end")

    # -- how the story is told -----------------------------------------------------------------------------------

    def _plan(self, *only: str) -> Planned:
        with self._site.targets() as targets:
            return make_plan(self._site, targets, frozenset(only))

    def _apply_all(self, *only: str) -> Applied:
        """What runs unattended."""
        applied = apply(self._site, Approval(), Started("demo", "demo"), only=frozenset(only))
        self._expect(not applied.planned.plan.refusals, "apply")
        return applied

    def _approve(self) -> None:
        """A ranger read the plan and agrees to exactly its changes."""
        plan = self._plan().plan
        apply(self._site, Approval.of_all(plan), Started("demo", "demo"))

    def _meetings(self) -> DemoMeetings:
        return DemoMeetings(self._site, self._sandboxes)

    def _cloud(self) -> DemoCloud:
        return cloud_of(self._site, self._sandboxes)

    def _say_conversation(self, seen: Seen) -> None:
        self._say("conversation", name=seen.conversation, people=seen.people, moderators=", ".join(seen.moderators))
        for line in seen.description:
            self._say("description", line=line)

    def _somebody_who(self, fits: Callable[[Person], bool]) -> Person:
        registry = self._site.read_registry().registry
        return next(person for _, person in sorted(registry.people.items()) if fits(person))

    @contextmanager
    def _traffic(self) -> Iterator[Traffic]:
        before = [sandbox.traffic() for sandbox in self._sandboxes.running]
        traffic = Traffic()
        yield traffic
        for sandbox, (requests, writes) in zip(self._sandboxes.running, before, strict=True):
            now = sandbox.traffic()
            traffic.requests += now[0] - requests
            traffic.writes += now[1] - writes

    def _chapter(self, code: str) -> None:
        self._audience.chapter(Text.of(f"app.demo_chapter_{code}"))

    def _say(self, code: str, **arguments: Argument) -> None:
        self._audience.say(Text.of(f"app.demo_{code}", **arguments))

    def _told(self, edit: editing.Edit) -> None:
        self._audience.say(edit.summary)

    def _expect(self, so: bool, chapter: str) -> None:
        if not so:
            raise DemoFailed(Text.of("app.demo_failed", chapter=chapter))
