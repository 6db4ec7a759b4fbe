"""Doors, people at them, and what stands in the tokens that they get."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from connectors.jitsi.door import JitsiDoor
from connectors.jitsi.emulator import SECRET
from connectors.jitsi.settings import JitsiSettings
from provisioner.model.meetings import Allowance, Entrant, Pass, Standing

NOW = datetime(2026, 1, 13, 9, 0, tzinfo=UTC)
URL = "https://meet.example"
ROOM = "re-0123456789abcdef0123456789abcdef"


def settings(**changes: Any) -> JitsiSettings:
    given = {"url": URL, **({} if {"secret", "secret_file", "keys"} & changes.keys() else {"secret": SECRET})}
    return JitsiSettings.model_validate({**given, **changes})


def door(**changes: Any) -> JitsiDoor:
    return JitsiDoor(settings(**changes))


def somebody(name: str = "Max Muster", standing: Standing = Standing.MEMBER, **more: Any) -> Entrant:
    return Entrant("a1b2c3", name, standing, Allowance(300, **more) if more else None)


def claims(made: Pass | str) -> dict[str, Any]:
    token = made if isinstance(made, str) else made.token.get_secret_value()
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def header(made: Pass) -> dict[str, Any]:
    part = made.token.get_secret_value().split(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
