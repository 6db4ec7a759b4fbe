"""The mailing lists of bodies, the roles of the login, and how people come in for the first time."""

from dataclasses import replace
from typing import ClassVar

import pytest
from pydantic import ValidationError

from policies.desire import Assigned, desire
from policies.document import Policy
from policies.names import list_name
from provisioner.model.registry import BodyKind, BodyOverrides, Identity, Membership, Registry, Role
from provisioner.model.resources import Desired, EdgeRole, Kind, ResourceId, Seats
from tests.support.planning import TODAY, YESTERDAY, account_id, body, person, registry

LIST = ResourceId(Kind.MAILING_LIST, "body:iot")
OWNERS = Seats(LIST, EdgeRole.MODERATOR)
IOT = body("iot", "Sensorik & Größe")
ERIKA = person("p1", "Erika Muster", "iot")
HEAD = replace(person("p2", "Kim Kopf"), memberships=(Membership("iot", Role.MODERATOR),))
GUEST = replace(person("p3", "Gerd Gast"), memberships=(Membership("iot", Role.GUEST),))


NEVER = Assigned()


def wanted(book: Registry, assigned: Assigned = NEVER, **policy: object) -> Desired:
    return desire(book, Policy.model_validate(policy), TODAY, assigned)


class TestLists:
    def test_a_body_has_a_list_with_its_moderators_as_owners_and_members(self) -> None:
        found = wanted(registry(ERIKA, HEAD, IOT))
        assert found.resources[LIST].name == "pg-sensorik-groesse"
        assert found.resources[LIST].fields == {
            "display_name": "Sensorik & Größe",
            "description": "",
            "listed": False,
            "read_only": False,
            "language": "de",
        }
        assert found.edges[Seats(LIST)] == {"person:p1", "person:p2"}
        assert found.edges[OWNERS] == {"person:p2"}

    def test_a_description_is_one_line(self) -> None:
        told = replace(IOT, purpose="Wir messen.\nUnd mehr.")
        assert wanted(registry(ERIKA, told)).resources[LIST].fields["description"] == "Wir messen. Und mehr."

    def test_an_address_stays_when_the_body_is_renamed(self) -> None:
        before = Assigned(mailing_lists={"body:iot": "pg-alt"})
        assert wanted(registry(ERIKA, IOT), before).resources[LIST].name == "pg-alt"

    def test_two_bodies_of_one_name_get_two_addresses(self) -> None:
        found = wanted(registry(ERIKA, IOT, body("lora", IOT.name)))
        names = {one.name for one in found.resources.values() if one.id.kind is Kind.MAILING_LIST}
        assert names == {"pg-sensorik-groesse", "pg-sensorik-groesse2"}

    def test_a_retired_address_is_never_given_again(self) -> None:
        retired = Assigned(is_retired=lambda kind, name: (kind, name) == (Kind.MAILING_LIST, "pg-sensorik-groesse"))
        assert wanted(registry(ERIKA, IOT), retired).resources[LIST].name == "pg-sensorik-groesse2"

    @pytest.mark.parametrize(("guests", "on"), [(True, {"person:p2", "person:p3"}), (False, {"person:p2"})])
    def test_policy_says_whether_guests_are_on_it(self, guests: bool, on: set[str]) -> None:
        found = wanted(registry(HEAD, GUEST, IOT), mailing_lists={"guests": guests})
        assert found.edges[Seats(LIST)] == on

    def test_an_archived_body_keeps_its_list_for_nobody_to_write_to(self) -> None:
        over = replace(IOT, archived_on=YESTERDAY)
        found = wanted(registry(HEAD, over), Assigned(mailing_lists={"body:iot": "pg-alt"}))
        assert found.resources[LIST].fields["read_only"] is True
        assert found.edges[OWNERS] == frozenset()
        assert found.ended[OWNERS] == {"person:p2"}

    def test_an_archived_body_gets_no_new_list(self) -> None:
        assert LIST not in wanted(registry(HEAD, replace(IOT, archived_on=YESTERDAY))).resources

    def test_a_body_may_go_without_or_choose_its_address(self) -> None:
        without = replace(IOT, overrides=BodyOverrides(mailing_list=False))
        assert LIST not in wanted(registry(ERIKA, without)).resources
        chosen = replace(IOT, overrides=BodyOverrides(mailing_list_name="sensoren"))
        assert wanted(registry(ERIKA, chosen)).resources[LIST].name == "sensoren"

    def test_a_kind_of_body_may_go_without(self) -> None:
        assert LIST not in wanted(registry(ERIKA, IOT), mailing_lists={"names": {"project": None}}).resources

    def test_the_others_keep_their_patterns(self) -> None:
        names = Policy.model_validate({"mailing_lists": {"names": {"project": None}}}).mailing_lists.names
        assert names[BodyKind.CIRCLE] == "{name}"

    def test_bodies_that_are_not_managed_get_none(self) -> None:
        assert LIST not in wanted(registry(ERIKA, IOT, body("lora", "LoRaWAN")), managed=["lora"]).resources

    @pytest.mark.parametrize("pattern", ["PG-{name}", "pg {name}", "{name}@lists", "liste"])
    def test_a_pattern_makes_addresses(self, pattern: str) -> None:
        with pytest.raises(ValidationError):
            Policy.model_validate({"mailing_lists": {"names": {"project": pattern}}})

    def test_long_names_are_cut_and_unspeakable_ones_are_none(self) -> None:
        assert len(list_name("pg-{name}", "x" * 300)) == 60
        assert list_name("pg-{name}", "…") == ""

    def test_a_chat_tells_the_address_where_policy_says_so(self) -> None:
        said = {"description": "Liste: {mailing_list}"}
        chat = wanted(registry(ERIKA, IOT), conversations=said).resources[ResourceId(Kind.CONVERSATION, "body:iot")]
        assert LIST in chat.late["description"].links()


