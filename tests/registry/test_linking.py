"""What looks like one human twice is proposed with its evidence, and nothing follows before somebody decided."""

from pathlib import Path
from typing import Any

import pytest

from provisioner.model.registry import Affiliation, Identity
from provisioner.model.sources import Supply
from provisioner.registry import Loaded, load
from provisioner.registry.linking import CROWD, Proposal
from provisioner.registry.merging import person_id_of
from provisioner.registry.problems import Problem
from tests.registry.conftest import Write
from tests.support.supplies import as_yaml, everybody, gone, known, supply

ANNA = "id: p-anna, given_name: Anna, family_name: Alt, email: anna@bretten.example, organisation: bretten"
LINKED = f"{ANNA}, identities: [{{source: bretten-ad, key: k1}}]"
OTHER = "id: p-otto, given_name: Otto, family_name: Orth, email: otto@rastatt.example, organisation: rastatt"
SAME = known("k1", "Anna Alt", "anna@bretten.example")
SUCCESSOR = known("k2", "Bea Neu", "anna@bretten.example")
K1, K2 = person_id_of("bretten-ad", "k1"), person_id_of("bretten-ad", "k2")


def pairs(loaded: Loaded) -> list[tuple[str, str]]:
    return [(proposal.key, proposal.person) for proposal in loaded.proposals]


def codes(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.what.code.removeprefix("registry.") for problem in problems]


def evidence(proposal: Proposal) -> tuple[set[str], set[str]]:
    """For and against."""
    found = (
        {text.code.removeprefix("registry.link_") for text in side} for side in (proposal.evidence, proposal.against)
    )
    return next(found), next(found)


def rastatt(*people: Any, **more: Any) -> Supply:
    return everybody("rastatt-ad", *people, organisation="rastatt", **more)


