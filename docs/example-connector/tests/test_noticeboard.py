"""The contract that every connector keeps, and what is particular to this one."""

from collections.abc import Iterator

import pytest
from noticeboard import NOTICEBOARD
from noticeboard.boards import LONGEST
from noticeboard.emulator import TOKEN, NoticeBoardEmulator
from noticeboard.settings import NoticeBoardSettings
from pydantic import SecretStr

from connectors.kit.contract import EmulatedContract, Sample, Site, identify
from provisioner.emulation import Emulator
from provisioner.model.inventory import Absent, Unreadable
from provisioner.model.resources import EdgeRole, Kind

PERSON = Sample(
    Kind.ACCOUNT,
    {"display_name": "Anna Ähre", "email": "{word}@Stadt.example", "enabled": True},
    {"display_name": "Anna Berg", "email": "{word}@neu.example"},
)
BOARD = Sample(Kind.GROUP, {"display_name": "PG {word}"}, {"display_name": "Neu {word}"}, (EdgeRole.MEMBER,))


class TestNoticeBoard(EmulatedContract):
    samples = (PERSON, BOARD)

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with NoticeBoardEmulator() as emulator:
            settings = NoticeBoardSettings(url=emulator.url, token=SecretStr(TOKEN))
            with Site(lambda target, wiring: NOTICEBOARD.open(target, settings, wiring), emulator) as site:
                yield site

    def test_a_title_that_would_be_cut_off_is_objected_to(self, site: Site) -> None:
        objection = site.connector.capabilities().objection
        assert objection(Kind.GROUP, "x" * (LONGEST + 1)) is not None
        assert objection(Kind.GROUP, "x" * LONGEST) is None

    def test_a_board_of_the_same_title_is_not_ours(self, site: Site) -> None:
        assert site.connector.look_up(identify(Kind.GROUP, "two"), site.remote(site.new(BOARD, "one")).name) == Absent()

    def test_a_board_that_was_made_twice_is_left_to_people(self, site: Site, emulator: Emulator) -> None:
        assert isinstance(emulator, NoticeBoardEmulator)
        identity = site.new(BOARD, "one")
        (board,) = emulator.boards.values()
        emulator.boards["b99"] = type(board)("b99", board.title, board.note)
        assert isinstance(site.connector.look_up(identity, board.title), Unreadable)

    def test_whoever_is_suspended_leaves_the_boards_before(self, site: Site) -> None:
        person, board = site.new(PERSON, "anna"), site.new(BOARD, "one")
        site.apply(site.join(board, "one", person))
        steps = site.compile(site.suspend(person, site.remote(person)), site.leave(board, "one", person))
        assert [step.operation for step in steps] == ["remove-reader", "change-person"]
        for step in steps:
            site.perform(step)
        assert site.remote(person).fields["enabled"] is False
