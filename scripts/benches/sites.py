"""Whole installations to measure on: a registry in YAML, settings, and an emulator in another process."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.nextcloud.emulator import PROVISIONERS
from scripts.benches.children import CHILDREN, READI, EmulatorProcess, Ran, run, run_module

PENDING = 2
_NEXTCLOUD: Final[Mapping[str, object]] = {
    "welcome_mail": False,
    "working_group": PROVISIONERS,
    "calendar_limit": 1_000_000,  # lifted there, too
    "share_limit": 1_000_000,
}
_USUAL: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True)
class Size:
    """People and bodies; ``edges``: places in groups."""

    people: int
    bodies: int
    edges: int


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with registry and settings."""

    folder: Path
    size: Size

    @property
    def settings(self) -> Path:
        return self.folder / "settings.yaml"

    def target(
        self, address: Mapping[str, str], connector: str = "nextcloud", policy: Mapping[str, object] = _USUAL
    ) -> None:
        """Write the settings for this server, and forget all state."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        # New accounts are not greeted: a first sync is silent.
        ours = _NEXTCLOUD if connector == "nextcloud" else {}
        targets = {"target": {"connector": connector, **ours, **address}}
        network = {"registry": "registry", "targets": targets, **({"policy": "policy.yaml"} if policy else {})}
        (self.folder / "policy.yaml").write_text(yaml.safe_dump(dict(policy)), encoding="utf-8")
        self.settings.touch(mode=0o600)
        self.settings.write_text(yaml.safe_dump({"networks": {"redi": network}}), encoding="utf-8")

    def readi(self, *arguments: str, expected: Sequence[int] = (0,)) -> Ran:
        """Run the command ``readi`` on it."""
        return run([*READI, "--settings", str(self.settings), "--lang", "en", *arguments], expected)

    def report(self, *arguments: str, expected: Sequence[int] = (0,)) -> dict[str, Any]:
        """The same; what it printed as JSON."""
        found: dict[str, Any] = json.loads(self.readi(*arguments, "--json", expected=expected).output.splitlines()[-1])
        return found


def new_installation(size: Size) -> Installation:
    """One of this size, without a server yet."""
    folder = CHILDREN.folder()
    run_module("written", size.people, size.bodies, size.edges, folder)
    return Installation(folder, size)


installation = cache(new_installation)
"""The same for all who change nothing in its registry."""


def brought(size: Size) -> tuple[Installation, EmulatorProcess]:
    """One whose server holds what the registry wants, and whose state knows it: adopted, every object of it."""
    made = new_installation(size)
    server = CHILDREN.keep(EmulatorProcess(size=(size.people, size.bodies, size.edges)))
    made.target(server.address)
    plan = str(made.folder / "plan.json")
    made.readi("plan", "--out", plan, expected=(PENDING,))
    made.readi("apply", plan, "--yes")
    return made, server


synchronised = cache(brought)
"""The same for all who change nothing."""
