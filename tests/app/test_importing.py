"""A first registry of a server that has grown: proved by the first plan, which holds nothing that was not announced."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.model.registry import BodyKind
from provisioner.registry.loading import load
from tests.support.grown import GROUPS_LEFT_OUT, LEFT_OUT, LONG, PRIVATE, grow, hashed
from tests.support.site import Installation, Ran, snapshot

ROOMLESS: dict[str, Any] = {
    section: {"names": dict.fromkeys(map(str, BodyKind))} for section in ("folders", "conversations")
}
"""What bodies' rooms add to an import stands in `test_importing_rooms`."""
KEEP = {"accounts": {"quota": "keep"}, **ROOMLESS}


@pytest.fixture
def grown(installation: Installation, cloud: NextcloudEmulator) -> Installation:
    """Settings that know a grown server, and an empty folder for the registry."""
    with cloud.lock:
        grow(cloud)
    installation.wish.policy = KEEP
    return fresh(installation)


def fresh(installation: Installation) -> Installation:
    """Settings and policy as wished for, without any registry."""
    installation.write()
    for path in (registry_of(installation)).rglob("*.yaml"):
        path.unlink()
    installation.cloud.log.clear()
    return installation


def registry_of(installation: Installation) -> Path:
    return installation.folder / "redi" / "registry"


def run(installation: Installation, *arguments: object) -> Ran:
    return installation.run(*arguments, write=False)


def take(installation: Installation, *more: object) -> dict[str, Any]:
    """What `readi import --json` says."""
    ran = run(installation, "import", "nextcloud", "--no-organisation", PRIVATE, *more, "--json")
    assert ran.code == 0, ran.all
    report: dict[str, Any] = ran.json
    return report


def changes(installation: Installation) -> list[dict[str, Any]]:
    ran = run(installation, "plan", "--json")
    assert ran.code in (0, 2), ran.all
    (target,) = ran.json["targets"]
    found: list[dict[str, Any]] = target["changes"]
    return found


def entries(installation: Installation, section: str) -> dict[str, dict[str, Any]]:
    """Everything of a section in all files, by id, as another YAML reader sees it."""
    found: dict[str, dict[str, Any]] = {}
    for path in registry_of(installation).rglob("*.yaml"):
        document = yaml.safe_load(path.read_text("utf-8")) or {}
        found |= {entry["id"]: entry for entry in document.get(section, ())}
    return found


def by_user(installation: Installation) -> dict[str, dict[str, Any]]:
    return {entry["user_id"]: entry for entry in entries(installation, "people").values()}


def body_of(installation: Installation, name: str) -> dict[str, Any]:
    (found,) = (entry for entry in entries(installation, "bodies").values() if entry["name"] == name)
    return found


def test_what_is_written_holds_no_mistake_and_says_how_much_there_is(grown: Installation) -> None:
    report = take(grown)
    loaded = load(registry_of(grown))
    assert (loaded.problems, report["schema"], report["warnings"]) == ((), "readi.import/1", 0)
    registry = loaded.registry
    assert report["people"] == len(registry.people) == len(grown.cloud.users) - len(LEFT_OUT)
    assert (report["bodies"], report["organisations"]) == (len(registry.bodies), len(registry.organisations))
    memberships = [one for person in registry.people.values() for one in person.memberships]
    assert report["memberships"] == len(memberships)
    assert report["moderators"] == sum(one.role == "moderator" for one in memberships) > 0
    assert sorted(report["files"]) == sorted(
        path.relative_to(registry_of(grown)).as_posix() for path in registry_of(grown).rglob("[!.]*.yaml")
    )
    assert report["files"][-1] == "network.yaml"


def test_reading_is_all_that_the_server_sees(grown: Installation) -> None:
    before = snapshot(grown.cloud)
    take(grown)
    assert grown.writes() == []
    assert snapshot(grown.cloud) == before


