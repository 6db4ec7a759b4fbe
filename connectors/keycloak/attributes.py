"""Attributes of accounts and groups: text lists by name, of which each of ours has one value."""

import re
from collections.abc import Mapping
from typing import Final

from provisioner.model.inventory import Epoch

MARK: Final = "readi"
"""Attribute in which what we made carries ``readi:<key>``: the registry's opaque id, nothing about a person."""
EPOCH: Final = "readi-epoch"
"""Attribute of the parent group in which a run leaves how far its database had come."""
DISPLAY_NAME: Final = "display_name"

_EPOCH: Final = re.compile(r"([0-9]{1,18}) (\S{1,64})", re.ASCII)


def attributes_of(item: Mapping[str, object]) -> dict[str, list[str]]:
    """All attributes of a representation."""
    attributes = item.get("attributes")
    if not isinstance(attributes, dict):
        return {}
    return {
        name: [one for one in values if isinstance(one, str)]
        for name, values in attributes.items()
        if isinstance(values, list)
    }


def attribute(item: Mapping[str, object], name: str) -> str | None:
    """The first value of an attribute; None where it has none. Empty ones are not kept by the server (observed)."""
    values = attributes_of(item).get(name)
    return values[0] or None if values else None


def marker_in(item: Mapping[str, object]) -> str:
    """The mark of ours that it carries; "" for none."""
    found = attribute(item, MARK) or ""
    return found if found.startswith("readi:") else ""


def epoch_in(item: Mapping[str, object]) -> Epoch | None:
    """What the last run left in a group about itself."""
    found = _EPOCH.fullmatch(attribute(item, EPOCH) or "")
    return None if found is None else Epoch(database=found[2], number=int(found[1]))


def epoch_written(epoch: Epoch) -> str:
    """An epoch as an attribute."""
    return f"{epoch.number} {epoch.database}"
