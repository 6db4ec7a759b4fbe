"""What lets a server that has grown stay as it is: ids of groups fixed by hand, no moderators' group, quotas kept."""

from dataclasses import replace
from datetime import date

from policies.desire import Assigned, desire
from policies.document import Policy
from provisioner.model.registry import (
    Affiliation,
    Body,
    BodyKind,
    BodyOverrides,
    Organisation,
    OrganisationKind,
    Person,
    Registry,
)
from provisioner.model.resources import Kind, ResourceId

TODAY = date(2026, 11, 23)
BODY = Body("pg-sensorik", "Sensorik", BodyKind.PROJECT)
NOTHING = Assigned()
HASH = "0f0ba7f9ca178bb99aaadd1df3e728c0de21aaa1ee2a69e1df080d3484a569ed"
ANNA = Person("p-anna", "Anna", "Muster", "anna@bretten.example", (Affiliation("bretten"),))
BRETTEN = Organisation("bretten", "Stadt Bretten", OrganisationKind.CITY)


def groups(*bodies: Body, assigned: Assigned = NOTHING) -> dict[str, tuple[str, object]]:
    """By key: id and shown name of every group."""
    registry = Registry("redi", "re@di", bodies={body.id: body for body in bodies})
    resources = desire(registry, Policy(), TODAY, assigned).resources
    found = {identity: one for identity, one in resources.items() if identity.kind is Kind.GROUP}
    return {identity.key: (one.name, one.fields["display_name"]) for identity, one in found.items()}


def overriding(body: Body = BODY, **overrides: str | bool) -> Body:
    return replace(body, overrides=BodyOverrides(**overrides))  # type: ignore[arg-type]


def test_a_fixed_id_is_kept_letter_by_letter_and_shown_as_the_policy_says() -> None:
    found = groups(overriding(group_id=HASH, administrators_group_id="Chefs & Co"))
    assert found["body:pg-sensorik"] == (HASH, "PG_Sensorik")
    assert found["body:pg-sensorik:administrators"] == ("Chefs & Co", "PG_Sensorik-Administratoren")


def test_a_fixed_id_and_an_own_name_stand_side_by_side() -> None:
    assert groups(overriding(group_id="7", group_name="Sensoren"))["body:pg-sensorik"] == ("7", "Sensoren")


def test_fixed_ids_that_differ_only_in_case_stay_as_they_are_and_nobody_else_gets_them() -> None:
    upper, lower = overriding(group_id="NS_Case"), overriding(Body("b", "B", BodyKind.CIRCLE), group_id="ns_case")
    found = groups(upper, lower, Body("a", "NS_CASE", BodyKind.CIRCLE))
    assert [found[f"body:{one}"][0] for one in ("pg-sensorik", "b", "a")] == ["NS_Case", "ns_case", "NS_CASE2"]


def test_a_fixed_id_wins_over_the_name_that_was_given_before() -> None:
    before = Assigned(groups={"body:pg-sensorik": "PG_Alt"})
    assert groups(overriding(group_id="PG_Neu"), assigned=before)["body:pg-sensorik"][0] == "PG_Neu"


def test_a_body_may_have_no_moderators_group() -> None:
    assert set(groups(overriding(administrators_group=False))) == {"body:pg-sensorik"}


def test_kept_quotas_are_nowhere_compared() -> None:
    registry = Registry("redi", "re@di", organisations={"bretten": BRETTEN}, people={"p-anna": ANNA})
    account = ResourceId(Kind.ACCOUNT, "person:p-anna")
    kept = Policy.model_validate({"accounts": {"quota": "keep", "quota_by_role": {"member": "1 GB"}}})
    assert "quota" in desire(registry, Policy(), TODAY).resources[account].fields
    assert "quota" not in desire(registry, kept, TODAY).resources[account].fields
