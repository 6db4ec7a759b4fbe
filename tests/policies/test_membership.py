"""Who is in the network today, and who belongs to which body."""

from dataclasses import replace
from datetime import timedelta

import pytest

from policies.membership import Belonging, Belongings, Standing, standing
from policies.reasons import reasons_in_body
from provisioner.model.registry import (
    Affiliation,
    Guest,
    Membership,
    OrganisationKind,
    Period,
    Person,
    Registry,
    Role,
    Selector,
)
from tests.support.planning import TODAY, TOMORROW, YESTERDAY, body, city, person, registry

MEMBER = frozenset({Role.MEMBER})


def belonging(book: Registry, to: str = "iot") -> Belonging:
    return Belongings(book, TODAY).of_bodies()[to]


def stays(*affiliations: Affiliation, **more: object) -> Person:
    return person("p1", affiliations=affiliations, **more)


class TestStanding:
    @pytest.mark.parametrize(
        ("who", "expected"),
        [
            (person("p1"), Standing.ACTIVE),
            (person("p1", affiliations=()), Standing.ACTIVE),
            (person("p1", period=Period(until=TODAY)), Standing.ACTIVE),
            (person("p1", period=Period(until=YESTERDAY)), Standing.LEFT),
            (person("p1", period=Period(since=TODAY)), Standing.ACTIVE),
            (person("p1", period=Period(since=TOMORROW)), Standing.NOT_YET),
            (stays(Affiliation("bretten", period=Period(until=YESTERDAY))), Standing.ORGANISATION_LEFT),
            (stays(Affiliation("bretten", period=Period(since=TOMORROW))), Standing.NOT_YET),
            (stays(Affiliation("old")), Standing.ORGANISATION_LEFT),
            (stays(Affiliation("old"), Affiliation("bretten")), Standing.ACTIVE),
            (stays(Affiliation("new")), Standing.ORGANISATION_LEFT),
            (stays(guest=Guest("p2", TODAY)), Standing.ACTIVE),
            (stays(guest=Guest("p2", YESTERDAY)), Standing.GUEST_ENDED),
            (stays(guest=Guest("p2", TOMORROW), period=Period(until=YESTERDAY)), Standing.LEFT),
            (stays(Affiliation("old"), guest=Guest("p2", TOMORROW)), Standing.ACTIVE),
        ],
    )
    def test_dates_of_people_guests_and_organisations_decide(self, who: Person, expected: Standing) -> None:
        old, new = city("old", period=Period(until=YESTERDAY)), city("new", period=Period(since=TOMORROW))
        assert standing(who, registry(who, old, new), TODAY) is expected

    def test_somebody_of_an_organisation_that_could_not_be_read_is_uncertain(self) -> None:
        lost = stays(Affiliation("nowhere"))
        past = person(
            "p2", affiliations=(Affiliation("nowhere", period=Period(until=YESTERDAY)), Affiliation("bretten"))
        )
        assert Belongings(registry(lost, past), TODAY).uncertain == {"p1"}


class TestWrittenMemberships:
    def test_only_those_that_hold_today_count_and_past_ones_are_remembered(self) -> None:
        book = registry(
            person("p1", memberships=(Membership("iot", period=Period(until=TODAY)),)),
            person("p2", memberships=(Membership("iot", period=Period(until=YESTERDAY)),)),
            person("p3", memberships=(Membership("iot", period=Period(since=TOMORROW)),)),
            person("p4", "", "iot!"),
            person("p5", "", "iot", period=Period(until=YESTERDAY)),
            body("iot"),
        )
        assert belonging(book) == Belonging({"p1", "p4"}, {"p4"}, {"p2"})

    def test_a_membership_in_a_body_that_nobody_knows_is_passed_over(self) -> None:
        assert Belongings(registry(person("p1", "", "nowhere!")), TODAY).roles["p1"] == set()

    def test_a_membership_in_a_malformed_body_keeps_its_role_and_its_place_elsewhere(self) -> None:
        circle = body("circle", selectors=(Selector(body_roles=frozenset({Role.MODERATOR})),))
        also = body("also", selectors=(Selector(bodies=frozenset({"lost"})),))
        book = replace(registry(person("p1", "", "lost!"), circle, also), blocked=frozenset({"lost"}))
        belongings = Belongings(book, TODAY)
        assert belongings.roles["p1"] >= {Role.MODERATOR}
        assert belongings.of_bodies()["circle"].members == {"p1"}
        assert belongings.of_bodies()["also"].members == {"p1"}

    def test_nobody_moderates_an_archive(self) -> None:
        circle = body("circle", selectors=(Selector(body_roles=frozenset({Role.MODERATOR})),))
        book = registry(person("p1", "", "iot!"), body("iot", archived_on=TODAY), circle)
        assert Belongings(book, TODAY).roles["p1"] == {Role.MEMBER}
        assert belonging(book, "circle") == Belonging(set(), set(), {"p1"})
        assert belonging(book).members == {"p1"}
        tomorrow = registry(person("p1", "", "iot!"), body("iot", archived_on=TOMORROW), circle)
        assert belonging(tomorrow, "circle").members == {"p1"}


