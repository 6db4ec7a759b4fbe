"""Brings the registry's folder up to date from the git server that holds it: forward only, never over work there."""

import os
import subprocess
from pathlib import Path
from typing import Final

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text

_TIMEOUT: Final = 120
"""Seconds for one command of git."""

_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "LC_ALL": "C"}
"""Nobody sits there who could type a password."""
_SSH: Final = "ssh -oBatchMode=yes"


class PullRefused(ReadiError):
    """The folder was left as it is."""


def pull(folder: Path) -> bool:
    """Fetch, and move forward; whether anything came. Raises `PullRefused`: changes there, no way forward, no answer.

    Runs no hook of the repository.
    """
    if _git(folder, "status", "--porcelain", "--untracked-files=no"):
        raise PullRefused(Text.of("app.pull_changed", folder=str(folder)))
    before = _git(folder, "rev-parse", "HEAD")
    _git(folder, "pull", "--ff-only", "--no-rebase", "--quiet")
    return _git(folder, "rev-parse", "HEAD") != before


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(folder), *arguments]
    environment = {**os.environ, "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", _SSH), **_QUIET}
    try:
        ran = subprocess.run(  # noqa: S603 - fixed words and a path of the settings; no shell
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise PullRefused(Text.of("app.pull_no_git")) from None
    except subprocess.TimeoutExpired:
        raise PullRefused(Text.of("app.pull_late", seconds=_TIMEOUT, folder=str(folder))) from None
    if ran.returncode:
        # Not what git says: it may quote an address with a password in it.
        raise PullRefused(Text.of("app.pull_failed", what=arguments[0], folder=str(folder)))
    return ran.stdout.decode(errors="replace").strip()
