"""From registry and policy to what should exist."""

import random
from dataclasses import replace
from datetime import datetime, time

import pytest

from policies.desire import Assigned, desire
from policies.document import Policy
from policies.sections import UNLIMITED
from provisioner.model.registry import (
    Affiliation,
    BodyKind,
    BodyOverrides,
    Guest,
    Identity,
    Meetings,
    MeetingSeries,
    Membership,
    Period,
    Person,
    Registry,
    Role,
)
from provisioner.model.resources import Desired, Kind, Resource, ResourceId, Seats
from tests.support.planning import (
    TODAY,
    TOMORROW,
    YESTERDAY,
    account_id,
    administrators_id,
    body,
    city,
    group_id,
    in_group,
    person,
    registry,
)

GB = 1024**3
NONE_YET = Assigned()
ERIKA = person("p1", "Erika Muster", "iot")
IOT = body("iot", "Sensorik")


def wanted(book: Registry, assigned: Assigned = NONE_YET, **policy: object) -> Desired:
    return desire(book, Policy.model_validate(policy), TODAY, assigned)


def account(who: Person, *others: object, assigned: Assigned = NONE_YET, **policy: object) -> Resource | None:
    found = wanted(registry(who, *others), assigned, **policy)  # type: ignore[arg-type]
    return found.resources.get(account_id(who.id))


def quota(who: Person, *others: object, **policy: object) -> object:
    found = account(who, *others, **policy)
    assert found is not None
    return found.fields["quota"]


def groups(found: Desired) -> dict[str, str]:
    """Key → name of every group."""
    return {identity.key: one.name for identity, one in found.resources.items() if identity.kind is Kind.GROUP}


def in_groups(found: Desired) -> dict[Seats, frozenset[str]]:
    """Who is in the groups."""
    return {seats: people for seats, people in found.edges.items() if seats.container.kind is Kind.GROUP}


def over_in_groups(found: Desired) -> dict[Seats, frozenset[str]]:
    """Whose time in the groups is over."""
    return {seats: people for seats, people in found.ended.items() if seats.container.kind is Kind.GROUP}


class TestUserIds:
    @pytest.mark.parametrize(
        ("source", "name"),
        [
            ("name", "erika.muster"),
            ("email", "erika@bretten.example"),
            ("person-id", "p1"),
            ("identity:ldap", "KX-17"),
            ("identity:oidc", "p1"),
        ],
    )
    def test_they_are_made_of_what_policy_says(self, source: str, name: str) -> None:
        who = replace(ERIKA, email="Erika@Bretten.example", identities=(Identity("ldap", "KX-17"),))
        found = account(who, accounts={"user_id": source})
        assert found is not None
        assert found.name == name

    def test_one_that_was_given_stays_when_the_name_changes(self) -> None:
        found = account(person("p1", "Erika Neu"), assigned=Assigned({"person:p1": "erika.muster"}))
        assert found is not None
        assert found.name == "erika.muster"

    def test_one_fixed_by_hand_wins_and_is_given_to_nobody_else(self) -> None:
        found = wanted(registry(person("a", "Otto Beispiel"), replace(ERIKA, user_id="otto.beispiel")))
        assert found.resources[account_id("p1")].name == "otto.beispiel"
        assert found.resources[account_id("a")].name == "otto.beispiel2"

    def test_a_retired_one_is_never_given_again(self) -> None:
        found = account(ERIKA, assigned=Assigned(is_retired=lambda kind, name: name == "erika.muster"))
        assert found is not None
        assert found.name == "erika.muster2"

    def test_an_unspeakable_name_falls_back_to_the_persons_id(self) -> None:
        found = account(person("P-7", "?? !!"))
        assert found is not None
        assert found.name == "p-7"

    def test_a_login_that_knows_nobody_gets_no_made_up_name(self) -> None:
        found = account(ERIKA, accounts={"user_id": "identity:oidc", "made_by": "login"})
        assert found is not None
        assert (found.name, found.created_by_us) == ("p1", False)

    def test_namesakes_are_told_apart_the_same_way_in_any_order(self) -> None:
        people = [person(f"p{n}", "Erika Muster") for n in range(5)]
        expected = {f"p{n}": "erika.muster" + (str(n + 1) if n else "") for n in range(5)}
        for seed in range(5):
            random.Random(seed).shuffle(people)
            found = wanted(registry(*people))
            assert {key: found.resources[account_id(key)].name for key in expected} == expected


