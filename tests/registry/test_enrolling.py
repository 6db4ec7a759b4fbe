"""What was decided through the service, laid over the files: these count more, and nobody is lost."""

from datetime import date, timedelta

import pytest

from provisioner.model.enrolments import NO_ENROLMENTS, SOURCE, EnrolledBody
from provisioner.model.registry import Affiliation, Membership, Origin, Period, Role
from provisioner.registry import load
from provisioner.registry.enrolling import struck
from provisioner.registry.merging import person_id_of
from tests.registry.conftest import ORGANISATIONS, PEOPLE, Write
from tests.registry.enrolled import BODY, OLE, TODAY, came, codes, decided, person_of, place
from tests.support.supplies import as_yaml, everybody, known

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
ANNA = "id: p-anna, given_name: Änne, family_name: Müßig, email: aenne.muessig@bretten.example, organisation: bretten"


def places(write: Write, written: str, *decisions: object) -> tuple[Membership, ...]:
    """What Anna has with these lines in the file and these decisions."""
    people = as_yaml([f"{ANNA}, bodies: [{written}]"])
    return person_of(write, "p-anna", decided(places=decisions), people=people).memberships  # type: ignore[arg-type]


class TestPeople:
    def test_who_came_by_themselves_is_a_person_like_others(self, write: Write) -> None:
        loaded = load(write(), enrolments=decided([OLE], [place("p-ole")]))
        ole = loaded.registry.people["p-ole"]
        assert (ole.display_name, ole.email, ole.affiliations) == ("Ole Ort", OLE.email, (Affiliation("bretten"),))
        assert (ole.period.since, ole.origin) == (TODAY, Origin(SOURCE))
        assert ole.memberships == (Membership("pg-sensorik", period=Period(TODAY)),)
        assert (loaded.problems, loaded.registry.complete) == ((), True)

    def test_nothing_decided_is_the_registry_of_the_files(self, write: Write) -> None:
        assert load(write(), enrolments=NO_ENROLMENTS) == load(write())

    def test_what_a_file_says_counts_and_what_it_leaves_out_is_filled(self, write: Write) -> None:
        people = as_yaml([ANNA, "id: p-ole, family_name: Orth, roles: [ranger]"])
        ole = person_of(write, "p-ole", decided([OLE]), people=people)
        assert (ole.given_name, ole.family_name, ole.email, ole.roles) == ("Ole", "Orth", OLE.email, {Role.RANGER})
        assert (ole.affiliations, ole.provenance["email"]) == ((Affiliation("bretten"),), Origin(SOURCE))

    def test_an_entry_with_an_identity_alone_is_filled(self, write: Write) -> None:
        linked = as_yaml(["id: p-ole, identities: [{source: keycloak, key: '7'}]"])
        ole = person_of(write, "p-ole", decided([OLE]), **{"people/linked": linked})
        assert (ole.display_name, ole.email, len(ole.identities)) == ("Ole Ort", OLE.email, 1)

    def test_an_entry_that_names_another_organisation_moves_them(self, write: Write) -> None:
        people = as_yaml([ANNA, "id: p-ole, organisation: rastatt"])
        assert person_of(write, "p-ole", decided([OLE]), people=people).affiliations == (Affiliation("rastatt"),)

    def test_somebody_blocked_in_a_file_stays_blocked(self, write: Write) -> None:
        people = as_yaml([ANNA, "id: p-ole, joined: 2027-03-01, leaves: 2026-01-01"])
        loaded = load(write(people=people), enrolments=decided([OLE], [place("p-ole")]))
        assert ("p-ole" in loaded.registry.people, "p-ole" in loaded.registry.blocked) == (False, True)

    def test_one_address_under_another_id_removes_nobody_and_says_what_to_do(self, write: Write) -> None:
        people = as_yaml([ANNA, "id: p-other, given_name: O, family_name: Ort, email: OLE@bretten.example, "
                                "organisation: bretten"])  # fmt: skip
        loaded = load(write(people=people), enrolments=decided([OLE]))
        assert loaded.registry.blocked == {"p-ole", "p-other"}
        assert set(loaded.registry.people) == {"p-anna"}
        (twice,) = (one for one in loaded.problems if one.what.code == "registry.enrolled_twice")
        assert (twice.where.file, twice.mend.arguments["id"]) == ("people.yaml", "p-ole")

    def test_an_address_of_a_malformed_entry_makes_nobody_a_second_time(self, write: Write) -> None:
        people = as_yaml([ANNA, "id: p-x, given_name: O, family_name: Ort, email: ole@bretten.example, nonsense: 1"])
        loaded = load(write(people=people), enrolments=decided([OLE]))
        assert ("p-ole" in loaded.registry.blocked, "registry.enrolled_unread" in codes(loaded)) == (True, True)

    def test_whose_organisation_left_is_as_others_of_it(self, write: Write) -> None:
        gone = ORGANISATIONS.replace("id: bretten\n", "id: bretten\n    leaves: 2027-03-31\n")
        ole = person_of(write, "p-ole", decided([OLE]), organisations=gone)
        assert ole.affiliations == (Affiliation("bretten", period=Period(until=date(2027, 3, 31))),)

    def test_whose_organisation_vanished_waits(self, write: Write) -> None:
        loaded = load(write(), enrolments=decided([came("p-ole", "Ole Ort", "o@nowhere.example", "nowhere"), OLE]))
        assert loaded.registry.blocked == set(), "one id is one person"
        both = decided([came("p-x", "Ole Ort", "o@nowhere.example", "nowhere"), OLE])
        loaded = load(write(), enrolments=both)
        assert (loaded.registry.blocked, "p-ole" in loaded.registry.people) == ({"p-x"}, True)
        assert codes(loaded) == ["registry.enrolled_organisation"]

    def test_a_last_day_said_through_the_service_counts_unless_a_file_says_an_earlier_one(self, write: Write) -> None:
        early, late = date(2027, 6, 30), date(2027, 12, 31)
        for written, said, counts in ((None, late, late), (early, late, early), (late, early, early)):
            leaves = "" if written is None else f", leaves: {written}"
            anna = person_of(write, "p-anna", decided(endings=[("p-anna", said)]), people=as_yaml([ANNA + leaves]))
            assert anna.period.until == counts

    def test_decisions_about_nobody_are_passed_over(self, write: Write) -> None:
        loaded = load(write(), enrolments=decided(places=[place("p-nobody")], endings=[("p-nobody", TODAY)]))
        assert (loaded.registry, loaded.problems) == (load(write()).registry, ())


