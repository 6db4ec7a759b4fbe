"""Whatever anybody tries, in whatever order, with whatever old page: who gets in was let in, and by whoever may."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.app.joining.confirming import confirm
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.lifecycle.rights import Viewer
from provisioner.model.registry import Role
from tests.support.desk import Desk, desks, small_network

NAMES = ("rita", "konrad", "carla", "doris", "mona", "moritz", "ben", "ole", "gerd")
BODIES = ("pg-sensorik", "pg-lora", "pg-kreis", "pg-alle", "pg-alt")
ADMINISTRATORS = {"pg-sensorik": "carla", "pg-alle": "carla", "pg-lora": "doris"}
OPEN = {"pg-lora", "pg-alle"}
ACTS = ("join", "ask", "withdraw", "approve", "decline", "leave", "strike", "appoint", "confirm")

Places = dict[tuple[str, str], str]
"""(who, body) → role."""


@dataclass(frozen=True)
class Try:
    """One act that somebody tries."""

    act: str
    by: str
    body: str
    whom: str
    role: Role
    request: int
    abroad: bool
    """With a viewer of the other network."""


TRIES = st.lists(
    st.builds(
        Try,
        st.sampled_from(ACTS),
        st.sampled_from(NAMES),
        st.sampled_from(("pg-sensorik", "pg-sensorik", *BODIES)),
        st.sampled_from((*NAMES, "udo")),
        st.sampled_from((Role.MEMBER, Role.MODERATOR, Role.GUEST)),
        st.integers(1, 3),
        st.sampled_from((False, False, False, False, True)),
    ),
    min_size=4,
    max_size=14,
)


def places(desk: Desk) -> Places:
    return {
        (member.person.id.removeprefix("p-"), body): str(member.role)
        for body in BODIES
        for member in desk.picture.members_of(body)
    }


def may_decide(before: Places, who: str, body: str) -> bool:
    """Told apart from the code that is tested: by names."""
    moderates = before.get((who, body)) == "moderator" and who != "gerd" and body != "pg-alt"
    return who == "rita" or moderates or ADMINISTRATORS.get(body) == who


def attempt(desk: Desk, one: Try, viewer: Viewer) -> None:
    whom = f"p-{one.whom}"
    match one.act:
        case "join":
            desk.places.join(viewer, one.body)
        case "ask":
            desk.places.ask(viewer, one.body, "Bitte")
        case "withdraw":
            desk.places.withdraw(viewer, one.request)
        case "approve" | "decline":
            desk.places.decide(viewer, one.request, approve=one.act == "approve")
        case "leave":
            desk.places.leave(viewer, one.body)
        case "strike":
            desk.places.strike(viewer, one.body, whom)
        case "appoint":
            desk.places.appoint(viewer, one.body, whom, one.role)
        case "confirm":
            confirm(desk.site, desk.pictures, viewer, one.body, [whom])


def is_allowed(desk: Desk, one: Try, before: Places, who: str, body: str, now: str | None) -> bool:
    """Whether this act may have changed what ``who`` is in ``body`` to ``now``."""
    if one.act == "join":
        return who == one.by != "gerd" and body in OPEN and now == "member"
    if one.act == "leave":
        return who == one.by != "gerd" and now is None
    if one.act == "approve":
        request = desk.requests.get(one.request)
        asked = request is not None and (request.person, request.body) == (f"p-{who}", body)
        return asked and may_decide(before, one.by, body) and now == "member"
    if one.act in ("strike", "confirm"):
        return may_decide(before, one.by, body) and now is None and (who, body) == (one.whom, one.body)
    return one.act == "appoint" and may_decide(before, one.by, body) and (who, body) == (one.whom, one.body)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root, numbers = tmp_path_factory.mktemp("acts"), count()
    return (root / str(number) for number in numbers)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tries=TRIES)
def test_nobody_gets_in_or_out_but_by_whoever_may(folders: Iterator[Path], tries: list[Try]) -> None:
    folder = next(folders)
    folder.mkdir()
    ours, theirs = desks(folder, small_network(), small_network("ortenau"))
    old_pages = {name: ours.viewer(name) for name in NAMES}
    strangers = {name: theirs.viewer(name) for name in NAMES}
    elsewhere = theirs.written()
    for one in tries:
        before, written = places(ours), ours.written()
        failed = True
        with suppress(Forbidden, Refused):
            attempt(ours, one, (strangers if one.abroad else old_pages)[one.by])
            failed = False
        after = places(ours)
        assert not (one.abroad and not failed), "whoever is somebody in another network is nobody here"
        if failed:
            assert ours.written() == written
        for who, body in before.keys() | after.keys():
            now = after.get((who, body))
            if before.get((who, body)) != now:
                assert is_allowed(ours, one, before, who, body, now), (who, body, one)
        assert after.keys() >= {(name, "pg-alle") for name in (*NAMES,) if name != "gerd"}, "a rule holds"
    assert theirs.written() == elsewhere
    assert theirs.letters() == []
    ours.site.close()
    theirs.site.close()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tries=TRIES)
def test_an_act_done_again_changes_nothing(folders: Iterator[Path], tries: list[Try]) -> None:
    folder = next(folders)
    folder.mkdir()
    (desk,) = desks(folder, small_network())
    for one in tries:
        viewer = desk.viewer(one.by)
        with suppress(Forbidden, Refused):
            attempt(desk, one, viewer)
        once = desk.written()
        with suppress(Forbidden, Refused):
            attempt(desk, one, viewer)
        assert desk.written() == once, one
    desk.site.close()
