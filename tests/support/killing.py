"""An apply that is really killed, before or after the server did a certain write."""

import os
import signal
from contextlib import suppress

from connectors.nextcloud.emulator import NextcloudEmulator
from tests.support.site import Installation


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is dead: its next instruction may be the reading of our answer."""
    os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):  # the test was quicker, and has seen it dead
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def settle(cloud: NextcloudEmulator) -> None:
    """Wait until the emulator has written down what it did for a client that is dead."""
    cloud.stop()
    cloud.start()


def killed_while_applying(installation: Installation, number: int, moment: str) -> None:
    """An apply that is dead, before or after the server did the write of this number."""
    cloud = installation.cloud
    ready, go = os.pipe()
    child = os.fork()
    if not child:
        os.read(ready, 1)
        installation.run("apply", "--yes")
        os._exit(0)
    if moment == "before":
        cloud.faults.hook(before=lambda _: kill(child), nth_write=number)
        cloud.faults.reset_before(nth_write=number)
    else:
        cloud.faults.hook(after=lambda *_: kill(child), nth_write=number)
        cloud.faults.reset_after(nth_write=number)
    os.write(go, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    settle(cloud)
    assert len([entry for entry in cloud.log.writes if entry.handled]) == number - (moment == "before")
