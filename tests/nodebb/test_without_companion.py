"""A forum without our companion plugin: what its own API does of accounts, and what it costs."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.kit.contract import Site
from connectors.nodebb.emulator import TOKEN, NodeBBEmulator
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Present
from provisioner.model.ports import Severity
from provisioner.model.resources import FieldName, Kind, Mode, Value
from tests.support.nodebb import group, person, site_of

ANNA = person("anna")
FIELDS: dict[FieldName, Value] = {"display_name": "Anna Ähre", "email": "Anna@Stadt.example", "enabled": True}


@pytest.fixture
def plain() -> Iterator[NodeBBEmulator]:
    with NodeBBEmulator(companion=False) as running:
        running.add_template()
        yield running


@pytest.fixture
def forum(plain: NodeBBEmulator) -> Iterator[Site]:
    with site_of(NodeBBSettings(url=plain.url, token=SecretStr(TOKEN)), plain) as site:
        yield site


def test_an_account_costs_four_requests_and_one_mail_and_its_address_counts(forum: Site, plain: NodeBBEmulator) -> None:
    steps = [one.step for one in forum.apply(forum.create(ANNA, "anna", FIELDS))]
    assert len(plain.log.requests) == sum(step.cost.requests for step in steps) == 4
    assert len(plain.mails) == sum(step.cost.mails for step in steps) == 1
    remote = forum.remote(ANNA)
    assert (remote.name, remote.fields["email"], remote.fields["enabled"]) == ("anna", "anna@stadt.example", True)
    user = plain.world.user_named("anna")
    assert user is not None
    assert (user.fullname, user.confirmed, user.password) == ("Anna Ähre", True, "")


def test_a_user_a_group_or_a_handle_of_that_name_leaves_nobody_with_a_suffix(
    forum: Site, plain: NodeBBEmulator
) -> None:
    plain.world.add_user("anna", email="wer@anders.example", confirmed=True)
    forum.apply(forum.create(group("x"), "Berta", {}))
    plain.world.add_category("clara")
    people = set(plain.world.users)
    for name in ("anna", "ANNA", "berta", "clara"):
        with pytest.raises(Permanent) as refused:
            forum.apply(forum.create(ANNA, name, FIELDS))
        assert refused.value.text.code == "nodebb.name_taken"
    assert set(plain.world.users) == people


def test_an_address_that_somebody_confirmed_is_taken_from_nobody(forum: Site, plain: NodeBBEmulator) -> None:
    other = plain.world.add_user("other", email="anna@stadt.example", confirmed=True)
    with pytest.raises(Permanent) as refused:
        forum.apply(forum.create(ANNA, "anna", FIELDS))
    assert refused.value.text.code == "nodebb.email_taken"
    assert (other.email, other.confirmed) == ("anna@stadt.example", True)
    assert plain.world.user_named("anna") is None


def test_a_server_that_keeps_no_addresses_says_so(forum: Site, plain: NodeBBEmulator) -> None:
    plain.world.sends_validation = False
    made, confirmed = forum.apply(forum.create(ANNA, "anna", FIELDS))
    assert made.done.note is None
    assert confirmed.done.note is not None
    assert forum.remote(ANNA).fields["email"] is None
    assert plain.mails == []


def test_a_suspension_is_told_as_a_mail_since_the_server_sends_one(forum: Site, plain: NodeBBEmulator) -> None:
    forum.apply(forum.create(ANNA, "anna", FIELDS))
    (done,) = forum.apply(forum.suspend(ANNA, forum.remote(ANNA)))
    assert done.step.cost.mails == 1
    assert [mail.template for mail in plain.mails] == ["welcome", "banned"]
    (back,) = forum.apply(forum.resume(ANNA, forum.remote(ANNA)))
    assert back.step.cost.mails == 0
    assert forum.remote(ANNA).fields["enabled"] is True


def test_names_are_written_when_the_wish_changed_and_addresses_and_logins_are_left_alone(
    forum: Site, plain: NodeBBEmulator
) -> None:
    fields = forum.connector.capabilities().fields[Kind.ACCOUNT]
    assert fields["display_name"] is Mode.WRITE_ONLY
    assert fields["email"] is Mode.CREATE_ONLY
    assert "login_id" not in fields
    forum.apply(forum.create(ANNA, "anna", FIELDS))
    before = forum.remote(ANNA)
    forum.apply(forum.update(ANNA, before, {"display_name": "Anna Berg"}))
    user = plain.world.user_named("anna")
    assert user is not None
    assert user.fullname == "Anna Berg"


def test_who_was_made_and_not_confirmed_is_looked_up_by_exactly_their_name(forum: Site, plain: NodeBBEmulator) -> None:
    plain.faults.reset_after(writes=True)
    (creation, *_) = forum.compile(forum.create(ANNA, "anna", FIELDS))
    with pytest.raises(Exception, match=r"perhaps_created|interrupted"):
        forum.perform(creation)
    found = forum.connector.look_up(ANNA, "anna")
    assert isinstance(found, Present)
    plain.world.users[int(found.remote.remote_id)].username = "anna 0"
    assert not isinstance(forum.connector.look_up(ANNA, "anna"), Present)


def test_doctor_warns_of_mails_and_of_ties_by_address(forum: Site) -> None:
    found = {one.what.code: one.severity for one in forum.connector.examine()}
    assert found["nodebb.doctor_plain"] is Severity.WARNING
