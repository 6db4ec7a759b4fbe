"""What values look like in entries about sensors and rules: numbers, fields, devices, links."""

import keyword
import re
import unicodedata
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from provisioner.model.whereabouts import tells_where
from provisioner.registry.expressions import BATTERY, FUNCTIONS
from provisioner.registry.shapes import VISIBLE_PATTERN

_LARGEST: Final = 1e12
_NUMBER_IN: Final = re.compile(r"[-+\u2212]?[0-9]+(?:[.,][0-9]+)?")
_QUANTITY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_SPELT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_FIELD: Final = re.compile(r"[^\s.]+(?:\.[^\s.]+)*")
_EUI: Final = re.compile(r"[0-9a-f]{2}(?:[-:]?[0-9a-f]{2}){7}", re.ASCII)
_DEVICE: Final = re.compile(r"[^\s/]+(?:/[^\s/]+)?")
_MOST_OF_TAG: Final = 40
_TAG: Final = re.compile(r"[^\W_]+(?:-+[^\W_]+)*")
_LINK: Final = re.compile(r"https://[^\s/?#@\\]+(?:[/?#][^\s\\<>\"{}|^`]*)?")


def _number(value: Any) -> Any:
    """A number as YAML has it; of a text that holds one is said how it would be right."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not -_LARGEST <= value <= _LARGEST:  # NaN is not, either
            raise PydanticCustomError("registry.endless_number", "not finite")
        return float(value)
    found = _NUMBER_IN.search(value) if isinstance(value, str) else None
    if found is not None:
        instead = found.group().replace(",", ".").replace("\u2212", "-").removeprefix("+")
        raise PydanticCustomError("registry.number_with_more", "more than a number", {"instead": instead})
    raise PydanticCustomError("registry.no_number", "no number")


def _can_be_named(name: str) -> bool:
    """In an expression, without meaning anything else there."""
    is_taken = name in FUNCTIONS or name == BATTERY or keyword.iskeyword(name)
    return not is_taken and _QUANTITY.fullmatch(name) is not None


def _quantity(name: str) -> str:
    if not _can_be_named(name):
        tamed = re.sub(r"[^a-z0-9]+", "_", name.lower().translate(_SPELT)).strip("_0123456789")[:40]
        context = {"instead": tamed if _can_be_named(tamed) else "level"}
        raise PydanticCustomError("registry.bad_quantity", "no name of a quantity", context)
    if tells_where(name):
        raise PydanticCustomError("registry.tells_where", "where somebody is")
    return name


def _field(path: str) -> str:
    if not _FIELD.fullmatch(path):
        raise PydanticCustomError("registry.bad_path", "no field")
    if tells_where(path):
        raise PydanticCustomError("registry.tells_where", "where somebody is")
    return path


def device_name(written: str) -> str:
    """As devices are compared: small letters, an EUI without anything between its digits."""
    small = written.strip().lower()
    return re.sub("[-:]", "", small) if _EUI.fullmatch(small) else small


def _device(written: str) -> str:
    name = device_name(written)
    if not _DEVICE.fullmatch(name):
        raise PydanticCustomError("registry.bad_device", "no device")
    return name


def _tag(written: str) -> str:
    tag = unicodedata.normalize("NFC", written).lower()
    if len(tag) > _MOST_OF_TAG or not _TAG.fullmatch(tag):
        raise PydanticCustomError("registry.bad_tag", "no tag")
    return tag


def _link(address: str) -> str:
    if not _LINK.fullmatch(address):
        raise PydanticCustomError("registry.bad_link", "no link")
    return address


def _listed(value: Any) -> Any:
    """One thing alone is short for a list of it."""
    return value if isinstance(value, list) or value is None else [value]


def one_or_many(item: Any) -> BeforeValidator:
    """Of a list in which one thing may stand alone. ``item``: the type, for editors."""
    return BeforeValidator(_listed, json_schema_input_type=item | list[item])


def _described(pattern: str, limit: int, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "maxLength": limit, "pattern": pattern, **more})


Number = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
QuantityName = Annotated[
    str, StringConstraints(max_length=40), AfterValidator(_quantity), _described(r"^[a-z][a-z0-9_]*$", 40)
]
FieldPath = Annotated[
    str,
    StringConstraints(pattern=VISIBLE_PATTERN, min_length=1, max_length=100),
    AfterValidator(_field),
    _described(r"^[^\s.]+(\.[^\s.]+)*$", 100),
]
Device = Annotated[
    str,
    StringConstraints(pattern=VISIBLE_PATTERN, min_length=1, max_length=130),
    AfterValidator(_device),
    _described(r"^\S+$", 130),
]
Link = Annotated[
    str,
    StringConstraints(pattern=VISIBLE_PATTERN, max_length=500),
    AfterValidator(_link),
    _described(r"^https://\S+$", 500, format="uri"),
]
Unit = Annotated[
    str, StringConstraints(pattern=VISIBLE_PATTERN, max_length=20), WithJsonSchema({"type": "string", "maxLength": 20})
]
Tag = Annotated[str, AfterValidator(_tag), WithJsonSchema({"type": "string", "pattern": r"^\S{1,40}$"})]
Decimals = Annotated[int, Field(ge=0, le=6)]
