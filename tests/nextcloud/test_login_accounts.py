"""Accounts of user_oidc: made before the first login, without a password, never beside or over another."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from connectors.nextcloud.accounts.oidc.providers import HASHED
from connectors.nextcloud.accounts.steps import EDIT_BUCKET
from connectors.nextcloud.emulator import APPS, NextcloudEmulator
from connectors.nextcloud.settings import AdministratorSettings, NextcloudSettings, UserOidcSettings
from provisioner.emulation import VirtualClock
from provisioner.model.errors import NotAllowed, OutcomeUnknown, Permanent, WriteRefused
from provisioner.model.inventory import Absent, Present
from provisioner.model.resources import Kind
from tests.support.nextcloud import (
    SERVICE,
    Bench,
    create_account,
    create_group,
    erase,
    group,
    join,
    person,
    resume,
    suspend,
    update,
)


@pytest.fixture
def cloud(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(service=SERVICE, clock=clock, apps=(*APPS, "user_oidc")) as emulator:
        emulator.oidc.configure(uniqueUid=False, mappingUid="preferred_username")
        yield emulator


@pytest.fixture
def settings(cloud: NextcloudEmulator) -> NextcloudSettings:
    token = SecretStr(cloud.app_password("admin"))
    return NextcloudSettings(
        url=cloud.url,
        user=SERVICE[0],
        password=SecretStr(SERVICE[1]),
        user_oidc=UserOidcSettings(provider_id=1, administrator=AdministratorSettings(user="admin", password=token)),
    )


def other(settings: NextcloudSettings, **changes: object) -> NextcloudSettings:
    assert settings.user_oidc is not None
    return settings.model_copy(update={"user_oidc": settings.user_oidc.model_copy(update=changes)})


def posts(cloud: NextcloudEmulator) -> list[dict[str, object]]:
    """What was sent to user_oidc's call."""
    return [json.loads(entry.body) for entry in cloud.log.writes if "/user_oidc/" in entry.path]


def test_an_account_is_made_for_the_login_with_all_that_it_should_have(cloud: NextcloudEmulator, bench: Bench) -> None:
    bench.observe()
    steps = bench.apply(
        create_group("alpha", "PG_Alpha"),
        create_account("anna", "anna", display_name="Anna Amsel", email="anna@a.example", quota=1024**3, language="de"),
        join("alpha", "anna"),
    )
    assert [step.operation for step in steps] == ["create-group", "create-login-account", "join", "choose-language"]
    found = bench.present(person("anna"))
    assert found.remote.backend == found.remote.fingerprint == "user_oidc"
    assert found.edges == {"PG_Alpha"}
    for step in steps[1:]:
        assert {name: found.remote.fields[name] for name in step.effects.fields} == dict(step.effects.fields)
    assert cloud.users["anna"].password == ""
    assert posts(cloud) == [
        {"providerId": 1, "userId": "anna", "displayName": "Anna Amsel", "email": "anna@a.example"}
        | {"quota": str(1024**3)}
    ]
    assert bench.ledger.taken == [EDIT_BUCKET]


def test_the_right_of_an_administrator_is_used_for_these_calls_alone(cloud: NextcloudEmulator, bench: Bench) -> None:
    bench.observe()
    bench.apply(create_account("anna", "anna", language="de"))
    by_admin = {entry.path.partition("?")[0] for entry in cloud.log.requests if entry.user == "admin"}
    assert by_admin == {"/ocs/v2.php/apps/user_oidc/api/v1/provider", "/ocs/v2.php/apps/user_oidc/api/v1/user"}


def test_a_language_that_everybody_has_anyway_costs_none_of_the_limited_writes(
    cloud: NextcloudEmulator, bench: Bench
) -> None:
    bench.observe()
    bench.apply(create_account("anna", "anna", language="en"))
    assert bench.ledger.taken == []
    assert [entry.method for entry in cloud.log.writes] == ["POST"]


def test_no_quota_at_all_is_a_quota(cloud: NextcloudEmulator, bench: Bench) -> None:
    bench.apply(create_account("anna", "anna", quota=0))
    assert bench.read(person("anna")).fields["quota"] == 0


