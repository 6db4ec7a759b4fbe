"""One number for what the registry says: the same however its files are cut, ordered, commented or laid out."""

import hashlib
from dataclasses import fields
from operator import attrgetter

import msgspec

from provisioner.model.registry import Body, Organisation, Person, Registry

_CONTENT = {
    kind: attrgetter(*(one.name for one in fields(kind) if one.name not in ("origin", "provenance")))
    for kind in (Organisation, Person, Body)
}


def digest(registry: Registry) -> str:
    """sha256 in hex over the registry's content, origins apart."""
    content = (
        (registry.network, registry.name, registry.language, registry.time_zone),
        [_CONTENT[Organisation](one) for _, one in sorted(registry.organisations.items())],
        [_CONTENT[Body](one) for _, one in sorted(registry.bodies.items())],
        registry.complete,
        sorted(registry.blocked),
    )
    encoder = msgspec.json.Encoder(order="deterministic")  # sets come sorted
    hashed = hashlib.sha256(encoder.encode(content))
    for _, person in sorted(registry.people.items()):
        hashed.update(encoder.encode(_CONTENT[Person](person)))
    return hashed.hexdigest()
