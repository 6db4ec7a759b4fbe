"""Mailing lists and roles of the login: containers of accounts that are planned like groups, each with its own ways."""

from dataclasses import replace

import pytest

from provisioner.app.planning import assigned_of, desired_in
from provisioner.model.registry import Membership, Period
from provisioner.model.resources import EdgeRole, Kind, Mode, ResourceId, Seats
from tests.support.planning import (
    YESTERDAY,
    World,
    account_id,
    body,
    capabilities,
    group_id,
    list_id,
    person,
    policy,
    registry,
    told,
)

ERIKA, OTTO, IDA = (
    person("p1", "Erika Muster", "iot!"),
    person("p2", "Otto Beispiel", "iot"),
    person("p3", "Ida Beispiel"),
)
IOT = body("iot", "Sensorik")
NOTHING: list[str] = []
POST = replace(
    capabilities(),
    fields={
        Kind.ACCOUNT: {"email": Mode.MANAGED, "display_name": Mode.MANAGED},
        Kind.MAILING_LIST: {"name": Mode.CREATE_ONLY, "display_name": Mode.MANAGED, "read_only": Mode.MANAGED},
    },
    only_members=True,
)
LOGIN = replace(capabilities(), fields={**capabilities().fields, Kind.ROLE: {"name": Mode.CREATE_ONLY}})


@pytest.fixture
def post() -> World:
    made = World(registry(ERIKA, OTTO, IDA, IOT), capabilities=POST)
    made.apply()
    assert told(made.plan()) == NOTHING
    return made


class TestLists:
    def test_only_who_is_on_a_list_gets_an_account_there(self) -> None:
        made = World(registry(ERIKA, OTTO, IDA, IOT), capabilities=POST)
        assert told(made.plan()) == [
            "create person:p1",
            "create person:p2",
            "create body:iot",
            "join body:iot: person:p1, person:p2",
            "join body:iot: person:p1 as moderator",
        ]

    def test_who_moderates_is_on_it_and_owns_it(self, post: World) -> None:
        assert post.edges[Seats(list_id("iot"))] == {"person:p1", "person:p2"}
        assert post.edges[Seats(list_id("iot"), EdgeRole.MODERATOR)] == {"person:p1"}

    def test_who_comes_later_gets_an_account_with_the_place(self, post: World) -> None:
        post.put(person("p3", "Ida Beispiel", "iot"))
        assert told(post.plan()) == ["create person:p3", "join body:iot: person:p3"]

    def test_who_leaves_the_list_keeps_the_account(self, post: World) -> None:
        over = Membership("iot", period=Period(until=YESTERDAY))
        post.put(person("p2", "Otto Beispiel", memberships=(over,)))
        assert told(post.plan()) == ["leave body:iot: person:p2"]

    def test_an_address_there_is_no_name_that_was_given(self, post: World) -> None:
        assigned = assigned_of([(POST, post.ties)])
        assert assigned.accounts == {}
        assert assigned.mailing_lists == {"body:iot": "pg-sensorik"}


class TestRoles:
    def test_a_role_is_made_given_and_taken_away(self) -> None:
        rules = policy(login={"roles": {"moderator": "team"}})
        made = World(registry(ERIKA, OTTO, IOT), rules, capabilities=LOGIN)
        assert "create role:team" in told(made.plan())
        made.apply()
        assert made.edges[Seats(ResourceId(Kind.ROLE, "role:team"))] == {"person:p1"}
        made.put(person("p1", "Erika Muster", "iot"))
        assert "leave role:team: person:p1 (queued)" in told(made.plan())

    def test_of_a_role_that_policy_no_longer_names_nothing_is_deleted(self) -> None:
        made = World(registry(ERIKA, IOT), policy(login={"roles": {"moderator": "team"}}), capabilities=LOGIN)
        made.apply()
        made.policy = policy()
        assert told(made.plan()) == ["leave role:team: person:p1 (queued)"]


class TestWhereTheLoginIsKept:
    WRITTEN_BY_LOGIN = policy(groups={"members_written_by": "login"}, accounts={"made_by": "login"})

    def test_accounts_and_memberships_are_ours_there(self) -> None:
        desired = World(registry(ERIKA, IOT), self.WRITTEN_BY_LOGIN).desired()
        here = desired_in(replace(capabilities(), holds_login=True), desired)
        assert here.login_writes == frozenset()
        assert here.resources[account_id("p1")].created_by_us

    def test_elsewhere_the_login_brings_them(self) -> None:
        desired = World(registry(ERIKA, IOT), self.WRITTEN_BY_LOGIN).desired()
        there = desired_in(capabilities(), desired)
        assert group_id("iot") in there.login_writes
        assert not there.resources[account_id("p1")].created_by_us
