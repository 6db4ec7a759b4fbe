"""Texts that link things: written once everything else is done, with the links that there are by then."""

from connectors.nextcloud.emulation.talk.state import Room
from tests.support.site import Installation, body, new_cloud, person, snapshot

MADE = "/index.php/apps/groupfolders/folders[?]"


def room(installation: Installation, name: str) -> Room:
    [found] = [one for one in installation.cloud.talk.rooms.values() if one.name == name]
    return found


def test_a_description_links_the_folder_from_the_first_run_on(small: Installation) -> None:
    small.apply()
    told = room(small, "PG LoRaWAN").description
    assert f"{small.cloud.url}/index.php/apps/files/?dir=/Projektgruppen/LoRaWAN" in told
    assert "readi:body:pg-lora" in told
    assert small.run("plan").code == 0


def test_the_plan_says_which_links_are_to_come(small: Installation) -> None:
    lines = [line for line in small.run("plan").out.splitlines() if line.startswith("  * conversation PG LoRaWAN")]
    assert len(lines) == 1
    assert "links to come once they exist: team folder Projektgruppen/LoRaWAN" in lines[0]
    assert "readi:" not in lines[0]
    [change] = [
        change
        for change in small.plan()["targets"][0]["changes"]
        if (change["verb"], change["name"]) == ("write", "PG LoRaWAN")
    ]
    assert change["links"] == ["team-folder/body:pg-lora"]


def test_a_new_name_changes_the_links_in_the_same_run(small: Installation) -> None:
    small.apply()
    small.wish.bodies["pg-lora"]["name"] = "Funknetze"
    small.apply()
    assert "?dir=/Projektgruppen/Funknetze" in room(small, "PG Funknetze").description
    assert small.run("plan").code == 0


def test_without_the_folder_the_text_is_written_without_its_line_and_made_whole_later(small: Installation) -> None:
    small.cloud.faults.status(503, method="POST", path=MADE, writes=True, times=None)
    ran = small.run("apply", "--yes", "--json")
    assert (ran.code, ran.json["outcome"]) == (1, "partly")
    assert room(small, "PG LoRaWAN").description == "readi:body:pg-lora"
    small.cloud.faults.clear()
    small.apply()
    assert "?dir=/Projektgruppen/LoRaWAN" in room(small, "PG LoRaWAN").description
    assert small.run("plan").code == 0


def test_a_text_of_what_could_not_be_made_is_left_out_and_said(small: Installation) -> None:
    small.cloud.faults.status(503, method="POST", path=r"/api/v4/room[?]", writes=True, times=None)
    ran = small.run("apply", "--yes", "--json")
    assert ran.code == 1
    left = [step for step in ran.json["failed"] if step["operation"] == "set-conversation"]
    assert {(step["name"], step["state"]) for step in left} == {("PG LoRaWAN", "skipped"), ("PG Sensorik", "skipped")}
    small.cloud.faults.clear()
    small.apply()
    assert "?dir=" in room(small, "PG LoRaWAN").description
    assert small.run("plan").code == 0


def test_somebody_who_renames_a_folder_by_hand_breaks_no_link(small: Installation) -> None:
    small.wish.policy = {"on_drift": {"folder": "keep"}}
    small.apply()
    with small.cloud.lock:
        folder = small.cloud.folders.by_mount_point("Projektgruppen/LoRaWAN")
        assert folder is not None
        folder.mount_point = "Funk"
    small.apply()
    assert "?dir=/Funk" in room(small, "PG LoRaWAN").description
    assert small.run("plan").code == 0


def test_a_narrow_plan_writes_the_texts_of_its_body_alone(small: Installation) -> None:
    small.apply()
    for name in ("lora", "sensorik"):
        small.wish.bodies[f"pg-{name}"]["name"] += " neu"
    ran = small.run("apply", "--yes", "--only", "pg-lora")
    assert ran.code == 0
    assert "LoRaWAN%20neu" in room(small, "PG LoRaWAN neu").description
    assert "Sensorik%20neu" not in room(small, "PG Sensorik").description


def test_each_server_links_its_own_folder(small: Installation) -> None:
    with new_cloud(small.clock) as other:
        small.wish.targets["zwei"] = small.target(url=other.url)
        small.apply()
        [there] = [one for one in other.talk.rooms.values() if one.name == "PG LoRaWAN"]
        assert other.url in there.description
        assert small.cloud.url in room(small, "PG LoRaWAN").description
        assert small.run("plan", "--target", "zwei").code == 0
        small.wish.add(body("pg-neu", "Neues"), person("Dora", "pg-neu"))
        before = snapshot(small.cloud)
        assert small.run("apply", "--yes", "--target", "zwei").code == 0
        assert snapshot(small.cloud) == before
