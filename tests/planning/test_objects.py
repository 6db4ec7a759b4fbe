"""Accounts and groups: create, adopt, update, suspend, resume; and everything that is left alone."""

from dataclasses import replace

import pytest

from policies.document import Policy
from provisioner.model.bindings import Binding
from provisioner.model.inventory import UNKNOWN, Level
from provisioner.model.plan import NoticeKind
from provisioner.model.registry import Affiliation, Period
from provisioner.model.resources import Kind, Mode
from provisioner.model.text import Text
from tests.support.planning import (
    TODAY,
    YESTERDAY,
    World,
    account_id,
    body,
    capabilities,
    city,
    group_id,
    noticed,
    person,
    registry,
    told,
)

ERIKA = person("p1", "Erika Muster", "iot")
IOT = body("iot", "Sensorik")


def world(*entries: object, **more: object) -> World:
    return World(registry(*(entries or (ERIKA, IOT))), **more)  # type: ignore[arg-type]


def settled(*entries: object, **more: object) -> World:
    made = world(*entries, **more)
    made.apply()
    assert told(made.plan()) == []
    return made


class TestCreating:
    def test_a_first_plan_creates_groups_then_accounts_then_joins(self) -> None:
        assert told(world().plan()) == [
            "create body:iot",
            "create body:iot:administrators",
            "create person:p1",
            "join body:iot: person:p1",
        ]

    def test_a_wish_goes_into_the_change_in_the_products_form(self) -> None:
        made = world(person("p1", email="Erika@Bretten.Example", guest=None))
        created = next(change for change in made.plan().changes if change.id == account_id("p1"))
        assert created.wanted.fields["email"] == "erika@bretten.example"  # type: ignore[attr-defined]
        assert "given_name" not in created.wanted.fields  # type: ignore[attr-defined]

    def test_after_a_create_with_a_default_quota_nothing_differs(self) -> None:
        settled(ERIKA, IOT, policy=Policy.model_validate({"accounts": {"quota": "default"}}))

    def test_somebody_who_left_without_an_account_gets_none(self) -> None:
        assert told(world(replace(ERIKA, period=Period(until=YESTERDAY))).plan()) == []

    def test_a_partial_list_creates_nothing_and_says_so(self) -> None:
        made = world()
        made.server.partial = {Kind.ACCOUNT}
        plan = made.plan()
        assert told(plan) == ["create body:iot", "create body:iot:administrators"]
        assert noticed(plan) == [("account", "test.odd")]

    def test_keys_alone_are_enough_to_create(self) -> None:
        made = world()
        made.server.levels = {Kind.ACCOUNT: Level.KEYS}
        assert "create person:p1" in told(made.plan())

    def test_a_name_that_the_product_refuses_blocks_this_person_alone(self) -> None:
        refuse = capabilities(objection=lambda _, name: Text.of("test.odd") if name == "erika.muster" else None)
        plan = world(ERIKA, person("p2", "Otto Beispiel", "iot"), IOT, capabilities=refuse).plan()
        assert noticed(plan) == [("person:p1", "test.odd")]
        assert "join body:iot: person:p2" in told(plan)

    def test_a_retired_name_is_disputed_even_when_it_was_fixed_by_hand(self) -> None:
        made = world(replace(ERIKA, user_id="Old"), retired=frozenset({("account", "old")}))
        assert noticed(made.plan()) == [("person:p1", "planning.retired")]

    def test_an_account_that_the_login_makes_is_waited_for_then_bound_unattended(self) -> None:
        made = world(policy=Policy.model_validate({"accounts": {"made_by": "login"}}))
        assert noticed(made.apply()) == [("person:p1", "planning.waits_for_login")]
        made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example")
        plan = made.plan()
        assert told(plan)[0] == "adopt person:p1"
        assert told(plan)[-1] == "join body:iot: person:p1"

    def test_an_unknown_outcome_is_waited_for(self) -> None:
        plan = world(pending={account_id("p1"): "erika.muster"}).plan()
        assert ("person:p1", "planning.outcome_unknown") in noticed(plan, NoticeKind.WAITING)
        assert "create person:p1" not in told(plan)

    def test_nobody_else_gets_the_name_of_an_unknown_outcome(self) -> None:
        made = world(ERIKA, replace(person("p2"), user_id="Erika.Muster"), pending={account_id("p1"): "erika.muster"})
        assert ("person:p2", "planning.name_owned") in noticed(made.plan())

    def test_two_people_whose_user_id_was_fixed_to_one_name_are_disputed_both(self) -> None:
        plan = world(replace(ERIKA, user_id="em"), replace(person("p2"), user_id="EM"), IOT).plan()
        assert noticed(plan) == [(key, "planning.account_wanted_twice") for key in ("person:p1", "person:p2")]
        assert told(plan) == ["create body:iot", "create body:iot:administrators"]

    def test_the_order_of_the_registry_does_not_change_the_order_of_the_plan(self) -> None:
        entries = (ERIKA, person("p2"), IOT, body("plenum"))
        assert told(world(*entries).plan()) == told(world(*reversed(entries)).plan())


