"""Reading everybody, with all that has to be known before it may be said that these are all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from provisioner.model.ports import Clock, Gate
from provisioner.model.sources import PersonField, SourcePerson, Unusable
from provisioner.model.text import Text
from provisioner.model.words import field_words
from provisioner.sources.directory.asking import Asking
from provisioner.sources.directory.changes import Mark, Way, ways
from provisioner.sources.directory.mapping import Mapping, Sorted, without
from provisioner.sources.directory.settings import DirectorySettings
from provisioner.transport.directory import Directory
from provisioner.transport.directory_answers import Found

_EXPECTED: Final[frozenset[PersonField]] = frozenset({"given_name", "family_name", "email"})
"""Of several people at least one has it."""
_SEVERAL: Final = 3


@dataclass(frozen=True, slots=True)
class Looked:
    """Everybody, as far as there is no ``gap``."""

    found: Found
    people: tuple[SourcePerson, ...]
    unusable: tuple[Unusable, ...]
    gap: Text | None


class Looking:
    """One directory, logged in to at the first request."""

    def __init__(self, settings: DirectorySettings, gate: Gate, clock: Clock) -> None:
        self.settings = settings
        self.directory = Directory(settings.address(), settings.user, settings.secret(), gate)
        self.mapping = Mapping(settings)
        self.asking = Asking(settings, self.directory)
        self.ways = ways(settings, clock)

    def look(self, more: Sequence[str] = ()) -> Looked:
        """Read everybody; ``more``: attributes besides. Raises `Doubt`, and what `Directory` raises.

        slapd leaves out silently what we may not read, so nobody at all has to be proved by the base itself.
        """
        found = self.directory.search(self.asking.search((*self.mapping.attributes, *more)))
        result = self.mapping.sort(found.entries)
        unsaid = _EXPECTED & self.settings.attributes.keys() - result.shown
        gap = Text.of("directory.base_hidden", base=self.settings.base) if found.missing else found.gap
        gap = gap or self.unrecognised(result) or (self.asking.emptied() if not found.entries else None)
        if gap is None and unsaid and len(found.entries) >= _SEVERAL:
            gap = Text.of("directory.attribute_hidden", fields=field_words(sorted(unsaid)))
        return Looked(found, without(result.people, unsaid), result.unusable, gap)

    def begin(self) -> tuple[Way | None, Mark | None]:
        """The surest way in which this server tells changes, and from where on. Raises what `look` raises."""
        asked = self.asking.search((self.settings.key_attribute,)) if self.ways else None
        for way in self.ways:
            if asked is not None and (mark := way.begin(self.directory, asked, self.settings.shape())) is not None:
                return way, mark
        return None, None

    def unrecognised(self, result: Sorted) -> Text | None:
        """Why anybody may be among these without being known."""
        if any(one.key is None for one in result.unusable):
            return Text.of("directory.key_hidden", attribute=self.settings.key_attribute)
        if any(one.why.code == "directory.key_twice" for one in result.unusable):
            return Text.of("directory.keys_twice", attribute=self.settings.key_attribute)
        return None
