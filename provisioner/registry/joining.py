"""What becomes of one person of the files who is an entry, or several, of sources. Pure.

Which source counts for a field: that of the organisation which the files name, else the first by name. It counts more
than what is written where it is authoritative and the files name its organisation, or none that still has the person;
else it fills what is empty. Being here is for both to say: somebody is in the network from the later of two first days
to the earlier of two last ones.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from provisioner.model.registry import Origin, Period
from provisioner.registry.documents import PersonDocument
from provisioner.registry.sources import Entry, Supplied
from provisioner.registry.supplying import TEXT_FIELDS, Known, TextField

_DateField = Literal["joined", "leaves"]


def joined_with(entry: Entry[PersonDocument], known: Sequence[Known]) -> Entry[PersonDocument]:
    """The person with what these entries say; ``known`` is not empty."""
    return _Joining(entry, known).joined()


@dataclass
class _Joining:
    entry: Entry[PersonDocument]
    known: Sequence[Known]
    changed: dict[str, Any] = field(default_factory=dict)
    taken: dict[str, Origin] = field(default_factory=dict)

    def joined(self) -> Entry[PersonDocument]:
        document = self.entry.document
        written = _written_organisations(document)
        self.known = sorted(self.known, key=lambda one: (not written.get(one.organisation), one.source, one.key))
        gone = dict(self._gone())
        stays = (
            ()
            if document.guest
            else tuple(dict.fromkeys(one.organisation for one in self.known if one.organisation not in written))
        )
        if not written and stays:
            self.taken["organisation"] = Origin(self.known[0].source)
        named = {organisation for organisation, is_open in written.items() if is_open and organisation not in gone}
        for name in TEXT_FIELDS:
            self._take_text(name, named)
        periods = dict[str, Period]()
        if document.guest is not None or len({*written, *stays}) == 1:
            self._take_day("joined", max)
            self._take_day("leaves", min)
        else:
            periods = {organisation: self._period(organisation) for organisation in {*written, *stays}}
        open_elsewhere = any(is_open and organisation not in gone for organisation, is_open in written.items())
        here_elsewhere = any(organisation not in gone for organisation in stays)
        gone_from = next(iter(gone.values()), None)
        supplied = Supplied(
            taken={**self.entry.supplied.taken, **self.taken},
            stays=stays,
            periods={organisation: period for organisation, period in periods.items() if period != Period()},
            gone={organisation: source for organisation, source in gone.items() if organisation in {*written, *stays}},
            gone_from=gone_from,
            passes_address_on=gone_from is not None and not open_elsewhere and not here_elsewhere,
        )
        changed = document.model_copy(update=self.changed) if self.changed else document
        return Entry(changed, self.entry.file, self.entry.node, supplied)

    def _gone(self) -> Iterator[tuple[str, str]]:
        """Organisation → a source that decides about it and has nobody of this person's any more."""
        deciding = [one for one in self.known if one.supply.decides_existence]
        still = {one.organisation for one in deciding if one.here}
        for one in deciding:
            if one.organisation not in still:
                still.add(one.organisation)
                yield one.organisation, one.source

    def _take_text(self, name: TextField, named: Collection[str]) -> None:
        document = self.entry.document
        is_written = name in document.model_fields_set and getattr(document, name) is not None
        holding = [one for one in self.known if one.holds and one.text(name)]
        counting = [one for one in holding if name in one.supply.authoritative]
        if named and is_written:  # of another city's people a source says nothing against what is written
            counting = [one for one in counting if one.organisation in named]
        found = next(iter(counting), None)
        if found is None and not is_written:
            found = next(iter([*holding, *(one for one in self.known if one.text(name))]), None)
        if found is not None:
            self._take(name, found.text(name), found)

    def _take_day(self, name: _DateField, choose: Callable[[date, date], date]) -> None:
        day, found = self._day(name, self.known)
        before: date | None = getattr(self.entry.document, name)
        if day is None or found is None:
            return
        if before is None or (name in found.supply.authoritative and choose(before, day) == day != before):
            self._take(name, day, found)

    def _day(self, name: _DateField, known: Sequence[Known]) -> tuple[date | None, Known | None]:
        """What the first says that says something; who went counts last."""
        for one in sorted(known, key=lambda each: not each.here):
            day = one.fields.get(name)
            if isinstance(day, date):
                return day, one
        return None, None

    def _period(self, organisation: str) -> Period:
        of_it = [one for one in self.known if one.organisation == organisation]
        return Period(self._day("joined", of_it)[0], self._day("leaves", of_it)[0])

    def _take(self, name: str, value: str | date, known: Known) -> None:
        self.changed[name] = value
        self.taken[name] = Origin(known.source)


def _written_organisations(document: PersonDocument) -> Mapping[str, bool]:
    """Organisations that the files name, and whether the person is in them without an end."""
    if document.organisation is not None:
        return {document.organisation: True}
    found = dict[str, bool]()
    for one in document.affiliations:
        found[one.organisation] = found.get(one.organisation, False) or one.until is None
    return found
