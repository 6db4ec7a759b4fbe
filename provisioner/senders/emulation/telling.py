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


class ToBroker:
    """Publishes as the application server does; its own broker knows QoS 0 alone."""

    def __init__(self, host: str, port: int, tenant: str, qos: int) -> None:
        self._tenant, self._qos = tenant, qos
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.connect(host, port)
        self._client.loop_start()

    def __call__(self, application: str, device: str, message: bytes) -> None:
        """Tell it; it has left when this returns."""
        topic = f"v3/{application}@{self._tenant}/devices/{device}/up"
        self._client.publish(topic, message, qos=self._qos).wait_for_publish(5)

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()


def to_broker(host: str, port: int, *, tenant: str = "ttn", qos: int = 0) -> ToBroker:
    """Somebody who publishes there what the devices send. Raises `OSError` where no broker is."""
    return ToBroker(host, port, tenant, qos)
