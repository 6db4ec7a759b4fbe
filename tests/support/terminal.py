"""Commands that speak to people at a terminal alone."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.support.site import ROOT


def on_a_terminal(settings: Path, *arguments: str) -> str:
    """What a command shows on a narrow terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "provisioner", "--settings", str(settings), "--lang", "en", *arguments]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "40", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while some := os.read(ours, 4096):
                shown += some
        except OSError:  # how Linux says that nobody writes to a terminal any more
            pass
        assert process.wait(60) == 0, shown
    os.close(ours)
    return shown.decode()
