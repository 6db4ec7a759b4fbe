"""Installations with sensors and rules, and an emulated Talk that holds the conversations of their bodies."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from scripts.benches.alert_payloads import APPLICATION, TOPIC
from scripts.benches.alert_world import World, documents
from scripts.benches.children import CHILDREN, EmulatorProcess
from scripts.benches.sites import PENDING, Installation, Size, new_installation

SENDER: Final = "ttn"
COMMITTED: Final = "SELECT sum(count) FROM sender_count WHERE what IN ('taken', 'filled')"
"""Asks a bridge's database how many uplinks were kept."""
LATENCY: Final = 0.03
"""Seconds that the stand-in Talk takes to answer."""


@dataclass(frozen=True)
class Said:
    """A message that came into Talk: when, in which conversation, what."""

    at: float
    conversation: str
    text: str
    reference: str


@dataclass(frozen=True)
class AlertSite:
    """An installation whose bridge listens to ``port``."""

    made: Installation
    world: World
    cloud: EmulatorProcess
    diary: Path

    @cached_property
    def database(self) -> Path:
        """SQLite."""
        return self.made.folder / "state" / "readi.db"

    def listen(self, port: int, storage: str | None = None, **network: object) -> None:
        """Write the bridge's settings. ``storage``: the address of one that fills gaps."""
        settings = yaml.safe_load(self.made.settings.read_text(encoding="utf-8"))
        mqtt = {"host": "127.0.0.1", "port": port, "tls": False, "topics": [TOPIC % "+"], "client_id": "readi-bench"}
        sender: dict[str, Any] = {"kind": "things-stack", "mqtt": mqtt}
        if storage is not None:
            sender["storage"] = {"url": storage, "application": APPLICATION, "key": "only-for-measuring"}
        settings["networks"]["redi"].update({"bridge": {"senders": {SENDER: sender}}, **network})
        self.made.settings.write_text(yaml.safe_dump(settings), encoding="utf-8")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Its database, only to look at."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, isolation_level=None)) as connection:
            yield connection

    def said(self) -> list[Said]:
        """All messages in Talk since the beginning, the oldest first. Raises RuntimeError for one that was refused."""
        found = []
        for line in self.diary.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            before, _, token = str(told["path"]).partition("?")[0].rpartition("/")
            if before.endswith("/apps/spreed/api/v1/chat"):
                if told["status"] != 201:
                    raise RuntimeError(f"Talk did not take a message: {told}")
                body: Mapping[str, str] = json.loads(told["body"])
                found.append(Said(told["at"], token, body["message"], body.get("referenceId", "")))
        return found


class _Dumper(yaml.SafeDumper):
    """Says twice what is there twice: the registry knows no anchors."""

    def ignore_aliases(self, _: object) -> bool:
        return True


_AWAKE: Final = {"quiet": {"up_to": None}}
"""Whatever the time of day at which is measured."""
_USUAL: Final[Mapping[str, object]] = {}


def alert_site(size: Size, world: World, alerts: Mapping[str, object] = _USUAL) -> AlertSite:
    """A new one, whose Talk holds the conversations of all bodies and answers as one does that is elsewhere.

    ``alerts``: what its policy says of them otherwise than usual.
    """
    made = new_installation(size)
    written = yaml.dump(documents(world), Dumper=_Dumper, allow_unicode=True, sort_keys=False)
    (made.folder / "registry" / "sensors.yaml").write_text(written, encoding="utf-8")
    diary = made.folder / "diary"
    cloud = CHILDREN.keep(EmulatorProcess(size=(size.people, size.bodies, size.edges), diary=diary))
    made.target(cloud.address, policy={"alerts": {**_AWAKE, **alerts}})
    plan = str(made.folder / "plan.json")
    made.readi("plan", "--out", plan, expected=(PENDING,))
    made.readi("apply", plan, "--yes")
    cloud.slow_down(LATENCY)
    cloud.step_aside()
    return AlertSite(made, world, cloud, diary)
