"""Who may what: each right of each role, in one table, and that a role elsewhere is worth nothing here."""

from dataclasses import replace

import pytest

from provisioner.lifecycle.rights import ADMIN_LINK, Right, Viewer, may
from provisioner.model.registry import Body, BodyKind, JoinMode

HERE = Body("pg-here", "Hier", BodyKind.PROJECT, lead="bretten", join=JoinMode.OPEN)
ELSEWHERE = Body("pg-elsewhere", "Dort", BodyKind.PROJECT, lead="rastatt", join=JoinMode.APPROVAL)
BRETTEN, BOTH = frozenset({"bretten"}), frozenset({"bretten", "rastatt"})

MEMBER = Viewer("redi", "p-member", member_of=frozenset({HERE.id}))
MODERATOR = Viewer("redi", "p-moderator", member_of=frozenset({HERE.id}), moderates=frozenset({HERE.id}))
ADMINISTRATOR = Viewer("redi", "p-administrator", administers=BRETTEN)
COORDINATOR = Viewer("redi", "p-coordinator", coordinator=True)
RANGER = Viewer("redi", "p-ranger", ranger=True)
FIRST_START = Viewer("redi", ranger=True)
GUEST = Viewer("redi", "p-guest", member_of=frozenset({HERE.id}), guest=True)
NEWCOMER = Viewer("redi", newcomer_address="neu@bretten.example")
PLAIN = Viewer("redi", "p-plain")
ALL = {
    "plain": PLAIN,
    "member": MEMBER,
    "moderator": MODERATOR,
    "administrator": ADMINISTRATOR,
    "coordinator": COORDINATOR,
    "ranger": RANGER,
    "first start": FIRST_START,
    "guest": GUEST,
    "newcomer": NEWCOMER,
}
RANGERS = {"ranger", "first start"}
PEOPLE = {"plain", "member", "moderator", "administrator", "coordinator", "ranger"}

PAGES: dict[Right, set[str]] = {
    Right.OVERVIEW: RANGERS | {"coordinator"},
    Right.MATRIX: RANGERS | {"coordinator", "administrator"},
    Right.PLAN: RANGERS | {"coordinator"},
    Right.HISTORY: RANGERS | {"coordinator"},
    Right.AUDIT: RANGERS | {"coordinator"},
    Right.SAFETY: RANGERS | {"coordinator"},
    Right.PEOPLE: RANGERS | {"coordinator", "administrator"},
    Right.PERSON: RANGERS | {"coordinator"},
    Right.BODIES: RANGERS | PEOPLE | {"guest"},
    Right.MEMBERS: RANGERS | {"coordinator", "administrator", "moderator", "member"},
    Right.JOIN: PEOPLE,
    Right.LEAVE: {"member", "moderator"},
    Right.DECIDE: RANGERS | {"administrator", "moderator"},
    Right.CONFIRM: RANGERS | {"administrator", "moderator"},
    Right.APPOINT: RANGERS | {"administrator", "moderator"},
    Right.MAIL: RANGERS | {"moderator"},
    Right.INVITE: RANGERS | {"moderator"},
    Right.ALERTS: RANGERS | {"member", "moderator"},
    Right.SILENCE: RANGERS | {"moderator"},
    Right.CREATE_BODY: RANGERS | {"coordinator", "administrator"},
    Right.CHANGE_BODY: RANGERS | {"administrator"},
    Right.END_STAY: RANGERS,
    Right.APPLY: RANGERS,
    Right.LETTERS: RANGERS,
    Right.SENDERS: RANGERS,
    Right.SOURCES: RANGERS | {"administrator"},
    Right.LINKS: RANGERS | {"administrator"},
}


def test_every_right_is_in_the_table() -> None:
    assert PAGES.keys() == set(Right)


@pytest.mark.parametrize("right", Right)
def test_whom_a_page_is_for(right: Right) -> None:
    assert {name for name, viewer in ALL.items() if may(viewer, right)} == PAGES[right]


OF_A_BODY = (
    *(Right.MEMBERS, Right.DECIDE, Right.CONFIRM, Right.APPOINT, Right.MAIL, Right.CHANGE_BODY, Right.LEAVE),
    *(Right.ALERTS, Right.SILENCE),
)


@pytest.mark.parametrize("right", OF_A_BODY)
def test_what_somebody_is_in_one_body_counts_for_no_other(right: Right) -> None:
    assert {name for name, viewer in ALL.items() if may(viewer, right, body=HERE)} == PAGES[right]
    everywhere = RANGERS | {"coordinator"} if right is Right.MEMBERS else RANGERS - {"first start", "ranger"}
    everywhere = everywhere if right is Right.LEAVE else everywhere | RANGERS
    assert {name for name, viewer in ALL.items() if may(viewer, right, body=ELSEWHERE)} == everywhere


def test_all_but_guests_see_every_body_and_guests_their_own() -> None:
    assert {name for name, viewer in ALL.items() if may(viewer, Right.BODIES, body=HERE)} == PAGES[Right.BODIES]
    assert may(PLAIN, Right.BODIES, body=ELSEWHERE)
    assert not may(GUEST, Right.BODIES, body=ELSEWHERE)


def test_nobody_joins_what_is_closed_not_even_a_ranger() -> None:
    closed = replace(HERE, join=JoinMode.CLOSED)
    assert {name for name, viewer in ALL.items() if may(viewer, Right.JOIN, body=closed)} == set()
    assert {name for name, viewer in ALL.items() if may(viewer, Right.JOIN, body=HERE)} == PEOPLE


def test_an_administrator_sees_people_of_their_own_organisation() -> None:
    for right in (Right.PEOPLE, Right.PERSON):
        assert may(ADMINISTRATOR, right, organisations=BRETTEN)
        assert may(ADMINISTRATOR, right, organisations=BOTH)
        assert not may(ADMINISTRATOR, right, organisations=frozenset({"rastatt"}))
    assert not may(ADMINISTRATOR, Right.PERSON, organisations=frozenset()), "who has left them all"


def test_everybody_sees_their_own_page_and_members_no_other() -> None:
    for viewer in (PLAIN, MEMBER, GUEST, ADMINISTRATOR):
        assert may(viewer, Right.PERSON, person=viewer.person)
    assert not may(MEMBER, Right.PERSON, person="p-plain", organisations=BRETTEN)
    assert not may(NEWCOMER, Right.PERSON, person=None)


@pytest.mark.parametrize("right", [Right.END_STAY, Right.LINKS, Right.SOURCES, Right.CREATE_BODY])
def test_who_administers_one_of_two_organisations_decides_nothing_about_both(right: Right) -> None:
    assert may(ADMINISTRATOR, right, organisations=BRETTEN)
    assert not may(ADMINISTRATOR, right, organisations=BOTH)
    assert not may(MODERATOR, right, organisations=BRETTEN)


def test_a_stay_without_organisations_is_ended_by_rangers_alone() -> None:
    assert not may(ADMINISTRATOR, Right.END_STAY, organisations=frozenset())
    assert may(RANGER, Right.END_STAY, organisations=frozenset())


def test_a_body_without_a_lead_is_nobodys_by_administering() -> None:
    assert not may(ADMINISTRATOR, Right.DECIDE, body=replace(HERE, lead=None))


def test_the_audit_names_whoever_acts() -> None:
    assert RANGER.actor == "p-ranger"
    assert FIRST_START.actor == ADMIN_LINK
    assert NEWCOMER.is_newcomer
    assert not PLAIN.is_newcomer
