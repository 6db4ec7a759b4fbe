from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.nextcloud.accounts import shape as accounts
from connectors.nextcloud.accounts.steps import EDIT_BUCKET, PUT_BUCKET
from connectors.nextcloud.calendars.steps import CREATE_BUCKET, SHARE_BUCKET
from connectors.nextcloud.groups import shape as groups
from connectors.nextcloud.quota import UNLIMITED, bytes_of, stored
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.changes import Adopt, ChangeClass
from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.resources import Edge, Kind, ResourceId, Seats
from tests.support.nextcloud import (
    TARGET,
    WHY,
    Bench,
    create_account,
    create_group,
    group,
    join,
    leave,
    person,
    resume,
    suspend,
    update,
)

ANNA = Remote(
    "anna",
    "anna",
    {"display_name": "Anna", "email": "anna@a.example", "quota": 1024, "language": "de", "enabled": True},
)


def bench(version: int | None = 34, **more: object) -> Bench:
    """A connector that never asks anybody: nothing listens at this address."""
    given_settings = {"url": "http://127.0.0.1:9", "user": "readi", "password": SecretStr("x"), **more}
    made = Bench(NextcloudSettings(**given_settings))  # type: ignore[arg-type]
    made.connector._client._major = version
    made.ids = {person("anna"): "anna", person("bert"): "bert", group("alpha"): "Alpha", group("beta"): "Beta"}
    return made


def test_an_account_its_fields_and_its_groups_are_one_request() -> None:
    changes = (
        join("alpha", "neu"),
        join("gamma", "neu"),
        create_account("neu", "neu", display_name="Neu", email="Neu@A.example", quota=1024**3, language="de"),
        create_group("gamma", "Gamma"),
    )
    made = bench(welcome_mail=False)
    first, second = made.compile(*changes)
    assert (first.operation, first.id, first.cost.requests) == ("create-group", group("gamma"), 1)
    assert (second.operation, second.id, second.cost.requests) == ("create-account", person("neu"), 1)
    assert second.payload == {
        "userid": "neu",
        "displayName": "Neu",
        "email": "neu@a.example",
        "quota": "1073741824",
        "language": "de",
        "mail_password": False,
    }
    assert second.refers == (group("alpha"), group("gamma"))
    assert set(second.effects.joins) == {
        Edge(Seats(group("alpha")), "person:neu"),
        Edge(Seats(group("gamma")), "person:neu"),
    }
    assert set(second.changes) == {changes[0].digest(), changes[1].digest(), changes[2].digest()}
    assert (second.cost.mails, second.cost.limited) == (0, {})


def test_no_field_that_is_not_wished_for_is_sent() -> None:
    (step,) = bench().compile(create_account("neu", "neu", quota=None))
    assert set(step.payload) == {"userid", "mail_password", "quota"}
    assert step.payload["quota"] == "default"


@pytest.mark.parametrize(
    ("settings", "email", "mails", "mail_password"),
    [
        ({}, "neu@a.example", 1, False),
        ({}, None, 0, False),
        ({"welcome_mail": False}, "neu@a.example", 0, False),
        ({"welcome_mail": False, "first_password": "mail"}, "neu@a.example", 1, True),
        ({"first_password": "mail"}, None, 0, False),
    ],
)
def test_the_mails_that_the_server_will_send_are_counted(
    settings: dict[str, object], email: str | None, mails: int, mail_password: bool
) -> None:
    (step,) = bench(**settings).compile(create_account("neu", "neu", email=email))
    assert (step.cost.mails, step.payload["mail_password"]) == (mails, mail_password)


def test_who_exists_joins_one_group_a_request() -> None:
    steps = bench().compile(join("alpha", "anna", "bert"), join("beta", "anna"))
    assert [(step.operation, step.remote_id, step.refers) for step in steps] == [
        ("join", "anna", (group("alpha"),)),
        ("join", "bert", (group("alpha"),)),
        ("join", "anna", (group("beta"),)),
    ]
    assert all(not step.creates and step.repeatable for step in steps)