class TestAdopting:
    def test_the_same_name_and_address_are_adopted_once_a_ranger_agrees_with_all_that_follows(self) -> None:
        made = world()
        made.server.add(Kind.ACCOUNT, "Erika.Muster", email="P1@Bretten.example")
        made.server.add(Kind.GROUP, "PG_Sensorik")
        assert told(made.plan()) == [
            "adopt body:iot (queued)",
            "create body:iot:administrators",
            "adopt person:p1 (queued)",
            "update person:p1: display_name=Erika Muster, email=p1@bretten.example, quota=5368709120, language=de, "
            "organisation=Bretten (queued)",
            "join body:iot: person:p1 (queued)",
        ]

    def test_what_was_adopted_keeps_its_name(self) -> None:
        made = world(ERIKA, capabilities=capabilities(account={"name": Mode.MANAGED}))
        made.server.add(Kind.ACCOUNT, "emuster", email="p1@bretten.example")
        made.apply()
        assert made.remote(account_id("p1")).name == "emuster"
        assert told(made.plan()) == []

    def test_a_name_with_another_persons_address_is_disputed(self) -> None:
        made = world()
        made.server.add(Kind.ACCOUNT, "erika.muster", email="other@elsewhere.example")
        plan = made.plan()
        assert noticed(plan) == [("person:p1", "planning.account_name_taken")]
        assert not any("person:p1" in line for line in told(plan))

    def test_a_bare_name_of_which_nothing_is_known_is_adopted(self) -> None:
        made = world(ERIKA)
        made.server.add(Kind.ACCOUNT, "erika.muster", email=None)
        assert told(made.plan())[0] == "adopt person:p1 (queued)"

    def test_two_accounts_with_the_address_are_disputed_whatever_their_order(self) -> None:
        whys = []
        for names in (("em", "muster"), ("muster", "em")):
            made = world(ERIKA)
            for name in names:
                made.server.add(Kind.ACCOUNT, name, email="p1@bretten.example")
            whys += [notice.why for notice in made.plan().notices]
        assert whys == [Text.of("planning.two_candidates", first="em", second="muster")] * 2

    def test_one_account_by_name_and_another_by_address_are_disputed(self) -> None:
        made = world(ERIKA)
        made.server.add(Kind.ACCOUNT, "erika.muster")
        made.server.add(Kind.ACCOUNT, "em", email="p1@bretten.example")
        assert noticed(made.plan()) == [("person:p1", "planning.two_candidates")]

    def test_one_account_that_two_people_could_mean_is_disputed_for_both(self) -> None:
        made = world(ERIKA, person("p2", "Otto Beispiel", email="shared@bretten.example"))
        made.server.add(Kind.ACCOUNT, "erika.muster", email=None)
        made.server.edit(Kind.ACCOUNT, "account-1", email="shared@bretten.example", display_name="Erika Muster")
        made.put(replace(ERIKA, email="shared@bretten.example"))
        codes = noticed(made.plan())
        assert codes == [(key, "planning.account_claimed_twice") for key in ("person:p1", "person:p2")]
        assert told(made.plan()) == []

    def test_a_partial_list_adopts_nothing(self) -> None:
        made = world(ERIKA)
        made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example")
        made.server.partial = {Kind.ACCOUNT}
        assert told(made.plan()) == []

    def test_an_object_of_another_network_is_never_adopted(self) -> None:
        made = world(ERIKA)
        remote_id = made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example")
        made.foreign = frozenset({("account", remote_id)})
        assert noticed(made.plan()) == [("person:p1", "planning.borrowed")]
        made.server.edit(Kind.ACCOUNT, remote_id, name="somebody")
        assert noticed(made.plan()) == [("person:p1", "planning.borrowed")]
        assert told(made.plan()) == []

    def test_an_account_disabled_over_there_is_adopted_and_resumed_together(self) -> None:
        made = world(ERIKA)
        made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example", enabled=False)
        assert told(made.plan())[-1] == "resume person:p1 (queued)"

    def test_the_administrators_account_is_not_taken_for_the_ranger_who_has_its_address(self) -> None:
        made = world(ERIKA)
        made.server.own_account = made.server.add(Kind.ACCOUNT, "readi", email="p1@bretten.example")
        made.server.add(Kind.ACCOUNT, "Admin", email="p1@bretten.example")
        assert told(made.plan()) == ["create person:p1"]


