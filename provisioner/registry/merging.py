"""How people of sources (directories, lists) and the registry's files become one registry. Pure.

A person of the files with the identity (source, key) is that entry of that source. Nobody is ever taken for somebody
else because of a name or an address: what looks alike is proposed (`provisioner.registry.linking`) and waits.
"""

import base64
import hashlib
from collections.abc import Sequence

from provisioner.model.sources import Supply
from provisioner.registry.linking import Proposal
from provisioner.registry.sources import SourceResult

_ID_LENGTH = 10


def person_id_of(source: str, key: str) -> str:
    """The id of somebody whom a source brings and who is linked to nobody: the same whenever it is read."""
    hashed = hashlib.sha256(f"{source}\0{key}".encode()).digest()
    return "p-" + base64.b32encode(hashed).decode().lower()[:_ID_LENGTH]


def merge_supplies(result: SourceResult, supplies: Sequence[Supply]) -> tuple[Proposal, ...]:
    """Bring the people of ``supplies`` into ``result``; what is to be decided before comes back."""
    result.complete = result.complete and all(supply.complete for supply in supplies)
    return ()