def test_the_first_plan_adopts_and_holds_beside_that_exactly_what_was_announced(grown: Installation) -> None:
    report = take(grown)
    found = changes(grown)
    assert {change["change_class"] for change in found} == {"queued"}
    assert not {change["verb"] for change in found} & {"create", "leave", "suspend", "resume"}
    adopted = Counter(change["kind"] for change in found if change["verb"] == "adopt")
    groups = len(grown.cloud.groups) - len(GROUPS_LEFT_OUT)
    assert adopted == {"account": report["people"], "group": groups}
    assert (report["first_plan"]["accounts"], report["first_plan"]["groups"]) == (report["people"], groups)
    assert {change["name"] for change in found if change["kind"] == "group"} == set(grown.cloud.groups) - set(
        GROUPS_LEFT_OUT
    )
    others: Counter[tuple[str, str, str | None]] = Counter()
    for change in found:
        if change["verb"] == "join":
            others["join", change["kind"], None] += len(change["members"])
        for field in change["fields"] if change["verb"] == "update" else ():
            others["update", change["kind"], field] += 1
    assert others == {(one["verb"], one["kind"], one["field"]): one["count"] for one in report["first_plan"]["others"]}
    # A comma in the name, or what nobody sees; and the one who moderates without being in the group.
    assert others == {("update", "account", "display_name"): 2, ("join", "group", None): 1}
    assert (report["first_plan"]["unclear"], report["first_plan"]["refusals"]) == ([], [])


def test_once_approved_and_applied_nothing_is_left_to_do(grown: Installation, tmp_path: Path) -> None:
    take(grown)
    saved = tmp_path / "plan.json"
    assert run(grown, "plan", "--out", saved).code == 2
    applied = run(grown, "apply", saved)
    assert applied.code == 0, applied.all
    assert len(grown.writes()) == 4  # two names, one membership, the epoch; adopting writes nothing
    again = run(grown, "plan", "--json")
    assert (again.code, changes(grown)) == (0, [])
    assert run(grown, "drift").code == 0


def test_quotas_that_the_policy_would_change_are_announced_with_the_way_to_keep_them(grown: Installation) -> None:
    grown.wish.policy = dict(ROOMLESS)
    fresh(grown)
    report = take(grown)
    (quota,) = (one for one in report["first_plan"]["others"] if one["field"] == "quota")
    found = run(grown, "plan", "--json")
    updates = [change for change in found.json["targets"][0]["changes"] if "quota" in change["fields"]]
    assert quota["count"] == len([one for one in updates if one["verb"] == "update"]) > 150
    assert "quota: keep" in quota["what"]["text"]
    assert found.code == 3
    assert [one["why"]["code"] for one in found.json["refusals"]] == [
        one["code"] for one in report["first_plan"]["refusals"]
    ]


@pytest.mark.parametrize(("user", "why"), LEFT_OUT.items())
def test_whoever_cannot_stand_in_a_registry_is_left_out_and_named(grown: Installation, user: str, why: str) -> None:
    report = take(grown)
    left_out = {one["name"]: one for one in report["left_out"] if one["kind"] == "account"}
    assert left_out.keys() == LEFT_OUT.keys()
    assert left_out[user]["why"]["code"] == f"app.{why}"
    comments = (registry_of(grown) / "people" / "_left-out.yaml").read_text("utf-8")
    assert user in comments
    assert all(not line or line.startswith("#") for line in comments.splitlines())


def test_groups_of_nobody_and_protected_ones_are_left_out_and_named(grown: Installation) -> None:
    report = take(grown)
    left_out = {one["name"]: one["why"]["code"] for one in report["left_out"] if one["kind"] == "group"}
    assert left_out == {name: f"app.{why}" for name, why in GROUPS_LEFT_OUT.items()}
    comments = (registry_of(grown) / "bodies.yaml").read_text("utf-8").rpartition("\n\n")[2]
    assert all(f"# - {name}" in comments for name in GROUPS_LEFT_OUT)


def test_organisations_come_from_domains_and_are_called_as_their_people_agree(grown: Installation) -> None:
    take(grown)
    found = entries(grown, "organisations")
    assert found["bretten"] == {
        "id": "bretten", "name": "Stadt Bretten", "kind": "city", "domains": ["bretten.example"]
    }  # fmt: skip
    assert found["rastatt"]["name"] == "Rastatt"
    assert found["baden-baden"]["name"] == "Baden-Baden"
    # Two domains that would be called alike keep apart: only people know whether they are one city.
    assert found["buehl-example"]["domains"] == ["buehl.example"]
    assert found["buehl-example-2"]["domains"] == ["bühl.example"]
    assert (registry_of(grown) / "people" / "bretten.yaml").is_file()