class TestUpdating:
    def test_a_new_name_and_address_are_updates_in_place(self) -> None:
        made = settled()
        made.put(replace(ERIKA, family_name="Neu", email="Neu@Bretten.example"))
        assert told(made.plan()) == ["update person:p1: display_name=Erika Neu, email=neu@bretten.example"]
        made.apply()
        assert made.remote(account_id("p1")).name == "erika.muster"

    def test_an_address_in_other_case_is_no_change(self) -> None:
        made = settled()
        made.put(replace(ERIKA, email="P1@BRETTEN.example"))
        assert told(made.plan()) == []

    def test_somebody_renamed_before_the_first_apply_gets_the_new_name(self) -> None:
        made = world()
        made.plan()
        made.put(replace(ERIKA, family_name="Neu"))
        made.apply()
        assert made.remote(account_id("p1")).name == "erika.neu"

    def test_a_renamed_body_is_renamed_in_place(self) -> None:
        made = settled()
        made.put(body("iot", "Sensorik und IoT"))
        assert told(made.plan()) == [
            "update body:iot: display_name=PG_Sensorik und IoT",
            "update body:iot:administrators: display_name=PG_Sensorik und IoT-Administratoren",
        ]
        made.apply()
        assert made.remote(group_id("iot")).name == "PG_Sensorik"

    def test_a_user_id_fixed_later_is_a_rename_that_a_ranger_reads(self) -> None:
        made = settled(ERIKA, capabilities=capabilities(account={"name": Mode.MANAGED}))
        made.put(replace(ERIKA, user_id="em", family_name="Neu"))
        assert told(made.plan()) == ["update person:p1: display_name=Erika Neu", "update person:p1: name=em (queued)"]
        made.apply()
        assert told(made.plan()) == []

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("Otto.Beispiel", "name_owned"),
            ("stranger", "account_name_taken"),
            ("admin", "account_name_protected"),
            ("gone", "retired"),
            ("ida.neu", "account_wanted_twice"),
        ],
    )
    def test_a_rename_to_a_name_that_is_not_free_is_disputed(self, name: str, why: str) -> None:
        named = capabilities(account={"name": Mode.MANAGED})
        made = settled(ERIKA, person("p2", "Otto Beispiel"), capabilities=named)
        made.server.add(Kind.ACCOUNT, "Stranger")
        made.retired = frozenset({("account", "gone")})
        made.put(replace(ERIKA, user_id=name), replace(person("p3", "Ida Neu"), user_id="ida.neu"))
        plan = made.plan()
        assert ("person:p1", f"planning.{why}") in noticed(plan)
        assert not any(line.startswith("update person:p1") for line in told(plan))

    def test_from_a_partial_list_nobody_is_renamed(self) -> None:
        made = settled(ERIKA, capabilities=capabilities(account={"name": Mode.MANAGED}))
        made.server.partial = {Kind.ACCOUNT}
        made.put(replace(ERIKA, user_id="em", family_name="Neu"))
        assert told(made.plan()) == ["update person:p1: display_name=Erika Neu"]

    def test_somebody_renamed_over_there_is_called_back_unless_the_name_is_taken_meanwhile(self) -> None:
        made = settled(ERIKA, capabilities=capabilities(account={"name": Mode.MANAGED}))
        made.server.edit(Kind.ACCOUNT, made.remote_id(account_id("p1")), name="changed")
        assert told(made.plan()) == ["update person:p1: name=erika.muster (queued)"]
        made.server.add(Kind.ACCOUNT, "Erika.Muster")
        assert told(made.plan()) == []
        assert noticed(made.plan()) == [("person:p1", "planning.account_name_taken")]

    def test_a_name_that_differs_only_in_case_is_the_same(self) -> None:
        made = settled(ERIKA, capabilities=capabilities(account={"name": Mode.MANAGED}))
        made.server.edit(Kind.ACCOUNT, made.remote_id(account_id("p1")), name="Erika.MUSTER")
        assert told(made.plan()) == []

    def test_a_field_that_could_not_be_read_is_never_changed(self) -> None:
        made = settled()
        made.server.edit(Kind.ACCOUNT, made.remote_id(account_id("p1")), quota=UNKNOWN)
        made.put(replace(ERIKA, family_name="Neu"))
        made.policy = Policy.model_validate({"accounts": {"quota": "9 GB"}})
        assert told(made.plan()) == ["update person:p1: display_name=Erika Neu"]

    def test_where_only_keys_were_read_a_missing_field_is_not_taken_for_empty(self) -> None:
        made = settled()
        remote_id = made.remote_id(account_id("p1"))
        made.server.objects[Kind.ACCOUNT][remote_id] = replace(made.remote(account_id("p1")), fields={})
        made.server.levels = {Kind.ACCOUNT: Level.KEYS}
        assert told(made.plan()) == []
        assert made.drift() == []
        made.server.levels = {}
        assert any(line.startswith("update person:p1") for line in told(made.plan()))

    def test_on_a_partial_list_what_was_read_is_still_updated(self) -> None:
        made = settled(ERIKA, person("p2", "Otto Beispiel"))
        made.server.partial, made.server.unread = {Kind.ACCOUNT}, {made.remote_id(account_id("p2"))}
        made.put(replace(ERIKA, family_name="Neu"), person("p2", "Otto Neu"))
        plan = made.plan()
        assert told(plan) == ["update person:p1: display_name=Erika Neu"]
        assert noticed(plan, NoticeKind.LOST) == []

    def test_a_field_that_this_accounts_backend_does_not_let_us_write_is_told_not_planned(self) -> None:
        made = settled()
        remote_id = made.remote_id(account_id("p1"))
        made.server.objects[Kind.ACCOUNT][remote_id] = replace(
            made.remote(account_id("p1")), writable=frozenset({"quota"}), backend="user_oidc"
        )
        made.put(replace(ERIKA, family_name="Neu"))
        made.policy = Policy.model_validate({"accounts": {"quota": "9 GB"}})
        plan = made.plan()
        assert told(plan) == ["update person:p1: quota=9663676416"]
        assert noticed(plan) == [("person:p1", "planning.unwritable")]

    def test_a_create_only_field_is_written_once_and_then_nobodys_drift(self) -> None:
        made = settled(ERIKA, capabilities=capabilities(account={"language": Mode.CREATE_ONLY}))
        made.server.edit(Kind.ACCOUNT, made.remote_id(account_id("p1")), language="en")
        made.put(replace(ERIKA, language="fr"))
        assert told(made.plan()) == []

    def test_a_write_only_field_is_written_when_the_wish_changed_and_only_then(self) -> None:
        made = settled(ERIKA, capabilities=capabilities(account={"email": Mode.WRITE_ONLY}))
        made.put(replace(ERIKA, email="P1@BRETTEN.example"))
        assert told(made.plan()) == []
        made.put(replace(ERIKA, email="new@bretten.example"))
        assert told(made.apply()) == ["update person:p1: email=new@bretten.example"]
        assert told(made.plan()) == []

    def test_somebody_who_moves_to_another_city_keeps_the_account(self) -> None:
        made = settled()
        moved = (Affiliation("bretten", period=Period(until=YESTERDAY)), Affiliation("rastatt", period=Period(TODAY)))
        made.put(replace(ERIKA, affiliations=moved), city("rastatt"))
        assert told(made.plan()) == ["update person:p1: organisation=Rastatt"]


