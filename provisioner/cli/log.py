"""Log lines for operators: on standard error, as text or JSON, with opaque ids and never a name or a secret."""

import logging
import sys
from typing import Literal

import structlog


def set_up(log_format: Literal["text", "json"], *, quiet: bool) -> None:
    """Configure structlog once a process."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
