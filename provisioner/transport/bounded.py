"""Reading a file that others may have laid there: never without end, never waiting for a writer."""

import errno
import os
import stat
from pathlib import Path


def read_bounded(path: Path, most: int) -> bytes:
    """The file's bytes; of one with more than ``most`` bytes the first ``most`` + 1.

    Links are followed. A pipe or a device, which has no end, is an OSError as a missing file is.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # so that a pipe that nobody writes to opens at once
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return opened.read(most + 1)
