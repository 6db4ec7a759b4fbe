"""What looks like one human twice: proposed with its evidence, and decided by somebody. Pure.

Nothing follows from a likeness but that somebody is asked. Who is linked to one key of a source is never proposed for
another key of it: an address that was given to a successor must not bring the account along.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from provisioner.model.registry import Identity
from provisioner.model.text import Text
from provisioner.registry.documents import OrganisationDocument
from provisioner.registry.domains import Domains
from provisioner.registry.supplying import Known

_ID_LENGTH: Final = 8
CROWD: Final = 50
"""An address or a name that more people than these have is the office's, or a mistake: it speaks for nobody."""


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
    organisation: str
    """Id of the organisation whose source has the entry."""
    organisations: frozenset[str]
    """Ids of all that are concerned: the entry's, and those of the person."""
    identities: tuple[Identity, ...]
    """What the person's entry in the files gains when this is confirmed."""
    evidence: tuple[Text, ...]
    against: tuple[Text, ...] = ()

    @property
    def is_brought(self) -> bool:
        """Whether the person stands in no file, but is an entry of another source: without any role."""
        return len(self.identities) > 1

    @property
    def id(self) -> str:
        """What a ranger types: the same as long as it is about these two."""
        hashed = hashlib.sha256("\0".join((self.source, self.key, self.person)).encode()).digest()
        return base64.b32encode(hashed).decode().lower()[:_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the registry, be it of the files or of a source, whom an entry may resemble."""

    id: str
    shown_name: str
    name: str
    addresses: frozenset[str]
    """The one that counts, and the one that is written."""
    organisations: frozenset[str]
    sources: frozenset[str]
    """Sources in which they are a certain entry already."""
    gone_from: str | None
    leaves: date | None = None
    brought: Known | None = None
    """The entry that they are, where they stand in no file."""


class _Index:
    """People by an address or a name. Those who are entries of a source are never looked at for that source."""

    def __init__(self) -> None:
        self._people: dict[str, dict[frozenset[str], list[Somebody]]] = {}

    def add(self, word: str, somebody: Somebody) -> None:
        if word:
            self._people.setdefault(word, {}).setdefault(somebody.sources, []).append(somebody)

    def of(self, word: str, source: str) -> Iterator[Somebody]:
        """Whoever has this name or address and is no entry of ``source``. What a crowd shares tells nobody apart."""
        alike = [people for sources, people in self._people.get(word, {}).items() if source not in sources]
        if sum(map(len, alike)) <= CROWD:
            for people in alike:
                yield from people


class Likeness:
    """Finds out which entries of sources resemble whom."""

    def __init__(
        self, somebodies: Iterable[Somebody], unclaimed: Iterable[Known], organisations: Sequence[OrganisationDocument]
    ) -> None:
        self._names = {one.id: one.name for one in organisations}
        self._domains = Domains(organisations)
        self._by_address, self._by_name = _Index(), _Index()
        for somebody in somebodies:
            self._by_name.add(somebody.name, somebody)
            for address in somebody.addresses:
                self._by_address.add(address, somebody)
        self._here: dict[tuple[str, str], list[Known]] = defaultdict(list)
        self._before: dict[tuple[str, str], list[Known]] = defaultdict(list)
        """By source and address: those who have it, and those who had it when they went."""
        for known in unclaimed:
            if known.address:
                (self._here if known.here else self._before)[known.source, known.address].append(known)

    def proposals(self, known: Known) -> tuple[list[Proposal], bool]:
        """Whom an entry that is nobody yet may be, and whether it has to wait for an answer."""
        alike = self._alike(known)
        if not known.here:
            return [self._proposal(known, one, ()) for one in alike], False
        asked = [one for one in alike if not self._asked_before(known, one)]
        others = tuple(self._against_many(known, asked))
        return [self._proposal(known, one, others) for one in asked], bool(alike)

    def _alike(self, known: Known) -> list[Somebody]:
        found = {one.id: one for one in self._by_address.of(known.address, known.source)}
        if known.here:
            for one in self._by_name.of(known.name, known.source):
                if known.organisation in one.organisations or one.gone_from is not None:
                    found[one.id] = one
        elif (known.source, known.address) not in self._here:
            return []  # who went, and whose address nobody else has, is nobody's question
        return [found[one] for one in sorted(found) if self._may_be(known, found[one])]

    def _may_be(self, known: Known, one: Somebody) -> bool:
        """Who is a certain entry of the source already is no other one of it."""
        if known.source in one.sources or (known.key, one.id) in known.supply.apart:
            return False
        if not known.here and one.gone_from is not None:
            return False
        if one.brought is None:
            return True
        if self._was_here_before(known, one, one.brought):
            return False
        return (one.brought.key, known.own_id) not in one.brought.supply.apart

    def _was_here_before(self, known: Known, one: Somebody, brought: Known) -> bool:
        """Whether an entry was a person already when another city's source came with one like it.

        That one may have to wait; else each city could stop everybody else's by a line in its own list.
        """
        if not known.own_id or known.organisation in one.organisations or known.first_seen >= brought.first_seen:
            return False
        return one.gone_from is not None or not self._domains.holds(brought.address, tuple(one.organisations))

    def _asked_before(self, known: Known, one: Somebody) -> bool:
        """Whether first has to be known if the person is the one who had this address before in this source."""
        before = self._before.get((known.source, known.address), ())
        return known.name != one.name and any(self._may_be(other, one) for other in before)

    def _proposal(self, known: Known, one: Somebody, others: tuple[Text, ...]) -> Proposal:
        own = () if one.brought is None else (one.brought.identity,)
        return Proposal(
            known.source,
            known.key,
            one.id,
            known.shown_name,
            one.shown_name,
            known.organisation,
            one.organisations | {known.organisation},
            (*own, known.identity),
            tuple(self._evidence(known, one)),
            (*self._against(known, one), *others),
        )

    def _evidence(self, known: Known, one: Somebody) -> Iterator[Text]:
        if known.address in one.addresses:
            yield Text.of("registry.link_same_address", address=known.text("email"))
        if known.name == one.name:
            yield Text.of("registry.link_same_name", name=known.shown_name)
        if known.organisation in one.organisations:
            yield Text.of("registry.link_same_organisation", organisation=self._called(known.organisation))
        if one.gone_from is not None:
            yield Text.of("registry.link_person_gone", source=one.gone_from)

    def _against(self, known: Known, one: Somebody) -> Iterator[Text]:
        if known.address not in one.addresses:
            yield Text.of("registry.link_other_address", address=known.text("email"))
        if known.name != one.name:
            yield Text.of("registry.link_other_name", name=known.shown_name, other=one.shown_name)
        if known.organisation not in one.organisations:
            yield Text.of("registry.link_other_organisation", organisation=self._called(known.organisation))
        if one.leaves is not None:
            yield Text.of("registry.link_leaves", day=one.leaves)
        if not known.here:
            yield Text.of("registry.link_entry_gone", source=known.source)
        elif known.address in one.addresses and self._before.get((known.source, known.address)):
            yield Text.of("registry.link_passed_on", source=known.source)

    def _against_many(self, known: Known, asked: list[Somebody]) -> Iterator[Text]:
        if len(asked) > 1:
            yield Text.of("registry.link_many_people", count=len(asked))
        if len(self._here.get((known.source, known.address), ())) > 1:
            yield Text.of("registry.link_shared_address", source=known.source)

    def _called(self, organisation: str) -> str:
        return self._names.get(organisation, organisation)
