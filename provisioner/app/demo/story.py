"""The whole story on emulators: what a ranger's first week with this looks like, told in half a minute.

Nothing outside a temporary folder and loopback is touched; time is virtual.
"""

import shutil
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from policies.desire import person_key
from provisioner.app.demo.demo_alerts import BODY as GAUGED
from provisioner.app.demo.demo_alerts import BRIDGE
from provisioner.app.demo.products import PLAYED
from provisioner.app.demo.telling import BEGINNING, Audience, Story, Teller
from provisioner.app.leavers import find_leavers
from provisioner.app.looking import find_drift
from provisioner.app.picture import Pictures
from provisioner.app.sandbox import Sandboxes, example_folder
from provisioner.app.site import Site
from provisioner.emulation import VirtualClock
from provisioner.lifecycle.ladder import Rung
from provisioner.model.changes import Create, Leave, Suspend, Update
from provisioner.model.registry import Role
from provisioner.registry import editing

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
_RISES = (132, 144, 156, 168, 180, 192, 204)
_FALLS = (210, 198, 186, 174, 162, 150, 138, 126, 114, 98)
"""Centimetres of water, every twenty minutes."""
_LEAVER = "p-jrrvdk6x"
"""One of its two moderators."""


class Demo:
    """Tells the story once."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience

    def run(self) -> Story:
        """Raises `DemoFailed` when something did not go as told."""
        clock = VirtualClock(BEGINNING)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="readi-demo-")))
            sandboxes = stack.enter_context(Sandboxes(clock, PLAYED))
            shutil.copytree(example_folder() / "registry", folder / "registry")
            for sandbox in sandboxes.running:
                sandbox.prepare_for_demo()
            policy = example_folder() / "policy.yaml"
            settings = sandboxes.write_settings(
                folder, Path("registry"), policy if policy.is_file() else None, bridge=BRIDGE
            )
            site = Site.open(settings, clock=clock)
            stack.callback(site.close)
            return _Chapters(self._audience, clock, site, sandboxes).tell()


class _Chapters(Teller):
    """One method a chapter."""

    def tell(self) -> Story:
        self._validate()
        self._first_sync()
        self._second_sync()
        self._birth()
        self._spaces_of_newborn()
        self._meeting()
        self._tampering()
        self._moving()
        self._river()
        self._mass_removal()
        self._leaving()
        self._archiving()
        self._ladder()
        return self.story

    def _validate(self) -> None:
        self.chapter("validate")
        loaded = self._site.read_registry()
        registry = loaded.registry
        self.expect(not loaded.errors, "validate")
        self.story.people = len(registry.people)
        self.say(
            "registry",
            people=len(registry.people),
            organisations=len(registry.organisations),
            bodies=len(registry.bodies),
            sensors=len(registry.sensors),
            rules=len(registry.rules),
        )

    def _first_sync(self) -> None:
        self.chapter("first")
        planned = self.plan()
        self._audience.plan(planned, 12)
        self.story.first_changes = sum(1 for _ in planned.plan.changes())
        self.story.resources = sum(isinstance(change, Create) for change in planned.plan.changes())
        started = time.monotonic()
        with self.traffic() as traffic:
            applied = self.apply_all()
        self.story.first, self.story.first_seconds = traffic, round(time.monotonic() - started, 2)
        done = 0 if applied.report is None else sum(applied.report.counts.values())
        self.say("applied", steps=done, requests=traffic.requests, writes=traffic.writes)

    def _second_sync(self) -> None:
        self.chapter("second")
        with self.traffic() as traffic:
            planned = self.plan()
        self.story.second_changes, self.story.second = sum(1 for _ in planned.plan.changes()), traffic
        self.expect(self.story.second_changes == 0 and traffic.writes == 0, "second")
        self.say("unchanged", requests=traffic.requests, writes=traffic.writes)

    def _birth(self) -> None:
        self.chapter("birth")
        with (self._site.registry_folder / "bodies.yaml").open("a", encoding="utf-8") as file:
            file.write(f"\n{_NEWBORN_YAML}")
        self._audience.yaml(_NEWBORN_YAML)
        with self.traffic() as traffic:
            planned = self.plan(_NEWBORN)
            self._audience.plan(planned, 8)
            self.apply_all(_NEWBORN)
        self.say("only", requests=traffic.requests, body=_NEWBORN)
        seen = self.cloud().seen(_NEWBORN)
        self.expect("Willkommen.md" in seen.inside and len(seen.inside) > 1 and len(seen.moderators) == 2, "birth")
        self.say("folder", name=seen.folder, inside=" · ".join(seen.inside))
        self.say_conversation(seen)

    def _spaces_of_newborn(self) -> None:
        self.chapter("spaces")
        self.say_spaces(self.spaces().seen(_NEWBORN))
        strangers, member = self.spaces().readers(_NEWBORN, _LEAVER)
        self.expect(member and not strangers, "spaces")
        self.say("read", name=self._site.read_registry().registry.people[_LEAVER].display_name)

    def _meeting(self) -> None:
        self.chapter("meeting")
        with (self._site.registry_folder / "bodies.yaml").open("a", encoding="utf-8") as file:
            file.write(_DATES_YAML)
        self._audience.yaml(_DATES_YAML)
        self._audience.plan(self.plan(_NEWBORN), 4)
        self.apply_all(_NEWBORN)
        now, meetings = self._clock.now(), self.meetings()
        dates = meetings.dates(_NEWBORN, now, now + timedelta(days=60))
        self.expect(len(dates) > 1, "meeting")
        self.say("meets", first=dates[0], second=dates[1])
        people = self._site.read_registry().registry.people
        outside = self.somebody_who(lambda person: meetings.enters(_NEWBORN, person.id) is None)
        self.expect(meetings.enters(_NEWBORN, _LEAVER) == "moderator", "meeting")
        self.expect(meetings.turns_away(_NEWBORN, _LEAVER) and meetings.renamed() == 0, "meeting")
        self.say("enters", name=people[_LEAVER].display_name, other=outside.display_name)

    def _tampering(self) -> None:
        self.chapter("tampering")
        self.cloud().tamper("pg-sensorik")
        drifted = find_drift(self._site)
        self._audience.drift(drifted, self._site)
        # A group with other rights left one role and came into another: one thing that somebody did.
        self.story.drift = len({(item.target, item.id, item.field, item.account) for item in drifted.items})
        self.expect(self.story.drift == 5, "tampering")
        self.say("asked")
        self._audience.plan(self.plan(), 6)
        self.approve()
        self.expect(not find_drift(self._site).items, "tampering")

    def _moving(self) -> None:
        self.chapter("moving")
        mover = self.somebody_who(lambda person: len(person.affiliations) == 1 and not person.absences)
        elsewhere = next(
            organisation.id
            for organisation in self._site.read_registry().registry.organisations.values()
            if organisation.kind == "city" and organisation.id != mover.affiliations[0].organisation
        )
        today = self._clock.now().date()
        before, spaces = self.cloud().seen("pg-sensorik"), self.spaces().seen("pg-sensorik")
        self.told(editing.move_person(self._site.files(), mover.id, elsewhere, today))
        self.told(editing.rename_body(self._site.files(), "pg-sensorik", "Sensorik und IoT"))
        planned = self.plan()
        self._audience.plan(planned, 10)
        self.expect(any(isinstance(change, Update) for change in planned.plan.changes()), "moving")
        self.apply_all()
        after = self.cloud().seen("pg-sensorik")
        self.expect(after.folder != before.folder and after.remote_ids == before.remote_ids, "moving")
        self.say("in_place", folder=after.folder, conversation=after.conversation)
        renamed = self.spaces().seen("pg-sensorik")
        self.expect(renamed.category != spaces.category and renamed.remote_ids == spaces.remote_ids, "moving")
        self.say("spaces", category=renamed.category, page=renamed.page)

    def _river(self) -> None:
        self.chapter("alerts")
        picture = Pictures(self._site).now(fresh=True)
        keeper = self.somebody_who(
            lambda person: any(
                place.body.id == GAUGED and place.role is Role.MODERATOR for place in picture.places_of(person.id)
            )
        )
        with self.alerts() as river:
            river.wait_until(20)
            self.say("night", level=_RISES[0])
            before = [river.stands_at(level) for level in _RISES]
            self.expect(not any(before[:-1]) and len(before[-1]) == 2, "alerts")
            [words, caption] = before[-1]
            self.say_alert(words, _RISES[-1], picture.registry.time_zone)
            self.say("chart", caption=caption)
            taken = river.says_yes(person_key(keeper.id))
            self.expect(len(taken) == 1, "alerts")
            self.say("taken", name=keeper.display_name)
            self.say_lines(taken[0])
            after = [river.stands_at(level) for level in _FALLS]
            self.expect(not any(after[:-1]) and len(after[-1]) == 1, "alerts")
            self.say_alert(after[-1][0], _FALLS[-1], picture.registry.time_zone)

    def _mass_removal(self) -> None:
        self.chapter("mass")
        people = sorted((self._site.registry_folder / "people").glob("*.yaml"))
        away = self._site.home / "away"
        away.mkdir()
        for file in people[: len(people) // 2]:
            file.rename(away / file.name)
        planned = self.plan()
        self.expect(bool(planned.plan.refusals), "mass")
        refusal = planned.plan.refusals[0]
        self.story.refused = refusal.guard
        self._audience.plan(planned, 0)
        for file in away.iterdir():
            file.rename(self._site.registry_folder / "people" / file.name)

    def _leaving(self) -> None:
        self.chapter("leaving")
        registry = self._site.read_registry().registry
        leaver = registry.people[_LEAVER]
        chats = self.cloud().chats_of(person_key(leaver.id))
        yesterday = (self._clock.now() - timedelta(days=1)).date()
        self.told(editing.leave_person(self._site.files(), leaver.id, yesterday))
        planned = self.plan()
        self._audience.plan(planned, 8)
        kinds = [type(change) for change in planned.plan.changes()]
        self.expect(Suspend in kinds and Leave in kinds, "leaving")
        self.apply_all()
        self.expect(chats > 0 and self.cloud().chats_of(person_key(leaver.id)) == 0, "leaving")
        self.say("out", name=leaver.display_name, chats=chats)
        self.expect(self.meetings().enters(_NEWBORN, leaver.id) is None, "leaving")
        self._clock.advance(timedelta(hours=5).total_seconds())  # whoever came in this morning sits there no more
        renamed = self.meetings().renamed()
        self.expect(renamed > 0, "leaving")
        self.say("renamed", count=renamed)
        self.say_conversation(self.cloud().seen(_NEWBORN))

    def _archiving(self) -> None:
        self.chapter("archiving")
        self.told(editing.archive_body(self._site.files(), _NEWBORN, self._clock.now().date()))
        self._audience.plan(self.plan(), 8)
        self.approve()
        seen = self.cloud().seen(_NEWBORN)
        self.expect(seen.folder.startswith("Archiv/") and seen.readers_only and seen.read_only, "archiving")
        self.say("archived", folder=seen.folder, conversation=seen.conversation)
        spaces = self.spaces().seen(_NEWBORN)
        self.expect(spaces.category.startswith("Archiv"), "archiving")
        self.say("spaces", category=spaces.category, page=spaces.page)

    def _ladder(self) -> None:
        self.chapter("ladder")
        self._audience.leavers(find_leavers(self._site))
        days = self._site.inputs().policy.lifecycle.wait_days
        self._clock.advance(timedelta(days=days).total_seconds())
        self.say("later", days=days)
        leavers = find_leavers(self._site)
        self._audience.leavers(leavers)
        self.expect(any(leaver.rung is Rung.HAND_OVER for leaver in leavers.people), "ladder")
        self.say("the_end")
