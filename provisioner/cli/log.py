"""Log lines for operators: on standard error, as text or JSON, with opaque ids and never a name or a secret.

Everybody logs through the standard library; structlog only renders.
"""

import logging
import sys
from typing import Literal

import structlog

LogFormat = Literal["text", "json"]


def set_up(log_format: LogFormat, *, quiet: bool) -> None:
    """Configure once a process. JSON shows what was done; text only defects, since the command says the rest itself."""
    renderer: structlog.typing.Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer(sort_keys=True)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    ours = logging.getLogger("provisioner")
    ours.handlers = [handler]
    ours.propagate = False
    ours.setLevel(logging.ERROR if quiet or log_format == "text" else logging.INFO)
