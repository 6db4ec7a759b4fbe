"""Log lines of a command, on standard error, as the service writes them (see `provisioner.service.logs`)."""

import logging

from provisioner.service.logs import OURS, LogFormat, handler


def set_up(log_format: LogFormat, *, quiet: bool) -> None:
    """Configure once a process. JSON shows what was done; text only defects, since the command says the rest itself."""
    for name in OURS:
        ours = logging.getLogger(name)
        ours.handlers = [handler(log_format)]
        ours.propagate = False
        ours.setLevel(logging.ERROR if quiet or log_format == "text" else logging.INFO)