class TestSuspending:
    def test_a_leave_date_suspends_on_its_day_and_a_new_one_resumes(self) -> None:
        made = settled()
        made.put(replace(ERIKA, period=Period(until=TODAY)))
        assert told(made.plan()) == []
        made.put(replace(ERIKA, period=Period(until=YESTERDAY)))
        assert told(made.apply()) == ["suspend person:p1", "leave body:iot: person:p1"]
        assert told(made.plan()) == []
        made.put(ERIKA)
        assert told(made.apply()) == ["resume person:p1", "join body:iot: person:p1"]

    def test_a_row_that_vanished_suspends_and_leaves_once_a_ranger_has_read_it(self) -> None:
        made = settled()
        made.drop("p1")
        assert told(made.plan()) == ["suspend person:p1 (queued)", "leave body:iot: person:p1 (queued)"]

    def test_a_vanished_row_whose_account_can_not_be_switched_off_from_here_is_told(self) -> None:
        made = settled()
        remote_id = made.remote_id(account_id("p1"))
        made.server.objects[Kind.ACCOUNT][remote_id] = replace(made.remote(account_id("p1")), writable=frozenset())
        made.drop("p1")
        assert ("person:p1", "planning.unwritable") in noticed(made.plan())
        assert not any(line.startswith("suspend") for line in told(made.plan()))

    def test_from_a_partial_list_no_vanished_row_is_suspended(self) -> None:
        made = settled()
        made.drop("p1")
        made.server.partial = {Kind.ACCOUNT}
        assert "suspend person:p1 (queued)" not in told(made.plan())

    def test_an_incomplete_registry_takes_nothing_from_anybody(self) -> None:
        made = settled(ERIKA, person("p2", "Otto Beispiel", "iot"), person("p3", "Ida Muster", "iot!"), IOT)
        made.drop("p3")
        made.put(replace(ERIKA, family_name="Neu", period=Period(until=YESTERDAY)))
        made.put(person("p2", "Otto Neu", affiliations=()))
        made.policy = Policy.model_validate({"accounts": {"quota": "1 GB"}})
        made.registry = replace(made.registry, complete=False)
        plan = made.plan()
        assert told(plan) == ["update person:p1: display_name=Erika Neu", "update person:p2: display_name=Otto Neu"]
        assert ("person:p1", "planning.registry_incomplete") in noticed(plan, NoticeKind.PARTIAL)

    def test_an_incomplete_registry_still_gives(self) -> None:
        made = settled()
        made.put(person("p2", "Otto Beispiel", "iot"))
        made.policy = Policy.model_validate({"accounts": {"quota": "unlimited"}})
        made.registry = replace(made.registry, complete=False)
        assert told(made.plan()) == ["update person:p1: quota=-3", "create person:p2", "join body:iot: person:p2"]


