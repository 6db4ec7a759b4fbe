"""What the values in the registry's files look like: ids, names, days, addresses."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from provisioner.model.registry import BodyKind, JoinMode, OrganisationKind, Role

MAX_NAME: Final = 200
ID_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
# Control characters, soft hyphens, zero-width and direction marks, line separators, tags: nobody sees them, and two
# names that differ only by one look the same. Letters of any script are welcome.
_INVISIBLE: Final = (
    r"\x00-\x1f\x7f-\x9f\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180e}\u{200b}-\u{200f}"
    r"\u{2028}-\u{202e}\u{2060}-\u{206f}\u{3164}\u{feff}\u{ffa0}\u{fff9}-\u{fffd}\u{e0000}-\u{e0fff}"
)
VISIBLE_PATTERN: Final = f"^[^{_INVISIBLE}]*$"
_PURPOSE_PATTERN: Final = f"^(?:[^{_INVISIBLE}]|\\n)*$"
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?"
EMAIL_PATTERN: Final = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+\p{{L}}[\p{{L}}\p{{M}}\p{{N}}-]{{1,62}}$"
DOMAIN_PATTERN: Final = rf"^(?:{_LABEL}\.)+\p{{L}}[\p{{L}}\p{{M}}\p{{N}}-]{{1,62}}$"


_LOCAL_TIME: Final = re.compile(r"((?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})", re.ASCII)


def _day(value: Any) -> Any:
    """An ISO day. YAML 1.2 knows no dates, so it comes as a text."""
    if type(value) is date:
        return value
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError as fault:
            raise PydanticCustomError("day", "no such day") from fault
    raise PydanticCustomError("day", "not a day")


def _local_time(value: Any) -> Any:
    """A day and a time of day, without a zone: it is the network's."""
    if isinstance(value, str) and (found := _LOCAL_TIME.fullmatch(value)):
        try:
            return datetime.fromisoformat(f"{found[1]}T{found[2]}")
        except ValueError as fault:
            raise PydanticCustomError("registry.bad_local_time", "no such time") from fault
    if type(value) is datetime and value.tzinfo is None:
        return value
    raise PydanticCustomError("registry.bad_local_time", "not a time")


def _visible_schema(kind: str, limit: int) -> WithJsonSchema:
    """For editors, without the patterns: they are Rust's, which JSON Schema does not understand."""
    return WithJsonSchema({"type": "string", "maxLength": limit} | ({"format": kind} if kind else {}))


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
LocalTime = Annotated[
    datetime,
    BeforeValidator(_local_time),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}$"}),
]
MaybeEmptyName = Annotated[
    str, StringConstraints(pattern=VISIBLE_PATTERN, max_length=MAX_NAME), _visible_schema("", MAX_NAME)
]
Name = Annotated[
    str, StringConstraints(pattern=VISIBLE_PATTERN, min_length=1, max_length=MAX_NAME), _visible_schema("", MAX_NAME)
]
Purpose = Annotated[
    str, StringConstraints(pattern=_PURPOSE_PATTERN, max_length=2000), WithJsonSchema({"type": "string"})
]
Email = Annotated[str, StringConstraints(pattern=EMAIL_PATTERN, max_length=254), _visible_schema("email", 254)]
Domain = Annotated[str, StringConstraints(pattern=DOMAIN_PATTERN, max_length=253), _visible_schema("hostname", 253)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Quota = Annotated[str, StringConstraints(pattern=r"^(?:[0-9]+(?:\.[0-9]+)? ?[KMGT]?B|default|unlimited)$")]
FolderQuota = Annotated[str, StringConstraints(pattern=r"^(?:[0-9]+(?:\.[0-9]+)? ?[KMGT]?B|unlimited|keep)$")]
FolderRole = Annotated[str, StringConstraints(pattern=r"^(?:reader|writer|sharer|manager)$")]
ListName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?$")]
Rule = Annotated[str, StringConstraints(pattern=r"^FREQ=[A-Z]+(?:;[A-Z]+=[A-Z0-9,+-]+)*$", max_length=300)]
UserId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@'-][A-Za-z0-9 _.@'-]{0,63}$")]
# Enumerations come as texts, which pydantic takes only outside its strict mode.
AnyRole = Annotated[Role, Field(strict=False)]
AnyBodyKind = Annotated[BodyKind, Field(strict=False)]
AnyOrganisationKind = Annotated[OrganisationKind, Field(strict=False)]
AnyJoinMode = Annotated[JoinMode, Field(strict=False)]


class Document(BaseModel):
    """A mapping in a file: fields that are not described here are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)