class TestPlaces:
    def test_a_strike_ends_what_is_written(self, write: Write) -> None:
        strike = place("p-anna", since=None, until=struck(TODAY).until)
        assert [one.period.until for one in places(write, "pg-sensorik", strike)] == [YESTERDAY]

    def test_a_strike_leaves_alone_what_begins_later(self, write: Write) -> None:
        later = f"{{id: pg-sensorik, since: {TOMORROW}}}"
        found = places(write, later, place("p-anna", since=None, until=YESTERDAY))
        assert [one.period for one in found if one.period.holds(TOMORROW)] == [Period(TOMORROW)]

    def test_who_comes_back_after_a_strike_is_in_again(self, write: Write) -> None:
        """What is decided last is all that is kept; the written membership holds again with it."""
        found = places(write, "pg-sensorik", place("p-anna"))
        assert any(one.period.holds(TODAY) for one in found)

    @pytest.mark.parametrize("written_until", [YESTERDAY, TODAY - timedelta(days=300)])
    def test_who_comes_back_after_a_last_day_in_a_file_is_in_again(self, write: Write, written_until: date) -> None:
        written = f"{{id: pg-sensorik, since: 2020-01-01, until: {written_until}}}"
        assert any(one.period.holds(TODAY + timedelta(days=500)) for one in places(write, written, place("p-anna")))

    def test_a_last_day_that_a_file_gives_to_the_same_stay_counts(self, write: Write) -> None:
        written = f"{{id: pg-sensorik, since: {TODAY}, until: {TODAY}}}"
        assert not any(one.period.holds(TOMORROW) for one in places(write, written, place("p-anna")))
        written = f"{{id: pg-sensorik, since: 2020-01-01, until: {TOMORROW}}}"
        found = places(write, written, place("p-anna"))
        assert [one.period.holds(TOMORROW + timedelta(days=1)) for one in found] == [False]

    def test_what_is_written_and_decided_alike_is_one_place(self, write: Write) -> None:
        assert places(write, "pg-sensorik", place("p-anna")) == (Membership("pg-sensorik"),)

    @pytest.mark.parametrize(("before", "after"), [("member", Role.MODERATOR), ("moderator", Role.MEMBER)])
    def test_a_role_given_through_the_service_takes_the_place_of_another(
        self, write: Write, before: str, after: Role
    ) -> None:
        found = places(write, f"{{id: pg-sensorik, role: {before}}}", place("p-anna", role=after))
        assert [one.role for one in found if one.period.holds(TODAY)] == [after]
        assert [one.role for one in found if one.period.holds(YESTERDAY)] == [before]

    def test_a_place_that_was_struck_before_it_began_is_none(self, write: Write) -> None:
        assert person_of(write, "p-ole", decided([OLE], [place("p-ole", until=YESTERDAY)])).memberships == ()

    def test_somebody_of_the_files_alone_can_be_struck(self, write: Write) -> None:
        anna = person_of(write, "p-anna", decided(places=[place("p-anna", since=None, until=YESTERDAY)]))
        assert [one.period.until for one in anna.memberships] == [YESTERDAY]

    def test_a_body_that_is_malformed_still_has_its_people(self, write: Write) -> None:
        broken = "bodies:\n  - {id: pg-sensorik, name: S, kind: project, lead: nobody}\n"
        loaded = load(write(bodies=broken, people=as_yaml([ANNA])), enrolments=decided(places=[place("p-anna")]))
        assert loaded.registry.people["p-anna"].memberships == (Membership("pg-sensorik", period=Period(TODAY)),)

    def test_a_body_that_is_gone_is_told_once(self, write: Write) -> None:
        gone = decided([OLE], [place("p-ole", "pg-gone"), place("p-anna", "pg-gone")])
        assert codes(load(write(), enrolments=gone)) == ["registry.enrolled_nowhere"]

    def test_where_a_file_could_not_be_read_whoever_joined_what_may_stand_there_waits(self, write: Write) -> None:
        broken = write(more="bodies: [\n")
        loaded = load(broken, enrolments=decided([OLE], [place("p-ole", "pg-gone"), place("p-anna")]))
        assert ("p-ole" in loaded.registry.people, "p-ole" in loaded.registry.blocked) == (False, True)
        assert "p-anna" in loaded.registry.people


