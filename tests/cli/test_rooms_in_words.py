"""Folders, conversations and roles as people read them: in plans, drift, explanations, and what waits."""

import pytest

from tests.support.site import SERVICE, Installation, run_cli


@pytest.fixture
def applied(small: Installation) -> Installation:
    small.apply()
    return small


def lines(text: str, beginning: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith(beginning)]


def tamper(installation: Installation) -> None:
    """Somebody gives a group all rights in its folder, puts a person into a chat, and takes the moderation away."""
    cloud = installation.cloud
    with cloud.lock:
        folder = cloud.folders.by_mount_point("Projektgruppen/LoRaWAN")
        assert folder is not None
        folder.groups["PG_LoRaWAN"] = 1
        folder.quota = -3
        [room] = [one for one in cloud.talk.rooms.values() if one.name == "PG LoRaWAN"]
        cloud.talk.enter(room, "users", "ben.muster")


def test_a_plan_says_roles_sizes_and_groups_by_their_names(small: Installation) -> None:
    out = small.run("plan").out
    assert lines(out, "+ team folder Projektgruppen/LoRaWAN: quota 10 GB")
    assert lines(out, "> team folder Projektgruppen/LoRaWAN: PG_LoRaWAN (writes)")
    assert lines(out, "> team folder Projektgruppen/LoRaWAN: PG_LoRaWAN-Administratoren (manages rights)")
    assert lines(out, "> conversation PG LoRaWAN: Anna Muster (moderator)")
    assert "body:" not in out.replace("readi:body:", "")


def test_a_role_that_changes_is_one_line_from_one_to_the_other(applied: Installation) -> None:
    applied.wish.policy = {"folders": {"members": "reader"}}
    [line] = lines(applied.run("plan").out, "% team folder Projektgruppen/LoRaWAN")
    assert "PG_LoRaWAN from “writes” to “reads”" in line
    german = run_cli(["--settings", applied.settings, "--lang", "de", "plan"], applied.clock).out
    assert "PG_LoRaWAN von „schreibt“ auf „liest“" in german
    [change] = [
        one
        for one in applied.plan()["targets"][0]["changes"]
        if (one["verb"], one["name"]) == ("regrade", "Projektgruppen/LoRaWAN")
    ]
    assert (change["role_before"], change["role"], change["member"]) == ("writer", "reader", "group")


def test_a_layout_is_read_path_by_path(small: Installation) -> None:
    small.cloud.add_group("readi", members=[SERVICE[0]])
    small.wish.targets["cloud"]["working_group"] = "readi"
    small.wish.policy = {"folders": {"layout": ["Protokolle", "Messdaten/2026"]}}
    [line] = lines(small.run("plan").out, "+ team folder Projektgruppen/LoRaWAN")
    assert "quota 10 GB, first sub-folders “Protokolle, Messdaten/2026”" in line
    small.apply()
    assert small.run("plan").code == 0


def test_drift_says_what_was_and_what_is_by_kind_and_role_with_what_becomes_of_it(applied: Installation) -> None:
    tamper(applied)
    applied.wish.policy = {"on_drift": {"folder": "keep", "conversation": "revert"}}
    ran = applied.run("drift")
    assert ran.code == 2
    assert lines(ran.out, "cloud") == [
        "cloud  team folder Projektgruppen/LoRaWAN: quota was 10 GB, is now unlimited [stays so]",
        "cloud  team folder Projektgruppen/LoRaWAN: PG_LoRaWAN was “writes”, is now “reads” [stays so]",
        "cloud  conversation PG LoRaWAN: Ben Muster was put in (member) [the next run takes it back]",
    ]
    items = applied.run("drift", "--json").json["drift"]
    assert {(item["resource"], item["kind"], item["role"], item["answer"]) for item in items} == {
        ("team-folder", "field", None, "keep"),
        ("team-folder", "removed", "writer", "keep"),
        ("team-folder", "added", "reader", "keep"),
        ("conversation", "added", "member", "revert"),
    }


def test_what_waits_is_shown_with_names_and_roles(applied: Installation) -> None:
    tamper(applied)
    assert applied.run("apply", "--yes").code == 2
    [plan] = applied.run("plans", "list", "--json").json["waiting"]
    shown = applied.run("plans", "show", plan["digest"][:12]).out
    assert lines(shown, "cloud  regrade team folder Projektgruppen/LoRaWAN: PG_LoRaWAN from “reads” to “writes”")
    assert lines(shown, "cloud  update team folder Projektgruppen/LoRaWAN: quota unlimited → 10 GB")
    assert lines(shown, "cloud  leave conversation PG LoRaWAN: Ben Muster (member)")


def test_a_body_is_explained_with_its_rooms_where_they_are_and_who_may_do_what(applied: Installation) -> None:
    out = applied.run("explain", "pg-lora").out
    url = applied.cloud.url
    assert lines(out, "shall have: team folder Projektgruppen/LoRaWAN")
    assert lines(out, f"cloud: Projektgruppen/LoRaWAN, {url}/index.php/apps/files/?dir=/Projektgruppen/LoRaWAN")
    assert lines(out, "writes: PG_LoRaWAN") == ["writes: PG_LoRaWAN"]
    assert lines(out, "manages rights: PG_LoRaWAN-Administratoren")
    assert lines(out, "shall have: conversation PG LoRaWAN")
    assert lines(out, f"cloud: PG LoRaWAN, {url}/index.php/call/")
    assert lines(out, "moderator: 1 person")
    assert applied.run("explain", "Projektgruppen/LoRaWAN").out == out


def test_rooms_that_a_body_shall_not_have_any_more_are_said(applied: Installation) -> None:
    applied.wish.bodies["pg-lora"]["overrides"] = {"conversation": False}
    assert lines(applied.run("explain", "pg-lora").out, "still has: conversation PG LoRaWAN")


def test_history_names_every_step_about_rooms(applied: Installation) -> None:
    out = applied.run("history", "1").out
    assert lines(out, "cloud  create-folder Projektgruppen/LoRaWAN: done")
    assert lines(out, "cloud  promote-in-conversation PG LoRaWAN: done")
