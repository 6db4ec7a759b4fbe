"""A network's lists, the whole way: from the registry to an emulated Mailman, by the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from connectors.mailman.emulator import SERVICE, MailmanEmulator
from provisioner.emulation import VirtualClock
from tests.support.mailman import traffic
from tests.support.site import LONG_AGO, Ran, Wish, body, person, run_cli


class Installed:
    """A network whose one target is a Mailman."""

    def __init__(self, folder: Path, emulator: MailmanEmulator, clock: VirtualClock) -> None:
        self._folder, self.clock = folder, clock
        self.emulator = emulator
        self.wish = Wish(policy={"mailing_lists": {"names": {"project": "pg-{name}"}}})
        self.wish.targets["lists"] = {
            "connector": "mailman",
            "url": emulator.url,
            "password": SERVICE[1],
            "domain": emulator.domain,
        }
        self.wish.add(
            body("pg-sensorik", "Sensorik", purpose="Messen, was ist"),
            body("pg-lora", "LoRaWAN"),
            person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
            person("Cleo"),
        )

    def run(self, *arguments: object) -> Ran:
        self.wish.write(self._folder)
        network = {"registry": "registry", "policy": "policy.yaml", "targets": self.wish.targets}
        settings = self._folder / "settings.yaml"
        settings.write_text(yaml.safe_dump({"networks": {"redi": network}}), encoding="utf-8")
        return run_cli(["--settings", settings, "--lang", "en", *arguments], self.clock)

    def apply(self) -> None:
        ran = self.run("apply", "--yes")
        assert ran.code == 0, ran.all
        again = self.run("plan")
        assert again.code == 0, again.all

    def on(self, name: str, role: str = "member") -> list[str]:
        """Who is on a list, without what stands behind the @."""
        found = self.emulator.world.find(f"{name}.{self.emulator.domain}", role)
        return [one.address.email.partition("@")[0] for one in found]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    clock = VirtualClock()
    with MailmanEmulator(clock=clock) as emulator:
        yield Installed(tmp_path, emulator, clock)


def test_lists_come_into_being_with_their_people_and_nobody_gets_a_mail(installed: Installed) -> None:
    installed.apply()
    assert (installed.on("pg-sensorik"), installed.on("pg-lorawan")) == (["anna", "ben"], ["anna"])
    assert (installed.on("pg-sensorik", "owner"), installed.on("pg-lorawan", "owner")) == ([], ["anna"])
    assert sorted(installed.emulator.world.addresses) == ["anna@bretten.example", "ben@bretten.example"]
    config = installed.emulator.world.lists[f"pg-sensorik.{installed.emulator.domain}"].config or {}
    assert (config["display_name"], config["description"]) == ("Sensorik", "Messen, was ist")
    assert (config["preferred_language"], config["advertised"]) == ("de", False)
    assert installed.emulator.mails == []


def test_a_second_plan_reads_what_is_promised_and_writes_nothing(installed: Installed) -> None:
    installed.apply()
    installed.emulator.log.clear()
    assert installed.run("plan").code == 0
    assert traffic(installed.emulator) == (1 + 1 + 1 + 2 * 3, 0)


def test_a_new_address_and_name_are_followed_in_place(installed: Installed) -> None:
    installed.apply()
    user = installed.emulator.world.user("anna@bretten.example")
    installed.wish.people["p-anna"] |= {"email": "anna.berg@bretten.example", "family_name": "Berg"}
    installed.apply()
    assert installed.emulator.world.user("anna.berg@bretten.example") is user
    assert user is not None
    assert user.display_name == "Anna Berg"
    assert "anna@bretten.example" not in installed.emulator.world.addresses
    assert (installed.on("pg-sensorik"), installed.on("pg-lorawan", "owner")) == (["anna.berg", "ben"], ["anna.berg"])


@pytest.mark.parametrize("number", [1, 3, 5, 8])
def test_a_run_that_is_cut_at_a_write_is_finished_by_the_next(installed: Installed, number: int) -> None:
    installed.apply()
    installed.wish.people["p-anna"]["email"] = "anna.berg@bretten.example"
    for method in (installed.emulator.faults.reset_before, installed.emulator.faults.reset_after):
        method(nth_write=number, times=None)
        assert installed.run("apply", "--yes").code != 2
        installed.emulator.faults.clear()
    installed.apply()
    assert (installed.on("pg-sensorik"), installed.on("pg-lorawan", "owner")) == (["anna.berg", "ben"], ["anna.berg"])
    assert len(installed.emulator.world.addresses) == 2


def test_whoever_leaves_is_on_no_list_any_more_and_stays_a_user(installed: Installed) -> None:
    installed.apply()
    installed.wish.people["p-ben"]["leaves"] = LONG_AGO
    installed.apply()
    assert installed.on("pg-sensorik") == ["anna"]
    assert installed.emulator.world.user("ben@bretten.example") is not None
    assert installed.emulator.mails == []


def test_people_subscribed_by_hand_stay_and_nobody_else_s_list_is_touched(installed: Installed) -> None:
    installed.apply()
    world = installed.emulator.world
    with installed.emulator.lock:
        place = world.lists[f"pg-sensorik.{installed.emulator.domain}"]
        world.seat(place, "member", world.add_address("buergerin@post.example"))
        world.add_list("buergerforum", installed.emulator.domain, "legacy-default")
        world.add_domain("andere.example")
        world.add_list("pg-sensorik", "andere.example", "legacy-default")
        others = {one.id: dict(one.config or {}) for one in world.lists.values() if "pg-" not in one.id}
    installed.wish.people["p-ben"]["leaves"] = LONG_AGO
    installed.apply()
    assert installed.on("pg-sensorik") == ["anna", "buergerin"]
    assert {one.id: one.config for one in world.lists.values() if one.id in others} == others
    assert {"buergerforum.lists.readi.example"} == set(others)
    assert "pg-sensorik.andere.example" in world.lists


def test_a_body_that_is_archived_keeps_its_list_and_nobody_posts(installed: Installed) -> None:
    installed.apply()
    installed.wish.bodies["pg-lora"]["archived"] = LONG_AGO
    installed.apply()
    config = installed.emulator.world.lists[f"pg-lorawan.{installed.emulator.domain}"].config or {}
    assert (config["default_member_action"], config["default_nonmember_action"]) == ("reject", "reject")
    assert installed.on("pg-lorawan", "owner") == []


def test_a_user_with_the_address_is_offered_and_never_made_twice(installed: Installed) -> None:
    with installed.emulator.lock:
        user = installed.emulator.world.add_user("Anna@bretten.example", "A. Muster")
    ran = installed.run("plan", "--json")
    adoptions = [one for one in ran.json["targets"][0]["changes"] if one["verb"] == "adopt"]
    assert [(one["id"], one["change_class"]) for one in adoptions] == [("person:p-anna", "queued")]
    assert installed.run("apply", "--yes").code == 2
    assert installed.emulator.world.users[user.id].display_name == "A. Muster"
    assert installed.on("pg-sensorik") == ["ben"]


def test_bounces_are_shown_with_the_person_s_name(installed: Installed) -> None:
    installed.apply()
    assert "No mail comes back" in installed.run("bounces").out
    with installed.emulator.lock:
        world = installed.emulator.world
        place = world.lists[f"pg-sensorik.{installed.emulator.domain}"]
        world.seat(place, "member", world.add_address("gast@post.example"))
        for member in world.find(place.id, "member"):
            if not member.address.email.startswith("ben"):
                member.delivery_status, member.bounce_score = "by_bounces", 5
                member.last_bounce = "2026-01-04T09:30:00"
    installed.emulator.log.clear()
    ran = installed.run("bounces")
    assert ran.code == 0
    assert "Anna Muster (p-anna), came back 5 times" in ran.out
    assert "gast@post.example, nobody in the registry" in ran.out
    assert "ben@" not in ran.out
    told = installed.run("bounces", "--json").json
    assert [(one["person"], one["score"]) for one in told["bounces"]] == [("person:p-anna", 5), (None, 5)]
    assert told["bounces"][0]["since"] == "2026-01-04T09:30:00Z"
    assert traffic(installed.emulator)[1] == 0


def test_a_mailman_that_can_t_be_read_is_told_by_bounces(installed: Installed) -> None:
    installed.apply()
    installed.emulator.faults.login_page(times=None)
    ran = installed.run("bounces")
    assert ran.code == 1
    assert "is not an answer of Mailman" in ran.all


def test_whoever_is_erased_by_name_has_no_address_there_any_more(installed: Installed) -> None:
    installed.apply()
    installed.wish.people["p-ben"]["leaves"] = LONG_AGO
    installed.apply()
    installed.clock.advance(60 * 86_400)
    installed.apply()
    ran = installed.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    assert list(installed.emulator.world.addresses) == ["anna@bretten.example"]
    assert installed.on("pg-sensorik") == ["anna"]


def test_explain_counts_the_lists_that_somebody_is_on(installed: Installed) -> None:
    installed.apply()
    assert "on 2 mailing lists" in installed.run("explain", "p-anna").out