class TestAccounts:
    def test_who_is_not_there_yet_has_none_unless_there_is_one_already(self) -> None:
        coming = replace(ERIKA, period=Period(since=TOMORROW))
        assert account(coming) is None
        found = account(coming, assigned=Assigned({"person:p1": "em"}))
        assert found is not None
        assert (found.fields["enabled"], found.reason.code) == (False, "policies.not_yet")

    @pytest.mark.parametrize(
        ("who", "reason"),
        [
            (replace(ERIKA, period=Period(until=YESTERDAY)), "policies.left"),
            (replace(ERIKA, guest=Guest("p2", YESTERDAY)), "policies.guest_ended"),
            (
                replace(ERIKA, affiliations=(Affiliation("bretten", period=Period(until=YESTERDAY)),)),
                "policies.organisation_left",
            ),
        ],
    )
    def test_who_left_on_a_date_is_gone_everywhere_and_keeps_quota_and_organisation(
        self, who: Person, reason: str
    ) -> None:
        found = wanted(registry(who, IOT))
        resource = found.resources[account_id("p1")]
        assert resource.fields["enabled"] is False
        assert {"quota", "organisation"}.isdisjoint(resource.fields)
        assert resource.reason.code == reason
        assert found.gone == {"person:p1"}
        assert found.edges[in_group("body:iot")] == frozenset()

    def test_of_two_organisations_the_first_that_holds_is_shown(self) -> None:
        who = replace(ERIKA, affiliations=(Affiliation("old"), Affiliation("rastatt"), Affiliation("bretten")))
        found = account(who, city("rastatt"), city("old", period=Period(until=YESTERDAY)))
        assert found is not None
        assert found.fields["organisation"] == "Rastatt"
        assert found.reason.arguments == {"organisation": "Rastatt"}

    def test_language_is_the_persons_or_the_networks(self) -> None:
        for own, shown in (("fr", "fr"), (None, "de")):
            found = account(replace(ERIKA, language=own))
            assert found is not None
            assert found.fields["language"] == shown

    def test_guests_are_told_with_end_and_sponsor(self) -> None:
        found = account(replace(ERIKA, guest=Guest("p2", TOMORROW), affiliations=()))
        assert found is not None
        assert found.reason.arguments == {"until": TOMORROW, "sponsor": "p2"}


class TestQuotas:
    def test_the_largest_of_a_persons_roles_counts(self) -> None:
        assert quota(person("p1")) == 5 * GB
        assert quota(person("p1", "", "iot!"), IOT) == 10 * GB
        assert quota(person("p1", "", "iot!", roles=frozenset({Role.RANGER})), IOT) == UNLIMITED

    def test_a_guest_has_the_guests_whatever_else(self) -> None:
        guest = person("p1", "", "iot!", guest=Guest("p2", TOMORROW))
        assert quota(guest, IOT) == GB
        assert quota(guest, IOT, accounts={"quota_by_role": {"guest": None}}) == 10 * GB

    def test_a_body_can_raise_it_and_never_lowers_it(self) -> None:
        raised = body("iot", overrides=BodyOverrides(member_quota="20 GB"))
        lowered = body("iot", overrides=BodyOverrides(member_quota="1 MB"))
        assert quota(ERIKA, raised) == 20 * GB
        assert quota(ERIKA, lowered) == 5 * GB
        assert quota(person("p2"), raised) == 5 * GB

    def test_keep_leaves_every_quota_as_it_has_grown(self) -> None:
        found = account(person("p1", "", "iot!"), IOT, accounts={"quota": "keep"})
        assert found is not None
        assert "quota" not in found.fields

    def test_default_is_the_targets_own(self) -> None:
        assert quota(person("p1"), accounts={"quota": "default"}) is None
        assert quota(person("p1", "", "iot!"), IOT, accounts={"quota": "default"}) == 10 * GB


