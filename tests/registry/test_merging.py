"""People of sources and of files become one registry: which field comes from where, and who is gone."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.model.registry import Affiliation, Identity, Membership, Origin, Period, Person, Role
from provisioner.model.sources import Brings, Supply
from provisioner.registry import Loaded, load
from provisioner.registry.merging import person_id_of
from tests.registry.conftest import ORGANISATIONS, Write
from tests.support.supplies import as_yaml, everybody, gone, known, supply

ANNA = "id: p-anna, given_name: Anna, family_name: Alt, email: anna@bretten.example, organisation: bretten"
LINKED = f"{ANNA}, identities: [{{source: bretten-ad, key: k1}}]"
BARE = "id: p-anna, identities: [{source: bretten-ad, key: k1}]"
LAST = "2027-12-31"
OTHER = "id: p-otto, given_name: Otto, family_name: Orth, email: otto@rastatt.example, organisation: rastatt"


def codes(loaded: Loaded) -> list[str]:
    return [problem.what.code.removeprefix("registry.") for problem in loaded.problems]


def one(folder: Path, *supplies: Supply, identity: str = "p-anna") -> Person:
    return load(folder, supplies).registry.people[identity]


def here(**more: Any) -> Supply:
    """Bretten's directory, which has Anna as k1."""
    return supply("bretten-ad", known("k1", "Änne Neu", "aenne.neu@bretten.example"), **more)


class TestFields:
    def test_where_the_source_counts_its_values_stand_and_say_where_they_are_from(self, write: Write) -> None:
        anna = one(write(people=as_yaml([LINKED])), here())
        assert (anna.display_name, anna.email) == ("Änne Neu", "aenne.neu@bretten.example")
        source = Origin("bretten-ad")
        assert anna.provenance == {"given_name": source, "family_name": source, "email": source}
        assert anna.origin == Origin("people.yaml", 2, 5)

    def test_where_it_does_not_count_it_fills_what_is_empty(self, write: Write) -> None:
        some = supply(
            "bretten-ad", known("k1", "Änne Neu", "neu@bretten.example", language="fr"), authoritative={"email"}
        )
        anna = one(write(people=as_yaml([LINKED])), some)
        assert (anna.display_name, anna.email, anna.language) == ("Anna Alt", "neu@bretten.example", "fr")
        assert set(anna.provenance) == {"email", "language"}

    def test_what_a_source_says_to_be_empty_takes_nothing_away(self, write: Write) -> None:
        nothing = supply("bretten-ad", known("k1", given_name=None, family_name="", email=None, leaves=None))
        anna = one(write(people=as_yaml([f"{LINKED}, leaves: 2027-12-31"])), nothing)
        assert (anna.display_name, anna.email) == ("Anna Alt", "anna@bretten.example")
        assert anna.period.until == date(2027, 12, 31)

    def test_an_entry_of_id_and_identities_is_filled_by_its_source(self, write: Write) -> None:
        anna = one(write(people=as_yaml([BARE])), here())
        assert (anna.display_name, anna.affiliations) == ("Änne Neu", (Affiliation("bretten"),))
        assert anna.provenance["organisation"] == Origin("bretten-ad")

    def test_what_nobody_tells_is_a_mistake_of_the_entry_alone(self, write: Write) -> None:
        loaded = load(write(people=as_yaml([BARE, OTHER])), [supply("bretten-ad", known("k1", "Änne Neu"))])
        assert (codes(loaded), sorted(loaded.registry.people)) == (["unnamed"], ["p-otto"])
        assert loaded.registry.blocked == {"p-anna"}

    def test_somebody_with_one_name_only_needs_no_given_name(self, write: Write) -> None:
        loaded = load(write(people=as_yaml([BARE])), [supply("bretten-ad", known("k1", "Neu", "neu@bretten.example"))])
        assert loaded.problems == ()
        assert loaded.registry.people["p-anna"].display_name == "Neu"

    def test_a_value_that_the_registry_cannot_use_counts_as_not_said(self, write: Write) -> None:
        odd = supply("bretten-ad", known("k1", "Änne Ne\u200bu", "no address", language="deu"))
        loaded = load(write(people=as_yaml([LINKED])), [odd])
        assert loaded.registry.people["p-anna"].display_name == "Änne Alt"
        assert codes(loaded) == ["unusable_value"] * 3
        assert "no address" not in str(loaded.problems), "a value may be anything"

    def test_an_address_elsewhere_is_only_warned_of(self, write: Write) -> None:
        private = supply("bretten-ad", known("k1", "Änne Neu", "aenne@private.example"))
        loaded = load(write(people=as_yaml([LINKED])), [private])
        assert loaded.registry.people["p-anna"].email == "aenne@private.example"
        assert [(p.what.code, p.where) for p in loaded.warnings] == [("registry.other_domain", Origin("bretten-ad"))]

    def test_a_name_in_decomposed_letters_is_the_same_name(self, write: Write) -> None:
        apart = supply("bretten-ad", known("k1", "A\u0308nne Neu", "neu@bretten.example"))
        assert one(write(people=as_yaml([LINKED])), apart).given_name == "Änne"


