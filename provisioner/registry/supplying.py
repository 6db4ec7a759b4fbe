"""People as sources have them, made ready for the registry: only what it can use, and whether they are still there."""

import base64
import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from pydantic import ValidationError

from provisioner.model.registry import Identity, Origin
from provisioner.model.sources import Brings, KeptPerson, PersonField, SourceValue, Supply
from provisioner.registry.mistakes import shown
from provisioner.registry.problems import Problem, warning_of
from provisioner.registry.shapes import Day, Document, Email, Language, MaybeEmptyName, Name

_ID_LENGTH: Final = 16
"""Letters of five bits each: so many that nobody finds a key which gives the id of another city's person."""

TextField = Literal["given_name", "family_name", "email", "language"]
TEXT_FIELDS: Final[tuple[TextField, ...]] = ("given_name", "family_name", "email", "language")


class _Fields(Document):
    """What the registry takes of a source: the same forms as in its files."""

    given_name: MaybeEmptyName | None = None
    family_name: Name | None = None
    email: Email | None = None
    language: Language | None = None
    joined: Day | None = None
    leaves: Day | None = None


def person_id_of(source: str, key: str) -> str:
    """The id of somebody whom a source brings and who is linked to nobody: the same whenever it is read."""
    hashed = hashlib.sha256(f"{source}\0{key}".encode()).digest()
    return "p-" + base64.b32encode(hashed[:_ID_LENGTH]).decode().lower()[:_ID_LENGTH]


def same_address(address: str) -> str:
    """What two spellings of one address have in common: case and the letters' composition, nothing else.

    Not ``casefold``: that makes "ss" of "ß", and gießen.example and giessen.example may be two owners' domains.
    """
    return address.lower() if address.isascii() else unicodedata.normalize("NFC", address).lower()


def same_name(given: str, family: str) -> str:
    """What two spellings of one name have in common."""
    name = " ".join(f"{given} {family}".split())
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as one source has, or had, them. ``fields``: usable ones that were said and are not empty."""

    supply: Supply
    key: str
    fields: Mapping[PersonField, SourceValue]
    here: bool
    """The source has them, and has not switched them off."""
    own_id: str
    """The id of the person that the source brings, if they are nobody else; "" where it brings only the linked."""
    address: str
    """As `same_address` has it."""
    name: str
    """As `same_name` has it."""

    @property
    def source(self) -> str:
        return self.supply.source

    @property
    def organisation(self) -> str:
        return self.supply.organisation

    @property
    def holds(self) -> bool:
        """Whether what the source says of them counts: from absence something follows only where it decides."""
        return self.here or not self.supply.decides_existence

    @property
    def first_seen(self) -> date:
        """The day on which the source had them first; where that is not known, the earliest of all days."""
        return self.supply.people[self.key].first_seen or date.min

    @property
    def identity(self) -> Identity:
        return Identity(self.source, self.key)

    @property
    def shown_name(self) -> str:
        return f"{self.text('given_name')} {self.text('family_name')}".strip()

    def text(self, field: TextField) -> str:
        """A field's text, "" where the source says nothing."""
        return str(self.fields.get(field) or "")


def known_people(supplies: Iterable[Supply], problems: list[Problem]) -> Iterator[Known]:
    """Everybody of all sources, by source and key; values that the registry can't use count as not said."""
    for supply in sorted(supplies, key=lambda one: one.source):
        for key in sorted(supply.people):
            yield _known(supply, key, supply.people[key], problems)


def _known(supply: Supply, key: str, kept: KeptPerson, problems: list[Problem]) -> Known:
    said = {name: value for name, value in kept.person.fields.items() if value is not None and value != ""}
    try:
        fields = _Fields.model_validate(said)
    except ValidationError as fault:
        wrong = {str(detail["loc"][0]) for detail in fault.errors(include_url=False, include_input=False)}
        for name in sorted(wrong):
            where, arguments = Origin(supply.source), {"source": supply.source, "field": name, "key": shown(key)}
            problems.append(warning_of(where, "registry.unusable_value", **arguments))
        fields = _Fields.model_validate({name: value for name, value in said.items() if name not in wrong})
    usable: dict[PersonField, SourceValue] = {
        name: value for name in said if name in fields.model_fields_set and (value := getattr(fields, name))
    }
    return Known(
        supply,
        key,
        usable,
        here=kept.person.active and kept.missing_since is None,
        own_id=person_id_of(supply.source, key) if supply.brings is Brings.EVERYBODY else "",
        address=same_address(str(usable.get("email", ""))),
        name=same_name(str(usable.get("given_name", "")), str(usable.get("family_name", ""))),
    )