def test_an_account_can_be_made_suspended(cloud: NextcloudEmulator, bench: Bench) -> None:
    bench.apply(create_account("anna", "anna", enabled=False))
    assert not cloud.users["anna"].enabled


def test_a_display_name_is_changed_by_the_call_of_the_backend_and_switches_nobody_on(
    cloud: NextcloudEmulator, bench: Bench
) -> None:
    bench.apply(create_account("anna", "anna", display_name="Anna Amsel", enabled=False))
    bench.observe()
    before = bench.read(person("anna"))
    assert before.writable is None
    steps = bench.apply(update(person("anna"), before, display_name="Anna Star", email="neu@a.example"))
    assert [step.operation for step in steps] == ["rename-login-account", "update-account"]
    user = cloud.users["anna"]
    assert (user.name, user.email, user.enabled) == ("Anna Star", "neu@a.example", False)
    assert cloud.oidc.skeletons == ["anna", "anna"]


def test_accounts_with_passwords_stay_what_they_are(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.add_user("bert", "geheim", display_name="Bert", email="bert@a.example")
    bench.ids[person("bert")] = "bert"
    bench.observe()
    (step,) = bench.apply(update(person("bert"), bench.read(person("bert")), display_name="Bert Bär", language="de"))
    assert step.operation == "update-account"
    assert (cloud.users["bert"].backend.name, cloud.users["bert"].name) == ("Database", "Bert Bär")
    assert posts(cloud) == []


@pytest.mark.parametrize(
    ("user_id", "code"),
    [("anna", "name_taken"), ("ANNA", "oidc_finds_other")],
)
def test_an_account_that_a_login_would_come_to_is_never_covered(
    cloud: NextcloudEmulator, bench: Bench, user_id: str, code: str
) -> None:
    cloud.add_user(user_id, "geheim", display_name="Jemand", email="x@a.example")
    with pytest.raises(Permanent, match=code):
        bench.apply(create_account("anna", "anna"))
    assert posts(cloud) == []
    assert cloud.users[user_id].backend.name == "Database"


def test_an_address_as_user_id_does_not_come_upon_somebody_elses_account(
    cloud: NextcloudEmulator, bench: Bench
) -> None:
    cloud.add_user("bert", "geheim", display_name="Bert", email="anna@a.example")
    with pytest.raises(Permanent, match=r"oidc_finds_other.*bert"):
        bench.apply(create_account("anna", "anna@a.example"))
    assert posts(cloud) == []


def test_of_this_backend_another_case_is_another_account(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.add_user("Anna", backend="user_oidc")
    bench.apply(create_account("anna", "anna"))
    assert {"Anna", "anna"} <= cloud.users.keys()
    exact = {remote.name: remote.exact for remote in bench.observe().of(Kind.ACCOUNT).objects.values()}
    assert exact == {"Anna": True, "anna": True, "admin": False, SERVICE[0]: False}


def test_a_name_that_keycloak_would_change_is_refused() -> None:
    settings = NextcloudSettings(
        url="https://cloud.example", user="x", password=SecretStr("x"), user_oidc=UserOidcSettings(provider_id=1)
    )
    bench = Bench(settings)
    objection = bench.connector.capabilities().objection(Kind.ACCOUNT, "Anna")
    bench.close()
    assert objection is not None
    assert objection.code == "nextcloud.oidc_capitals"


@pytest.mark.parametrize(
    ("provider_id", "more", "code"),
    [
        (7, {}, "oidc_no_provider"),
        (1, {"uniqueUid": True}, "oidc_hashes_here"),
        (1, {"providerBasedId": True}, "oidc_hashes_here"),
    ],
)
def test_nothing_is_made_for_a_provider_that_would_never_find_it(
    cloud: NextcloudEmulator,
    settings: NextcloudSettings,
    clock: VirtualClock,
    provider_id: int,
    more: dict[str, bool],
    code: str,
) -> None:
    cloud.oidc.configure(**more)
    bench = Bench(other(settings, provider_id=provider_id), clock)
    with pytest.raises(Permanent, match=code):
        bench.apply(create_account("anna", "anna"))
    bench.close()
    assert cloud.log.writes == []


def test_an_id_that_is_not_ours_is_said_and_no_second_one_is_made(
    cloud: NextcloudEmulator, settings: NextcloudSettings, clock: VirtualClock
) -> None:
    bench = Bench(settings, clock)
    bench.apply(create_account("erst", "erst"))  # all is well, and known to be
    cloud.oidc.configure(uniqueUid=True)
    for name in ("anna", "bert"):
        with pytest.raises(Permanent, match=r"oidc_made_other name=anna made=[0-9a-f]{64}"):
            bench.apply(create_account(name, name))
    bench.close()
    assert len([name for name in cloud.users if HASHED.fullmatch(name)]) == 1


def test_a_hashed_account_is_never_renamed_into_a_second_one(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.oidc.configure(uniqueUid=True)
    hashed = cloud.oidc.account(1, "anna").id
    bench.ids[person("anna")] = hashed
    bench.observe()
    remote = bench.read(person("anna"))
    assert remote.writable is not None
    assert "display_name" not in remote.writable
    with pytest.raises(Permanent):
        bench.apply(update(person("anna"), remote, display_name="Anna"))
    assert posts(cloud) == []


def test_without_an_administrator_it_says_whose_right_is_missing(
    cloud: NextcloudEmulator, settings: NextcloudSettings, clock: VirtualClock
) -> None:
    bench = Bench(other(settings, administrator=None), clock)
    with pytest.raises(NotAllowed, match="oidc_not_administrator"):
        bench.apply(create_account("anna", "anna"))
    bench.close()
    assert "anna" not in cloud.users


def test_an_app_that_is_missing_is_said(cloud: NextcloudEmulator, bench: Bench) -> None:
    cloud.disable_app("user_oidc")
    with pytest.raises(Permanent, match="app_missing app=user_oidc"):
        bench.apply(create_account("anna", "anna"))


@pytest.mark.parametrize("fault", ["reset after", "truncated", "500 after"])
def test_a_creation_whose_answer_was_lost_is_looked_up(cloud: NextcloudEmulator, bench: Bench, fault: str) -> None:
    bench.apply(create_account("erst", "erst"))
    if fault == "reset after":
        cloud.faults.reset_after(writes=True)
    elif fault == "truncated":
        cloud.faults.truncate(writes=True)
    else:
        cloud.faults.status(502, writes=True, when="after")
    with pytest.raises(OutcomeUnknown):
        bench.apply(create_account("anna", "anna"))
    found = bench.connector.look_up(person("anna"), "anna")
    assert isinstance(found, Present)
    assert found.remote.backend == "user_oidc"


def test_a_bad_quota_leaves_an_account_behind_and_is_not_taken_for_failed(
    cloud: NextcloudEmulator, bench: Bench
) -> None:
    (step, *_) = bench.compile(create_account("anna", "anna"))
    with pytest.raises(OutcomeUnknown):
        bench.perform(replace(step, payload={**step.payload, "quota": "lots"}))
    assert "anna" in cloud.users


def test_they_are_suspended_erased_and_come_back_as_all_others(cloud: NextcloudEmulator, bench: Bench) -> None:
    bench.apply(create_account("anna", "anna"))
    bench.apply(suspend("anna", "anna"))
    assert not cloud.users["anna"].enabled
    bench.apply(resume("anna", "anna"))
    assert cloud.users["anna"].enabled
    bench.apply(erase(person("anna"), "anna", "user_oidc"))
    assert bench.connector.look_up(person("anna"), "anna") == Absent()


def test_nothing_is_written_while_the_gate_is_closed(cloud: NextcloudEmulator, bench: Bench) -> None:
    for step in bench.compile(create_account("anna", "anna", language="de")):
        if step.expects is None:
            with pytest.raises(WriteRefused):
                bench.connector.perform(step, None, bench.ids.__getitem__)
    assert cloud.log.writes == []
    assert group("x") not in bench.ids
