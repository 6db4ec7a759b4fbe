"""The safety page says what settings, policy and the rules of rights say: nothing by heart."""

import re
from html import unescape

from provisioner.console.pages import Speech
from provisioner.lifecycle.rights import Right
from provisioner.lifecycle.rights_table import ROLES, Reach, rights_table
from tests.support.console import House
from tests.support.site import SERVICE

RANGER = "p-rita"


def page(house: House) -> str:
    answer = house.visitor(RANGER).get("safety", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return unescape(re.sub(r"<[^>]+>", "\n", answer.text))


def test_each_right_stands_there_as_far_as_it_reaches(house: House) -> None:
    say, lines = Speech("en"), [line.strip() for line in page(house).splitlines() if line.strip()]
    for row in rights_table():
        at = lines.index(say.t(f"right_{row.right.replace('-', '_')}"))
        assert lines[at + 1 : at + 1 + len(ROLES)] == [say.t(f"reach_{reach}") for reach in row.reaches]


def test_the_table_tells_what_may_be_done_and_what_not() -> None:
    reaches = {row.right: dict(zip(map(str, ROLES), row.reaches, strict=True)) for row in rights_table()}
    assert reaches.keys() == set(Right)
    assert reaches[Right.APPLY] == dict.fromkeys(map(str, ROLES), Reach.NONE) | {"ranger": Reach.ALL}
    assert (reaches[Right.END_STAY]["city-administrator"], reaches[Right.END_STAY]["member"]) == (Reach.OWN, Reach.NONE)
    assert (reaches[Right.DECIDE]["moderator"], reaches[Right.DECIDE]["coordinator"]) == (Reach.OWN, Reach.NONE)
    assert reaches[Right.MEMBERS]["guest"] is Reach.NONE


def test_targets_limits_and_what_could_be_read_are_those_of_the_settings(house: House) -> None:
    wish = house.wishes["redi"]
    wish.policy = {**wish.policy, "retention": {"letters_days": 43}}
    user, password = SERVICE
    target = {"connector": "nextcloud", "url": "https://wolke.example", "user": user, "password": password}
    wish.targets["wolke"] = target
    said = page(house)
    assert "wolke.example" in said
    assert "all messages in the chats of bodies" in said
    assert "43 days" in said
    assert password not in said