def test_names_are_taken_apart_and_accounts_held_by_their_ids(grown: Installation) -> None:
    take(grown)
    people = by_user(grown)
    assert (people["karl heinz"]["given_name"], people["karl heinz"]["family_name"]) == ("Karl", "Heinz")
    assert (people["o'neil"]["given_name"], people["o'neil"]["family_name"]) == ("Shéa", "O'Neil (Bauamt)")
    assert (people["Gross.Klein"]["family_name"], people["Gross.Klein"]["email"]) == (
        "von der Au",
        "anna@bretten.example",
    )
    assert (people["mia@bretten.example"]["given_name"], people["mia@bretten.example"]["family_name"]) == ("", "Mia")
    assert people["ohnename"]["family_name"] == "ohnename"
    assert people["unsichtbar"]["given_name"] == "Unsichtbar"
    assert (people["yes"]["given_name"], people["yes"]["family_name"]) == ("No", "On")
    assert all(entry["id"].startswith("p-") and len(entry["id"]) == 10 for entry in people.values())


def test_a_language_stands_where_it_is_not_the_networks(grown: Installation) -> None:
    take(grown)
    languages = {user: entry.get("language") for user, entry in by_user(grown).items()}
    assert load(registry_of(grown)).registry.language == "de"
    for user in grown.cloud.users.values():
        if user.id in languages:
            expected = None if user.language.startswith("de") else "en"
            assert languages[user.id] == expected


def test_project_groups_are_known_by_the_policys_pattern_and_their_moderators_by_theirs(grown: Installation) -> None:
    take(grown)
    assert body_of(grown, "Digitale Mobilität") | {"lead": None} == {
        "id": "pg-digitale-mobilitaet",
        "name": "Digitale Mobilität",
        "kind": "project",
        "lead": None,
        "join": "approval",
    }
    moderating = {
        user
        for user, entry in by_user(grown).items()
        if {"id": "pg-sensorik", "role": "moderator"} in entry.get("bodies", ())
    }
    assert moderating == set(grown.cloud.groups["PG_Sensorik-Administratoren"].members)
    assert body_of(grown, "Leer")["overrides"] == {"administrators_group": False}


def test_groups_whose_ids_are_not_made_of_their_names_keep_both(grown: Installation) -> None:
    take(grown)
    assert body_of(grown, "Datenschutz")["overrides"] == {
        "group_id": hashed("PG_Datenschutz"),
        "administrators_group_id": hashed("PG_Datenschutz-Administratoren"),
    }
    assert body_of(grown, LONG)["overrides"]["group_id"] in grown.cloud.groups
    assert body_of(grown, "Projektgruppe Altbau") | {"lead": None} == {
        "id": "pg-projektgruppe-altbau",
        "name": "Projektgruppe Altbau",
        "kind": "project",
        "lead": None,
        "join": "approval",
        "overrides": {
            "group_name": "Projektgruppe Altbau",
            "group_id": "PG_Altbau",
            "administrators_group": False,
        },
    }


def test_groups_that_differ_only_in_case_stay_two(grown: Installation) -> None:
    take(grown)
    ids = [body_of(grown, name)["overrides"].get("group_id") for name in ("NS_Case", "ns_case")]
    assert set(filter(None, ids)) <= {"NS_Case", "ns_case"}
    assert {body_of(grown, name)["id"] for name in ("NS_Case", "ns_case")} == {"ns-case", "ns-case-2"}


def test_a_moderators_group_without_its_group_is_a_circle_of_its_own(grown: Installation) -> None:
    take(grown)
    assert body_of(grown, "Intern-Administratoren")["kind"] == "circle"


def test_who_could_be_a_guest_is_proposed_with_bodies_and_becomes_one_by_filling_in(grown: Installation) -> None:
    take(grown)
    path = registry_of(grown) / "people" / "_left-out.yaml"
    lines = path.read_text("utf-8").splitlines()
    begin = lines.index("# people:")
    text = "\n".join(line.removeprefix("# ") for line in lines[begin:]) + "\n"
    sponsor = by_user(grown)["yes"]["id"]
    path.write_text(text.replace("sponsor: p-", f"sponsor: {sponsor}").replace("YYYY-MM-DD", "2999-12-31"), "utf-8")
    loaded = load(registry_of(grown))
    assert loaded.problems == ()
    (paula,) = (person for person in loaded.registry.people.values() if person.user_id == "paula")
    assert [(one.body, one.role) for one in paula.memberships] == [("pg-sensorik", "guest")]
    adopted = {change["name"] for change in changes(grown) if change["verb"] == "adopt"}
    assert {"paula", "pit"} <= adopted


