"""An apply that is really killed, before or after the server did a certain write."""

import os
import signal
from contextlib import suppress
from typing import Protocol

from provisioner.emulation import Faults, RequestLog
from tests.support.site import Installation


class Server(Protocol):
    """Any emulator."""

    @property
    def faults(self) -> Faults: ...

    @property
    def log(self) -> RequestLog: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is dead: its next instruction may be the reading of our answer."""
    os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):  # the test was quicker, and has seen it dead
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def settle(server: Server) -> None:
    """Wait until the emulator has written down what it did for a client that is dead."""
    server.stop()
    server.start()


def killed_while_applying(installation: Installation, number: int, moment: str, server: Server | None = None) -> None:
    """An apply that is dead, before or after the ``server`` (else its Nextcloud) did the write of this number."""
    server = server or installation.cloud
    ready, go = os.pipe()
    child = os.fork()
    if not child:
        os.read(ready, 1)
        installation.run("apply", "--yes")
        os._exit(0)
    if moment == "before":
        server.faults.hook(before=lambda _: kill(child), nth_write=number)
        server.faults.reset_before(nth_write=number)
    else:
        server.faults.hook(after=lambda *_: kill(child), nth_write=number)
        server.faults.reset_after(nth_write=number)
    os.write(go, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    settle(server)
    assert len([entry for entry in server.log.writes if entry.handled]) == number - (moment == "before")
