"""What the demo's sensors said before somebody looks: a river rises, books get damp, one device nobody knows."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from provisioner.app.alerting.books import Books
from provisioner.app.alerting.intake import Intake
from provisioner.app.alerting.muting import Muting
from provisioner.app.alerting.status import BridgeStatus, keep_status
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Viewer
from provisioner.senders.receiving import Delivery
from provisioner.state import GatewayRow, Gateways

SENDER: Final = "ttn"
SENSOR_BRIDGE: Final[Mapping[str, Any]] = {
    "senders": {SENDER: {"kind": "things-stack", "webhook": {"secret": "emulated-Sender-1-worth-nothing-at-all"}}}
}
"""The bridge's settings."""
_RIVER: Final = ("pegel", "pegel-alb", "a84041c4d1870001")
_BOOKS: Final = ("museen", "vitrine", "24e124785c400002")
_CELLAR: Final = ("keller", "keller", "24e124785c400003")
_CLASSROOM: Final = ("schulen", "co2-schwarzwaldschule-3b", "24e124785c400031")
_STRANGER: Final = ("pegel", "pegel-murg", "a84041c4d1870002")
_MOUNT: Final = 320
"""Centimetres, as in the example's registry."""


def measure(site: Site, pictures: Pictures) -> None:
    """Take it all in, as the bridge does. Raises `SettingsError`, `StateError`."""
    books, now = Books(pictures), site.clock.now()
    intake = Intake(site.database, site.network, books, site.clock)
    for counter, (device, ago, values) in enumerate(_said(), 1):
        payload = _uplink(device, counter, now - timedelta(minutes=ago), values)
        intake.take([Delivery(SENDER, "things-stack", payload, "", now, lambda _: None)])
    gateways = (("gw-rathaus-ettlingen", True, 9), ("gw-wasserturm-rastatt", False, 2))
    Gateways(site.database, site.network).tell(
        [GatewayRow(SENDER, name, online, now - timedelta(hours=hours)) for name, online, hours in gateways]
    )
    keep_status(site, BridgeStatus(now))
    ranger = Viewer(site.network, ranger=True)
    Muting(site, books).mute(ranger, "sensor:feuchte-baederviertel", timedelta(days=2), "Estrich trocknet")


def _said() -> Iterator[tuple[tuple[str, str, str], int, Mapping[str, float]]]:
    """(device, minutes ago, what it measured), the oldest of each device first."""
    dry, damp = (
        {"temperature": 18.5, "humidity": 48, "battery": 87},
        {"temperature": 19.0, "humidity": 58, "battery": 86},
    )
    for ago, level in ((1500, 120), (1480, 122), (1440, 90), (80, 105), (60, 148), (40, 192), (20, 196), (2, 203)):
        yield _RIVER, ago, {"Distance": (_MOUNT - level) * 10, "Bat": 3.42}
    for ago, values in ((95, dry), (65, damp), (35, damp), (5, {**damp, "humidity": 59})):
        yield _BOOKS, ago, values
    yield _CELLAR, 12, {"temperature": 12.5, "humidity": 71, "battery": 12}
    yield _CLASSROOM, 6, {"co2": 840, "temperature": 21.5, "humidity": 44, "battery": 96}
    yield _STRANGER, 3, {"Distance": 1480, "Bat": 3.3}


def _uplink(device: tuple[str, str, str], counter: int, at: datetime, values: Mapping[str, float]) -> bytes:
    """As The Things Stack tells it."""
    application, name, eui = device
    moment = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    ids = {"device_id": name, "application_ids": {"application_id": application}, "dev_eui": eui.upper()}
    uplink = {"session_key_id": "AYc", "f_port": 2, "f_cnt": counter, "decoded_payload": values, "received_at": moment}
    return json.dumps({"end_device_ids": ids, "received_at": moment, "uplink_message": uplink}).encode()