class TestSelectors:
    def book(self, *selectors: Selector) -> Registry:
        guide = frozenset({Role.DIGITAL_GUIDE})
        return registry(
            person("ranger", roles=frozenset({Role.RANGER})),
            person("guide", affiliations=(Affiliation("rastatt", guide),)),
            person("utility", affiliations=(Affiliation("werke"),)),
            person("moderator", "", "other!"),
            person("member", "", "other"),
            person("guest", guest=Guest("ranger", TOMORROW), affiliations=()),
            person("left", period=Period(until=YESTERDAY), roles=frozenset({Role.RANGER})),
            city("rastatt"),
            city("werke", kind=OrganisationKind.UTILITY),
            body("other"),
            body("iot", selectors=selectors),
        )

    @pytest.mark.parametrize(
        ("selector", "people"),
        [
            (Selector(), set()),
            (Selector(everybody=True), {"ranger", "guide", "utility", "moderator", "member"}),
            (Selector(roles=frozenset({Role.RANGER})), {"ranger"}),
            (Selector(roles=frozenset({Role.RANGER, Role.DIGITAL_GUIDE})), {"ranger", "guide"}),
            (Selector(roles=frozenset({Role.GUEST})), {"guest"}),
            (Selector(organisations=frozenset({"rastatt"})), {"guide"}),
            (Selector(organisations=frozenset({"nowhere"})), set()),
            (Selector(organisation_kinds=frozenset({OrganisationKind.UTILITY})), {"utility"}),
            (Selector(bodies=frozenset({"other", "nowhere"})), {"moderator", "member"}),
            (Selector(body_roles=frozenset({Role.MODERATOR})), {"moderator"}),
            (
                Selector(roles=frozenset({Role.DIGITAL_GUIDE}), organisation_kinds=frozenset({OrganisationKind.CITY})),
                {"guide"},
            ),
            (Selector(everybody=True, body_roles=MEMBER), {"member"}),
        ],
    )
    def test_all_conditions_of_a_selector_must_hold(self, selector: Selector, people: set[str]) -> None:
        assert belonging(self.book(selector)).members == people

    def test_several_selectors_add_up_and_may_make_moderators(self) -> None:
        found = belonging(
            self.book(
                Selector(roles=frozenset({Role.RANGER}), as_role=Role.MODERATOR),
                Selector(organisations=frozenset({"rastatt"})),
            )
        )
        assert (found.members, found.moderators) == ({"ranger", "guide"}, {"ranger"})

    def test_the_role_that_a_selector_gives_counts_as_a_role(self) -> None:
        book = self.book(Selector(roles=frozenset({Role.RANGER}), as_role=Role.MODERATOR))
        assert Role.MODERATOR in Belongings(book, TODAY).roles["ranger"]

    def test_whose_written_membership_ended_is_not_selected_again(self) -> None:
        book = self.book(Selector(everybody=True))
        over = Membership("iot", period=Period(until=YESTERDAY))
        people = {**book.people, "member": replace(book.people["member"], memberships=(over,))}
        found = belonging(replace(book, people=people))
        assert "member" not in found.members
        assert "member" in found.ended

    @pytest.mark.parametrize(
        ("selector", "ended"),
        [
            (Selector(organisations=frozenset({"bretten"})), {"p1"}),
            (Selector(organisations=frozenset({"rastatt"})), set()),
            (Selector(organisation_kinds=frozenset({OrganisationKind.CITY})), {"p1"}),
            (Selector(roles=frozenset({Role.STUDENT})), {"p1"}),
            (Selector(roles=frozenset({Role.RANGER})), set()),
            (Selector(bodies=frozenset({"other"})), {"p1"}),
            (Selector(body_roles=frozenset({Role.MODERATOR})), {"p1"}),
            (Selector(everybody=True), set()),
        ],
    )
    def test_a_written_end_counts_only_for_what_a_selector_asks(self, selector: Selector, ended: set[str]) -> None:
        over = Period(until=TODAY - timedelta(days=400))
        moved = stays(
            Affiliation("bretten", frozenset({Role.STUDENT}), over),
            Affiliation("rastatt"),
            memberships=(Membership("other", Role.MODERATOR, over),),
        )
        book = registry(moved, city("rastatt"), body("other"), body("iot", selectors=(selector,)))
        assert belonging(book).ended == ended