class TestDays:
    @pytest.mark.parametrize(
        ("written", "said", "expected"),
        [
            ("leaves: 2027-06-30", {"leaves": date(2027, 3, 31)}, Period(None, date(2027, 3, 31))),
            ("leaves: 2027-03-31", {"leaves": date(2027, 6, 30)}, Period(None, date(2027, 3, 31))),
            ("joined: 2027-02-01", {"joined": date(1995, 8, 1)}, Period(date(2027, 2, 1))),
            ("joined: 2027-02-01", {"joined": date(2027, 4, 1)}, Period(date(2027, 4, 1))),
            ("language: de", {"leaves": date(2027, 6, 30)}, Period(None, date(2027, 6, 30))),
        ],
    )
    def test_somebody_is_here_from_the_later_first_day_to_the_earlier_last_one(
        self, write: Write, written: str, said: dict[str, date], expected: Period
    ) -> None:
        folder = write(people=as_yaml([f"{LINKED}, {written}"]))
        assert one(folder, supply("bretten-ad", known("k1", "Anna Alt", **said))).period == expected

    def test_a_source_that_does_not_count_for_days_only_fills_them(self, write: Write) -> None:
        quiet = supply("bretten-ad", known("k1", leaves=date(2027, 3, 31)), authoritative={"email"})
        assert one(write(people=as_yaml([f"{LINKED}, leaves: 2027-06-30"])), quiet).period.until == date(2027, 6, 30)
        assert one(write(people=as_yaml([LINKED])), quiet).period.until == date(2027, 3, 31)

    def test_of_somebody_in_two_cities_a_last_day_in_one_ends_that_alone(self, write: Write) -> None:
        lent = f"{ANNA}, identities: [{{source: bretten-ad, key: k1}}, {{source: rastatt-ad, key: r1}}]"
        anna = one(
            write(people=as_yaml([lent])),
            supply("bretten-ad", known("k1")),
            supply("rastatt-ad", known("r1", leaves=date(2027, 6, 30)), organisation="rastatt"),
        )
        assert anna.period == Period()
        assert anna.affiliations == (
            Affiliation("bretten"),
            Affiliation("rastatt", period=Period(None, date(2027, 6, 30))),
        )


