"""What pydantic found wrong with an entry, in words for people: what it is, where, and how to mend it."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from provisioner.model.text import Argument, Text
from provisioner.registry import shapes
from provisioner.registry.parsing import Mapping as MappingNode
from provisioner.registry.parsing import Sequence as SequenceNode
from provisioner.registry.parsing import locate, origin
from provisioner.registry.problems import Problem, error

_SHOWN: Final = 60
_PATTERNS: Final = {
    shapes.ID_PATTERN: "registry.bad_id",
    shapes.EMAIL_PATTERN: "registry.bad_email",
    shapes.DOMAIN_PATTERN: "registry.bad_domain",
    r"^[a-z]{2}$": "registry.bad_language",
}
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffd\U000e0000-\U000e0fff]"
)


def shown(value: object) -> str:
    """A value for a message: cut short, and what can't be seen is spelt out."""
    text = _INVISIBLE.sub(lambda found: f"<U+{ord(found.group()):04X}>", str(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def mend_word(word: str, known: Iterable[str]) -> Text:
    """ "Did you mean …?", or the list of what is known when nothing is near."""
    words = sorted(known)
    meant = suggestion(word, words)
    if meant is not None:
        return Text.of("registry.did_you_mean", suggestion=meant)
    if len(words) > 12 or not words:
        return Text.of("registry.check_spelling", word=shown(word))
    return Text.of("registry.known_words", words=", ".join(words))


def explain(
    fault: ValidationError, model: type[BaseModel], file: str, node: MappingNode, plain: Mapping[int, str]
) -> list[Problem]:
    """All mistakes of one entry, with their places."""
    return [_explain_one(detail, model, file, node, plain) for detail in fault.errors(include_url=False)]


def _explain_one(
    detail: ErrorDetails, model: type[BaseModel], file: str, node: MappingNode, plain: Mapping[int, str]
) -> Problem:
    kind, path, value = detail["type"], detail["loc"], detail.get("input")
    field = next((part for part in reversed(path) if isinstance(part, str)), "")
    context: Mapping[str, Any] = detail.get("ctx") or {}
    place = locate(node, path, key=kind == "extra_forbidden")
    where = origin(file, place)
    if kind == "missing":
        if path == ("guest", "until"):
            return error(where, Text.of("registry.guest_without_end"), Text.of("registry.guest_without_end_mend"))
        return _pair(where, "registry.missing_field", field=field)
    if kind == "extra_forbidden" and field.isdecimal() and value is None:
        return _pair(where, "registry.comma_in_number", field=field)
    if kind == "extra_forbidden":
        return error(
            where, Text.of("registry.unknown_field", field=shown(field)), mend_word(field, fields_at(model, path))
        )
    if path and path[-1] == "[key]":
        field = str(path[-3])
        where = origin(file, locate(node, path[:-1], key=True))
    if kind in ("enum", "literal_error"):
        choices = re.findall(r"'([^']+)'", str(context.get("expected", "")))
        what = Text.of("registry.unknown_choice", field=field, value=shown(value))
        return error(where, what, mend_word(str(value), choices))
    if value is None or kind == "string_too_short":
        return _pair(where, "registry.empty_value", field=field, written=shown(plain.get(place, "")))
    written = shown(plain.get(place, value))
    if kind == "string_type":
        if isinstance(value, MappingNode | SequenceNode):
            return _pair(where, "registry.not_text", field=field)
        return _pair(where, "registry.needs_quotes", field=field, value=written)
    if kind == "string_too_long":
        return _pair(where, "registry.too_long", field=field, length=len(str(value)), limit=int(context["max_length"]))
    if kind == "string_pattern_mismatch":
        return _bad_pattern(where, field, str(value), str(context.get("pattern")))
    if kind == "day":
        return _pair(where, "registry.bad_day", field=field, value=written)
    simple = {
        "too_short": "registry.empty_list",
        "too_long": "registry.long_list",
        "list_type": "registry.not_list",
        "tuple_type": "registry.not_list",
        "model_type": "registry.not_mapping",
        "dict_type": "registry.not_mapping",
        "bool_type": "registry.not_boolean",
        "bool_parsing": "registry.not_boolean",
        "int_type": "registry.not_number",
        "int_parsing": "registry.not_number",
        "int_from_float": "registry.not_number",
        "float_type": "registry.not_number",
        "float_parsing": "registry.not_number",
        "greater_than_equal": "registry.not_number",
        "less_than_equal": "registry.not_number",
    }
    if "." in kind:  # a text of its own, by which another room refuses a value
        return _pair(
            where, kind, **{"field": field, "value": written, **{name: str(said) for name, said in context.items()}}
        )
    if kind in simple:
        return _pair(where, simple[kind], field=field, value=written, limit=str(context.get("max_length", "")))
    return _pair(where, "registry.other_mistake", field=field, detail=detail["msg"])


def _bad_pattern(where: Any, field: str, value: str, pattern: str) -> Problem:
    code = _PATTERNS.get(pattern)
    if code is not None:
        return _pair(where, code, field=field, value=shown(value))
    found = _INVISIBLE.search(value)
    if found is not None:
        character = f"U+{ord(found.group()):04X}"
        return _pair(where, "registry.invisible", field=field, value=shown(value), character=character)
    return _pair(where, "registry.bad_value", field=field, value=shown(value))


def _pair(where: Any, code: str, **arguments: Argument) -> Problem:
    return error(where, Text.of(code, **arguments), Text.of(f"{code}_mend", **arguments))


def fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The fields that may stand where ``path`` ends."""
    for part in path[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The document inside ``list[…]``, ``… | None`` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)