class TestRoles:
    def test_whoever_has_the_role_anywhere_gets_the_logins(self) -> None:
        ranger = replace(person("p4", "Rita Ranger"), roles=frozenset({Role.RANGER}))
        found = wanted(
            registry(ERIKA, HEAD, ranger, IOT), login={"roles": {"ranger": "team", "moderator": "team", "guest": "g"}}
        )
        team = ResourceId(Kind.ROLE, "role:team")
        assert found.resources[team].name == "team"
        assert found.edges[Seats(team)] == {"person:p2", "person:p4"}
        assert found.edges[Seats(ResourceId(Kind.ROLE, "role:g"))] == frozenset()

    def test_without_policy_there_is_none(self) -> None:
        assert not [one for one in wanted(registry(ERIKA, IOT)).resources if one.kind is Kind.ROLE]


class TestFirstLogin:
    LINKS: ClassVar[dict[str, object]] = {"links": {"bretten": {"alias": "bretten-ad", "source": "bretten"}}}

    def fields(self, *identities: Identity, **login: object) -> dict[str, object]:
        at_home = replace(ERIKA, identities=identities)
        return dict(wanted(registry(at_home, IOT), login=login).resources[account_id("p1")].fields)

    def test_whoever_is_known_at_home_is_linked(self) -> None:
        fields = self.fields(Identity("bretten", "0a-1"), **self.LINKS)
        assert fields["login_link"] == "bretten-ad:0a-1"
        assert "required_actions" not in fields

    def test_whoever_is_not_chooses_a_password(self) -> None:
        fields = self.fields(Identity("elsewhere", "0a-1"), **self.LINKS)
        assert "login_link" not in fields
        assert fields["required_actions"] == "UPDATE_PASSWORD"

    def test_policy_may_ask_for_nothing(self) -> None:
        assert "required_actions" not in self.fields(required_actions=[])