class TestTwoSources:
    LENT = "identities: [{source: a-rastatt, key: r1}, {source: bretten-ad, key: k1}]"

    def supplies(self) -> tuple[Supply, Supply]:
        return (
            supply(
                "a-rastatt", known("r1", "Anna Rast", "anna@rastatt.example", language="fr"), organisation="rastatt"
            ),
            supply("bretten-ad", known("k1", "Anna Brett", "anna@bretten.example")),
        )

    def test_the_source_of_the_written_organisation_counts(self, write: Write) -> None:
        anna = one(write(people=as_yaml([f"{ANNA}, {self.LENT}"])), *self.supplies())
        assert (anna.family_name, anna.email) == ("Brett", "anna@bretten.example")
        assert anna.provenance["email"] == Origin("bretten-ad")
        assert (anna.language, anna.provenance["language"]) == ("fr", Origin("a-rastatt")), "what the first leaves open"
        assert {stay.organisation for stay in anna.affiliations} == {"bretten", "rastatt"}

    def test_what_is_written_of_another_citys_person_counts_more_than_a_source_that_only_has_them_too(
        self, write: Write
    ) -> None:
        only = supply("a-rastatt", known("r1", "Anna Rast", "trap@rastatt.example"), organisation="rastatt")
        anna = one(write(people=as_yaml([f"{ANNA}, identities: [{{source: a-rastatt, key: r1}}]"])), only)
        assert (anna.family_name, anna.email) == ("Alt", "anna@bretten.example")
        assert {stay.organisation for stay in anna.affiliations} == {"bretten", "rastatt"}

    def test_where_none_is_written_the_first_by_name_counts(self, write: Write) -> None:
        anna = one(write(people=as_yaml([f"id: p-anna, {self.LENT}"])), *self.supplies())
        assert (anna.family_name, anna.provenance["email"]) == ("Rast", Origin("a-rastatt"))

    def test_roles_stay_where_they_are_written(self, write: Write) -> None:
        anna = one(write(people=as_yaml([f"{ANNA}, {self.LENT}, roles: [coordinator, ranger]"])), *self.supplies())
        assert {stay.organisation: stay.roles for stay in anna.affiliations} == {
            "bretten": {Role.COORDINATOR},
            "rastatt": frozenset(),
        }
        assert anna.roles == {Role.RANGER}

    def test_a_role_beside_two_organisations_of_sources_belongs_to_neither(self, write: Write) -> None:
        loaded = load(write(people=as_yaml([f"id: p-anna, {self.LENT}, roles: [coordinator]", OTHER])), self.supplies())
        assert (codes(loaded), loaded.registry.blocked) == (["role_elsewhere"], {"p-anna"})

    def test_an_organisation_that_the_files_know_keeps_the_days_written_there(self, write: Write) -> None:
        moved = (
            "id: p-anna, given_name: A, family_name: B, email: a@rastatt.example, affiliations: "
            "[{organisation: bretten, until: 2026-12-31}, {organisation: rastatt, since: 2027-01-01}]"
        )
        anna = one(write(people=as_yaml([f"{moved}, identities: [{{source: bretten-ad, key: k1}}]"])), here())
        assert [stay.period for stay in anna.affiliations] == [
            Period(None, date(2026, 12, 31)),
            Period(date(2027, 1, 1)),
        ]