class TestBodies:
    def test_a_body_made_by_form_is_a_body_like_others(self, write: Write) -> None:
        loaded = load(write(), enrolments=decided([OLE], [place("p-ole", "pg-neu")], bodies=[BODY]))
        body = loaded.registry.bodies["pg-neu"]
        assert (body.name, body.lead, body.origin, loaded.problems) == ("Neues", "bretten", Origin(SOURCE), ())
        assert loaded.registry.people["p-ole"].memberships[0].body == "pg-neu"

    def test_once_it_stands_in_a_file_the_file_counts(self, write: Write) -> None:
        written = "bodies:\n  - {id: pg-neu, name: Anderes, kind: circle}\n"
        loaded = load(write(more=written), enrolments=decided(bodies=[BODY]))
        assert (loaded.registry.bodies["pg-neu"].name, loaded.registry.bodies["pg-neu"].lead) == ("Anderes", None)

    def test_one_that_cannot_be_read_waits_and_so_do_its_rooms(self, write: Write) -> None:
        odd = EnrolledBody("pg-neu", {"id": "pg-neu", "colour": "blue"})
        loaded = load(write(), enrolments=decided([OLE], [place("p-ole", "pg-neu")], bodies=[odd]))
        assert ("pg-neu" in loaded.registry.blocked, "p-ole" in loaded.registry.people) == (True, True)
        assert codes(loaded) == ["registry.enrolled_body_unreadable"]

    def test_one_whose_lead_vanished_waits(self, write: Write) -> None:
        orphan = EnrolledBody("pg-neu", {**BODY.fields, "lead": "nobody"})
        loaded = load(write(), enrolments=decided(bodies=[orphan]))
        assert (loaded.registry.blocked, codes(loaded)) == ({"pg-neu"}, ["registry.unknown_organisations"])


class TestSources:
    AD = everybody("bretten-ad", known("k7", "Ole Ort", "ole@bretten.example"), known("k8", "Ida Iks", "i@b.example"))

    def test_who_came_and_is_then_brought_by_a_source_is_proposed_and_never_made_twice(self, write: Write) -> None:
        loaded = load(write(), [self.AD], enrolments=decided([OLE]))
        assert [(one.key, one.person) for one in loaded.proposals] == [("k7", "p-ole")]
        brought = person_id_of("bretten-ad", "k7")
        assert ("p-ole" in loaded.registry.people, brought in loaded.registry.people) == (True, False)
        assert brought in loaded.registry.blocked

    def test_once_confirmed_they_are_one(self, write: Write) -> None:
        linked = as_yaml(["id: p-ole, identities: [{source: bretten-ad, key: k7}]"])
        loaded = load(write(**{"people/linked": linked}), [self.AD], enrolments=decided([OLE], [place("p-ole")]))
        ole = loaded.registry.people["p-ole"]
        assert (loaded.proposals, [one.key for one in ole.identities], len(ole.memberships)) == ((), ["k7"], 1)
        assert (ole.affiliations, loaded.registry.blocked) == ((Affiliation("bretten"),), set())

    def test_somebody_of_a_source_joins_a_body_without_an_entry_anywhere(self, write: Write) -> None:
        ida = person_id_of("bretten-ad", "k8")
        loaded = load(write(people=PEOPLE), [self.AD], enrolments=decided(places=[place(ida)]))
        assert [one.body for one in loaded.registry.people[ida].memberships] == ["pg-sensorik"]
