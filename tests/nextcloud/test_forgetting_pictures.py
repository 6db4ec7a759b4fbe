"""Old pictures are taken out of the folder that they alone lie in: those of ours, and nothing else in the account."""

from datetime import timedelta

import pytest

from connectors.nextcloud.conversations.showing import FOLDER
from connectors.nextcloud.emulation.folders.tree import Tree
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from provisioner.model.errors import Garbled, Permanent, Transient
from tests.support.nextcloud import SERVICE, TOKEN, Bench

MARK = "0123456789abcdef"
BEGINS = "alarm redi "


def picture(number: int) -> str:
    return f"{FOLDER}/{BEGINS}{number}-{MARK}.png"


@pytest.fixture
def home(cloud: NextcloudEmulator) -> Tree:
    home = cloud.world.home(SERVICE[0])
    home.write(FOLDER, None)
    return home


def forget(bench: Bench, clock: VirtualClock, most: int = 50) -> int:
    with bench.gate.opened(TOKEN):
        return bench.connector.forget_pictures(BEGINS, clock.now() - timedelta(days=90), most)


def fill(home: Tree, clock: VirtualClock, *paths: str) -> None:
    for path in paths:
        home.write(path, b"x", clock.now().timestamp())


HOSTILE = (
    f"{FOLDER}/{BEGINS}1-{MARK}.png.md",
    f"{FOLDER}/{BEGINS}1-{MARK}.PNG",
    f"{FOLDER}/{BEGINS}1.png",
    f"{FOLDER}/{BEGINS}%2e%2e%2fWichtig-{MARK}.png",
    f"{FOLDER}/{BEGINS}?#&<b>-{MARK}.png",
    f"{FOLDER}/{BEGINS}\n1-{MARK}.png",
    f"{FOLDER}/Sommerfest 2026.png",
    f"{FOLDER}/alarm redi-2 1-{MARK}.png",
    f"{FOLDER}/{BEGINS}2-{MARK}.png/{BEGINS}3-{MARK}.png",
    f"{BEGINS}4-{MARK}.png",
    f"Fotos/{FOLDER}/{BEGINS}5-{MARK}.png",
)


def test_nothing_goes_that_is_no_picture_of_this_network_in_this_folder(
    bench: Bench, cloud: NextcloudEmulator, home: Tree, clock: VirtualClock
) -> None:
    fill(home, clock, *HOSTILE)
    kept = home.paths()
    fill(home, clock, picture(7))
    clock.advance(timedelta(days=91).total_seconds())
    assert forget(bench, clock) == 0
    assert home.paths() == kept
    assert len(cloud.log.writes) == 1


def test_what_is_younger_stays_and_the_oldest_go_first(bench: Bench, home: Tree, clock: VirtualClock) -> None:
    for number in (3, 1, 2):
        fill(home, clock, picture(number))
        clock.advance(timedelta(days=1).total_seconds())
    clock.advance(timedelta(days=88, hours=1).total_seconds())
    assert forget(bench, clock, most=1) == 1
    assert set(home.paths()) == {FOLDER, picture(1), picture(2)}
    assert forget(bench, clock) == 0
    assert set(home.paths()) == {FOLDER, picture(2)}


def test_a_large_folder_is_one_request_to_look_and_one_for_each_that_goes(
    bench: Bench, cloud: NextcloudEmulator, home: Tree, clock: VirtualClock
) -> None:
    fill(home, clock, *(picture(number) for number in range(300)))
    clock.advance(timedelta(days=91).total_seconds())
    forget(bench, clock)
    cloud.log.clear()
    assert forget(bench, clock) == 200
    methods = [entry.method for entry in cloud.log.requests if "/dav/" in entry.path]
    assert methods == ["PROPFIND", *["DELETE"] * 50]


def test_where_no_picture_was_ever_shown_nothing_is_done(
    bench: Bench, cloud: NextcloudEmulator, clock: VirtualClock
) -> None:
    assert forget(bench, clock) == 0
    assert cloud.log.writes == []


@pytest.mark.parametrize("status", [403, 423])
def test_one_that_can_not_be_taken_away_holds_up_none_behind_it(
    bench: Bench, cloud: NextcloudEmulator, home: Tree, clock: VirtualClock, status: int
) -> None:
    fill(home, clock, picture(1))
    clock.advance(1)
    fill(home, clock, picture(2), picture(3))
    clock.advance(timedelta(days=91).total_seconds())
    xml = '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>Sabre</s:exception></d:error>'
    cloud.faults.status(status, body=xml, content_type="application/xml; charset=utf-8", method="DELETE")
    with pytest.raises((Permanent, Transient)):
        forget(bench, clock)
    assert set(home.paths()) == {FOLDER, picture(1)}
    assert forget(bench, clock) == 0
    assert set(home.paths()) == {FOLDER}


def test_a_page_that_is_no_webdav_takes_nothing_away(
    bench: Bench, cloud: NextcloudEmulator, home: Tree, clock: VirtualClock
) -> None:
    fill(home, clock, picture(1))
    clock.advance(timedelta(days=91).total_seconds())
    cloud.faults.maintenance_page(method="PROPFIND", times=None)
    with pytest.raises(Garbled):
        forget(bench, clock)
    assert picture(1) in home.paths()
