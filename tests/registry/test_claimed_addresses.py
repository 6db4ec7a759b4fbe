"""A city's source speaks of its own people: what it says of others' addresses stops nobody but its own entry."""

from datetime import date

import pytest

from provisioner.model.sources import KeptPerson
from provisioner.registry import load
from provisioner.registry.merging import person_id_of
from tests.registry.conftest import Write
from tests.support.supplies import as_yaml, everybody, known, supply

ANNA = "id: p-anna, given_name: Anna, family_name: Alt, email: anna@bretten.example, organisation: bretten"
OTTO = "id: p-otto, organisation: rastatt, identities: [{source: rastatt-ad, key: r1}]"
EARLIER, LATER = date(2027, 1, 4), date(2027, 2, 1)
CLAIM = supply("rastatt-ad", known("r1", "Otto Orth", "ANNA@bretten.example"), organisation="rastatt")


def test_an_address_of_another_city_blocks_whoever_claims_it_alone(write: Write) -> None:
    loaded = load(write(people=as_yaml([ANNA, OTTO])), [CLAIM])
    assert (sorted(loaded.registry.people), loaded.registry.blocked) == (["p-anna"], {"p-otto"})
    assert [problem.what.code for problem in loaded.errors] == ["registry.same_email"]


def test_it_does_not_matter_who_told_the_owners_address_or_how_many_claim_it(write: Write) -> None:
    linked = "id: p-anna, organisation: bretten, identities: [{source: bretten-ad, key: k1}]"
    second = "id: p-olga, organisation: rastatt, identities: [{source: rastatt-ad, key: r2}]"
    own = supply("bretten-ad", known("k1", "Anna Alt", "anna@bretten.example"))
    claims = [known(key, name, "anna@bretten.example") for key, name in (("r1", "Otto Orth"), ("r2", "Olga Orth"))]
    loaded = load(
        write(people=as_yaml([linked, OTTO, second])), [own, supply("rastatt-ad", *claims, organisation="rastatt")]
    )
    assert (sorted(loaded.registry.people), loaded.registry.blocked) == (["p-anna"], {"p-otto", "p-olga"})


def test_a_written_private_address_counts_more_than_another_citys_source(write: Write) -> None:
    private = ANNA.replace("anna@bretten.example", "anna@private.example")
    claim = supply("rastatt-ad", known("r1", "Otto Orth", "anna@private.example"), organisation="rastatt")
    assert load(write(people=as_yaml([private, OTTO])), [claim]).registry.blocked == {"p-otto"}


@pytest.mark.parametrize("address", ["anna@bretten.example", "otto@rastatt.example"])
def test_within_one_city_and_between_two_owners_nobody_knows_whose_it_is(write: Write, address: str) -> None:
    mate = "id: p-mia, given_name: Mia, family_name: M, email: X, organisation: rastatt".replace("X", address)
    claim = supply("rastatt-ad", known("r1", "Otto Orth", address), organisation="rastatt")
    assert load(write(people=as_yaml([mate, OTTO])), [claim]).registry.blocked == {"p-mia", "p-otto"}


def test_told_apart_whoever_claims_it_waits_alone(write: Write) -> None:
    entry = person_id_of("rastatt-ad", "r9")
    claim = everybody(
        "rastatt-ad",
        known("r9", "Anna Alt", "anna@bretten.example"),
        organisation="rastatt",
        apart=frozenset({("r9", "p-anna")}),
    )
    loaded = load(write(people=as_yaml([ANNA])), [claim])
    assert (sorted(loaded.registry.people), loaded.registry.blocked) == (["p-anna"], {entry})


@pytest.mark.parametrize(
    ("claim", "waits"),
    [
        (known("r1", "Anna Alt", "anna@bretten.example", since=LATER), True),
        (known("r1", "Anna Alt", "away@rastatt.example", active=False, since=LATER), False),
    ],
)
def test_whoever_was_brought_first_goes_on_whatever_another_city_brings(
    write: Write, claim: KeptPerson, waits: bool
) -> None:
    first = person_id_of("bretten-ad", "k1")
    own = everybody("bretten-ad", known("k1", "Anna Alt", "anna@bretten.example", since=EARLIER))
    other = everybody("rastatt-ad", claim, organisation="rastatt")
    loaded = load(write(people=as_yaml([ANNA.replace("anna", "a").replace("Alt", "Else")])), [own, other])
    assert first in loaded.registry.people
    assert loaded.registry.blocked == ({person_id_of("rastatt-ad", "r1")} if waits else set())
    assert [(one.key, one.person) for one in loaded.proposals] == ([("r1", first)] if waits else [])


def test_whoever_came_later_from_another_city_waits(write: Write) -> None:
    moved = everybody("bretten-ad", known("k1", "Anna Alt", "anna@bretten.example", since=LATER))
    left = everybody(
        "rastatt-ad",
        known("r1", "Anna Alt", "away@rastatt.example", active=False, since=EARLIER),
        organisation="rastatt",
    )
    loaded = load(write(people=as_yaml([ANNA.replace("anna", "a").replace("Alt", "Else")])), [moved, left])
    assert loaded.registry.blocked == {person_id_of("bretten-ad", "k1")}
