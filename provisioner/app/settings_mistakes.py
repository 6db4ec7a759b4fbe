"""What is wrong with settings, in words for people: where, and how to mend it. Never a value: it may be a secret."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from provisioner.model.text import Text
from provisioner.registry.mistakes import fields_at, mend_word

CRON_PATTERN: Final = r"^(?:[0-9*/,-]+ ){4}[0-9a-z*/,-]+$"
URL_PATTERN: Final = r"^https?://[^\s/?#]+[^\s?#]*$"
NETWORK_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"

_PATTERNS: Final = {
    CRON_PATTERN: "app.setting_no_cron",
    URL_PATTERN: "app.setting_no_url",
    NETWORK_PATTERN: "app.setting_no_network_name",
}
_KINDS: Final = {
    "missing": "app.setting_missing",
    "string_type": "app.setting_no_text",
    "bool_type": "app.setting_no_boolean",
    "bool_parsing": "app.setting_no_boolean",
    "int_type": "app.setting_no_number",
    "int_parsing": "app.setting_no_number",
    "float_type": "app.setting_no_number",
    "float_parsing": "app.setting_no_number",
    "model_type": "app.setting_no_section",
    "model_attributes_type": "app.setting_no_section",
    "dict_type": "app.setting_no_section",
    "ip_any_network": "app.setting_no_addresses",
}


def mistakes(fault: ValidationError, model: type[BaseModel]) -> tuple[Text, ...]:
    """All of them."""
    errors = fault.errors(include_url=False, include_input=False)
    return tuple(_mistake(error, model) for error in errors)


def _mistake(error: ErrorDetails, model: type[BaseModel]) -> Text:
    path, kind, context = error["loc"], error["type"], error.get("ctx", {})
    field = _dotted(part for part in path if part != "[key]")
    if kind == "extra_forbidden":
        return Text.of("app.setting_unknown", field=field, mend=mend_word(str(path[-1]), fields_at(model, path)))
    if kind in ("literal_error", "enum"):
        return Text.of("app.setting_no_choice", field=field, choices=_choices(context.get("expected")))
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        (name,) = re.findall(r"'([^']+)'", str(context["discriminator"]))
        if kind == "union_tag_not_found":
            return Text.of("app.setting_missing", field=f"{field}.{name}")
        return Text.of("app.setting_no_choice", field=f"{field}.{name}", choices=_choices(context["expected_tags"]))
    code = _PATTERNS.get(str(context.get("pattern"))) if kind == "string_pattern_mismatch" else _KINDS.get(kind)
    if code is not None:
        return Text.of(code, field=field)
    return Text.of("app.setting_wrong", field=field, detail=error["msg"])


def _choices(expected: object) -> str:
    return ", ".join(re.findall(r"'([^']+)'", str(expected)))


def _dotted(path: Iterable[Any]) -> str:
    return ".".join(map(str, path))
