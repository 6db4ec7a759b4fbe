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
    return Digests().of(registry)


class Digests:
    """Digests of registries that have most people in common, each of whom is put into bytes once."""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder(order="deterministic")  # sets come sorted
        self._people: dict[str, tuple[Person, bytes]] = {}

    def of(self, registry: Registry) -> str:
        """As `digest`."""
        content = (
            (registry.network, registry.name, registry.language, registry.time_zone),
            [_CONTENT[Organisation](one) for _, one in sorted(registry.organisations.items())],
            [_CONTENT[Body](one) for _, one in sorted(registry.bodies.items())],
            registry.complete,
            sorted(registry.blocked),
        )
        hashed = hashlib.sha256(self._encoder.encode(content))
        known, encode, content_of = self._people, self._encoder.encode, _CONTENT[Person]
        encoded = dict[str, tuple[Person, bytes]]()
        for identity, person in sorted(registry.people.items()):
            before = known.get(identity)
            mine = before if before is not None and before[0] is person else (person, encode(content_of(person)))
            encoded[identity] = mine
            hashed.update(mine[1])
        self._people = encoded  # put in place as a whole: several threads may ask
        return hashed.hexdigest()
