"""A small network that changes in every way there is, and the same beginning for as many tests as like."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from tests.support.site import LONG_AGO, Held, Installation, Snapshot, body, fill, new_cloud, person, snapshot

Known = tuple[Path, Held]
"""An installation's folder and what the server held, to begin with again and again."""


def install(folder: Path, cloud: NextcloudEmulator) -> Installation:
    """One installation of `first_wish`, on whichever emulator: the server's name is fixed."""
    installation = Installation(folder, cloud)
    wish = installation.wish
    wish.targets["cloud"] = installation.target(server="the-cloud", working_group=PROVISIONERS)
    wish.policy = {
        "groups": {"names": {"project": {"administrators": None}}},
        "folders": {"names": {"project": None}},  # but for bodies that say so themselves
        "conversations": {"names": {"project": None}},
    }
    wish.add(
        body("pg-sensorik", "Sensorik", **rooms("Sensorik")),
        body("pg-lora", "LoRaWAN"),
        person("Anna", moderating("pg-sensorik")),
        person("Ben", "pg-sensorik"),
        person("Cleo", "pg-sensorik", "pg-lora"),
        person("Dora", moderating("pg-sensorik")),
        person("Emil", "pg-sensorik"),
    )
    return installation


def moderating(body_id: str) -> dict[str, str]:
    """A moderator's membership."""
    return {"id": body_id, "role": "moderator"}


def rooms(name: str) -> dict[str, Any]:
    """A body's own folder and conversation of this name."""
    return {"overrides": {"folder_name": name, "conversation_name": name}}


def wish_anew(installation: Installation) -> None:
    """Every kind of write there is: a group and an account made, joins, leaves, updates, a farewell, a return.

    And rooms: a folder and a conversation made with all that belongs to them, one of each renamed, a moderator gone.
    """
    wish = installation.wish
    wish.add(body("pg-ki", "KI", **rooms("KI")), person("Gerd", moderating("pg-ki"), "pg-lora"))
    wish.people["p-anna"]["bodies"] = [moderating("pg-sensorik"), "pg-ki"]
    wish.people["p-ben"]["email"] = "ben.neu@bretten.example"
    wish.people["p-cleo"]["bodies"] = ["pg-sensorik", {"id": "pg-lora", "until": LONG_AGO}]
    wish.people["p-dora"]["leaves"] = LONG_AGO
    wish.bodies["pg-sensorik"] |= {"name": "Sensorik und Daten", **rooms("Sensorik und Daten")}


@contextmanager
def another(folder: Path, known: Known) -> Iterator[Installation]:
    """An emulator and an installation as they stood before `wish_anew`, which is wished for now."""
    shutil.copytree(known[0], folder, dirs_exist_ok=True)
    with new_cloud() as cloud:
        fill(cloud, known[1])
        installation = install(folder, cloud)
        wish_anew(installation)
        yield installation


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a run without any trouble makes of `wish_anew`, and by which writes."""

    result: Snapshot
    writes: list[tuple[str, str]]


def assert_ends_right(installation: Installation, expected: Snapshot) -> None:
    """The next run, in this process, brings all to its end; a further one has nothing to do."""
    installation.apply()
    assert snapshot(installation.cloud) == expected
    plan = installation.plan()
    assert [target["changes"] for target in plan["targets"]] == [[]]
    assert [notice for target in plan["targets"] for notice in target["notices"]] == []
    assert installation.run("drift").code == 0
    assert installation.open_entries() == 0
    assert_nothing_twice(installation)


def assert_nothing_twice(installation: Installation) -> None:
    """No creation was done by the server more than once, whether or not its answer arrived."""
    creations = installation.cloud.log.matching("POST", "/cloud/(users|groups)[?]")
    made = [entry.body for entry in creations if entry.handled and entry.status in (0, 200)]
    assert len(made) == len(set(made))
