"""Whatever files and sources say: nobody is lost, nobody is two, and the order makes no difference."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.sources import Supply
from provisioner.registry import load
from tests.registry.conftest import BODIES, NETWORK, ORGANISATIONS
from tests.support.supplies import as_yaml, everybody, gone, known, supply

NAMES = ("Anna Alt", "Bea Neu", "Änne Müßig")
MAILS = ("a@bretten.example", "b@rastatt.example", "c@x.example")
ENTRY = st.tuples(
    st.sampled_from(("k1", "k2", "k3")),
    st.sampled_from((*NAMES, "")),
    st.sampled_from((*MAILS, "")),
    st.sampled_from(("here", "gone", "off")),
)
IDENTITIES = st.lists(
    st.tuples(st.sampled_from(("ad", "other")), st.sampled_from(("k1", "k2", "k9"))), max_size=2, unique=True
)
PERSON = st.tuples(
    st.sampled_from(NAMES), st.sampled_from(MAILS), st.sampled_from(("bretten", "rastatt", "")), IDENTITIES
)


def supplied(name: str, organisation: str) -> st.SearchStrategy[Supply]:
    def made(entries: list[tuple[str, str, str, str]], brings: bool, decides: bool, apart: Any) -> Supply:
        kept = {
            key: gone(key, called, mail) if state == "gone" else known(key, called, mail, active=state == "here")
            for key, called, mail, state in entries
        }
        make = everybody if brings else supply
        more = {"decides_existence": decides, "apart": frozenset(apart)}
        return make(name, *kept.values(), organisation=organisation, **more)

    pairs = st.lists(st.tuples(st.sampled_from(("k1", "k2")), st.just("p-0")), max_size=1)
    return st.builds(made, st.lists(ENTRY, max_size=3), st.booleans(), st.booleans(), pairs)


def written(number: int, person: tuple[str, str, str, list[tuple[str, str]]]) -> str:
    name, mail, organisation, identities = person
    given_name, _, family_name = name.rpartition(" ")
    fields = {"id": f"p-{number}", "given_name": given_name, "family_name": family_name, "email": mail}
    if organisation:
        fields["organisation"] = organisation
    if identities:
        fields["identities"] = f"[{', '.join(f'{{source: {source}, key: {key}}}' for source, key in identities)}]"
    return ", ".join(f"{field}: {value}" for field, value in fields.items())


@settings(deadline=None, max_examples=80)
@given(st.lists(PERSON, min_size=1, max_size=3), supplied("ad", "bretten"), supplied("other", "rastatt"))
def test_nobody_is_lost_and_nobody_is_two(people: list[Any], one: Supply, other: Supply) -> None:
    with TemporaryDirectory() as folder:
        texts = (NETWORK, ORGANISATIONS, BODIES, as_yaml(written(number, each) for number, each in enumerate(people)))
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.yaml").write_text(text, encoding="utf-8")
        loaded = load(Path(folder), [one, other])
        assert loaded == load(Path(folder), [other, one])
    registry = loaded.registry
    assert {f"p-{number}" for number in range(len(people))} <= registry.people.keys() | registry.blocked
    assert not registry.people.keys() & registry.blocked
    here = [person for person in registry.people.values() if any(not stay.gone for stay in person.affiliations)]
    assert len({person.email.casefold() for person in here}) == len(here)
    identities = [identity for person in registry.people.values() for identity in person.identities]
    assert len(set(identities)) == len(identities)
    for proposal in loaded.proposals:
        supplied_by = one if proposal.source == one.source else other
        assert (proposal.key, proposal.person) not in supplied_by.apart
        if proposal.person in registry.people:
            assert proposal.source not in {known.source for known in registry.people[proposal.person].identities}
