"""The same import, of a directory: nothing in it knows a product."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from connectors.ldap.emulator import LdapEmulator
from provisioner.registry.loading import load
from tests.ldap.rig import Server
from tests.support.site import Ran, run_cli


@pytest.fixture
def directory() -> Iterator[Server]:
    emulator = LdapEmulator()
    emulator.start()
    admin = emulator.administrator
    yield Server(
        emulator.url,
        emulator.base,
        emulator.credentials["user"],
        emulator.credentials["password"],
        admin["user"],
        admin["password"],
        emulator,
    )
    emulator.stop()


@pytest.fixture
def settings(tmp_path: Path, directory: Server) -> Path:
    target = {
        "connector": "ldap",
        "url": directory.url,
        "user": directory.user,
        "password": directory.password,
        "base": directory.base,
    }
    path = tmp_path / "settings.yaml"
    path.write_text(
        yaml.safe_dump({"networks": {"redi": {"registry": "registry", "targets": {"verzeichnis": target}}}})
    )
    return path


def test_a_directory_is_taken_over_with_nothing_but_what_was_announced(directory: Server, settings: Path) -> None:
    anna = directory.add_person(
        "anna", sn="von Berg", givenName="Änne", displayName="Änne von Berg", mail="A@bretten.example"
    )
    ben = directory.add_person(
        "ben", sn="Öz", givenName="Ben", displayName="Ben Öz", mail="ben@rastatt.example", o="Rastatt"
    )
    directory.add_person("ohne", sn="Adresse", displayName="Ohne Adresse")
    directory.add_group("PG_Sensorik", [anna, ben], description="PG_Sensorik")
    directory.add_group("PG_Sensorik-Administratoren", [anna], description="PG_Sensorik-Administratoren")
    directory.add_group("Runder Tisch", [ben], description="Runder Tisch")
    assert directory.emulator is not None
    before = len(directory.emulator.log.writes)

    def run(*arguments: object) -> Ran:
        return run_cli(["--settings", settings, "--lang", "en", *arguments], directory.emulator.clock)

    report = run("import", "ldap", "--json").json
    assert [one["name"] for one in report["left_out"]] == ["ohne"]
    assert len(directory.emulator.log.writes) == before
    loaded = load(settings.parent / "registry")
    assert loaded.problems == ()
    names = {(person.given_name, person.family_name, person.user_id) for person in loaded.registry.people.values()}
    assert names == {("Änne", "von Berg", "anna"), ("Ben", "Öz", "ben")}
    assert {body.id for body in loaded.registry.bodies.values()} == {"pg-sensorik", "runder-tisch"}

    saved = settings.parent / "plan.json"
    plan = run("plan", "--out", saved, "--json").json["targets"][0]["changes"]
    assert {change["verb"] for change in plan} == {"adopt", "update"}
    announced = {one["field"]: one["count"] for one in report["first_plan"]["others"]}
    # Neither of them had a language, and one no organisation: the directory can hold both.
    assert announced == {"language": 2, "organisation": 1}
    assert sorted(field for change in plan for field in change["fields"] if change["verb"] == "update") == sorted(
        ["language", "language", "organisation"]
    )
    assert run("apply", saved).code == 0
    assert run("plan").code == 0
