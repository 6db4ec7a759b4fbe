"""How an emulated Things Stack tells others: a webhook, tried once; a broker, without asking whether it arrived."""

import logging
from collections.abc import Callable

import requests
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

_log = logging.getLogger(__name__)

Tell = Callable[[str, str, bytes], None]
"""(application, device, message)."""


def to_webhook(url: str, secret: str, patience: float = 5.0) -> Tell:
    """A POST with the secret as Bearer; whatever comes of it, there is no second one."""

    def tell(_: str, device: str, message: bytes) -> None:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        try:
            status = requests.post(url, message, headers=headers, timeout=patience, allow_redirects=False).status_code
        except requests.RequestException as error:
            _log.warning("webhook failed", extra={"device": device, "why": type(error).__name__})
        else:
            if not 200 <= status < 300:
                _log.warning("webhook refused", extra={"device": device, "status": status})

    return tell


def to_broker(host: str, port: int, *, tenant: str = "ttn", qos: int = 0) -> Tell:
    """Publishes as the application server does; its own broker knows QoS 0 alone."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect(host, port)
    client.loop_start()

    def tell(application: str, device: str, message: bytes) -> None:
        client.publish(f"v3/{application}@{tenant}/devices/{device}/up", message, qos=qos).wait_for_publish(5)

    return tell
