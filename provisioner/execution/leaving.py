"""Leaves the epoch in a target: the one write there that is no step of a plan."""

from provisioner.model.inventory import Epoch
from provisioner.model.ports import Connector
from provisioner.state import Epochs, ServerLock
from provisioner.transport.gate import WriteGate


def leave_epoch(
    epochs: Epochs, network: str, target: str, epoch: Epoch, lock: ServerLock, gate: WriteGate, connector: Connector
) -> None:
    """Say in the target how far the database has come, and remember that it was said. Needs the server's lock.

    Raises what `Connector.leave_epoch` raises, and `StateError`.
    """
    epochs.note_leaving(lock.server, epoch.number)
    with gate.opened(lock.token()):
        connector.leave_epoch(epoch)
    epochs.note_left(network, target, epoch.number)
