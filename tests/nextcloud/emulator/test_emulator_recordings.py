"""The emulator against what a real Nextcloud 34.0.1 answered, exchange by exchange."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock

RECORDINGS = Path(__file__).parents[2] / "recordings" / "nextcloud-34"
SERVICE = ("readi-provisioner", "recorded-Service-1")
VOLATILE = {"firstLoginTimestamp", "lastLoginTimestamp", "lastLogin", "used", "etag"}
"""Values that differ from run to run: their type is compared, and whether they are nothing."""


def difference(recorded: Any, answered: Any, where: str = "") -> str | None:
    """The first difference in keys, types or lasting values; None when there is none."""
    if type(recorded) is not type(answered):
        return f"{where}: {recorded!r} became {answered!r}"
    if isinstance(recorded, dict):
        if list(recorded) != list(answered):
            return f"{where}: keys {list(recorded)} became {list(answered)}"
        for key, value in recorded.items():
            if key in VOLATILE:
                if type(value) is not type(answered[key]):
                    return f"{where}.{key}: {value!r} became {answered[key]!r}"
            elif found := difference(value, answered[key], f"{where}.{key}"):
                return found
        return None
    if isinstance(recorded, list):
        if len(recorded) != len(answered):
            return f"{where}: {recorded!r} became {answered!r}"
        pairs = enumerate(zip(recorded, answered, strict=True))
        return next((d for n, (a, b) in pairs if (d := difference(a, b, f"{where}[{n}]"))), None)
    return None if recorded == answered else f"{where}: {recorded!r} became {answered!r}"


def lacking(recorded: Any, answered: Any, where: str = "") -> str | None:
    """The first thing the emulator tells that the server did not tell, or told otherwise."""
    if isinstance(answered, dict):
        for key, value in answered.items():
            if not isinstance(recorded, dict) or key not in recorded:
                return f"{where}.{key} was never recorded"
            if found := lacking(recorded[key], value, f"{where}.{key}"):
                return found
        return None
    return None if recorded == answered else f"{where}: {recorded!r} became {answered!r}"


def replay(emulator: NextcloudEmulator, exchange: dict[str, Any]) -> requests.Response:
    tag = exchange["as"]
    headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
    auth: tuple[str, str] | None
    match tag:
        case None:
            auth = None
        case "service":
            auth = SERVICE
        case "admin":
            auth = ("admin", "emulated-Admin-1")
        case "wrong password":
            auth = (SERVICE[0], "wrong-password")
        case "unknown account":
            auth = ("nobody-here", "wrong-password")
        case "service in other case":
            auth = ("READI-Provisioner", SERVICE[1])
        case "app password":
            auth = (SERVICE[0], emulator.app_password(SERVICE[0], "recorded-token"))
        case "bearer app password":
            auth = None
            headers["Authorization"] = f"Bearer {emulator.app_password(SERVICE[0], 'recorded-token')}"
        case [user, password]:
            auth = (user, password)
        case _:
            raise AssertionError(f"unknown actor {tag!r}")
    for name, value in exchange.get("send", {}).items():
        if value is None:
            headers.pop(name)
        else:
            headers[name] = value
    data = exchange.get("raw", exchange.get("form"))
    if "form" in exchange:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    # requests tidies "/./" and "/../" away; the recorded target has to arrive as it was sent
    prepared = requests.Request(
        exchange["method"], emulator.url, headers=headers, auth=auth, data=data, json=exchange.get("json")
    ).prepare()
    prepared.url = emulator.url + exchange["path"]
    with requests.Session() as session:
        session.trust_env = False
        if "Accept" not in headers:
            prepared.headers.pop("Accept", None)
        return session.send(prepared)


@pytest.mark.parametrize("recording", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_exchange_is_answered_alike(recording: Path) -> None:
    exchanges = json.loads(recording.read_text())["exchanges"]
    assert exchanges
    differences: list[str] = []
    clock = VirtualClock()
    with NextcloudEmulator(clock=clock, service=SERVICE, apps=()) as emulator:
        emulator.world.data_directory = "/data"
        emulator.rename(SERVICE[0], "re@di provisioner")
        emulator.users["admin"].last_login = emulator.users["admin"].first_login = 1_767_000_000
        emulator.users["admin"].used = 20_174_294
        for number, exchange in enumerate(exchanges):
            for _ in range(exchange.get("repeat", 1)):
                clock.advance(1)
                answer = replay(emulator, exchange)
            problem = compare(exchange, answer)
            if problem:
                differences.append(f"{number} {exchange['note']}: {exchange['method']} {exchange['path']}: {problem}")
    assert not differences, "\n".join(differences)


def compare(exchange: dict[str, Any], answer: requests.Response) -> str | None:
    if answer.status_code != exchange["status"]:
        return f"status {exchange['status']} became {answer.status_code}: {answer.text[:200]}"
    for name, value in exchange["headers"].items():
        if answer.headers.get(name) != value:
            return f"{name} {value!r} became {answer.headers.get(name)!r}"
    for name in ("Retry-After", "WWW-Authenticate", "X-User-Id"):
        if name in answer.headers and name not in exchange["headers"]:
            return f"{name} was not sent by the server"
    recorded = exchange["body"]
    if isinstance(recorded, str):
        told = re.sub(r"(?<=>)17\d{8}(000)?(?=<)", "(time)", answer.text)
        wanted = re.sub(r"(?<=>)17\d{8}(000)?(?=<)", "(time)", recorded)
        same = told[:14] == wanted[:14] if wanted.startswith("<!DOCTYPE") else told == wanted
        return None if same else f"{recorded!r} became {answer.text!r}"
    if "capabilities" in exchange["path"]:  # the emulator has not all apps, but what it tells is true
        return lacking(recorded, answer.json())
    told = answer.json()
    if "/users/recent" in exchange["path"] and answer.ok:  # its order depends on the second of every log-in
        for side in (recorded, told):
            side["ocs"]["data"]["users"] = dict(sorted(side["ocs"]["data"]["users"].items()))
    return difference(recorded, told)
