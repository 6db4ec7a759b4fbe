"""What doctor finds beyond what each connector looks at."""

from tests.support.site import SERVICE, Installation


def test_a_password_that_others_can_read_is_found_with_its_mend(small: Installation) -> None:
    secret = small.folder / "cloud.password"
    secret.write_text(SERVICE[1] + "\n", encoding="utf-8")
    target = small.wish.targets["cloud"]
    del target["password"]
    target["password_file"] = "cloud.password"
    secret.chmod(0o640)
    ran = small.run("doctor")
    assert (ran.code, f"chmod 600 {secret}" in ran.out) == (0, True)
    secret.chmod(0o600)
    assert "chmod" not in small.run("doctor").out


def test_two_targets_on_one_server_are_said_to_share_its_limits(small: Installation) -> None:
    small.wish.targets["same"] = small.target()
    assert "share the write lock" in small.run("doctor", "--target", "cloud").out


def test_a_target_with_wrong_settings_spoils_no_other_ones_findings(small: Installation) -> None:
    small.wish.targets["other"] = {"connector": "nextclowd"}
    ran = small.run("doctor", "--json")
    found = {target["target"]: {one["severity"] for one in target["findings"]} for target in ran.json["targets"]}
    assert (ran.code, "error" in found["cloud"], found["other"]) == (1, False, {"error"})


def test_rooms_that_no_link_leads_into_are_found_and_secrets_of_meeting_servers_that_others_can_read(
    small: Installation,
) -> None:
    secret = small.folder / "meet.secret"
    secret.write_text("s" * 32, encoding="utf-8")
    secret.chmod(0o644)
    small.wish.targets["meet"] = {"connector": "jitsi", "url": "http://127.0.0.1:1", "secret_file": secret.name}
    said = small.run("doctor", "--target", "meet").out
    assert ("No link leads into the meeting rooms" in said, f"chmod 600 {secret}" in said) == (True, True)
    small.more_settings["service"] = {"url": "https://netz.example"}
    assert "No link leads" not in small.run("doctor", "--target", "meet").out