class TestGone:
    def test_whom_the_source_no_longer_has_is_gone_and_all_else_stays(self, write: Write) -> None:
        folder = write(people=as_yaml([f"{LINKED}, bodies: [{{id: pg-sensorik, role: moderator}}], roles: [ranger]"]))
        anna = one(folder, supply("bretten-ad", gone("k1", "Änne Neu", "neu@bretten.example")))
        assert (anna.gone_from, anna.affiliations) == ("bretten-ad", (Affiliation("bretten", gone=True),))
        assert (anna.roles, anna.memberships) == ({Role.RANGER}, (Membership("pg-sensorik", Role.MODERATOR),))

    def test_whom_the_source_has_switched_off_is_gone_too_and_back_again_once_switched_on(self, write: Write) -> None:
        folder = write(people=as_yaml([LINKED]))
        assert one(folder, supply("bretten-ad", known("k1", "Änne Neu", active=False))).gone_from == "bretten-ad"
        back = one(folder, here())
        assert (back.gone_from, back.affiliations) == (None, (Affiliation("bretten"),))

    def test_a_source_that_does_not_decide_about_it_lets_nobody_be_gone(self, write: Write) -> None:
        silent = supply("bretten-ad", gone("k1", "Änne Neu", "neu@bretten.example"), decides_existence=False)
        for entry in (LINKED, BARE):
            anna = one(write(people=as_yaml([entry])), silent)
            assert (anna.gone_from, anna.affiliations, anna.family_name) == (None, (Affiliation("bretten"),), "Neu")

    def test_whom_another_directory_of_the_same_city_still_has_is_not_gone(self, write: Write) -> None:
        both = f"{ANNA}, identities: [{{source: bretten-ad, key: k1}}, {{source: bretten-csv, key: c1}}]"
        anna = one(
            write(people=as_yaml([both])),
            supply("bretten-ad", gone("k1", "Anna Alt")),
            supply("bretten-csv", known("c1", "Anna Csv")),
        )
        assert (anna.gone_from, anna.family_name) == (None, "Csv")

    def test_whom_one_city_no_longer_has_is_still_in_the_other(self, write: Write) -> None:
        both = f"{ANNA}, identities: [{{source: bretten-ad, key: k1}}, {{source: rastatt-ad, key: r1}}]"
        anna = one(
            write(people=as_yaml([both])),
            supply("bretten-ad", gone("k1", "Anna Alt", "anna@bretten.example")),
            supply("rastatt-ad", known("r1", "Anna Rast", "anna@rastatt.example"), organisation="rastatt"),
        )
        assert anna.affiliations == (Affiliation("bretten", gone=True), Affiliation("rastatt"))
        assert anna.email == "anna@rastatt.example"

    def test_a_guest_has_name_and_address_from_a_source_and_no_organisation(self, write: Write) -> None:
        guest = "id: p-gast, identities: [{source: bretten-ad, key: k1}], guest: {sponsor: p-otto, until: 2027-12-31}"
        folder = write(people=as_yaml([guest, OTHER]))
        found = one(folder, here(), identity="p-gast")
        assert (found.display_name, found.affiliations, found.gone_from) == ("Änne Neu", (), None)
        away = supply("bretten-ad", gone("k1", "Änne Neu", "neu@bretten.example"))
        assert one(folder, away, identity="p-gast").gone_from == "bretten-ad"

    def test_a_key_that_the_source_never_had_is_a_warning_and_nobody_is_gone(self, write: Write) -> None:
        folder = write(people=as_yaml([LINKED]))
        loaded = load(folder, [supply("bretten-ad", known("other", "Ole Ort"))])
        assert codes(loaded) == ["unknown_key"]
        assert loaded.registry.people["p-anna"].gone_from is None
        assert codes(load(folder, [supply("bretten-ad", complete=False)])) == []


