"""Log lines of the service and the commands: opaque ids and codes, never a name, an address or a secret.

Everybody logs through the standard library; structlog only renders. What exceptions say is left out (it quotes what
people sent); where they were raised is kept. Of libraries we know what kind of thing happened where, and no more: what
they say of it may quote addresses of pages and of people.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, Literal

import structlog

LogFormat = Literal["text", "json"]

OURS: Final = ("provisioner", "connectors", "policies")
_SPEAKING: Final = ("uvicorn.error",)
"""Loggers of others whose sentences hold no data of people: they start, stop, and refuse malformed requests."""
_FRAMES: Final = 12
"""How many of the innermost lines of code an exception is told with."""

_Event = MutableMapping[str, Any]


def handler(log_format: LogFormat) -> logging.Handler:
    """Renders every record to standard error, one line each."""
    renderer: structlog.typing.Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    made = logging.StreamHandler(sys.stderr)
    made.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _without_words,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            use_get_message=False,
        )
    )
    return made


def set_up(log_format: LogFormat, *, quiet: bool = False) -> None:
    """For the service and each of its processes: of ours everything, unless ``quiet``; of others what goes wrong."""
    root, made = logging.getLogger(), handler(log_format)
    root.handlers = [made]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logging.captureWarnings(True)


def _without_words(_: object, __: str, event: _Event) -> _Event:
    """What was raised becomes its kinds and places; what others say becomes the place where they said it."""
    record: logging.LogRecord = event["_record"]
    name = record.name
    if name.partition(".")[0] in OURS or name in _SPEAKING:
        event["event"] = record.getMessage()
    else:
        event["event"] = "from a library"
        event["where"] = f"{Path(record.pathname).name}:{record.lineno}"
    raised = event.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["raised"] = told(error)
    event.pop("stack_info", None)
    return event


def told(error: BaseException) -> list[str]:
    """Kinds of an exception and of those behind it, each with the code that it came through; no word of theirs."""
    lines: list[str] = []
    seen: set[int] = set()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        lines.append(type(now).__qualname__)
        frames = traceback.extract_tb(now.__traceback__)[-_FRAMES:]
        lines += [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        now = now.__cause__ or now.__context__
    return lines


def _short(file: str) -> str:
    """From the package on."""
    parts = Path(file).parts
    for root in (*OURS, "site-packages"):
        if root in parts:
            return "/".join(parts[parts.index(root) + (root == "site-packages") :])
    return Path(file).name