class TestProposed:
    @pytest.mark.parametrize(
        ("entry", "speaks_for", "against"),
        [
            (SAME, {"same_address", "same_name", "same_organisation"}, set()),
            (known("k1", "A. Neu", "ANNA@Bretten.Example"), {"same_address", "same_organisation"}, {"other_name"}),
            (known("k1", "anna  ALT", "alt@bretten.example"), {"same_name", "same_organisation"}, {"other_address"}),
        ],
    )
    def test_who_resembles_somebody_is_proposed_and_held_back(
        self, write: Write, entry: Any, speaks_for: set[str], against: set[str]
    ) -> None:
        folder = write(people=as_yaml([ANNA]))
        loaded = load(folder, [everybody("bretten-ad", entry)])
        (proposal,) = loaded.proposals
        assert (proposal.person, proposal.identities) == ("p-anna", (Identity("bretten-ad", "k1"),))
        assert evidence(proposal) == (speaks_for, against)
        assert sorted(loaded.registry.people) == ["p-anna"]
        assert loaded.registry.people == load(folder).registry.people, "nobody is changed before"
        assert loaded.registry.blocked == {K1}, "nor taken for absent, had they been a person already"
        assert codes(loaded.problems) == ["links_wait"]

    @pytest.mark.parametrize(
        "entry",
        [
            known("k1", "Anna Alt", "anna+plus@rastatt.example"),
            known("k1", "Anna Al", "anna+x@bretten.example"),
            known("k1", "Alt Anna", "a@bretten.example"),
        ],
    )
    def test_another_name_or_organisation_and_another_address_are_no_likeness(self, write: Write, entry: Any) -> None:
        elsewhere = "rastatt" if "rastatt" in str(entry.person.fields["email"]) else "bretten"
        source = everybody("the-ad", entry, organisation=elsewhere)
        loaded = load(write(people=as_yaml([ANNA])), [source])
        assert (pairs(loaded), len(loaded.registry.people)) == ([], 2)

    def test_umlauts_are_the_same_however_they_are_put_together(self, write: Write) -> None:
        names = "id: p-anna, given_name: Jörg, family_name: Groß, email: j@größe.example, organisation: bretten"
        folder = write(people=as_yaml([names]))
        assert pairs(load(folder, [supply("ad", known("k1", "Jo\u0308rg Groß", "x@b.example"))])) == [("k1", "p-anna")]
        by_address = supply("ad", known("k1", "X Y", "J@gro\u0308ße.example"))
        assert pairs(load(folder, [by_address])) == [("k1", "p-anna")]

    def test_the_id_of_a_proposal_is_about_these_two_alone(self, write: Write) -> None:
        folder = write(people=as_yaml([ANNA]))
        first, again = (
            load(folder, [supply("bretten-ad", one)]).proposals[0] for one in (SAME, known("k1", "Anna Alt"))
        )
        assert first.id == again.id
        assert len(first.id) == 8
        assert load(folder, [supply("bretten-ae", SAME)]).proposals[0].id != first.id

    def test_who_is_told_apart_is_never_proposed_again(self, write: Write) -> None:
        apart = frozenset({("k1", "p-anna")})
        alike = everybody("bretten-ad", known("k1", "Anna Alt", "alt@bretten.example"), apart=apart)
        loaded = load(write(people=as_yaml([ANNA])), [alike])
        assert (loaded.proposals, sorted(loaded.registry.people)) == ((), sorted(["p-anna", K1]))

    def test_who_is_told_apart_and_shares_an_address_is_the_ordinary_mistake_of_both(self, write: Write) -> None:
        alike = everybody("bretten-ad", SAME, apart=frozenset({("k1", "p-anna")}))
        loaded = load(write(people=as_yaml([ANNA, OTHER])), [alike])
        assert (codes(loaded.errors), loaded.registry.blocked) == (["same_email"], {"p-anna", K1})

    def test_two_who_could_be_meant_speak_against_each_other(self, write: Write) -> None:
        two = "id: p-two, given_name: Anna, family_name: Alt, email: two@bretten.example, organisation: bretten"
        loaded = load(write(people=as_yaml([ANNA, two])), [supply("bretten-ad", SAME)])
        assert pairs(loaded) == [("k1", "p-anna"), ("k1", "p-two")]
        assert all("many_people" in evidence(proposal)[1] for proposal in loaded.proposals)

    def test_an_address_that_several_of_a_source_have_speaks_against_all(self, write: Write) -> None:
        shared = supply("bretten-ad", SAME, SUCCESSOR)
        loaded = load(write(people=as_yaml([ANNA])), [shared])
        assert [(proposal.key, "shared_address" in evidence(proposal)[1]) for proposal in loaded.proposals] == [
            ("k1", True),
            ("k2", True),
        ]

    def test_a_written_last_day_speaks_against_it(self, write: Write) -> None:
        loaded = load(write(people=as_yaml([f"{ANNA}, leaves: 2026-12-31"])), [supply("bretten-ad", SAME)])
        assert evidence(loaded.proposals[0])[1] == {"leaves"}

    def test_an_address_that_a_crowd_shares_tells_nobody_apart(self, write: Write) -> None:
        crowd = [known(f"r{number}", f"Nr {number}", "info@rastatt.example") for number in range(CROWD + 1)]
        entry = known("k1", "Bea Neu", "info@rastatt.example")
        folder = write(people=as_yaml([ANNA]))
        loaded = load(folder, [rastatt(*crowd), supply("bretten-ad", entry)])
        assert loaded.proposals == ()
        assert len(load(folder, [rastatt(*crowd[:CROWD]), supply("bretten-ad", entry)]).proposals) == CROWD

    def test_whoever_the_source_has_switched_off_is_nobodys_question(self, write: Write) -> None:
        off = known("k1", "Anna Alt", "anna@bretten.example", active=False)
        loaded = load(write(people=as_yaml([ANNA])), [supply("bretten-ad", off)])
        assert (loaded.proposals, loaded.problems) == ((), ())


