"""What somebody is, is worked out of the registry at every request: a role that ended has ended on every page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.app.joining.endings import end_stay
from provisioner.app.joining.viewing import viewer_of
from provisioner.lifecycle.rights import Viewer
from provisioner.state import Session
from tests.support.desk import TODAY, Desk, desks, moderating, official, small_network
from tests.support.site import LONG_AGO

NOBODY = Viewer("redi")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def session(desk: Desk, person: str | None = None, address: str | None = None, via: str = "link") -> Session:
    now = desk.clock.now()
    return Session("", "redi", person, address, via, now, now + timedelta(hours=1))


def seen(desk: Desk, name: str) -> Viewer | None:
    return viewer_of(desk.picture, session(desk, f"p-{name}"))


def change(desk: Desk, name: str, **more: Any) -> None:
    desk.wish.people[f"p-{name}"] |= more
    desk.rewrite()


def test_roles_are_those_of_the_registry(desk: Desk) -> None:
    everybody = frozenset({"pg-alle"})
    assert seen(desk, "rita") == replace(NOBODY, person="p-rita", ranger=True, member_of=everybody)
    assert seen(desk, "konrad") == replace(NOBODY, person="p-konrad", coordinator=True, member_of=everybody)
    administrator = replace(NOBODY, person="p-carla", administers=frozenset({"bretten"}), member_of=everybody)
    assert seen(desk, "carla") == administrator
    sensorik = frozenset({"pg-sensorik"})
    moderator = replace(NOBODY, person="p-mona", moderates=sensorik, member_of=sensorik | everybody)
    assert seen(desk, "mona") == moderator
    assert seen(desk, "gerd") == replace(NOBODY, person="p-gerd", guest=True, member_of=sensorik)


def test_who_left_or_was_never_there_is_nobody(desk: Desk) -> None:
    assert seen(desk, "udo") is None
    assert seen(desk, "nobody") is None
    before = seen(desk, "ben")
    assert before is not None
    end_stay(desk.site, desk.pictures, desk.viewer("rita"), "p-ben", TODAY - timedelta(days=1))
    assert seen(desk, "ben") is None


def test_a_role_in_an_organisation_ends_with_the_stay_there(desk: Desk) -> None:
    ended = {"organisation": "bretten", "roles": ["city-administrator"], "until": LONG_AGO}
    change(desk, "carla", affiliations=[ended, {"organisation": "rastatt"}])
    found = seen(desk, "carla")
    assert found is not None
    assert found.administers == frozenset()


def test_an_administrator_begins_on_their_first_day(desk: Desk) -> None:
    later = (TODAY + timedelta(days=3)).isoformat()
    stays = [
        {"organisation": "bretten"},
        {"organisation": "rastatt", "roles": ["city-administrator"], "since": later},
    ]
    change(desk, "carla", affiliations=stays)
    found = seen(desk, "carla")
    assert found is not None
    assert found.administers == frozenset()
    desk.clock.sleep(3 * 86_400)
    found = seen(desk, "carla")
    assert found is not None
    assert found.administers == {"rastatt"}


def test_a_guest_has_no_office_whatever_is_written(desk: Desk) -> None:
    change(desk, "gerd", roles=["ranger"], bodies=[moderating("pg-sensorik")])
    found = seen(desk, "gerd")
    assert found is not None
    assert found.guest
    assert not found.ranger
    assert found.moderates == frozenset()


def test_nobody_moderates_an_archive(desk: Desk) -> None:
    change(desk, "mona", bodies=[moderating("pg-alt")])
    found = seen(desk, "mona")
    assert found is not None
    assert found.moderates == frozenset()
    assert "pg-alt" in found.member_of


def test_a_utility_is_its_citys_business_until_it_has_an_administrator(desk: Desk) -> None:
    file = desk.folder / "redi/registry/more.yaml"
    file.write_text("organisations: [{id: werke, name: Werke, kind: utility, part_of: bretten}]\n")
    carla, doris = seen(desk, "carla"), seen(desk, "doris")
    assert carla is not None
    assert doris is not None
    assert carla.administers == {"bretten", "werke"}
    assert doris.administers == {"rastatt"}
    desk.wish.add(official("Willi", "werke", "city-administrator"))
    desk.rewrite()
    carla = seen(desk, "carla")
    assert carla is not None
    assert carla.administers == {"bretten"}


def test_an_address_is_a_newcomers_until_somebody_active_has_it(desk: Desk) -> None:
    for address in ("neu@bretten.example", "udo@bretten.example"):
        assert viewer_of(desk.picture, session(desk, address=address)) == replace(NOBODY, newcomer_address=address)
    found = viewer_of(desk.picture, session(desk, address="BEN@bretten.example"))
    assert found is not None
    assert found.person == "p-ben"


def test_only_the_link_of_the_first_start_needs_no_person(desk: Desk) -> None:
    assert viewer_of(desk.picture, session(desk, via="admin")) == replace(NOBODY, ranger=True)
    assert viewer_of(desk.picture, session(desk, via="openid")) is None
    assert viewer_of(desk.picture, session(desk)) is None