class TestEverybody:
    def test_a_source_that_brings_everybody_makes_people_of_its_entries(self, write: Write) -> None:
        folder = write(people=as_yaml([OTHER]))
        ad = everybody("bretten-ad", known("k1", "Änne Neu", "neu@bretten.example", leaves=date(2027, 6, 30)))
        identity = person_id_of("bretten-ad", "k1")
        anna = one(folder, ad, identity=identity)
        assert (anna.id, anna.identities) == (identity, (Identity("bretten-ad", "k1"),))
        assert (anna.affiliations, anna.period.until) == ((Affiliation("bretten"),), date(2027, 6, 30))
        assert anna.origin == Origin("bretten-ad")
        assert len(identity) == 18
        assert identity == person_id_of("bretten-ad", "k1") != person_id_of("bretten-a", "dk1")

    def test_one_that_brings_those_who_are_linked_makes_nobody(self, write: Write) -> None:
        loaded = load(write(people=as_yaml([LINKED])), [supply("bretten-ad", known("k1", "A B"), known("k2", "C D"))])
        assert sorted(loaded.registry.people) == ["p-anna"]

    def test_whoever_it_no_longer_has_is_kept_as_gone(self, write: Write) -> None:
        ad = everybody("bretten-ad", gone("k1", "Änne Neu", "neu@bretten.example"))
        anna = one(write(people=as_yaml([OTHER])), ad, identity=person_id_of("bretten-ad", "k1"))
        assert (anna.gone_from, anna.affiliations) == ("bretten-ad", (Affiliation("bretten", gone=True),))

    def test_entries_without_a_name_or_an_address_are_told_once_and_left_as_they_are(self, write: Write) -> None:
        ad = everybody("bretten-ad", known("svc-1", "Backup"), known("svc-2", email="print@bretten.example"))
        loaded = load(write(people=as_yaml([OTHER])), [ad])
        assert [(p.what.code, p.what.arguments["count"]) for p in loaded.problems] == [("registry.entries_unnamed", 2)]
        assert loaded.registry.blocked == {person_id_of("bretten-ad", "svc-1"), person_id_of("bretten-ad", "svc-2")}

    def test_a_sponsor_may_be_somebody_whom_only_a_source_knows(self, write: Write) -> None:
        sponsor = person_id_of("bretten-ad", "k1")
        guest = (
            f"id: p-g, given_name: G, family_name: H, email: g@x.example, guest: {{sponsor: {sponsor}, until: {LAST}}}"
        )
        ad = everybody("bretten-ad", known("k1", "Änne Neu", "neu@bretten.example"))
        assert load(write(people=as_yaml([guest])), [ad]).problems == ()
        assert codes(load(write(people=as_yaml([guest, OTHER])))) == ["unknown_people"]

    def test_who_came_by_everybody_vanishes_when_only_the_linked_are_brought(self, write: Write) -> None:
        folder, people = (
            write(people=as_yaml([LINKED])),
            (known("k1", "Anna Alt"), known("k2", "C D", "cd@bretten.example")),
        )
        assert len(load(folder, [everybody("bretten-ad", *people)]).registry.people) == 2
        back = load(folder, [supply("bretten-ad", *people)])
        assert (sorted(back.registry.people), back.registry.blocked, back.registry.complete) == (
            ["p-anna"],
            set(),
            True,
        )


class TestWholeness:
    def test_an_outage_changes_nothing(self, write: Write) -> None:
        folder = write(people=as_yaml([LINKED]))
        ad = everybody("bretten-ad", known("k1", "Änne Neu"), known("k2", "Ole Ort", "ole@bretten.example"))
        assert load(folder, [ad]) == load(folder, [ad])
        assert load(folder, [ad]).registry.complete

    def test_a_source_never_read_whole_makes_the_registry_incomplete(self, write: Write) -> None:
        loaded = load(write(people=as_yaml([LINKED])), [here(complete=False)])
        assert (loaded.registry.complete, codes(loaded)) == (False, [])

    def test_a_source_of_an_organisation_that_does_not_exist_is_told_and_left_out(self, write: Write) -> None:
        typo = everybody(
            "bretten-ad", known("k1", "Änne Neu"), known("k2", "Ole Ort", "ole@b.example"), organisation="breten"
        )
        loaded = load(write(people=as_yaml([LINKED, OTHER])), [typo])
        (problem,) = loaded.problems
        assert (problem.what.code, problem.where, problem.is_error) == (
            "registry.source_of_nobody",
            Origin("bretten-ad"),
            True,
        )
        assert problem.mend.arguments == {"suggestion": "bretten"}
        assert (sorted(loaded.registry.people), loaded.registry.complete) == (["p-otto"], False)
        assert loaded.registry.blocked == {"p-anna"}, "as it is: the files alone would change name and address"

    def test_people_of_a_malformed_organisation_wait_with_it(self, write: Write) -> None:
        broken = ORGANISATIONS.replace("kind: city\n    domains: [bretten.example]", "kind: citty")
        ad = everybody("bretten-ad", known("k2", "Ole Ort", "ole@bretten.example"))
        loaded = load(write(organisations=broken, people=as_yaml([OTHER]), bodies=None), [ad])
        assert loaded.registry.blocked == {"bretten", person_id_of("bretten-ad", "k2")}

    def test_nobody_is_made_while_files_of_people_cannot_be_read(self, write: Write) -> None:
        ad = everybody("bretten-ad", known("k1", "Änne Neu", "neu@bretten.example"))
        folder = write(**{"people": as_yaml([OTHER]), "people/more": b"people: [\xff]\n"})
        loaded = load(folder, [ad])
        assert sorted(loaded.registry.people) == ["p-otto"]
        assert loaded.registry.blocked == {person_id_of("bretten-ad", "k1")}
        assert codes(loaded) == ["entries_wait", "not_utf8"]
        assert loaded.proposals == ()

    @pytest.mark.parametrize(
        "broken",
        [
            "id: p-anna, identities: [{source: bretten-ad, key: 0123}], organisation: bretten",
            'id: p-anna, identities: [{source: bretten-ad, key: "0123"}], organisation: BRETTEN',
            "id: p-anna, given_name: Anna, email: NEU@bretten.example, organisation: 7",
            "id: p-anna, given_name: Änne, family_name: NEU, organisation: 7",
        ],
    )
    def test_somebody_whose_entry_is_malformed_is_not_made_a_second_time(self, write: Write, broken: str) -> None:
        ad = everybody("bretten-ad", known("0123", "Änne Neu", "neu@bretten.example"))
        loaded = load(write(people=as_yaml([broken, OTHER])), [ad])
        assert sorted(loaded.registry.people) == ["p-otto"]
        assert loaded.registry.blocked == {"p-anna", person_id_of("bretten-ad", "0123")}
        assert "entries_wait" in codes(loaded)

    def test_two_entries_that_claim_one_identity_get_nothing_of_it(self, write: Write) -> None:
        second = "id: p-two, identities: [{source: bretten-ad, key: k1}], organisation: bretten"
        loaded = load(write(people=as_yaml([LINKED, second, OTHER])), [here()])
        assert (loaded.registry.blocked, loaded.registry.complete) == ({"p-anna", "p-two"}, True)
        assert sorted(codes(loaded)) == ["same_identity", "unnamed", "unnamed", "unnamed"]


