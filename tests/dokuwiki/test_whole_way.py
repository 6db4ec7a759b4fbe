"""A network's spaces, the whole way: from the registry to an emulated DokuWiki, by the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from connectors.dokuwiki.emulator import TOKEN, DokuwikiEmulator
from provisioner.emulation import VirtualClock
from tests.support.site import LONG_AGO, Ran, Wish, body, person, run_cli

CLOSED = {"@ALL": "0", "@user": "0"}


class Installed:
    """A network whose one target is a wiki; the directory's groups are another's business here."""

    def __init__(self, folder: Path, emulator: DokuwikiEmulator, clock: VirtualClock) -> None:
        self._folder, self.clock, self.emulator = folder, clock, emulator
        self.wish = Wish()
        self.wish.targets["wiki"] = {"connector": "dokuwiki", "url": emulator.url, "token": TOKEN}
        self.wish.add(
            body("pg-sensorik", "Sensorik", purpose="Messen, was ist"),
            body("pg-lora", "LoRaWAN"),
            person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
        )

    def run(self, *arguments: object) -> Ran:
        self.wish.write(self._folder)
        network = {"registry": "registry", "policy": "policy.yaml", "targets": self.wish.targets}
        settings = self._folder / "settings.yaml"
        settings.touch(mode=0o600)
        settings.write_text(yaml.safe_dump({"networks": {"redi": network}}), encoding="utf-8")
        return run_cli(["--settings", settings, "--lang", "en", *arguments], self.clock)

    def apply(self) -> None:
        """Apply, and see that nothing is left to do."""
        ran = self.run("apply", "--yes")
        assert ran.code == 0, ran.all
        self.is_done()

    def is_done(self) -> None:
        again = self.run("plan")
        assert again.code == 0, again.all
        assert self.run("drift").code == 0

    def lines(self, namespace: str) -> dict[str, str]:
        return self.emulator.acl.listed().get(f"{namespace}:*", {})

    def page(self, page: str) -> str:
        return self.emulator.pages.texts[page]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    clock = VirtualClock()
    with DokuwikiEmulator(clock=clock) as emulator:
        yield Installed(tmp_path, emulator, clock)


def test_every_body_gets_a_closed_space_and_a_page_leads_to_all(installed: Installed) -> None:
    installed.apply()
    assert installed.lines("pg_sensorik") == {**CLOSED, "@PG_Sensorik": "8", "@PG_Sensorik-Administratoren": "16"}
    assert installed.page("pg_sensorik:start").startswith("====== Sensorik ======\n\nMessen, was ist\n")
    assert installed.emulator.acl.listed()["alle_gremien"] == {"@ALL": "0", "@user": "1"}
    address = f"{installed.emulator.url}/doku.php?id=pg_lorawan:start"
    assert f"  * [[{address}|PG LoRaWAN]]\n" in installed.page("alle_gremien")


def test_a_run_with_nothing_to_do_costs_as_much_with_many_spaces_as_with_few(installed: Installed) -> None:
    installed.apply()
    installed.emulator.log.clear()
    installed.is_done()
    few = len(installed.emulator.log.requests)
    installed.wish.add(*(body(f"pg-{number}", f"Gruppe {number}") for number in range(6)), person("Cleo", "pg-1"))
    installed.apply()
    installed.emulator.log.clear()
    installed.is_done()
    assert len(installed.emulator.log.requests) == few == 2 * 5  # rights, the register, the page; asked twice here
    assert installed.emulator.log.writes == []


def test_a_renamed_body_keeps_its_pages_and_its_groups(installed: Installed) -> None:
    installed.apply()
    before = dict(installed.emulator.pages.texts)
    installed.wish.bodies["pg-sensorik"]["name"] = "Messnetz"
    installed.apply()
    assert installed.lines("pg_sensorik") == {**CLOSED, "@PG_Sensorik": "8", "@PG_Sensorik-Administratoren": "16"}
    assert installed.page("pg_sensorik:start") == before["pg_sensorik:start"]
    address = f"{installed.emulator.url}/doku.php?id=pg_sensorik:start"
    assert f"  * [[{address}|PG Messnetz]]\n" in installed.page("alle_gremien")
    assert installed.emulator.pages.texts.keys() == before.keys()


def test_what_people_wrote_stays_in_whatever_run(installed: Installed) -> None:
    installed.apply()
    installed.emulator.pages.save("pg_sensorik:start", "Ganz anders.", 0)
    installed.wish.bodies["pg-sensorik"]["purpose"] = "Etwas Neues"
    installed.apply()
    assert installed.page("pg_sensorik:start") == "Ganz anders."


def test_an_archived_body_keeps_its_pages_for_all_its_groups_to_read(installed: Installed) -> None:
    installed.apply()
    before = dict(installed.emulator.pages.texts)
    installed.wish.bodies["pg-lora"]["archived"] = LONG_AGO
    installed.apply()
    assert {level for who, level in installed.lines("pg_lorawan").items() if who not in CLOSED} <= {"1"}
    assert installed.lines("pg_lorawan").items() >= CLOSED.items()
    assert installed.page("pg_lorawan:start") == before["pg_lorawan:start"]
    assert "PG LoRaWAN" in installed.page("alle_gremien")


def test_an_open_space_is_opened_by_policy_to_whoever_logs_in(installed: Installed) -> None:
    installed.wish.policy["wiki"] = {"open": True}
    installed.apply()
    assert installed.lines("pg_sensorik")["@user"] == "1"
    assert installed.lines("pg_sensorik")["@ALL"] == "0"


def test_a_space_that_somebody_made_public_is_asked_about(installed: Installed) -> None:
    installed.apply()
    installed.emulator.acl.add("pg_sensorik:*", "@ALL", 1)
    drift = installed.run("drift")
    assert drift.code == 2, drift.all
    assert "PG Sensorik" in drift.out
    assert installed.run("apply", "--yes").code != 1
    assert installed.lines("pg_sensorik")["@ALL"] == "1"  # it waits for a ranger


def test_somebody_s_namespace_of_the_same_name_is_proposed_and_not_touched(installed: Installed) -> None:
    installed.emulator.pages.save("pg_sensorik:notizen", "Von Hand.", 0)
    plan = installed.run("plan")
    assert "pg_sensorik" in plan.out, plan.all
    installed.run("apply", "--yes")
    assert installed.lines("pg_sensorik") == {}
    assert installed.page("pg_sensorik:notizen") == "Von Hand."
    assert "pg_sensorik:start" not in installed.emulator.pages.texts
    assert installed.lines("pg_lorawan").items() >= CLOSED.items()


@pytest.mark.parametrize("number", [3, 5, 9, 14])
def test_a_run_whose_answers_are_lost_ends_right_in_the_next(installed: Installed, number: int) -> None:
    installed.emulator.faults.reset_after(nth_write=number)
    installed.run("apply", "--yes")
    assert installed.emulator.faults.pending == []
    installed.apply()
    assert installed.lines("pg_sensorik") == {**CLOSED, "@PG_Sensorik": "8", "@PG_Sensorik-Administratoren": "16"}
    pages = {"readi:spaces", "pg_sensorik:start", "pg_lorawan:start", "alle_gremien"}
    assert installed.emulator.pages.texts.keys() == pages


def test_a_look_at_one_body_alone_finds_nothing_to_do_and_makes_a_new_one(installed: Installed) -> None:
    installed.apply()
    installed.emulator.log.clear()
    narrow = installed.run("plan", "--only", "pg-sensorik")
    assert narrow.code == 0, narrow.all
    assert len(installed.emulator.log.requests) == 5
    installed.wish.add(body("pg-neu", "Neues"), person("Cleo", "pg-neu"))
    made = installed.run("apply", "--yes", "--only", "pg-neu")
    assert made.code == 0, made.all
    assert installed.lines("pg_neues").items() >= {**CLOSED, "@PG_Neues": "8"}.items()
    installed.apply()


def test_a_namespace_that_was_there_before_is_adopted_and_then_closed(installed: Installed) -> None:
    installed.emulator.pages.save("pg_lorawan:start", "Von früher.", 0)
    assert installed.run("adopt", "--all", "--yes").code == 0
    assert installed.lines("pg_lorawan") == {}  # adopting changes nothing over there
    installed.apply()
    assert installed.lines("pg_lorawan").items() >= CLOSED.items()
    assert installed.lines("pg_lorawan")["@PG_LoRaWAN"] == "8"
    assert installed.page("pg_lorawan:start") == "Von früher."
