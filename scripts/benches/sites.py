"""Whole installations to measure on: a registry in YAML, settings, and an emulator in another process."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scripts.benches.children import CHILDREN, READI, EmulatorProcess, Ran, run, run_module

PENDING = 2


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

    def target(self, address: Mapping[str, str], connector: str = "nextcloud") -> None:
        """Write the settings for this server, and forget all state."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        # New accounts are not greeted: a first sync is silent.
        silent = {"welcome_mail": False} if connector == "nextcloud" else {}
        network = {"registry": "registry", "targets": {"target": {"connector": connector, **silent, **address}}}
        self.settings.touch(mode=0o600)
        self.settings.write_text(yaml.safe_dump({"networks": {"redi": network}}), encoding="utf-8")

    def readi(self, *arguments: str, expected: Sequence[int] = (0,)) -> Ran:
        """Run the command ``readi`` on it."""
        return run([*READI, "--settings", str(self.settings), "--lang", "en", *arguments], expected)

    def report(self, *arguments: str, expected: Sequence[int] = (0,)) -> dict[str, Any]:
        """The same; what it printed as JSON."""
        found: dict[str, Any] = json.loads(self.readi(*arguments, "--json", expected=expected).output.splitlines()[-1])
        return found


@cache
def installation(size: Size) -> Installation:
    """A new one of this size, without a server yet."""
    folder = CHILDREN.folder()
    run_module("written", size.people, size.bodies, size.edges, folder)
    return Installation(folder, size)


@cache
def synchronised(size: Size) -> tuple[Installation, EmulatorProcess]:
    """One whose server holds what the registry wants, and whose state knows it."""
    made = installation(size)
    server = CHILDREN.keep(EmulatorProcess(contents=made.folder / "contents.json"))
    made.target(server.address)
    plan = str(made.folder / "plan.json")
    made.readi("plan", "--out", plan, expected=(PENDING,))
    made.readi("apply", plan, "--yes")  # nothing but adoptions
    return made, server