class TestSuccessor:
    """An address is given to somebody new: who never inherits an account, a role or a place in a body."""

    @pytest.mark.parametrize(
        "before",
        [gone("k1", "Anna Alt", "anna@bretten.example"), known("k1", "Anna Alt", "anna@bretten.example", active=False)],
    )
    def test_a_successor_is_a_new_person_with_a_new_id(self, write: Write, before: Any) -> None:
        entry = f"{LINKED}, roles: [ranger], bodies: [pg-sensorik], user_id: anna"
        loaded = load(write(people=as_yaml([entry])), [everybody("bretten-ad", before, SUCCESSOR)])
        assert (loaded.proposals, loaded.registry.blocked) == ((), frozenset())
        anna, bea = loaded.registry.people["p-anna"], loaded.registry.people[K2]
        assert (anna.gone_from, anna.user_id, len(anna.memberships)) == ("bretten-ad", "anna", 1)
        assert (bea.email, bea.roles, bea.memberships, bea.user_id) == (anna.email, frozenset(), (), None)
        assert bea.identities == (Identity("bretten-ad", "k2"),)
        assert codes(loaded.problems) == ["address_passed_on"]
        assert loaded.problems[0].where.line == 2

    def test_the_successor_of_somebody_with_another_affiliation_that_has_ended_is_free_too(self, write: Write) -> None:
        moved = (
            "id: p-anna, given_name: Anna, family_name: Alt, email: anna@bretten.example, affiliations: "
            "[{organisation: rastatt, until: 2025-12-31}, {organisation: bretten}], "
            "identities: [{source: bretten-ad, key: k1}]"
        )
        loaded = load(write(people=as_yaml([moved])), [everybody("bretten-ad", gone("k1", "Anna Alt"), SUCCESSOR)])
        assert sorted(loaded.registry.people) == sorted(["p-anna", K2])

    def test_who_took_another_address_gives_the_old_one_away_at_once(self, write: Write) -> None:
        renamed = known("k1", "Anna Neu", "neu@bretten.example")
        loaded = load(write(people=as_yaml([LINKED])), [everybody("bretten-ad", renamed, SUCCESSOR)])
        assert (loaded.proposals, loaded.problems) == ((), ())
        assert loaded.registry.people["p-anna"].email == "neu@bretten.example"
        assert loaded.registry.people[K2].email == "anna@bretten.example"

    def test_where_the_files_name_no_key_first_is_asked_who_had_the_address_before(self, write: Write) -> None:
        ad = everybody("bretten-ad", gone("k1", "Anna Alt", "anna@bretten.example"), SUCCESSOR)
        loaded = load(write(people=as_yaml([ANNA])), [ad])
        (asked,) = loaded.proposals
        assert (asked.key, asked.person) == ("k1", "p-anna"), "never the successor"
        assert evidence(asked) == ({"same_address", "same_name", "same_organisation"}, {"entry_gone"})
        assert loaded.registry.people["p-anna"].identities == ()
        assert K2 in loaded.registry.blocked
        confirmed = load(write(people=as_yaml([LINKED])), [ad])
        assert confirmed.proposals == ()
        assert (confirmed.registry.people["p-anna"].gone_from, confirmed.registry.people[K2].email) == (
            "bretten-ad",
            "anna@bretten.example",
        )

    def test_who_is_not_the_one_before_may_be_the_one_now(self, write: Write) -> None:
        apart = frozenset({("k1", "p-anna")})
        ad = everybody("bretten-ad", gone("k1", "Carl Cron", "anna@bretten.example"), SUCCESSOR, apart=apart)
        loaded = load(write(people=as_yaml([ANNA])), [ad])
        assert pairs(loaded) == [("k2", "p-anna")]
        assert "passed_on" in evidence(loaded.proposals[0])[1]

    def test_a_linked_person_is_never_proposed_for_another_key_of_the_source(self, write: Write) -> None:
        again = known("k2", "Anna Alt", "anna@bretten.example")
        for before in (SAME, gone("k1", "Anna Alt", "anna@bretten.example")):
            assert load(write(people=as_yaml([LINKED])), [supply("bretten-ad", before, again)]).proposals == ()


