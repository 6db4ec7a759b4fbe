"""From an entry to a person. One that can't be used blocks itself alone."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from provisioner.model.sources import PersonField, SourcePerson, SourceValue, Unusable
from provisioner.model.text import Text
from provisioner.sources.directory import active_directory, values
from provisioner.sources.directory.settings import DirectorySettings, Product
from provisioner.sources.directory.values import Unfit
from provisioner.transport.directory_answers import Entry
from provisioner.transport.dn import normal

_LONGEST_KEY: Final = 200
_LONGEST_WHERE: Final = 60
_PLAIN: Final = re.compile(r"[^\x00-\x20\x7f-\xa0](?:[^\x00-\x1f\x7f-\xa0]*[^\x00-\x20\x7f-\xa0])?")


@dataclass(frozen=True, slots=True)
class Sorted:
    """Entries, told apart."""

    people: tuple[SourcePerson, ...]
    unusable: tuple[Unusable, ...]
    shown: frozenset[PersonField]
    """Fields whose attribute at least one entry showed."""


class Mapping:
    """What one source's settings make of its entries."""

    def __init__(self, settings: DirectorySettings) -> None:
        self._settings = settings
        self._fields = settings.attributes
        self._off = settings.switched_off
        self._is_ad = settings.kind is Product.ACTIVE_DIRECTORY
        self._zone = settings.zone
        self._base = normal(settings.base)
        off = () if self._off is None else (self._off.attribute,)
        state = (active_directory.USER_ACCOUNT_CONTROL,) if self._is_ad else ()
        self.attributes = tuple(dict.fromkeys((settings.key_attribute, *self._fields.values(), *off, *state)))
        """What is asked for."""

    def sort(self, entries: Sequence[Entry]) -> Sorted:
        """People and those who can't be used. Of two with the same key neither can."""
        found = [self.of(entry) for entry in entries]
        keys = Counter(one.key for one in found if one.key is not None)
        people: list[SourcePerson] = []
        unusable: list[Unusable] = []
        for entry, one in zip(entries, found, strict=True):
            if one.key is not None and keys[one.key] > 1:
                unusable.append(Unusable(self._where(entry), Text.of("directory.key_twice"), one.key))
            elif isinstance(one, Unusable):
                unusable.append(one)
            else:
                people.append(one)
        shown = (name for name, attribute in self._fields.items() if any(entry.raw(attribute) for entry in entries))
        return Sorted(tuple(people), tuple(unusable), frozenset(shown))

    def of(self, entry: Entry) -> SourcePerson | Unusable:
        """One entry. Who is switched off there is taken with what can be read: leavers lose their address."""
        key: str | None = None
        try:
            key = self._key(entry)
            active = self._is_active(entry)
            return SourcePerson(key, self._said(entry, active), active)
        except Unfit as unfit:
            return Unusable(self._where(entry), unfit.why, key)

    def _key(self, entry: Entry) -> str:
        attribute = self._settings.key_attribute
        found = entry.raw(attribute)
        try:
            (value,) = found
            if attribute.lower() == "objectguid":
                return active_directory.key_of(value)
            key = str(UUID(value.decode())) if attribute.lower() == "entryuuid" else value.decode()
        except ValueError:
            raise Unfit(Text.of("directory.bad_key", attribute=attribute)) from None
        if len(key) > _LONGEST_KEY or not _PLAIN.fullmatch(key):
            raise Unfit(Text.of("directory.bad_key", attribute=attribute))
        return key

    def _is_active(self, entry: Entry) -> bool:
        if self._is_ad:
            state = active_directory.is_active(entry.raw(active_directory.USER_ACCOUNT_CONTROL))
            if state is None:
                raise Unfit(Text.of("directory.state_hidden", attribute=active_directory.USER_ACCOUNT_CONTROL))
            if not state:
                return False
        if self._off is None:
            return True
        there = [value.decode(errors="replace").strip().lower() for value in entry.raw(self._off.attribute)]
        return not there if self._off.value is None else self._off.value.strip().lower() not in there

    def _said(self, entry: Entry, active: bool) -> dict[PersonField, SourceValue]:
        said: dict[PersonField, SourceValue] = {}
        for name, attribute in self._fields.items():
            found = entry.raw(attribute)
            if not found and attribute.lower() == "accountexpires":
                continue  # every account there has one: it can't be read
            try:
                said[name] = self._value(name, attribute, found)
            except Unfit:
                if active:
                    raise
        return said

    def _value(self, name: PersonField, attribute: str, found: Sequence[bytes]) -> SourceValue:
        match name:
            case "email":
                return values.email(found, self._settings.domains)
            case "language":
                return values.language(found)
            case "joined" | "leaves":
                return values.day(name, attribute, found, self._zone)
        return values.person_name(name, found)

    def _where(self, entry: Entry) -> str:
        """The entry's name without the base, shortened."""
        name = normal(entry.name)
        short = name.removesuffix("," + self._base)
        return short if len(short) <= _LONGEST_WHERE else f"{short[: _LONGEST_WHERE - 1]}…"


def without(people: Iterable[SourcePerson], unsaid: frozenset[PersonField]) -> tuple[SourcePerson, ...]:
    """The same people, of whom nothing is said in these fields."""
    if not unsaid:
        return tuple(people)
    return tuple(
        replace(one, fields={name: value for name, value in one.fields.items() if name not in unsaid}) for one in people
    )
