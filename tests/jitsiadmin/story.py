"""A network whose meetings are planned in an emulated Jitsi-Admin, driven by the command line."""

from pathlib import Path
from typing import Any

import yaml

from connectors.jitsiadmin.emulation.world import Room
from connectors.jitsiadmin.emulator import KEY, MEETING_SERVER, JitsiAdminEmulator
from provisioner.emulation import VirtualClock
from provisioner.state import Database
from tests.support.site import Ran, Wish, body, person, run_cli

FIRST, SECOND = "2026-01-13", "2026-01-27"
"""Days on which the jour fixe takes place, as long as nobody moves it; the clock begins on January 5."""


class Planned:
    """Anna moderates PG Sensorik and may plan; Ben and Cleo are in it. They meet every 14 days."""

    def __init__(self, folder: Path, emulator: JitsiAdminEmulator, clock: VirtualClock) -> None:
        self._folder, self.clock, self.emulator = folder, clock, emulator
        self.world = emulator.world
        self.organiser = self.world.add_user("anna@bretten.example", emulator.server, username="anna.muster")
        self.wish = Wish(policy={"meetings": {"conferences": {"ahead_days": 14}}})
        self.wish.targets["planung"] = {
            "connector": "jitsi-admin",
            "url": emulator.url,
            "password": KEY,
            "meeting_server": MEETING_SERVER,
        }
        self.series: dict[str, Any] = {
            "id": "jf",
            "title": "Jour fixe",
            "first": f"{FIRST}T10:00",
            "minutes": 90,
            "every": "14 days",
        }
        self.wish.add(
            body("pg-sensorik", "Sensorik", meetings={"series": [self.series]}),
            person("Anna", {"id": "pg-sensorik", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
            person("Cleo", "pg-sensorik"),
        )

    def run(self, *arguments: object) -> Ran:
        self.wish.write(self._folder)
        network = {"registry": "registry", "policy": "policy.yaml", "targets": self.wish.targets}
        settings = self._folder / "settings.yaml"
        state = str(self._folder / "state.db")
        settings.write_text(yaml.safe_dump({"state": state, "networks": {"redi": network}}), encoding="utf-8")
        return run_cli(["--settings", settings, "--lang", "en", *arguments], self.clock)

    def apply(self, code: int = 0) -> Ran:
        ran = self.run("apply", "--yes")
        assert ran.code == code, ran.all
        return ran

    def settle(self) -> None:
        """Apply, after which there is nothing left to do."""
        self.apply()
        again = self.run("plan")
        assert again.code == 0, again.all

    def plan(self) -> dict[str, Any]:
        part: dict[str, Any] = self.run("plan", "--json").json["targets"][0]
        return part

    def pass_days(self, days: int) -> None:
        self.clock.advance(days * 86_400)

    @property
    def rooms(self) -> list[Room]:
        """Conferences that take place, or took place."""
        return [room for room in self.world.rooms if room.moderator is not None]

    def starts(self) -> list[str]:
        return [f"{room.start:%Y-%m-%dT%H:%M}" for room in self.rooms]

    def who(self, number: int = 0) -> list[str]:
        """Who is in one, without what stands behind the @."""
        return sorted(user.email.partition("@")[0] for user in self.rooms[number].users)

    def mails(self) -> list[tuple[str, str]]:
        """To whom, and about what; the box is empty afterwards."""
        with self.emulator.lock:
            found = [(mail.to.partition("@")[0], mail.about) for mail in self.world.mails]
            self.world.mails.clear()
        return sorted(found)

    def open_entries(self) -> int:
        """How many journalled steps have no known outcome."""
        with Database.open(self._folder / "state.db") as database, database.reading() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM step WHERE state IN ('intent', 'unknown')")
            return int(found.scalar_one())
