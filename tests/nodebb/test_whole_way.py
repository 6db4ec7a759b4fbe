"""A network's forum, the whole way: from the registry to an emulated NodeBB beside its login, by the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from connectors.keycloak.emulator import KeycloakEmulator
from connectors.nodebb.emulation.things import Category, Topic
from connectors.nodebb.emulator import PROVIDER, TOKEN, NodeBBEmulator
from connectors.nodebb.privileges import GIVEN
from provisioner.emulation import VirtualClock
from provisioner.model.resources import EdgeRole
from tests.support.site import LONG_AGO, Ran, Wish, body, person, run_cli

READER, WRITER, MANAGER = EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER


class Installed:
    """A network with a login and a forum."""

    def __init__(self, folder: Path, login: KeycloakEmulator, forum: NodeBBEmulator, clock: VirtualClock) -> None:
        self._folder, self.login, self.forum, self.clock = folder, login, forum, clock
        self.wish = Wish()
        self.wish.targets["forum"] = {
            "connector": "nodebb",
            "url": forum.url,
            "token": TOKEN,
            "login_provider": PROVIDER,
        }
        self.wish.targets["login"] = {
            "connector": "keycloak",
            "url": login.url,
            **login.settings,
            "user": login.credentials["user"],
            "password": login.credentials["password"],
        }
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
        again = self.run("plan")
        assert again.code == 0, again.all
        assert self.run("drift").code == 0

    def category(self, name: str) -> Category:
        (found,) = [one for one in self.forum.world.categories.values() if one.fields["name"] == name]
        return found

    def roles(self, category: Category) -> dict[str, EdgeRole | None]:
        """By group, of those that the forum did not bring along."""
        groups = {one.name for one in self.forum.world.groups.values() if not one.system}
        found: dict[str, EdgeRole | None] = {}
        for group in sorted(groups):
            has = {what.removeprefix("groups:") for what, who in category.privileges.items() if group in who}
            if has:
                found[group] = next((role for role, given in GIVEN.items() if set(given) == has), None)
        return found

    def topic(self, category: Category) -> Topic:
        (found,) = [one for one in self.forum.world.topics.values() if one.cid == category.cid]
        return found


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    clock = VirtualClock()
    with KeycloakEmulator(clock=clock) as login, NodeBBEmulator(clock=clock) as forum:
        yield Installed(tmp_path, login, forum, clock)


def outsiders(category: Category) -> set[str]:
    chiefs = {"administrators", "Global Moderators"}
    return {who for members in category.privileges.values() for who in members if not who.startswith("PG_")} - chiefs


def test_every_body_gets_its_place_below_that_of_its_kind_and_people_their_accounts(installed: Installed) -> None:
    installed.apply()
    world, above = installed.forum.world, installed.category("Projektgruppen")
    sensorik = installed.category("PG Sensorik")
    assert (sensorik.parent, sensorik.disabled) == (above.cid, False)
    assert installed.roles(sensorik) == {"PG_Sensorik": WRITER, "PG_Sensorik-Administratoren": MANAGER}
    assert set(installed.roles(above).values()) == {READER}
    assert outsiders(sensorik) == outsiders(above) == set()
    topic = installed.topic(sensorik)
    assert topic.pinned
    assert "Messen, was ist" in topic.content
    anna = world.user_named(installed.login.user("anna.muster").username)
    assert anna is not None
    assert anna.more == {"keycloakId": installed.login.user("anna.muster").id}
    assert (anna.email, anna.confirmed, anna.fullname) == ("anna@bretten.example", True, "Anna Muster")
    assert anna.uid in world.groups["PG_LoRaWAN-Administratoren"].members
    assert installed.forum.mails == []


def test_a_renamed_body_is_renamed_in_place(installed: Installed) -> None:
    installed.apply()
    before = installed.category("PG Sensorik")
    topic = installed.topic(before)
    installed.wish.bodies["pg-sensorik"]["name"] = "Messnetz"
    installed.apply()
    after = installed.category("PG Messnetz")
    assert after.cid == before.cid
    assert installed.topic(after).tid == topic.tid
    assert "Messnetz" in installed.topic(after).title + installed.topic(after).content


def test_an_archived_body_stays_to_be_read_below_the_archive(installed: Installed) -> None:
    installed.apply()
    installed.wish.bodies["pg-lora"]["archived"] = LONG_AGO
    installed.apply()
    lora = installed.category("PG LoRaWAN")
    assert lora.parent == installed.category("Archiv").cid
    assert set(installed.roles(lora).values()) <= {READER}
    assert outsiders(lora) == set()
    assert installed.topic(lora).pinned


def test_who_leaves_is_suspended_without_a_mail_and_tied_as_before(installed: Installed) -> None:
    installed.apply()
    installed.wish.people["p-ben"]["affiliations"] = []
    installed.wish.people["p-ben"].pop("organisation")
    installed.wish.people["p-ben"]["affiliations"] = [{"organisation": "bretten", "until": LONG_AGO}]
    installed.apply()
    ben = installed.forum.world.user_confirmed("ben@bretten.example")
    assert ben is not None
    assert ben.banned
    assert installed.forum.mails == []


def test_an_open_category_is_read_by_all_who_log_in_there(installed: Installed) -> None:
    installed.wish.policy["forum"] = {"open": True}
    installed.apply()
    assert outsiders(installed.category("PG Sensorik")) == {"registered-users"}


def test_what_somebody_opened_to_strangers_is_asked_about(installed: Installed) -> None:
    installed.apply()
    sensorik = installed.category("PG Sensorik")
    installed.forum.world.give(sensorik, "groups:read", "guests")
    drift = installed.run("drift")
    assert drift.code == 2, drift.all
    assert "PG Sensorik" in drift.out
    assert "open to the network was no, is now yes, even without logging in" in drift.out


def test_somebody_elses_account_of_the_same_name_or_address_is_left_alone(installed: Installed) -> None:
    stranger = installed.forum.world.add_user("anna.muster", email="wer@anders.example", confirmed=True)
    ran = installed.run("apply", "--yes")
    assert ran.code != 1, ran.all
    assert stranger.more == {}
    assert [one.username for one in installed.forum.world.users.values() if one.username.startswith("anna")] == [
        "anna.muster"
    ]


@pytest.mark.parametrize("number", [39, 41, 52, 63])
def test_a_run_whose_answers_are_lost_ends_right_in_the_next(installed: Installed, number: int) -> None:
    installed.forum.faults.reset_after(nth_write=number)
    installed.run("apply", "--yes")
    assert installed.forum.faults.pending == []
    installed.apply()
    sensorik = installed.category("PG Sensorik")
    assert installed.roles(sensorik) == {"PG_Sensorik": WRITER, "PG_Sensorik-Administratoren": MANAGER}
    assert installed.topic(sensorik).pinned
    names = [one.fields["name"] for one in installed.forum.world.categories.values()]
    assert sorted(names) == ["PG LoRaWAN", "PG Sensorik", "Projektgruppen", "Vorlage (re@di)"]
