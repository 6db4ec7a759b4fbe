"""Deleting accounts and groups for good: what was named, after one more look, and never what holds us."""

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import Permanent
from provisioner.model.steps import Moved, Step, Verified
from tests.support.nextcloud import SERVICE, TOKEN, Bench, create_account, create_group, erase, group, leave, person


@pytest.fixture
def stood(cloud: NextcloudEmulator, bench: Bench) -> Bench:
    bench.apply(create_group("alpha", "Alpha"), create_account("anna", "Anna"))
    cloud.join("Anna", "Alpha")
    cloud.log.clear()
    return bench


def erasing(bench: Bench, kind: str) -> Step:
    changes = {
        "account": erase(person("anna"), "Anna", "Database"),
        "group": erase(group("alpha"), "Alpha"),
    }
    (step,) = bench.compile(changes[kind])
    return step


def is_there(cloud: NextcloudEmulator, kind: str) -> bool:
    return "Anna" in cloud.users if kind == "account" else "Alpha" in cloud.groups


@pytest.mark.parametrize("kind", ["account", "group"])
def test_what_was_named_goes_and_its_name_is_retired(cloud: NextcloudEmulator, stood: Bench, kind: str) -> None:
    step = erasing(stood, kind)
    assert step.effects.erased
    name = stood.connector.capabilities().canonical_name(step.id.kind, step.remote_id or "")
    assert step.effects.fields == {"name": name}
    stood.perform(step)
    assert not is_there(cloud, kind)
    assert len(cloud.log.writes) == 1
    assert len(cloud.log.requests) == step.cost.requests


@pytest.mark.parametrize("kind", ["account", "group"])
def test_what_is_gone_already_is_done_without_a_write(cloud: NextcloudEmulator, stood: Bench, kind: str) -> None:
    step = erasing(stood, kind)
    stood.perform(step)
    cloud.log.clear()
    seen = stood.connector.verify(step, stood.ids.__getitem__)
    assert isinstance(seen, Verified)
    with stood.gate.opened(TOKEN):
        done = stood.connector.perform(step, seen, stood.ids.__getitem__)
    assert done.note is not None
    assert cloud.log.writes == []


def test_an_account_that_took_the_place_of_another_is_not_erased() -> None:
    with NextcloudEmulator(service=SERVICE, backends=("Database", "user_oidc")) as cloud:
        bench = Bench(NextcloudSettings(url=cloud.url, user=SERVICE[0], password=SecretStr(SERVICE[1])))
        cloud.add_user("Anna", backend="user_oidc")
        step = erasing(bench, "account")
        moved = bench.connector.verify(step, bench.ids.__getitem__)
        bench.close()
    assert isinstance(moved, Moved)
    assert moved.why.code == "nextcloud.replaced"


@pytest.mark.parametrize("who", [SERVICE[0], "admin", "chief"])
def test_neither_we_nor_an_administrator_are_ever_erased(cloud: NextcloudEmulator, bench: Bench, who: str) -> None:
    cloud.add_user("chief", groups=["admin"])
    (step,) = bench.compile(erase(person("any"), who, "Database"))
    with pytest.raises(Permanent, match="never_erased"):
        bench.connector.verify(step, bench.ids.__getitem__)
    assert who in cloud.users


@pytest.mark.parametrize("name", [PROVISIONERS, "admin"])
def test_no_group_that_gives_rights_is_ever_erased(cloud: NextcloudEmulator, bench: Bench, name: str) -> None:
    (step,) = bench.compile(erase(group("any"), name))
    with pytest.raises(Permanent, match="never_erased"):
        bench.connector.verify(step, bench.ids.__getitem__)
    assert name in cloud.groups


def test_erasures_come_last_and_what_holds_others_goes_first(stood: Bench) -> None:
    steps = stood.compile(
        erase(person("anna"), "Anna", "Database"), erase(group("alpha"), "Alpha"), leave("alpha", "Alpha", "anna")
    )
    assert [step.operation for step in steps] == ["leave", "erase-group", "erase-account"]