class TestGroups:
    def test_a_project_group_has_two_groups_by_the_pattern(self) -> None:
        found = wanted(registry(person("p1", "", "iot!"), person("p2", "", "iot"), IOT))
        members, administrators = found.resources[group_id("iot")], found.resources[administrators_id("iot")]
        assert (members.name, members.fields) == ("PG_Sensorik", {"display_name": "PG_Sensorik"})
        assert administrators.name == "PG_Sensorik-Administratoren"
        assert in_groups(found) == {
            in_group("body:iot"): {"person:p1", "person:p2"},
            in_group("body:iot:administrators"): {"person:p1"},
        }

    def test_patterns_are_by_kind_of_body_and_null_means_no_such_group(self) -> None:
        names = {"plenum": {"members": "Alle {name}", "administrators": None}}
        found = wanted(registry(body("x", "Plenum", kind=BodyKind.PLENUM), IOT), groups={"names": names})
        assert groups(found) == {
            "body:x": "Alle-Plenum",
            "body:iot": "PG_Sensorik",
            "body:iot:administrators": "PG_Sensorik-Administratoren",
        }

    def test_a_body_can_choose_its_own_names_braces_and_all(self) -> None:
        own = BodyOverrides(group_name="Sensoren {name}", administrators_group_name="Köpfe")
        found = wanted(registry(body("iot", overrides=own)))
        assert found.resources[group_id("iot")].fields["display_name"] == "Sensoren {name}"
        assert found.resources[group_id("iot")].name == "Sensoren-name"
        assert found.resources[administrators_id("iot")].name == "Koepfe"

    def test_a_body_can_fix_the_ids_of_groups_that_stand_already(self) -> None:
        own = BodyOverrides(group_id="alte gruppe", administrators_group_id="alte-admins")
        found = wanted(registry(body("iot", "Sensorik", overrides=own)), Assigned(groups={"body:iot": "other"}))
        assert found.resources[group_id("iot")].name == "alte gruppe"
        assert found.resources[group_id("iot")].fields["display_name"] == "PG_Sensorik"
        assert found.resources[administrators_id("iot")].name == "alte-admins"

    def test_a_body_can_do_without_a_moderators_group(self) -> None:
        found = wanted(registry(body("iot", overrides=BodyOverrides(administrators_group=False))))
        assert set(in_groups(found)) == {in_group("body:iot")}

    def test_two_bodies_with_one_name_get_two_groups(self) -> None:
        found = wanted(registry(body("b", "Sensorik"), body("a", "sensorik")))
        assert found.resources[group_id("a")].name == "PG_sensorik"
        assert found.resources[group_id("b")].name == "PG_Sensorik2"

    def test_the_two_groups_of_a_body_with_a_long_name_differ(self) -> None:
        found = wanted(registry(body("iot", "ß" * 300)))
        names = set(groups(found).values())
        assert len(names) == 2
        assert all(len(name) <= 64 for name in names)

    def test_a_name_without_a_letter_falls_back_to_the_bodys_id(self) -> None:
        found = wanted(registry(body("iot", "///")))
        assert set(groups(found).values()) == {"PG_iot", "PG_iot-Administratoren"}

    def test_a_group_id_stays_when_the_body_is_renamed(self) -> None:
        found = wanted(registry(body("iot", "Neu")), Assigned(groups={"body:iot": "PG_Sensorik"}))
        resource = found.resources[group_id("iot")]
        assert (resource.name, resource.fields["display_name"]) == ("PG_Sensorik", "PG_Neu")

    def test_organisations_get_a_group_when_policy_says_so_and_who_moved_leaves_on_that_date(self) -> None:
        moved = person(
            "p2", affiliations=(Affiliation("bretten", period=Period(until=YESTERDAY)), Affiliation("rastatt"))
        )
        found = wanted(registry(ERIKA, moved, city("rastatt")), groups={"organisation": "Org_{name}"})
        assert found.edges[in_group("organisation:bretten")] == {"person:p1"}
        assert found.edges[in_group("organisation:rastatt")] == {"person:p2"}
        assert found.ended[in_group("organisation:bretten")] == {"person:p2"}

    def test_an_archived_body_stays_readable_and_its_administration_is_closed(self) -> None:
        found = wanted(registry(person("p1", "", "iot!"), body("iot", archived_on=TODAY)))
        assert in_groups(found) == {
            in_group("body:iot"): {"person:p1"},
            in_group("body:iot:administrators"): frozenset(),
        }
        assert over_in_groups(found) == {in_group("body:iot:administrators"): {"person:p1"}}
        assert found.closed == {ResourceId(Kind.GROUP, "body:iot:administrators")}
        assert found.resources[group_id("iot")].reason.code == "policies.archived_body"

    def test_a_moderator_whose_term_ended_is_ended_there_and_stays_a_member(self) -> None:
        over = Membership("iot", Role.MODERATOR, Period(until=YESTERDAY))
        found = wanted(registry(replace(ERIKA, memberships=(over, Membership("iot"))), IOT))
        assert in_groups(found) == {
            in_group("body:iot"): {"person:p1"},
            in_group("body:iot:administrators"): frozenset(),
        }
        assert found.ended[in_group("body:iot:administrators")] == {"person:p1"}