class TestGuests:
    @pytest.mark.parametrize(
        ("who", "guest"),
        [
            (person("p1", memberships=(Membership("iot", Role.GUEST),)), True),
            (person("p1", "", "iot"), False),
            (person("p1", "", "iot", guest=Guest("p2", TOMORROW)), True),
            (person("p1", "", "iot!", guest=Guest("p2", TOMORROW)), False),
            (person("p1", "", "iot", guest=Guest("p2", TOMORROW), period=Period(until=YESTERDAY)), False),
        ],
    )
    def test_they_are_members_by_that_role_or_guests_of_the_network_who_do_not_moderate(
        self, who: Person, guest: bool
    ) -> None:
        found = belonging(registry(who, body("iot")))
        assert found.guests == ({"p1"} if guest else set())
        assert found.guests <= found.members

    @pytest.mark.parametrize(
        ("selectors", "guests"),
        [
            ((Selector(everybody=True, as_role=Role.GUEST),), {"staff", "written"}),
            ((Selector(everybody=True, as_role=Role.GUEST), Selector(everybody=True)), {"written"}),
            ((Selector(everybody=True, as_role=Role.MODERATOR),), set()),
            ((Selector(roles=frozenset({Role.GUEST})),), {"written", "visitor"}),
            ((Selector(roles=frozenset({Role.GUEST}), as_role=Role.MODERATOR),), {"written"}),
        ],
    )
    def test_what_is_written_wins_over_what_selects_and_moderating_over_both(
        self, selectors: tuple[Selector, ...], guests: set[str]
    ) -> None:
        book = registry(
            person("staff"),
            person("joined", "", "iot"),
            person("written", memberships=(Membership("iot", Role.GUEST),)),
            person("visitor", guest=Guest("staff", TOMORROW), affiliations=()),
            body("iot", selectors=selectors),
        )
        assert belonging(book).guests == guests

    def test_a_guest_in_a_body_is_no_guest_of_the_network(self) -> None:
        belongings = Belongings(
            registry(person("p1", memberships=(Membership("iot", Role.GUEST),)), body("iot")), TODAY
        )
        assert not belongings.is_guest("p1")


class TestReasons:
    def test_each_reason_is_told_and_none_to_who_left(self) -> None:
        everybody = Selector(everybody=True)
        over = Membership("iot", period=Period(until=YESTERDAY))
        book = registry(
            person("p1", "", "iot!"), person("p2", memberships=(over,)), body("iot", selectors=(everybody,))
        )
        belongings = Belongings(book, TODAY)
        codes = {
            key: [reason.code for reason in reasons_in_body(who, book.bodies["iot"], belongings)]
            for key, who in book.people.items()
        }
        assert codes == {"p1": ["policies.why_written", "policies.why_selected"], "p2": []}


class TestVanished:
    """The source that decides about somebody's being here no longer has them; no date says so."""

    GONE = Affiliation("bretten", gone=True)

    @pytest.mark.parametrize(
        ("who", "expected"),
        [
            (stays(GONE), Standing.VANISHED),
            (stays(GONE, Affiliation("new")), Standing.VANISHED),
            (stays(GONE, Affiliation("old")), Standing.VANISHED),
            (stays(GONE, Affiliation("rastatt", period=Period(since=TOMORROW))), Standing.VANISHED),
            (stays(GONE, Affiliation("rastatt")), Standing.ACTIVE),
            (stays(Affiliation("bretten", period=Period(until=YESTERDAY), gone=True)), Standing.ORGANISATION_LEFT),
            (stays(Affiliation("bretten", period=Period(until=TOMORROW), gone=True)), Standing.VANISHED),
            (stays(GONE, period=Period(until=YESTERDAY)), Standing.LEFT),
            (stays(GONE, period=Period(until=TODAY)), Standing.VANISHED),
            (stays(GONE, period=Period(since=TOMORROW)), Standing.VANISHED),
            (stays(guest=Guest("p2", TOMORROW)), Standing.VANISHED),
            (stays(guest=Guest("p2", YESTERDAY)), Standing.GUEST_ENDED),
        ],
    )
    def test_only_a_written_date_makes_of_it_what_needs_no_ranger(self, who: Person, expected: Standing) -> None:
        cities = (
            city("old", period=Period(until=YESTERDAY)),
            city("new", period=Period(since=TOMORROW)),
            city("rastatt"),
        )
        assert (
            standing(replace(who, gone_from="ad"), registry(replace(who, gone_from="ad"), *cities), TODAY) is expected
        )

    def test_an_affiliation_that_a_source_no_longer_has_selects_nobody_and_ends_nothing_by_itself(self) -> None:
        both = stays(Affiliation("bretten", frozenset({Role.COORDINATOR}), gone=True), Affiliation("rastatt"))
        of_bretten = body("iot", selectors=(Selector(organisations=frozenset({"bretten"})),))
        circle = body("circle", selectors=(Selector(roles=frozenset({Role.COORDINATOR})),))
        book = registry(replace(both, gone_from="ad"), city("rastatt"), of_bretten, circle)
        found = Belongings(book, TODAY)
        assert found.standings["p1"] is Standing.ACTIVE
        assert [(one.members, one.ended) for one in found.of_bodies().values()] == [(set(), set())] * 2
        assert (found.of_organisation("bretten"), found.left_organisation("bretten")) == (set(), set())
        assert found.homes["p1"] == "rastatt"
