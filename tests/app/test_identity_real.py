"""The same on a real Keycloak and a real Mailman: whatever happens to people and bodies, and nothing left over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.nextcloud.emulator import NextcloudEmulator
from tests.support.keycloak_server import Realm, shared
from tests.support.mailman_server import ADMIN, DOMAIN, MailmanServer
from tests.support.site import LONG_AGO, Installation, body, person


class Real(Installation):
    """Targets "login" and "lists", both real; the Nextcloud emulator is not asked."""

    def __init__(self, folder: Path, cloud: NextcloudEmulator, realm: Realm, mailman: MailmanServer) -> None:
        super().__init__(folder, cloud)
        self.realm, self.mailman = realm, mailman
        self.wish.cities["ettlingen"] = "Stadt Ettlingen"
        self.wish.targets = {
            "login": {
                "connector": "keycloak",
                "url": realm.url,
                "realm": realm.name,
                "user": realm.client_id,
                "password": realm.secret,
                "parent_group": realm.parent_group,
            },
            "lists": {
                "connector": "mailman",
                "url": mailman.url,
                "user": ADMIN[0],
                "password": ADMIN[1],
                "domain": DOMAIN,
            },
        }

    def users(self) -> dict[str, tuple[str | None, bool]]:
        """Address and whether enabled, by username."""
        told = self.realm.admin("GET", "/users?max=100").json()
        return {user["username"]: (user.get("email"), user["enabled"]) for user in told}

    def on(self, name: str, role: str = "member") -> list[str]:
        address = f"{self.mailman.url}/3.1/lists/{name}.{DOMAIN}/roster/{role}"
        told: dict[str, Any] = requests.get(address, auth=ADMIN, timeout=30).json()
        return [entry["email"] for entry in told.get("entries", [])]

    def settled(self, code: int = 0) -> None:
        """An apply ends so, and then a plan and drift have no more to say."""
        ran = self.run("apply", "--yes")
        assert ran.code == code, ran.all
        assert (self.run("plan").code, self.run("drift").code) == (code, 0)


@pytest.fixture
def real(tmp_path: Path, cloud: NextcloudEmulator, mailman_server: MailmanServer) -> Iterator[Real]:
    mailman_server.wipe()
    mailman_server.add_domain()
    setup = Real(tmp_path, cloud, shared().new_realm(), mailman_server)
    setup.wish.add(
        body("pg-sensorik", "Sensorik"),
        body("pg-lora", "LoRaWAN"),
        person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
        person("Ben", "pg-sensorik"),
        person("Cleo", "pg-lora"),
    )
    yield setup
    mailman_server.wipe()


def test_people_and_bodies_come_change_move_leave_and_are_erased(real: Real) -> None:
    people = real.wish.people
    real.settled()
    assert real.on("pg-lorawan", "owner") == ["anna@bretten.example"]
    real.wish.bodies["pg-sensorik"]["name"] = "Sensorik und Daten"
    people["p-ben"] |= {"organisation": "ettlingen", "email": "ben@ettlingen.example"}
    people["p-ben"]["bodies"] = [{"id": "pg-sensorik", "role": "moderator"}]
    people["p-cleo"]["leaves"] = LONG_AGO
    real.settled()
    assert real.users() == {
        "anna.muster": ("anna@bretten.example", True),
        "ben.muster": ("ben@ettlingen.example", True),
        "cleo.muster": ("cleo@bretten.example", False),
    }
    assert (real.on("pg-sensorik"), real.on("pg-lorawan")) == (
        ["anna@bretten.example", "ben@ettlingen.example"],
        ["anna@bretten.example"],
    )
    real.wish.bodies["pg-lora"]["archived"] = LONG_AGO
    real.settled()
    assert real.on("pg-lorawan", "owner") == []
    real.clock.sleep(86_400.0 * 40)
    assert real.run("person", "handed-over", "p-cleo", "--nothing").code == 0
    assert real.run("person", "erase", "p-cleo", "--confirm", "Cleo Muster").code == 0
    assert "cleo.muster" not in real.users()
    del people["p-cleo"]
    real.settled()


def test_a_successor_waits_for_the_address_and_takes_nothing_over(real: Real) -> None:
    real.settled()
    real.wish.people["p-ben"]["leaves"] = LONG_AGO
    real.settled()
    del real.wish.people["p-ben"]
    real.wish.add({**person("Ben", "pg-sensorik"), "id": "p-ben2"})
    real.settled()
    assert real.users()["ben.muster"] == ("ben@bretten.example", False)
    assert "readi person erase p-ben" in real.run("plan").out
    (old,) = (user for user in real.realm.admin("GET", "/users?max=100").json() if user["username"] == "ben.muster")
    real.realm.admin("PUT", f"/users/{old['id']}", {**old, "email": ""})
    address = f"{real.mailman.url}/3.1/addresses/ben@bretten.example"
    assert requests.delete(address, auth=ADMIN, timeout=30).ok
    assert real.run("apply", "--yes").code == 0
    assert real.run("plan").code == 0
    assert real.users()["ben.muster2"] == ("ben@bretten.example", True)
    assert real.on("pg-sensorik") == ["anna@bretten.example", "ben@bretten.example"]
