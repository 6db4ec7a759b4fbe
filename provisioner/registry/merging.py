"""How people of sources (directories, lists) and the registry's files become one registry. Pure.

A person of the files with the identity (source, key) is that entry of that source. Nobody is ever taken for somebody
else because of a name or an address: what looks alike is proposed (`provisioner.registry.linking`) and waits. Whoever
waits is neither made nor taken for absent: their id counts as blocked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from provisioner.model.registry import Identity, Origin
from provisioner.model.sources import Brings, Supply
from provisioner.model.text import Text
from provisioner.registry.documents import IdentityDocument, PersonDocument
from provisioner.registry.joining import joined_with
from provisioner.registry.linking import Likeness, Proposal, Somebody
from provisioner.registry.mistakes import mend_word, shown
from provisioner.registry.problems import error, warning_of
from provisioner.registry.sources import Entry, SourceResult, Supplied, organisations_of
from provisioner.registry.supplying import Known, known_people, person_id_of, same_address, same_name

__all__ = ["merge_supplies", "person_id_of"]

Person = Entry[PersonDocument]

# Copied for each of thousands: their fields were checked by `known_people` already.
_NOBODY: Final = PersonDocument.model_validate({"id": "nobody"})
_NO_IDENTITY: Final = IdentityDocument(source="none", key="none")


def merge_supplies(result: SourceResult, supplies: Sequence[Supply]) -> tuple[Proposal, ...]:
    """Bring the people of ``supplies`` into ``result``; what has to be decided before comes back."""
    return _Merging(result, supplies).merge() if supplies else ()


class _Merging:
    """One merging of the files' entries with all supplies."""

    def __init__(self, result: SourceResult, supplies: Sequence[Supply]) -> None:
        self._result = result
        self._whole = result.complete
        """Whether nobody of the files is missing: else an entry may be somebody who could not be read."""
        self._supplies = {supply.source: supply for supply in supplies if self._is_usable(supply)}
        self._unusable = {supply.source for supply in supplies} - self._supplies.keys()
        self._known = {one.identity: one for one in known_people(self._supplies.values(), result.problems)}
        self._waiting: Counter[tuple[str, str]] = Counter()
        """By (source, code of the text): how many entries wait for what."""
        result.complete = result.complete and all(supply.complete for supply in supplies) and not self._unusable

    def merge(self) -> tuple[Proposal, ...]:
        """Changes ``result``."""
        result = self._result
        written = list(result.people)
        claims = self._claims(written)
        result.people = [self._linked(entry, claims) for entry in written]
        unread = {identity for one in result.malformed for identity in one.identities}
        unclaimed = [one for identity, one in self._known.items() if identity not in claims and identity not in unread]
        for identity in unread & self._known.keys():
            self._hold(self._known[identity], "registry.entries_wait")
        brought = {one.own_id: self._brought(one) for one in unclaimed if _brings(one) and _is_person(one)}
        proposals, waiting = self._proposals(written, unclaimed, brought)
        for one in unclaimed:
            self._settle(one, waiting.get(one.identity), brought)
        self._warn_of_successors(written, unclaimed)
        self._tell_what_waits()
        return tuple(sorted(proposals, key=lambda proposal: (proposal.source, proposal.key, proposal.person)))

    def _is_usable(self, supply: Supply) -> bool:
        """Its organisation has to be one: else nobody knows where its people belong."""
        known = {entry.document.id for entry in self._result.organisations}
        if supply.organisation in known or self._result.is_blocked("organisations", supply.organisation):
            return True
        what = Text.of("registry.source_of_nobody", source=supply.source, organisation=shown(supply.organisation))
        self._result.problems.append(error(Origin(supply.source), what, mend_word(supply.organisation, known)))
        return False

    def _claims(self, written: Iterable[Person]) -> Mapping[Identity, int]:
        """Identities that people of the files have, and how many of them."""
        return Counter(identity for entry in written for identity in identities_of(entry))

    def _linked(self, entry: Person, claims: Mapping[Identity, int]) -> Person:
        """The person with what sources say of them. Of an identity that two people claim nothing is taken."""
        identities = identities_of(entry)
        if any(identity.source in self._unusable for identity in identities):
            self._result.block("people", entry.document.id)
        for index, identity in enumerate(identities):
            supply = self._supplies.get(identity.source)
            if supply is not None and supply.complete and identity.key not in supply.people:
                where, key = entry.origin("identities", index, "key"), shown(identity.key)
                problem = warning_of(where, "registry.unknown_key", source=identity.source, key=key)
                self._result.problems.append(problem)
        known = [self._known[one] for one in identities if one in self._known and claims[one] == 1]
        return joined_with(entry, known) if known else entry

    def _brought(self, known: Known) -> Person:
        """The person whom a source brings by itself."""
        told: dict[str, Any] = {
            "id": known.own_id,
            "organisation": known.organisation,
            "identities": [_NO_IDENTITY.model_copy(update={"source": known.source, "key": known.key})],
        }
        told.update((name, value) for name, value in known.fields.items())
        document = _NOBODY.model_copy(update=told)
        gone = {} if known.holds else {known.organisation: known.source}
        supplied = Supplied(gone=gone, gone_from=None if known.holds else known.source, passes_address_on=bool(gone))
        return Entry(document, known.source, supplied=supplied)

    def _proposals(
        self, written: Iterable[Person], unclaimed: Iterable[Known], brought: Mapping[str, Person]
    ) -> tuple[list[Proposal], dict[Identity, str]]:
        """What is to be decided, and which entries wait for what. Of files that could not all be read nothing is."""
        if not self._whole:
            return [], {one.identity: "registry.entries_wait" for one in unclaimed}
        addresses = {same_address(one.email) for one in self._result.malformed if one.email}
        names = {same_name(*one.name) for one in self._result.malformed if one.name[1]}
        organisations = [entry.document for entry in self._result.organisations]
        likeness = Likeness(self._somebodies(written, unclaimed, brought), unclaimed, organisations)
        proposals, waiting = list[Proposal](), dict[Identity, str]()
        for one in unclaimed:
            found, waits = likeness.proposals(one)
            proposals += found
            if waits:
                waiting[one.identity] = "registry.links_wait"
            elif one.address in addresses or one.name in names:
                waiting[one.identity] = "registry.entries_wait"
        return proposals, waiting

    def _somebodies(
        self, written: Iterable[Person], unclaimed: Iterable[Known], brought: Mapping[str, Person]
    ) -> Iterator[Somebody]:
        """Everybody whom an entry may resemble, as they are with what sources say of them."""
        for before, entry in zip(written, self._result.people, strict=True):
            person = entry.document
            yield Somebody(
                person.id,
                f"{person.given_name} {person.family_name}".strip() or person.id,
                same_name(person.given_name, person.family_name),
                frozenset(same_address(one) for one in (person.email, before.document.email) if one),
                frozenset((*organisations_of(entry), *entry.supplied.gone)),
                frozenset(identity.source for identity in person.identities),
                entry.supplied.gone_from,
                person.leaves,
            )
        where = {name: (frozenset({one.organisation}), frozenset({name})) for name, one in self._supplies.items()}
        for known in unclaimed:
            if known.own_id in brought:
                gone_from = None if known.holds else known.source
                address = frozenset({known.address})
                leaves = brought[known.own_id].document.leaves
                yield Somebody(
                    known.own_id, known.shown_name, known.name, address, *where[known.source], gone_from, leaves, known
                )

    def _settle(self, one: Known, waits_for: str | None, brought: Mapping[str, Person]) -> None:
        """Somebody whom nobody claims: becomes a person of their own, waits, or is left alone."""
        if waits_for is not None and (one.here or not self._whole):
            self._hold(one, waits_for)
        elif one.own_id in brought:
            self._result.people.append(brought[one.own_id])
        elif _brings(one) and one.holds:
            self._hold(one, "registry.entries_unnamed")

    def _hold(self, one: Known, waits_for: str) -> None:
        """Told of where it matters: of a source that brings only those who are linked, nobody waits to be made."""
        if _brings(one):
            self._result.block("people", one.own_id)
        if _brings(one) or waits_for == "registry.links_wait":
            self._waiting[one.source, waits_for] += 1

    def _tell_what_waits(self) -> None:
        for (source, code), count in sorted(self._waiting.items()):
            self._result.problems.append(warning_of(Origin(source), code, source=source, count=count))

    def _warn_of_successors(self, written: Iterable[Person], unclaimed: Iterable[Known]) -> None:
        """Whoever has the address now of somebody who went is somebody else; the files may still tell the old one."""
        now = {(one.source, one.address) for one in unclaimed if one.here and one.address}
        for entry in written:
            for identity in identities_of(entry):
                known = self._known.get(identity)
                if known is None or known.here:
                    continue
                if {(known.source, same_address(entry.document.email)), (known.source, known.address)} & now:
                    arguments = {"id": entry.document.id, "source": known.source}
                    problem = warning_of(entry.origin("email"), "registry.address_passed_on", **arguments)
                    self._result.problems.append(problem)


def identities_of(entry: Person) -> list[Identity]:
    """As they are written."""
    return [Identity(one.source, one.key) for one in entry.document.identities]


def _brings(known: Known) -> bool:
    return known.supply.brings is Brings.EVERYBODY


def _is_person(known: Known) -> bool:
    """Nobody can be made, or written to, without a name and an address."""
    return bool(known.text("family_name") and known.text("email"))
