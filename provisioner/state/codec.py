"""Structured values as JSON text, and back."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec

from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, ResourceId, Seats, Value
from provisioner.model.sources import Held
from provisioner.model.steps import Effects
from provisioner.model.text import Argument, Text

_DECODER = msgspec.json.Decoder()
_FIELDS: msgspec.json.Decoder[dict[str, Value]] = msgspec.json.Decoder(dict[str, Value])


def dump(value: object) -> str:
    """As JSON, with the keys of mappings sorted."""
    return msgspec.json.encode(value, order="sorted").decode()


def load(stored: str) -> Any:
    """What `dump` wrote."""
    return _DECODER.decode(stored)


def load_fields(stored: str) -> Mapping[FieldName, Value]:
    """Fields by name; fast, since there is one a binding."""
    return _FIELDS.decode(stored)  # type: ignore[return-value]


def dump_text(text: Text | None) -> str | None:
    """A `Text`; dates keep their type."""
    return None if text is None else dump(_plain(text))


def _plain(text: Text) -> dict[str, object]:
    return {"code": text.code, "arguments": {name: _stored(value) for name, value in text.arguments.items()}}


def _stored(value: Argument) -> object:
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Text):
        return _plain(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def load_text(stored: str | None) -> Text | None:
    """What `dump_text` wrote."""
    return None if stored is None else _text(load(stored))


def _text(plain: Any) -> Text:
    return Text.of(plain["code"], **{name: _argument(value) for name, value in plain["arguments"].items()})


def _argument(value: Any) -> Argument:
    if isinstance(value, list):
        return tuple(map(_text, value))
    if isinstance(value, dict):
        if "code" in value:
            return _text(value)
        if "datetime" in value:
            return datetime.fromisoformat(value["datetime"])
        return date.fromisoformat(value["date"])
    return value  # type: ignore[no-any-return]


def dump_held(held: Held | None) -> str | None:
    """What of a source's news was not believed."""
    if held is None:
        return None
    lists = {"missing": held.missing, "off": held.off, "fields": held.fields}
    return dump({"why": [_plain(why) for why in held.why], **lists, "word": held.word})


def load_held(stored: str | None) -> Held | None:
    """What `dump_held` wrote."""
    if stored is None:
        return None
    raw = load(stored)
    missing, off, fields = (tuple(raw[name]) for name in ("missing", "off", "fields"))
    return Held(tuple(map(_text, raw["why"])), missing, off, fields, raw["word"])


def dump_effects(effects: Effects) -> str:
    """What becomes true with a step."""
    fields: dict[FieldName, Value] = dict(effects.fields)
    joins, leaves = ([_plain_edge(edge) for edge in edges] for edges in (effects.joins, effects.leaves))
    return dump({"fields": fields, "joins": joins, "leaves": leaves, "erased": effects.erased})


def load_effects(stored: str) -> Effects:
    """What `dump_effects` wrote."""
    raw = load(stored)
    joins, leaves = (tuple(_edge(*plain) for plain in raw[name]) for name in ("joins", "leaves"))
    return Effects(raw["fields"], joins, leaves, raw.get("erased", False))


def _plain_edge(edge: Edge) -> tuple[str, str, str]:
    return (edge.seats.container.key, edge.member, sort_of(edge.seats))


def _edge(container: str, member: str, sort: str = "group/member/account") -> Edge:
    """Without a sort: written when only groups had members."""
    return Edge(seats_of(container, sort), member)


def sort_of(seats: Seats) -> str:
    """What the edges of a container are like, as one word of the database: ``conversation/moderator/account``."""
    return _sort(seats.container.kind, seats.role, seats.member)


def seats_of(container: str, sort: str) -> Seats:
    """The other way round; ``container`` is its key."""
    kind, role, member = _sorted(sort)
    return Seats(ResourceId(kind, container), role, member)


# There are a few dozen sorts, and a million edges.
@cache
def _sort(kind: Kind, role: EdgeRole, member: Kind) -> str:
    return f"{kind}/{role}/{member}"


@cache
def _sorted(sort: str) -> tuple[Kind, EdgeRole, Kind]:
    kind, role, member = sort.split("/")
    return Kind(kind), EdgeRole(role), Kind(member)