def test_the_order_of_sources_and_their_people_makes_no_difference(write: Write) -> None:
    folder = write(people=as_yaml([LINKED, OTHER]))
    people = [known(f"k{n}", f"Name Nr{n}", f"n{n // 2}@bretten.example") for n in range(9)]
    found = []
    for seed in range(4):
        dice = random.Random(seed)
        dice.shuffle(people)
        both = [
            everybody("bretten-ad", *people[:]),
            everybody("rastatt-ad", known("r", "Name Nr3"), organisation="rastatt"),
        ]
        dice.shuffle(both)
        found.append(load(folder, both))
    assert all(other == found[0] for other in found)


def test_the_digest_tells_who_is_gone_and_not_where_a_field_is_from(write: Write) -> None:
    folder = write(people=as_yaml([LINKED]))
    same = supply("bretten-ad", known("k1", "Anna Alt", "anna@bretten.example"))
    assert load(folder).digest == load(folder, [same]).digest
    assert load(folder, [supply("bretten-ad", gone("k1", "Anna Alt"))]).digest != load(folder).digest


def test_every_entry_is_looked_at_once_however_many_there_are(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.registry import linking

    looked = 0
    original = linking.Likeness._may_be

    def counted(self: Any, *given: Any) -> bool:
        nonlocal looked
        looked += 1
        return original(self, *given)

    monkeypatch.setattr(linking.Likeness, "_may_be", counted)
    people = [known(f"k{n}", f"Given{n} Family{n}", f"n{n}@bretten.example") for n in range(2_000)]
    loaded = load(write(people=as_yaml([OTHER])), [everybody("bretten-ad", *people)])
    assert len(loaded.registry.people) == 2_001
    assert looked <= 3 * len(people)


def test_switching_what_is_brought_changes_nobody_who_is_linked(write: Write) -> None:
    folder = write(people=as_yaml([LINKED]))
    assert one(folder, here()) == one(folder, here(brings=Brings.EVERYBODY))
