"""The emulator and the real server against what the real one answered, step by step."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.keycloak.emulator import KeycloakEmulator
from provisioner.emulation import VirtualClock
from tests.keycloak.emulator.conversation import SECRET, Emulated, Real, Side
from tests.keycloak.emulator.recordings import FILES, new_realm, talk_over
from tests.support.keycloak_server import CLIENT

LONG = ("paging", "rights")
"""Hundreds of requests each. Recording them anew shows whether the server still answers so; the tests ask it others."""
CASES = [
    (kind, file) for kind in ("emulator", "keycloak") for file in FILES if kind == "emulator" or file.stem not in LONG
]


@pytest.fixture
def side(kind: str) -> Iterator[Side]:
    if kind == "keycloak":
        with closing(Real(new_realm())) as real:
            yield real
        return
    clock = VirtualClock()
    with KeycloakEmulator(service=(CLIENT, SECRET), clock=clock, realm="emulated-realm") as emulator:
        yield Emulated(emulator, clock)


def difference(recorded: Any, answered: Any, where: str = "") -> str | None:
    """The first difference in keys or values; None when there is none. The order of keys says nothing in JSON."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        if set(recorded) != set(answered):
            return f"{where}: {sorted(set(recorded) ^ set(answered))} is on one side only: {answered!r}"
        found = (difference(value, answered[key], f"{where}.{key}") for key, value in recorded.items())
        return next((one for one in found if one), None)
    if isinstance(recorded, list) and isinstance(answered, list) and len(recorded) == len(answered):
        pairs = enumerate(zip(recorded, answered, strict=True))
        return next((one for n, (a, b) in pairs if (one := difference(a, b, f"{where}[{n}]"))), None)
    same = type(recorded) is type(answered) and recorded == answered
    return None if same else f"{where}: {recorded!r} became {answered!r}"


@pytest.mark.parametrize(
    ("kind", "recording"), CASES, ids=lambda value: value.stem if isinstance(value, Path) else value
)
def test_every_recorded_request_is_answered_alike(kind: str, recording: Path, side: Side) -> None:
    taken = talk_over(recording, side)
    assert taken
    differences = [
        f"{number} {step.get('method', step.get('do'))} {step.get('path', '')} {step.get('json', '')}: {found}"
        for number, (step, answer) in enumerate(taken)
        if (found := difference(step.get("answer"), answer))
    ]
    assert not differences, "\n".join(differences)
