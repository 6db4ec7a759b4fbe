"""Team folders and Talk are apps: one may be missing, switched off, broken, or not wanted at all."""

import pytest
from pydantic import SecretStr

from connectors.nextcloud import NEXTCLOUD
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.inventory import Complete, Inventory, Partial
from provisioner.model.resources import Kind
from tests.support.nextcloud import SERVICE, Bench

KINDS = NEXTCLOUD.kinds
OF_APPS = {"groupfolders": Kind.TEAM_FOLDER, "spreed": Kind.CONVERSATION}


def complete(inventory: Inventory) -> set[Kind]:
    return {kind for kind in Kind if isinstance(inventory.of(kind).completeness, Complete)}


def test_everything_is_read_where_everything_is(bench: Bench) -> None:
    assert complete(bench.observe(KINDS)) == KINDS


@pytest.mark.parametrize("app", OF_APPS)
def test_an_app_that_is_switched_off_is_said_and_keeps_nothing_else_from_being_read(
    cloud: NextcloudEmulator, bench: Bench, app: str
) -> None:
    cloud.disable_app(app)
    inventory = bench.observe(KINDS)
    completeness = inventory.of(OF_APPS[app]).completeness
    assert isinstance(completeness, Partial)
    assert (completeness.why.code, completeness.why.arguments["app"]) == ("nextcloud.app_missing", app)
    assert complete(inventory) == KINDS - {OF_APPS[app]}


@pytest.mark.parametrize("app", OF_APPS)
def test_an_app_that_vanishes_after_we_asked_for_it_is_partial_and_never_empty(
    cloud: NextcloudEmulator, bench: Bench, app: str
) -> None:
    bench.observe(KINDS)
    cloud.disable_app(app)
    assert complete(bench.observe(KINDS)) == KINDS - {OF_APPS[app]}


@pytest.mark.parametrize(
    ("path", "kind"), [("/apps/groupfolders", Kind.TEAM_FOLDER), ("/apps/spreed", Kind.CONVERSATION)]
)
def test_an_app_that_breaks_ends_nobody_elses_reading(
    cloud: NextcloudEmulator, bench: Bench, path: str, kind: Kind
) -> None:
    cloud.faults.status(500, path=path, times=None)
    assert complete(bench.observe(KINDS)) == KINDS - {kind}


@pytest.mark.parametrize(
    ("setting", "kind"), [("team_folders", Kind.TEAM_FOLDER), ("conversations", Kind.CONVERSATION)]
)
def test_what_a_target_does_without_is_not_asked_for(cloud: NextcloudEmulator, setting: str, kind: Kind) -> None:
    password = SecretStr(SERVICE[1])
    bench = Bench(NextcloudSettings(url=cloud.url, user=SERVICE[0], password=password, **{setting: False}))
    assert set(bench.connector.capabilities().fields) == KINDS - {kind}
    inventory = bench.observe(KINDS)
    bench.close()
    assert set(inventory.observations) == KINDS - {kind}
    app = {found: name for name, found in OF_APPS.items()}[kind]
    assert not [entry for entry in cloud.log.requests if f"/apps/{app}" in entry.path]
