"""Devices of an emulated Things Stack, and what it says of them: as the real one, without zeros, empties and false."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


def stamp(at: datetime) -> str:
    """As the network server writes a moment: with nanoseconds, and none where there are none."""
    fraction = f".{at.microsecond:06d}789" if at.microsecond else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


@dataclass
class EmulatedDevice:
    """One device: it counts what it sends, and begins anew when it joins."""

    device_id: str
    eui: str
    application: str
    gateways: tuple[str, ...] = ("gtw1",)
    counter: int = -1
    joined: int = 1
    battery: float | None = None
    """Percent, as its status told last."""

    @property
    def session(self) -> str:
        """Which changes with every join."""
        made = hashlib.sha256(f"{self.eui}/{self.joined}".encode()).digest()[:16]
        return base64.b64encode(made).decode()

    def join(self, at: datetime) -> dict[str, Any]:
        """It joins: the counter begins anew. What the application server says of it."""
        self.joined += 1
        self.counter = -1
        said = {"session_key_id": self.session, "received_at": stamp(at)}
        return {**self._ids(at), "join_accept": said}

    def lose(self, messages: int = 1) -> None:
        """No gateway heard it: the counter moves on."""
        self.counter += messages

    def uplink(
        self, at: datetime, values: Mapping[str, Any], *, simulated: bool = False, f_port: int = 1
    ) -> dict[str, Any]:
        """It sends, and is heard. ``values``: what its decoder makes of it."""
        self.counter += 1
        message: dict[str, Any] = {
            "session_key_id": self.session,
            "f_port": f_port,
            "f_cnt": self.counter,
            "frm_payload": base64.b64encode(self.counter.to_bytes(4, "big")).decode(),
            "decoded_payload": dict(values),
            "rx_metadata": [
                {"gateway_ids": {"gateway_id": gateway}, "time": stamp(at), "rssi": -71, "snr": 8.5}
                for gateway in self.gateways
            ],
            "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}}, "frequency": "868300000"},
            "consumed_airtime": "0.056576s",
            "received_at": stamp(at),
        }
        if self.battery is not None:
            message["last_battery_percentage"] = {"f_cnt": 1, "value": self.battery, "received_at": stamp(at)}
        said = {name: value for name, value in message.items() if value or name == "received_at"}
        return {**self._ids(at), **({"simulated": True} if simulated else {}), "uplink_message": said}

    def _ids(self, at: datetime) -> dict[str, Any]:
        return {
            "end_device_ids": {
                "device_id": self.device_id,
                "application_ids": {"application_id": self.application},
                "dev_eui": self.eui.upper(),
                "dev_addr": f"{self.joined:08X}",
            },
            "correlation_ids": [f"as:up:{self.device_id}:{self.joined}:{self.counter}"],
            "received_at": stamp(at),
        }
