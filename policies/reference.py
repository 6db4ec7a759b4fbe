"""A reference of every key of the policy, in Markdown, made from the types themselves: it can't be out of date."""

import json
from collections.abc import Iterator
from datetime import time, timedelta
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from policies.document import Policy
from provisioner.registry.durations import written


@cache
def starter() -> str:
    """A commented policy with every key at its default, as docs/policy.md shows it."""
    return files("policies").joinpath("default.yaml").read_text(encoding="utf-8")


def reference() -> str:
    """Markdown: a table of keys with type, default and description."""
    lines = ["| Key | Type | Default | What it means |", "|---|---|---|---|"]
    for key, info, default in keys(Policy, Policy()):
        cells = (f"`{key}`", described(info.annotation), _shown(default), info.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def keys(
    model: type[BaseModel], default: BaseModel | None, prefix: str = ""
) -> Iterator[tuple[str, FieldInfo, object]]:
    """Every key under ``model`` (``guards.suspensions.count``), what is known of it, and its default.

    Sections come before their keys. Where each entry of a table has its own default, the keys below have `...`.
    """
    for name, info in model.model_fields.items():
        value = ... if default is None else getattr(default, name)
        yield f"{prefix}{name}", info, value
        if (section := _section(info.annotation)) is not None:
            yield from keys(section, value if isinstance(value, BaseModel) else None, f"{prefix}{name}.")


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section that a key leads to: directly, or for each entry of a table."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is dict:
        return _section(get_args(annotation)[1])
    return None


def described(annotation: Any) -> str:
    """A type in words: "text", "number", "one of: ask, keep, revert", "list of text", "table by role of text"."""
    if annotation is type(None):
        return "null"
    if isinstance(annotation, type):
        return _described_class(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of: " + ", ".join(map(str, arguments))
    if origin is tuple:
        return f"list of {described(arguments[0])}"
    if origin is dict:
        return f"table by {arguments[0].__name__} of {described(arguments[1])}"
    if hasattr(annotation, "__metadata__"):  # Annotated: what is checked besides stands in the description
        return described(arguments[0])
    return " or ".join(described(argument) for argument in arguments)


def _described_class(annotation: type) -> str:
    if issubclass(annotation, BaseModel):
        return "section"
    if issubclass(annotation, Enum):
        return "one of: " + ", ".join(str(member.value) for member in annotation)
    return {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
        timedelta: "duration",
        time: "time of day",
    }[annotation]


def _shown(default: object) -> str:
    if default is ...:
        return "see above"
    if isinstance(default, BaseModel):
        return "see below"
    return f"`{json.dumps(_plain(default), ensure_ascii=False)}`"


def _plain(default: object) -> object:
    """As it is written in a file."""
    if isinstance(default, timedelta):
        return written(default)
    if isinstance(default, time):
        return default.strftime("%H:%M")
    return TypeAdapter(Any).dump_python(default, mode="json")
