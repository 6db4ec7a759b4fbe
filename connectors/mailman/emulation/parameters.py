"""What a request brings: JSON or form, checked in Mailman's order and words."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from connectors.mailman.emulation.refusing import Refused
from provisioner.emulation import Request


def of(request: Request) -> dict[str, Any]:
    """The parameters, whatever form they come in; of GET those of the address."""
    if request.content_type == "application/json":
        try:
            found = json.loads(request.body) if request.body else {}
        except ValueError:
            raise Refused(400, "Could not parse JSON body", "Invalid JSON") from None
        return found if isinstance(found, dict) else {}
    text = request.query_string if not request.body else request.body.decode("utf-8", "replace")
    given = parse_qs(text, keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def known(given: Mapping[str, Any], required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    """Refuse what is not foreseen, then what is missing."""
    extra = sorted(set(given) - set(required) - set(optional))
    if extra:
        raise Refused(400, f"Unexpected parameters: {', '.join(extra)}")
    missing = sorted(set(required) - set(given))
    if missing:
        raise Refused(400, f"Missing Parameter: {', '.join(missing)}")


def one_of(given: Mapping[str, Any], name: str, words: tuple[str, ...]) -> str | None:
    """A word of a closed set; None where it is not given."""
    if name not in given:
        return None
    if given[name] not in words:
        raise Refused(400, f'Invalid Parameter "{name}": Accepted Values are: {", ".join(words)}.')
    return str(given[name])
