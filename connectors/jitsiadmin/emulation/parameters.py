"""How PHP and Symfony read a request: parameters, the key, dates."""

import re
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from connectors.jitsiadmin.emulation.refusing import Broken
from provisioner.emulation import Request

_BEARER: Final = re.compile(r"Bearer[ :](\S+)")
_DATE: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d))?)?(Z|[+-]\d\d:?\d\d)?")
_NUMBER: Final = re.compile(r"\d+")


def parameters_of(request: Request) -> dict[str, str]:
    """``$request->get()``: the query before the form; JSON is not read."""
    form = request.content_type == "application/x-www-form-urlencoded"
    sent = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True) if form else []
    return {**dict(sent), **dict(request.query)}


def bearer(request: Request) -> str | None:
    """Helper/BearerTokenAuthHelper.php: also "Bearer:key", and nothing with a blank in it."""
    found = _BEARER.fullmatch(request.headers.get("authorization", ""))
    return found.group(1) if found else None


def moment(text: str | None, now: datetime) -> datetime:
    """``new DateTime()``: nothing is now; a zone is dropped when it is kept, the hours stay. Raises `Broken`."""
    if not text:
        return now
    found = _DATE.fullmatch(text)
    if found is None:
        raise Broken
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}:{found[3] or '00'}")
    except ValueError as error:
        raise Broken from error


def duration(text: str | None) -> float:
    """A whole number, or a page of HTML: no exception of that kind is caught."""
    if text is None or not _NUMBER.fullmatch(text):
        raise Broken
    return float(text)
