"""A reference in Markdown from pydantic models: a section a model, a row a field. Knows no model by name."""

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any

from pydantic import BaseModel

from provisioner.registry.durations import CLOCK_PATTERN, DURATION_PATTERN

_FORMATS = {"date": "day", "email": "e-mail", "hostname": "domain", "uri": "https address"}
_PATTERNS = {DURATION_PATTERN: "duration", CLOCK_PATTERN: "time of day"}
_PLAIN = {"string": "text", "integer": "number", "number": "number", "boolean": "`true` or `false`", "null": ""}
NOTHING = "\N{EN DASH}"
"""Stands for a default that there is not."""
_ID = "[a-z0-9][a-z0-9-]"
"""How the pattern of ids begins."""


def reference(root: type[BaseModel]) -> str:
    """Sections for ``root`` and every model in it, in the order in which they are first named."""
    whole = root.model_json_schema()
    shapes = {**whole.get("$defs", {}), root.__name__: whole}
    models = {model.__name__: model for model in _models(root)}
    return "".join(_section(models[name], shapes[name], shapes, root) for name in models)


def _models(root: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """``root`` and the models among its fields' types, each once, parents before children."""
    seen: list[type[BaseModel]] = []
    waiting: list[Any] = [root]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, type) and issubclass(found, BaseModel):
            if found not in seen:
                seen.append(found)
                yield found
                waiting = [field.annotation for field in found.model_fields.values()] + waiting
        else:
            waiting = list(getattr(found, "__args__", ())) + waiting


def _section(model: type[BaseModel], shape: dict[str, Any], shapes: dict[str, Any], root: type[BaseModel]) -> str:
    title = "The whole file" if model is root else title_of(model.__name__)
    lines = [f"\n## {title}\n", _sentence(shape.get("description", "")), ""]
    lines += ["| field | value | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        value = _words(shape["properties"][name], shapes)
        required = name in shape.get("required", ())
        default = "required" if required else _default(field.get_default(call_default_factory=True))
        lines.append(f"| `{name}` | {value} | {default} | {_cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def title_of(model: str) -> str:
    """`SelectorDocument` → "Selector"."""
    plain = model.removesuffix("Document").removesuffix("Policy")
    return "".join(f" {letter.lower()}" if letter.isupper() and at else letter for at, letter in enumerate(plain))


def _words(shape: dict[str, Any], shapes: dict[str, Any]) -> str:
    """What may stand there, in words."""
    if "$ref" in shape:
        name = shape["$ref"].rsplit("/", 1)[1]
        found = shapes[name]
        return _choice(found["enum"]) if "enum" in found else f"[{title_of(name)}](#{_anchor(title_of(name))})"
    if "anyOf" in shape:
        words = [_words(one, shapes) for one in shape["anyOf"]]
        return " or ".join(dict.fromkeys(word for word in words if word))
    if "enum" in shape or "const" in shape:
        return _choice(shape.get("enum") or [shape["const"]])
    if shape.get("type") == "array":
        return f"list of: {_words(shape['items'], shapes)}"
    if shape.get("type") == "object":
        keys = _words(shape["propertyNames"], shapes) if "propertyNames" in shape else "text"
        values = shape.get("additionalProperties") or next(iter(shape["patternProperties"].values()))
        return f"for each of {keys}: {_words(values, shapes)}"
    if "allOf" in shape:
        return _words(shape["allOf"][0], shapes)
    if str(shape.get("pattern", "")).removeprefix("^").startswith(_ID):
        return "id"
    if shape.get("pattern") in _PATTERNS:
        return _PATTERNS[shape["pattern"]]
    return _FORMATS.get(shape.get("format", ""), _PLAIN[shape.get("type", "string")])


def _choice(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _default(value: object) -> str:
    """Short values as they are written in YAML; sections point to their own table."""
    if isinstance(value, BaseModel) or (isinstance(value, dict) and value):
        return "see below"
    if value is None or value == [] or value == ():
        return NOTHING
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, tuple | list):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{json.dumps(value) if isinstance(value, bool) else value}`" if value != "" else NOTHING


def _sentence(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")


def _cell(text: str) -> str:
    return _sentence(text).replace("|", "\\|").replace("<", "&lt;")


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")