def test_a_new_server_takes_all_fields_of_an_account_in_one_request() -> None:
    change = update(person("anna"), ANNA, display_name="Anna B.", email=None, quota=-3)
    (step,) = bench(34).compile(change)
    assert (step.operation, step.payload) == (
        "update-account",
        {"displayName": "Anna B.", "email": "", "quota": "default"},
    )
    assert step.expects == {"display_name": "Anna", "email": "anna@a.example", "quota": 1024}
    assert (step.cost.limited, step.cost.mails) == ({EDIT_BUCKET: 1}, 1)


@pytest.mark.parametrize("version", [33, None])
def test_an_older_or_unknown_server_gets_a_request_a_field(version: int | None) -> None:
    change = update(person("anna"), ANNA, display_name="Anna B.", email="b@a.example", language="en")
    steps = bench(version).compile(change)
    assert [(step.operation, dict(step.payload)) for step in steps] == [
        ("edit-account", {"displayname": "Anna B."}),
        ("edit-account", {"email": "b@a.example"}),
        ("edit-account", {"language": "en"}),
    ]
    assert [step.expects for step in steps] == [
        {"display_name": "Anna"},
        {"email": "anna@a.example"},
        {"language": "de"},
    ]
    assert [step.cost.limited for step in steps] == [{PUT_BUCKET: 1}] * 3


def test_a_field_that_could_not_be_read_is_not_expected() -> None:
    blurred = replace(ANNA, fields={**ANNA.fields, "language": UNKNOWN})
    (step,) = bench().compile(update(person("anna"), blurred, display_name="Anna B.", language="en"))
    assert step.expects == {"display_name": "Anna"}


def test_enabled_is_never_part_of_an_edit() -> None:
    steps = bench().compile(update(person("anna"), ANNA, display_name="Anna B.", enabled=False))
    assert [step.operation for step in steps] == ["update-account", "disable-account"]


def test_who_is_suspended_leaves_the_groups_first() -> None:
    changes = (suspend("anna", "anna"), leave("alpha", "Alpha", "anna", "bert"), leave("beta", "Beta", "anna"))
    steps = bench().compile(*changes)
    assert [step.operation for step in steps] == ["leave", "leave", "leave", "disable-account"]
    assert steps[-1].after == (group("alpha"), group("beta"))
    assert steps[0].expects_edge == Edge(Seats(group("alpha")), person("anna").key)
    assert steps[0].effects.leaves == (Edge(Seats(group("alpha")), "person:anna"),)


def test_steps_come_in_an_order_that_works() -> None:
    changes = (
        resume("bert", "bert"),
        leave("beta", "Beta", "anna"),
        update(person("anna"), ANNA, language="en"),
        join("gamma", "anna", "neu"),
        create_account("neu", "neu"),
        create_group("gamma", "Gamma"),
    )
    assert [step.operation for step in bench().compile(*changes)] == [
        "create-group",
        "create-account",
        "join",
        "update-account",
        "leave",
        "enable-account",
    ]


def test_an_adopted_account_can_join_in_the_same_plan() -> None:
    adopted = Remote("Altbestand", "Altbestand", {})
    change = Adopt(
        target=TARGET, id=person("alt"), name="alt", reason=WHY, change_class=ChangeClass.QUEUED, remote=adopted
    )
    (step,) = bench().compile(change, join("alpha", "alt"))
    assert step.remote_id == "Altbestand"


def test_an_account_that_nobody_knows_is_a_mistake_not_a_silence() -> None:
    with pytest.raises(KeyError):
        bench().compile(join("alpha", "niemand"))


def test_no_step_holds_a_secret() -> None:
    steps = bench().compile(create_account("neu", "neu", email="neu@a.example"), join("alpha", "neu"))
    assert all("password" not in key or value is False for step in steps for key, value in step.payload.items())


