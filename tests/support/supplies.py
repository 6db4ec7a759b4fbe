"""What sources of identities supply, for tests: short ways to say who is in a city's directory."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from provisioner.model.sources import Brings, KeptPerson, SourcePerson, Supply

GONE_ON = date(2027, 2, 20)
_TEXTS = ("given_name", "family_name", "email")


def known(key: str, name: str = "", email: str = "", **more: Any) -> KeptPerson:
    """ "k1", "Änne Müßig", "a@b.example": somebody who is there. ``active``, ``since``, further fields."""
    given, _, family = name.rpartition(" ")
    active, since = more.pop("active", True), more.pop("since", None)
    texts = dict(zip(_TEXTS, (given, family, email), strict=True))
    fields = {**{field: text for field, text in texts.items() if text}, **more}
    return KeptPerson(SourcePerson(key, fields, active), first_seen=since)


def gone(key: str, name: str = "", email: str = "", **more: Any) -> KeptPerson:
    """Somebody whom the source no longer has."""
    return replace(known(key, name, email, **more), missing_since=GONE_ON)


def supply(source: str, *people: KeptPerson, organisation: str = "bretten", **more: Any) -> Supply:
    """A source of Bretten that brings only those who are linked, unless ``more`` says otherwise."""
    return Supply(source, organisation, people={one.person.key: one for one in people}, **more)


def everybody(source: str, *people: KeptPerson, organisation: str = "bretten", **more: Any) -> Supply:
    """A source that brings everybody."""
    return supply(source, *people, organisation=organisation, brings=Brings.EVERYBODY, **more)


def as_yaml(people: Iterable[str]) -> str:
    """A file of people, an entry a line in braces."""
    return "people:\n" + "".join(f"  - {{{person}}}\n" for person in people)
