"""What looks like one human twice: proposed with its evidence, and decided by somebody. Pure."""

import base64
import hashlib
from dataclasses import dataclass

from provisioner.model.registry import Identity
from provisioner.model.text import Text

_ID_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    """That an entry of a source may be somebody of the registry. Until it is decided, the entry is held back."""

    source: str
    key: str
    person: str
    """Id of the person in the registry."""
    name: str
    """What the entry is called in its source."""
    person_name: str
    organisations: frozenset[str]
    """Ids of all that are concerned: the entry's, and those of the person."""
    identities: tuple[Identity, ...]
    """What the person's entry in the files gains when this is confirmed."""
    evidence: tuple[Text, ...]
    against: tuple[Text, ...] = ()

    @property
    def id(self) -> str:
        """What a ranger types: the same as long as it is about these two."""
        hashed = hashlib.sha256("\0".join((self.source, self.key, self.person)).encode()).digest()
        return base64.b32encode(hashed).decode().lower()[:_ID_LENGTH]
