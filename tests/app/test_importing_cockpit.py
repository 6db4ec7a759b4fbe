"""The earlier tool's database becomes a registry; what does not fit is told, and no guess gives access to anybody."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.app.importing.cockpit import read_cockpit
from provisioner.registry.loading import load
from tests.support.cockpit import LIST_PASSWORD, group, member, write
from tests.support.site import Installation, Ran

KINDS = ("plenum", "steering", "project", "circle", "rangers")
ROOMS = {section: {"names": dict.fromkeys(KINDS)} for section in ("folders", "conversations")}
BEN, ANNA, CLEO = "ben.muster@bretten.example", "anna.muster@bretten.example", "cleo.weber@rastatt.example"


@pytest.fixture
def bare(installation: Installation) -> Installation:
    """Settings without a registry."""
    installation.wish.policy = {"accounts": {"quota": "keep"}, **ROOMS}
    installation.write()
    for path in registry_of(installation).rglob("*.yaml"):
        path.unlink()
    return installation


def registry_of(installation: Installation) -> Path:
    return installation.folder / "redi" / "registry"


def run(installation: Installation, *arguments: object) -> Ran:
    return installation.run(*arguments, write=False)


def take(installation: Installation, file: Path) -> dict[str, Any]:
    """What `readi import cockpit --json` says."""
    ran = run(installation, "import", "cockpit", file, "--json")
    assert ran.code == 0, ran.all
    assert load(registry_of(installation)).errors == ()
    report: dict[str, Any] = ran.json
    return report


def imported(installation: Installation, *rows: dict[str, Any]) -> dict[str, Any]:
    """Of a database with these groups and members."""
    groups = [row for row in rows if "email" not in row]
    return take(
        installation, write(installation.folder / "cockpit.sqlite", groups, [row for row in rows if row not in groups])
    )


def told(report: dict[str, Any]) -> dict[str, list[str]]:
    return {one["what"]["code"].removeprefix("app.cockpit_"): one["about"] for one in report["remarks"]}


def left_out(report: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["why"]["code"].removeprefix("app.") for one in report["left_out"]}


def entries(installation: Installation, section: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in registry_of(installation).rglob("*.yaml"):
        document = yaml.safe_load(path.read_text("utf-8")) or {}
        found |= {entry["id"]: entry for entry in document.get(section, ())}
    return found


def members_of(installation: Installation, body: str) -> set[str]:
    return {one["email"] for one in entries(installation, "people").values() if body in one.get("bodies", ())}


def test_groups_become_project_groups_under_the_names_that_keycloak_has(bare: Installation) -> None:
    imported(
        bare,
        group(1, "Sensorik", moderated=1),
        group(2, "PG E-Akte", keycloakGroup="PG_eAkte", keycloakAdminGroup="PG_eAkte-Administratoren"),
        group(3, "Projektgruppe Mobilität", keycloakGroup="Mobil", keycloakAdminGroup=None),
        member(ANNA, 1),
    )
    bodies = entries(bare, "bodies")
    assert bodies["pg-sensorik"] == {
        "id": "pg-sensorik",
        "name": "Sensorik",
        "kind": "project",
        "lead": "bretten",
        "join": "approval",
        "overrides": {"administrators_group": False, "mailing_list": False},
    }
    assert bodies["pg-e-akte"]["join"] == "open"
    assert bodies["pg-e-akte"]["overrides"]["group_name"] == "PG_eAkte"
    assert bodies["pg-e-akte"]["overrides"]["administrators_group_name"] == "PG_eAkte-Administratoren"
    assert bodies["pg-mobilitaet"]["overrides"] | {"mailing_list": None} == {
        "group_name": "Mobil",
        "administrators_group": False,
        "mailing_list": None,
    }


def test_mailing_lists_keep_their_names_and_their_passwords_are_never_read(bare: Installation) -> None:
    report = imported(
        bare,
        group(1, "Sensorik", has_mailinglist=1, mailingListURL="https://lists.example/mailman/admin/Alte-Liste/"),
        group(2, "LoRaWAN", has_mailinglist=1, mailingListURL="https://l.example/mailman/listinfo/pg-lorawan"),
        group(3, "E-Akte", has_mailinglist=1, mailingListPassword=LIST_PASSWORD),
        group(4, "Recht"),
        member(ANNA, 1),
    )
    overrides = {name: body.get("overrides") for name, body in entries(bare, "bodies").items()}
    assert overrides["pg-sensorik"] == {"administrators_group": False, "mailing_list_name": "alte-liste"}
    assert overrides["pg-lorawan"] == overrides["pg-e-akte"] == {"administrators_group": False}
    assert overrides["pg-recht"] == {"administrators_group": False, "mailing_list": False}
    assert told(report)["unnamed_lists"] == ["E-Akte"]
    assert told(report)["passwords"] == []
    said = "".join(path.read_text("utf-8") for path in registry_of(bare).rglob("*") if path.is_file())
    assert LIST_PASSWORD not in said + bare.ran[-1].all


def test_people_come_from_addresses_with_guessed_names_and_their_cities(bare: Installation) -> None:
    report = imported(
        bare,
        group(1, "Sensorik"),
        *(member(email, 1) for email in (ANNA, "j.doe@rastatt.example", "zander@rastatt.example")),
    )
    people = {one["email"]: one for one in entries(bare, "people").values()}
    assert people[ANNA] | {"id": ""} == {
        "id": "",
        "given_name": "Anna",
        "family_name": "Muster",
        "email": ANNA,
        "organisation": "bretten",
        "bodies": ["pg-sensorik"],
    }
    assert (people["j.doe@rastatt.example"]["given_name"], people["zander@rastatt.example"]["given_name"]) == ("J.", "")
    assert told(report)["unsure_names"] == ["j.doe@rastatt.example: J. Doe", "zander@rastatt.example: Zander"]
    assert entries(bare, "organisations").keys() == {"bretten", "rastatt"}
    lines = (registry_of(bare) / "people" / "rastatt.yaml").read_text("utf-8").splitlines()
    assert sum("Please check" in line for line in lines) == 2


@pytest.mark.parametrize(
    "address", ["info@bretten.example", "PG_Sensorik@bretten.example", "it.support2@rastatt.example"]
)
def test_addresses_of_nobody_in_particular_are_left_out_and_named(bare: Installation, address: str) -> None:
    report = imported(bare, group(1, "Sensorik"), member(ANNA, 1), member(address, 1))
    assert left_out(report) == {address.lower(): "cockpit_role_address"}
    assert members_of(bare, "pg-sensorik") == {ANNA}


def test_private_addresses_are_proposed_as_guests_and_odd_ones_left_out(bare: Installation) -> None:
    odd = ("kein-klammeraffe", "a@@b.example", "=cmd|' /C calc'!A0", "x@y")
    report = imported(
        bare, group(1, "Sensorik"), member(ANNA, 1), member("paula@gmx.de", 1), *(member(one, 1) for one in odd)
    )
    assert left_out(report) == {"paula@gmx.de": "import_private_address"} | {one.lower(): "import_unfit" for one in odd}
    comments = (registry_of(bare) / "people" / "_left-out.yaml").read_text("utf-8")
    assert "#     email: paula@gmx.de" in comments
    assert "#       - {id: pg-sensorik, role: guest}" in comments or "{id: pg-sensorik, role: guest}" in comments
    assert all(not line or line.startswith("#") for line in comments.splitlines())


def test_who_waits_or_shall_not_be_in_nextcloud_is_no_member_and_told(bare: Installation) -> None:
    report = imported(
        bare,
        group(1, "Sensorik", has_mailinglist=1),
        group(2, "Recht"),
        member(ANNA, 1, toBeInMailinglist=0),
        member(BEN, 1, waitingForJoin=1),
        member(CLEO, 1, toBeInNextCloud=0),
        member(CLEO, 2, toBeInNextCloud=0),
        member("dora.probe@bretten.example", 1, toBeInNextCloud=0, toBeInMailinglist=0),
    )
    assert members_of(bare, "pg-sensorik") == {ANNA}
    assert report["people"] == 1
    found = told(report)
    assert found["not_on_list"] == [f"{ANNA} (Sensorik)"]
    assert found["waiting"] == [f"{BEN} (Sensorik)"]
    assert found["list_alone"] == [f"{CLEO} (Sensorik)"]
    assert found["neither"] == ["dora.probe@bretten.example (Sensorik)", f"{CLEO} (Recht)"]


def test_dumps_with_duplicates_other_case_empty_rows_and_groups_that_are_gone(bare: Installation) -> None:
    report = imported(
        bare,
        group(1, "Sensorik"),
        member(ANNA, 1),
        member(ANNA.upper(), 1),
        member(f"  {ANNA}\u200b ", "1"),
        member(BEN, 1),
        member(BEN, 1, waitingForJoin=1),
        member("", 1),
        member("   ", 1),
        member(CLEO, 17),
        member(CLEO, "x"),
        member(b"\xff\xfe", 1),
    )
    assert (report["people"], report["memberships"]) == (1, 1)
    found = told(report)
    assert found["twice"] == [f"{ANNA} (Sensorik)"]
    assert (found["differing"], found["waiting"]) == ([f"{BEN} (Sensorik)"], [f"{BEN} (Sensorik)"])
    assert found["dangling"] == [f"{CLEO} (17)", f"{CLEO} (-)"]
    assert found["empty_rows"] == ["6", "7", "10"]


def test_groups_that_mean_the_same_keycloak_group_are_disputed(bare: Installation) -> None:
    report = imported(
        bare,
        group(1, "Sensorik"),
        group(2, "Sensoren", keycloakGroup="pg_sensorik", keycloakAdminGroup=None),
        group(3, "Recht"),
        group(4, " ", keycloakGroup=""),
        member(ANNA, 1),
        member(BEN, 3),
    )
    assert left_out(report) == {
        "Sensorik": "cockpit_same_group",
        "Sensoren": "cockpit_same_group",
        "4": "cockpit_nameless",
    }
    assert told(report)["other_groups"] == [f"{ANNA} (1)"]
    assert entries(bare, "bodies").keys() == {"pg-recht"}


def test_administrators_groups_of_several_groups_belong_to_none(bare: Installation) -> None:
    report = imported(
        bare,
        group(1, "Sensorik", keycloakAdminGroup="Alle-Admins"),
        group(2, "Recht", keycloakAdminGroup="alle-admins"),
        group(3, "E-Akte", keycloakAdminGroup="PG_E-Akte"),
        group(4, "LoRaWAN", keycloakAdminGroup=None, keycloakGroup=None, automatic_mode=0),
        group(5, "Strategie"),
        member(ANNA, 1),
    )
    bodies = entries(bare, "bodies")
    assert [
        bodies[f"pg-{name}"]["overrides"]["administrators_group"] for name in ("sensorik", "recht", "e-akte", "lorawan")
    ] == [False] * 4
    found = told(report)
    assert found["shared_administrators"] == ["E-Akte: PG_E-Akte", "Recht: alle-admins", "Sensorik: Alle-Admins"]
    assert (found["no_administrators"], found["no_keycloak_group"], found["not_automatic"]) == (["LoRaWAN"],) * 3
    assert found["moderators"] == ["Strategie: PG_Strategie-Administratoren"]
    assert report["moderators"] == 0


def test_ten_thousand_members_in_one_group_are_taken(bare: Installation) -> None:
    crowd = [member(f"person{number}.muster@bretten.example", 1) for number in range(10_000)]
    read = read_cockpit(write(bare.folder / "big.sqlite", [group(1, "Sensorik")], crowd))
    assert len(read.members) == 10_000
    report = run(bare, "import", "cockpit", bare.folder / "big.sqlite", "--json").json
    assert (report["people"], report["memberships"], report["bodies"]) == (10_000, 10_000, 1)