def test_other_backends_accounts_are_adopted_and_what_they_hold_fast_is_only_told(grown: Installation) -> None:
    report = take(grown)
    people = by_user(grown)
    assert people["00000001-uuid"]["given_name"] == "Ldap1"
    # Eight names with a comma come from LDAP: they differ, and nothing tries to write them.
    assert report["first_plan"]["unwritable"] == 8
    assert not {change["name"] for change in changes(grown) if change["verb"] == "update"} & {"00000001-uuid"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cloud: cloud.accounts.make_subadmin("readi-provisioner", "PG_Sensorik"),
        lambda cloud: cloud.set_rights("readi-provisioner", "none"),
    ],
    ids=["only its own groups", "no rights at all"],
)
def test_a_server_that_could_not_be_read_whole_gives_no_registry(grown: Installation, spoil: Any) -> None:
    with grown.cloud.lock:
        spoil(grown.cloud)
        if grown.cloud.users["readi-provisioner"].subadmin:
            grown.cloud.accounts.leave("readi-provisioner", "provisioners")
    ran = run(grown, "import", "nextcloud")
    assert ran.code == 1
    assert "Half a registry is dangerous" in ran.err
    assert not list(registry_of(grown).rglob("*.yaml"))


def test_a_server_that_does_not_answer_gives_no_registry(grown: Installation) -> None:
    grown.cloud.stop()
    ran = run(grown, "import", "nextcloud")
    assert ran.code == 1
    assert not list(registry_of(grown).rglob("*.yaml"))


def test_a_folder_with_registry_files_is_never_touched(grown: Installation) -> None:
    old = registry_of(grown) / "people" / "alt.yml"
    old.write_text("people: []\n", "utf-8")
    ran = run(grown, "import", "nextcloud")
    assert (ran.code, list(registry_of(grown).rglob("*.y*ml"))) == (1, [old])
    assert "people/alt.yml" in ran.err
    assert len(grown.cloud.log) == 0  # seen before anything was asked of the server


def test_another_folder_is_filled_and_the_way_to_use_it_said(grown: Installation, tmp_path: Path) -> None:
    ran = run(grown, "import", "nextcloud", tmp_path / "neu")
    assert ran.code == 0, ran.all
    assert (tmp_path / "neu" / "network.yaml").is_file()
    assert (tmp_path / "neu" / ".gitignore").read_text() == "people/\n"
    assert "registry:" in ran.out


def test_people_are_kept_out_of_git_beside_what_was_ignored_before(grown: Installation) -> None:
    ignored = registry_of(grown) / ".gitignore"
    ignored.write_text("*.swp", "utf-8")
    take(grown)
    assert ignored.read_text("utf-8") == "*.swp\npeople/\n"


def test_what_a_registry_manages_already_is_not_imported_again(grown: Installation, tmp_path: Path) -> None:
    take(grown)
    run(grown, "plan", "--out", tmp_path / "plan.json")
    assert run(grown, "apply", tmp_path / "plan.json").code == 0
    ran = run(grown, "import", "nextcloud", tmp_path / "again")
    assert ran.code == 1
    assert "belong to a registry of this network already" in ran.err
    assert not (tmp_path / "again").exists()


def test_an_empty_server_gives_no_registry(installation: Installation) -> None:
    ran = run(fresh(installation), "import", "nextcloud")
    assert ran.code == 1
    assert "nobody in cloud" in ran.err
    assert not list(registry_of(installation).rglob("*.yaml"))


def test_the_target_is_found_by_its_connector_or_must_be_named(grown: Installation) -> None:
    grown.wish.targets["zweite"] = grown.target()
    fresh(grown)
    which = run(grown, "import", "nextcloud")
    assert (which.code, "cloud, zweite" in which.err) == (1, True)
    other = run(grown, "import", "ldap", "--target", "cloud")
    assert (other.code, "is no ldap" in other.err) == (1, True)
    assert run(grown, "import", "ldap").code == 1
    assert run(grown, "import", "nextcloud", "--target", "zweite").code == 0


@pytest.mark.parametrize("language", ["de", "en"])
def test_it_speaks_both_languages_and_no_code_is_left_unsaid(grown: Installation, language: str) -> None:
    ran = run(grown, "--lang", language, "import", "nextcloud", "--no-organisation", PRIVATE)
    assert ran.code == 0, ran.all
    texts = [path.read_text("utf-8") for path in registry_of(grown).rglob("*.yaml")]
    assert not any(code in text for text in [ran.all, *texts] for code in ("app.import", "cli.import"))
