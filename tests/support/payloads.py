"""Messages of senders: the real ones, and such as a test wants."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner.model.sensors import ForeignAlert, Uplink
from provisioner.senders.parsing import Parsed, parse

FOLDER = Path(__file__).parents[1] / "senders" / "payloads"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def payload(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def tts(values: object = None, **message: object) -> dict[str, Any]:
    """An uplink of The Things Stack. ``message``: fields of `uplink_message`."""
    return {
        "end_device_ids": {
            "device_id": "pegel-alb",
            "dev_eui": "0004A30B001C0530",
            "application_ids": {"application_id": "messnetz"},
        },
        "uplink_message": {
            "session_key_id": "AXA50tHUGUucuzS/bCGMNw==",
            "f_cnt": 7,
            "received_at": "2026-11-22T11:59:00.123456789Z",
            **({} if values is None else {"decoded_payload": values}),
            **message,
        },
    }


def read(kind: str, message: object, received: datetime = NOW, **more: Any) -> Parsed:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return parse(kind, raw, received, "sender", **more)


def one_uplink(kind: str, message: object, received: datetime = NOW, **more: Any) -> Uplink:
    parsed = read(kind, message, received, **more)
    assert (parsed.refused, parsed.skipped) == (None, False)
    [uplink] = parsed.news
    assert isinstance(uplink, Uplink)
    return uplink


def alerts(kind: str, message: object, received: datetime = NOW) -> list[ForeignAlert]:
    parsed = read(kind, message, received)
    assert parsed.refused is None
    found = [one for one in parsed.news if isinstance(one, ForeignAlert)]
    assert len(found) == len(parsed.news)
    return found
