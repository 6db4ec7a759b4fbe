"""The Open Collaboration Services envelope, as PHP makes it: arguments in, JSON or XML out.

Observed on Nextcloud 34: `/ocs/v1.php` always answers HTTP 200 (401 for a missing log-in) with the result in
`ocs.meta.statuscode`, 100 for success; `/ocs/v2.php` maps codes to HTTP. Arguments of a wrong type or missing
ones are an empty text/html 400.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from provisioner.emulation import Request, Response

UNAUTHORISED: Final = 997
NOT_FOUND: Final = 998
UNKNOWN_ERROR: Final = 999
SERVER_ERROR: Final = 996
MISSING: Final = object()
NULL: Final = object()
"""For an error whose data is null, not the usual empty list."""


class OcsError(Exception):
    """An answer that says no: an OCS code, a message and perhaps data."""

    def __init__(self, code: int, message: str = "", data: Any = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.data: Any = [] if data is None else None if data is NULL else data


class PlainError(Exception):
    """A refusal outside the envelope, as apps below `/index.php` give it: a status and `{"message": …}`."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


class BadArguments(Exception):
    """A missing argument or one of a wrong type: HTTP 400 without a body."""


def crash() -> OcsError:
    """What an unforeseen exception in the server's code becomes: 500/996."""
    return OcsError(SERVER_ERROR, "Internal Server Error\n")


class Arguments:
    """A request's arguments from query and body together, the body winning, as PHP merges them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    @classmethod
    def of(cls, request: Request) -> Arguments:
        """Read query and body."""
        values: dict[str, Any] = php_array(request.query)
        if request.body:
            kind = request.content_type
            if re.fullmatch(r"application/(\S*\+)?json", kind):
                with contextlib.suppress(ValueError):  # half a body holds no arguments (observed)
                    body = json.loads(request.body)
                    if isinstance(body, dict):
                        values.update(body)
            elif kind == "application/x-www-form-urlencoded":
                values.update(php_array(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)))
        return cls(values)

    def text(self, name: str, default: Any = MISSING) -> Any:
        """A string argument; `default` when it is missing or null. Raises BadArguments."""
        value = self._values.get(name)
        if value is None:
            if default is MISSING:
                raise BadArguments(name)
            return default
        if not isinstance(value, str):
            raise BadArguments(name)
        return value

    def texts(self, name: str) -> list[str] | None:
        """A list argument, None when it is missing or null. Raises BadArguments for a plain string."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list):
            raise BadArguments(name)
        return [str(item) for item in value]

    def number(self, name: str) -> int | None:
        """An integer as PHP casts it: what is no number is 0. None when it is missing."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool | int | float):
            return int(value)
        found = re.match(r"\s*[+-]?(\d+)(\.\d*)?([eE][+-]?\d{1,3})?", value) if isinstance(value, str) else None
        if found is None:
            return 0
        number = int(float(found.group())) if found.group(3) else int(found.group().partition(".")[0])
        return max(-(2**63), min(2**63 - 1, number))

    def required_number(self, name: str) -> int:
        """The same where the server demands one. Raises BadArguments when it is missing."""
        number = self.number(name)
        if number is None:
            raise BadArguments(name)
        return number

    def flag(self, name: str, default: bool | None = None) -> bool:
        """A truth value as PHP casts it: "", "0" and "false" are false, every other word is true (observed).

        Raises BadArguments when it is missing and there is no default.
        """
        value = self._values.get(name)
        if value is None:
            if default is None:
                raise BadArguments(name)
            return default
        return value not in ("", "0", "false") if isinstance(value, str) else bool(value)

    def value(self, name: str) -> Any:
        """An argument as it came, None when it is missing."""
        return self._values.get(name)

    def window(self) -> tuple[str, int | None, int]:
        """search, limit and offset. A limit outside 1 to 500 crashes the server (observed: 500/996)."""
        limit = self.number("limit")
        if limit is not None and not 1 <= limit <= 500:
            raise crash()
        offset = self.number("offset") or 0
        if offset < 0:
            raise crash()
        return self.text("search", ""), limit, offset


def php_array(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Pairs of a query or form as PHP reads them: the last wins, `name[]` and `name[0]` make lists."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        stem, bracket, key = name.partition("[")
        if not bracket or not stem:
            values[name] = value
            continue
        listed = values.get(stem)
        if not isinstance(listed, dict):
            listed = values[stem] = {}
        index = key.rstrip("]")
        listed[index if index else f"#{len(listed)}"] = value
    return values


def php_keyed(values: Mapping[str, Any]) -> Any:
    """A PHP array by string keys as JSON shows it: empty, or with the keys 0, 1, 2 …, it is a list."""
    if not values or all(key == str(place) for place, key in enumerate(values)):
        return list(values.values())
    return dict(values)


def php_key(key: str) -> str | int:
    """A string that was an array key in PHP: a decimal integer has become a number (observed)."""
    return int(key) if re.fullmatch(r"0|-?[1-9]\d{0,17}", key) else key


def render(request: Request, code: int, message: str, data: Any, **more: Any) -> Response:
    """An OCS answer in the version and format the request asks for."""
    # Apps outside /ocs answer like version 1 (observed on Team folders 22).
    first_version = not request.raw_path.startswith("/ocs/v2.php")
    if first_version:
        shown = 100 if code == 200 else code
        meta = {
            "status": "ok" if shown == 100 else "failure",
            "statuscode": shown,
            "message": "OK" if shown == 100 else message,
            "totalitems": "",
            "itemsperpage": "",
        }
        status = 401 if code == UNAUTHORISED else 200
    else:
        fine = 200 <= code < 300
        meta = {
            "status": "ok" if fine else "failure",
            "statuscode": code,
            "message": "OK" if fine else message,
        }
        status = http_status(code)
    if wants_json(request):
        body = json.dumps({"ocs": {"meta": meta, "data": data}}, separators=(",", ":")).encode()
        return Response(status, body, "application/json; charset=utf-8", **more)
    lines = ['<?xml version="1.0"?>', "<ocs>", *_xml("meta", meta, 1), *_xml("data", data, 1), "</ocs>", ""]
    return Response(status, "\n".join(lines).encode(), "application/xml; charset=utf-8", **more)


def http_status(code: int) -> int:
    """The HTTP status of `/ocs/v2.php` for an OCS code."""
    special = {UNAUTHORISED: 401, NOT_FOUND: 404, SERVER_ERROR: 500, UNKNOWN_ERROR: 500}
    return special.get(code, code if 200 <= code <= 600 else 400)


def wants_json(request: Request) -> bool:
    """Whether `format` or else the first `application/…` in Accept says JSON."""
    chosen = next((value for name, value in request.query if name == "format"), None)
    if chosen is None:
        accepted = (part.strip().lower() for part in request.headers.get("accept", "").split(","))
        chosen = next((part[len("application/") :] for part in accepted if part.startswith("application/")), "xml")
    return chosen.partition(";")[0] == "json"


def _xml(name: str, value: Any, depth: int) -> list[str]:
    pad = " " * depth
    if isinstance(value, dict):
        inner = [line for key, item in value.items() for line in _xml(_element(key), item, depth + 1)]
    elif isinstance(value, list):
        inner = [line for item in value for line in _xml("element", item, depth + 1)]
    else:
        return [f"{pad}<{name}/>" if value is None else f"{pad}<{name}>{escape(_php_text(value))}</{name}>"]
    return [f"{pad}<{name}>", *inner, f"{pad}</{name}>"] if inner else [f"{pad}<{name}/>"]


def _element(key: str) -> str:
    return "element" if key.isdigit() else key


def _php_text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)