class TestMoved:
    """The same human goes from one city to another."""

    LEFT = gone("k1", "Anna Alt", "anna@bretten.example")
    CAME = known("r1", "Anna Alt", "anna.alt@rastatt.example")

    def test_a_move_is_proposed_and_until_then_nobody_is_made_or_lost(self, write: Write) -> None:
        loaded = load(write(people=as_yaml([LINKED])), [everybody("bretten-ad", self.LEFT), rastatt(self.CAME)])
        (proposal,) = loaded.proposals
        assert evidence(proposal) == ({"same_name", "person_gone"}, {"other_address", "other_organisation"})
        assert proposal.organisations == {"bretten", "rastatt"}
        assert sorted(loaded.registry.people) == ["p-anna"]
        assert loaded.registry.people["p-anna"].gone_from == "bretten-ad"

    def test_a_confirmed_move_keeps_the_id_and_follows_the_sources(self, write: Write) -> None:
        both = f"{ANNA}, identities: [{{source: bretten-ad, key: k1}}, {{source: rastatt-ad, key: r1}}], user_id: anna"
        loaded = load(write(people=as_yaml([both])), [everybody("bretten-ad", self.LEFT), rastatt(self.CAME)])
        assert (loaded.proposals, loaded.problems) == ((), ())
        (anna,) = loaded.registry.people.values()
        assert (anna.id, anna.user_id, anna.email) == ("p-anna", "anna", "anna.alt@rastatt.example")
        assert anna.affiliations == (Affiliation("bretten", gone=True), Affiliation("rastatt"))

    def test_somebody_whom_sources_alone_know_moves_by_an_entry_of_id_and_identities(self, write: Write) -> None:
        supplies = [everybody("bretten-ad", self.LEFT), rastatt(self.CAME)]
        (proposal,) = load(write(people=as_yaml([OTHER])), supplies).proposals
        assert proposal.person == K1
        assert proposal.identities == (Identity("bretten-ad", "k1"), Identity("rastatt-ad", "r1"))
        linked = f"id: {K1}, identities: [{{source: bretten-ad, key: k1}}, {{source: rastatt-ad, key: r1}}]"
        loaded = load(write(people=as_yaml([OTHER, linked])), supplies)
        assert (loaded.problems, sorted(loaded.registry.people)) == ((), sorted([K1, "p-otto"]))
        assert loaded.registry.people[K1].email == "anna.alt@rastatt.example"


class TestTwoSources:
    IN_BRETTEN = known("k1", "Anna Alt", "anna@alt.example")
    IN_RASTATT = known("r1", "A. Alt", "Anna@alt.example")
    R1 = person_id_of("rastatt-ad", "r1")

    def load(self, folder: Path, **more: Any) -> Loaded:
        bretten = everybody("bretten-ad", self.IN_BRETTEN)
        return load(folder, [bretten, rastatt(self.IN_RASTATT, **more)])

    def test_one_address_in_two_sources_is_proposed_both_ways_and_neither_is_made_or_lost(self, write: Write) -> None:
        loaded = self.load(write(people=as_yaml([OTHER])))
        assert pairs(loaded) == [("k1", self.R1), ("r1", K1)]
        assert loaded.registry.blocked == {K1, self.R1}, "whichever has an account keeps it as it is"

    def test_telling_them_apart_once_is_enough(self, write: Write) -> None:
        loaded = self.load(write(people=as_yaml([OTHER])), apart=frozenset({("r1", K1)}))
        assert loaded.proposals == ()
        assert (codes(loaded.errors), loaded.registry.blocked) == (["same_email"], {K1, self.R1})

    def test_of_a_source_that_brings_the_linked_alone_the_entry_waits_and_not_the_person(self, write: Write) -> None:
        bretten = everybody("bretten-ad", self.IN_BRETTEN)
        other = supply("rastatt-ad", self.IN_RASTATT, organisation="rastatt")
        loaded = load(write(people=as_yaml([OTHER])), [bretten, other])
        assert pairs(loaded) == [("r1", K1)]
        assert (loaded.registry.blocked, K1 in loaded.registry.people) == (frozenset(), True)