@pytest.mark.parametrize("name", ["anna", "a", "A.B_c-d", "o'x", "a@b.c", "12345", "a b", "y" * 64])
def test_user_ids_that_the_server_takes_are_not_objected_to(name: str) -> None:
    assert accounts.objection(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "ä1",
        "a/b",
        "a:b",
        "a*b",
        "a+b",
        "a&b",
        "a#b",
        "a?b",
        "a%b",
        "a\tb",
        " lead",
        "trail ",
        "x" * 65,
        "files_external",
        "a\u200bb",
        "a\n",
    ],
)
def test_user_ids_that_the_server_refuses_are_objected_to(name: str) -> None:
    assert accounts.objection(name) is not None


@pytest.mark.parametrize("name", ["PG_Sensorik", "A/B", "A & B", "ä Ö", "g" * 64, "ü" * 64, "12345"])
def test_group_ids_that_the_server_takes_as_they_are_are_not_objected_to(name: str) -> None:
    assert groups.objection(name) is None


@pytest.mark.parametrize("name", ["", "0", ".", "..", "h" * 65, " lead", "trail ", "a\tb", "a\u200bb", "a\u202eb"])
def test_group_ids_that_would_become_something_else_are_objected_to(name: str) -> None:
    assert groups.objection(name) is not None


def test_user_ids_are_one_in_any_case_and_group_ids_are_not() -> None:
    name = bench().connector.capabilities().canonical_name
    assert name(Kind.ACCOUNT, "Anna") == name(Kind.ACCOUNT, "anna")
    assert name(Kind.GROUP, "PG_A") != name(Kind.GROUP, "pg_a")


@pytest.mark.parametrize(
    ("kind", "field", "value", "form"),
    [
        (Kind.ACCOUNT, "email", " Anna@A.Example ", "anna@a.example"),
        (Kind.ACCOUNT, "email", "", None),
        (Kind.ACCOUNT, "display_name", " Anna ", "Anna"),
        (Kind.ACCOUNT, "display_name", "D" * 65, "D" * 64),
        (Kind.ACCOUNT, "quota", 1_500_000_000, 1_503_238_554),
        (Kind.ACCOUNT, "quota", 5_368_709_120_000, 5_387_606_976_102),
        (Kind.ACCOUNT, "quota", None, -3),
        (Kind.ACCOUNT, "language", "de", "de"),
        (Kind.ACCOUNT, "language", "pt", "pt"),
        (Kind.ACCOUNT, "language", "no", "nb"),
        (Kind.ACCOUNT, "language", "ku", "en"),
        (Kind.ACCOUNT, "enabled", True, True),
        (Kind.GROUP, "display_name", " Sensorik ", "Sensorik"),
    ],
)
def test_a_wish_is_compared_in_the_form_in_which_it_comes_back(
    kind: Kind, field: str, value: object, form: object
) -> None:
    assert bench().connector.capabilities().canonical(kind, field, value) == form  # type: ignore[arg-type]


@given(st.integers(min_value=0, max_value=2**60))
def test_a_stored_quota_stays_what_it_is(size: int) -> None:
    once = stored(size)
    assert stored(once) == once
    assert abs(once - size) <= max(size * 0.06, 512)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("none", UNLIMITED),
        ("5 GB", 5 * 1024**3),
        ("1.5gb", 3 * 1024**3 // 2),
        ("12", 12),
        ("5 M", 5 * 1024**2),
        ("", None),
        ("lots", None),
        ("-5", None),
        ("5 XB", None),
        ("default", None),
    ],
)
def test_a_quota_in_words_is_understood(text: str, size: int | None) -> None:
    assert bytes_of(text) == size


def test_the_rate_limit_is_part_of_what_the_connector_can_do() -> None:
    limits = bench(edit_limit=100_000, edit_window=60).connector.capabilities().limits
    counted = {EDIT_BUCKET: (100_000, 60), PUT_BUCKET: (100_000, 60)}
    calendars = {CREATE_BUCKET: (10, 3600), SHARE_BUCKET: (20, 3600)}
    assert limits == counted | calendars


def test_changes_of_other_kinds_compile_to_nothing() -> None:
    assert bench().compile() == []
    empty = update(ResourceId(Kind.GROUP, "body:alpha"), Remote("Alpha", "Alpha", {"display_name": "A"}))
    assert bench().compile(empty) == []