class TestScope:
    def test_managed_limits_bodies_and_accounts_to_those_named(self) -> None:
        book = registry(ERIKA, person("p2", "Otto Beispiel", "other"), IOT, body("other"))
        found = wanted(book, managed=["iot"], groups={"organisation": "Org_{name}"})
        kinds = (Kind.TEAM_FOLDER, Kind.CONVERSATION, Kind.MAILING_LIST, Kind.MEETING_ROOM)
        rooms = {ResourceId(kind, "body:iot") for kind in (*kinds, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE)}
        rooms |= {ResourceId(Kind.FORUM_CATEGORY, "bodies:project"), ResourceId(Kind.WIKI_PAGE, "bodies:index")}
        assert set(found.resources) == {account_id("p1"), group_id("iot"), administrators_id("iot")} | rooms
        assert found.unmanaged == {
            "body:other",
            "body:other:administrators",
            "body:other:guests",
            "organisation:bretten",
        }

    def test_whoever_has_an_account_of_ours_is_still_managed(self) -> None:
        book = registry(ERIKA, person("p2", "Otto Beispiel"), IOT)
        found = wanted(book, Assigned({"person:p2": "otto"}), managed=["iot"])
        assert account_id("p2") in found.resources

    def test_a_malformed_entry_blocks_its_id_in_every_form(self) -> None:
        found = wanted(replace(registry(), blocked=frozenset({"x"})))
        assert found.blocked == {
            "person:x",
            "body:x",
            "body:x:administrators",
            "body:x:guests",
            "organisation:x",
        }

    def test_people_of_an_unread_organisation_are_blocked_with_it(self) -> None:
        book = replace(registry(ERIKA), organisations={}, blocked=frozenset({"bretten"}))
        assert "person:p1" in wanted(book).blocked

    def test_an_incomplete_registry_is_told_on(self) -> None:
        assert not wanted(replace(registry(), complete=False)).complete

    def test_what_the_login_writes_includes_groups_of_bodies_that_are_gone(self) -> None:
        found = wanted(registry(IOT), Assigned(groups={"body:gone": "PG_Gone"}), groups={"members_written_by": "login"})
        assert {group.key for group in found.login_writes} == {"body:iot", "body:iot:administrators", "body:gone"}
        assert wanted(registry(IOT)).login_writes == frozenset()

    def test_the_order_of_the_registry_makes_no_difference(self) -> None:
        entries = [
            person("p1", "Erika Muster", "a!"),
            person("p2", "Erika Muster", "b"),
            person("p3", "erika muster"),
            body("a", "X"),
            body("b", "x"),
            city("rastatt"),
        ]
        first = wanted(registry(*entries))
        for seed in range(5):
            random.Random(seed).shuffle(entries)
            assert wanted(registry(*entries)) == first

    def test_all_kinds_are_known(self) -> None:
        weekly = Meetings(series=(MeetingSeries("x", datetime.combine(TODAY, time(10)), rule="FREQ=WEEKLY"),))
        found = wanted(
            registry(person("p1", memberships=(Membership("iot", Role.MODERATOR),)), replace(IOT, meetings=weekly)),
            login={"roles": {"member": "readi-member"}},
            meetings={"conferences": {"ahead_days": 7}},
        )
        assert {identity.kind for identity in found.resources} == set(Kind)