class TestLeftAlone:
    def test_a_lost_account_is_shown_and_neither_made_again_nor_joined_anywhere(self) -> None:
        made = settled()
        made.server.remove(Kind.ACCOUNT, made.remote_id(account_id("p1")))
        made.put(person("p1", "Erika Muster", "iot", "plenum"), body("plenum"))
        plan = made.plan()
        assert noticed(plan, NoticeKind.LOST) == [("person:p1", "planning.lost")]
        assert told(plan) == ["create body:plenum", "create body:plenum:administrators"]

    def test_nobody_else_gets_the_name_of_a_lost_account(self) -> None:
        made = settled()
        made.server.remove(Kind.ACCOUNT, made.remote_id(account_id("p1")))
        made.put(replace(person("p2"), user_id="erika.muster"))
        assert ("person:p2", "planning.name_owned") in noticed(made.plan())

    def test_a_lost_group_is_neither_made_again_nor_filled(self) -> None:
        made = settled()
        made.server.remove(Kind.GROUP, made.remote_id(group_id("iot")))
        plan = made.plan()
        assert noticed(plan) == [("body:iot", "planning.lost")]
        assert told(plan) == []

    def test_an_account_that_was_made_again_is_left_alone_and_stays_in_its_groups(self) -> None:
        made = settled()
        made.server.remake(Kind.ACCOUNT, made.remote_id(account_id("p1")))
        made.put(person("p1", "Erika Neu"))
        plan = made.plan()
        assert noticed(plan) == [("person:p1", "planning.replaced")]
        assert told(plan) == []

    @pytest.mark.parametrize("forgotten", ["binding", "remote"])
    def test_where_a_fingerprint_is_missing_nothing_counts_as_replaced(self, forgotten: str) -> None:
        made = settled()
        identity = account_id("p1")
        if forgotten == "binding":
            made.bindings[identity] = replace(made.bindings[identity], fingerprint="")
        else:
            made.server.objects[Kind.ACCOUNT][made.remote_id(identity)] = replace(made.remote(identity), fingerprint="")
        assert made.plan().notices == ()
        assert made.drift() == []

    def test_our_own_account_named_in_the_registry_is_never_a_subject(self) -> None:
        made = world(replace(ERIKA, user_id="readi"), IOT)
        made.server.own_account = made.server.add(Kind.ACCOUNT, "readi", email="p1@bretten.example")
        assert noticed(made.plan()) == [("person:p1", "planning.account_name_protected")]

    def test_our_own_account_that_was_bound_once_is_never_a_subject(self) -> None:
        made = settled()
        made.server.own_account = made.remote_id(account_id("p1"))
        made.put(person("p1", "Erika Neu"))
        plan = made.plan()
        assert noticed(plan) == [("person:p1", "planning.own_account")]
        assert told(plan) == []

    @pytest.mark.parametrize("name", ["admin", "ADMIN", "Root"])
    def test_a_protected_user_id_is_never_given_in_any_case(self, name: str) -> None:
        assert noticed(world(replace(ERIKA, user_id=name)).plan()) == [("person:p1", "planning.account_name_protected")]

    def test_what_is_protected_later_is_left_alone_from_then_on(self) -> None:
        made = settled()
        made.policy = Policy.model_validate({"accounts": {"protected": ["Erika.Muster"]}})
        made.drop("p1")
        plan = made.plan()
        assert told(plan) == []
        assert noticed(plan) == [("person:p1", "planning.protected")]

    def test_a_protected_group_is_not_adopted(self) -> None:
        made = world(body("x", overrides=replace(body("x").overrides, group_name="admin")))
        made.server.add(Kind.GROUP, "admin")
        assert ("body:x", "planning.room_name_protected") in noticed(made.plan())

    def test_a_malformed_entry_loses_nothing_and_others_go_on(self) -> None:
        made = settled(ERIKA, person("p2", "Otto Beispiel", "iot"), IOT)
        made.drop("p1")
        made.put(person("p2", "Otto Neu"), person("p3", "Ida Muster", "iot"))
        made.registry = replace(made.registry, blocked=frozenset({"p1"}))
        assert told(made.plan()) == [
            "update person:p2: display_name=Otto Neu",
            "create person:p3",
            "leave body:iot: person:p2 (queued)",
            "join body:iot: person:p3",
        ]

    def test_a_malformed_body_keeps_its_groups_and_people(self) -> None:
        made = settled(person("p1", "Erika Muster", "iot!"), IOT)
        made.drop("iot")
        made.registry = replace(made.registry, blocked=frozenset({"iot"}))
        assert told(made.plan()) == []

    def test_a_malformed_entry_that_is_still_there_is_told(self) -> None:
        made = settled()
        made.put(person("p1", "Erika Neu"))
        made.registry = replace(made.registry, blocked=frozenset({"p1"}))
        assert noticed(made.plan()) == [("person:p1", "planning.malformed")]
        assert told(made.plan()) == []

    def test_people_of_an_organisation_that_could_not_be_read_are_left_as_they_are(self) -> None:
        made = settled(ERIKA, IOT)
        made.registry = replace(made.registry, organisations={}, blocked=frozenset({"bretten"}))
        plan = made.plan()
        assert told(plan) == []
        assert noticed(plan) == [("person:p1", "planning.malformed")]

    def test_foreign_accounts_and_groups_are_never_touched(self) -> None:
        made = settled()
        foreign = made.server.add(Kind.ACCOUNT, "somebody")
        made.server.members[made.server.add(Kind.GROUP, "Others")] = {foreign}
        made.members(group_id("iot")).add(foreign)
        assert told(made.plan()) == []

    def test_a_kind_that_was_not_read_plans_nothing(self) -> None:
        made = settled()
        made.put(person("p1", "Erika Neu"))
        made.server.objects.pop(Kind.ACCOUNT)
        assert told(made.plan()) == []

    def test_a_target_without_accounts_gets_only_groups(self) -> None:
        only = capabilities()
        only = replace(only, fields={Kind.GROUP: only.fields[Kind.GROUP]})
        assert told(world(capabilities=only).plan()) == ["create body:iot", "create body:iot:administrators"]

    def test_a_binding_is_kept_apart_by_kind(self) -> None:
        made = settled()
        assert isinstance(made.bindings[group_id("iot")], Binding)
        assert account_id("iot") not in made.bindings
