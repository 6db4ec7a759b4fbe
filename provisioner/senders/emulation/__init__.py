"""A Things Stack that runs on loopback: devices that send, a storage, gateways, and whom it tells."""

from provisioner.senders.emulation.devices import EmulatedDevice
from provisioner.senders.emulation.telling import to_broker, to_webhook
from provisioner.senders.emulation.things_stack import KEY, ThingsStackEmulator

__all__ = ["KEY", "EmulatedDevice", "ThingsStackEmulator", "to_broker", "to_webhook"]
