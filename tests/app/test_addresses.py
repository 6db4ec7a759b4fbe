"""Links to meeting rooms in texts: ours, lasting, and known before there is any room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.app.addresses import address, with_join_links
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, FieldName, Kind, LateText, Resource, ResourceId
from provisioner.model.text import Text
from tests.support.desk import Desk, desks, small_network
from tests.support.doors import meeting_network

ROOM, OWN = (ResourceId(Kind.MEETING_ROOM, key) for key in ("body:iot", "body:iot:meeting:jour-fixe"))
FOLDER, CHAT = ResourceId(Kind.TEAM_FOLDER, "body:iot"), ResourceId(Kind.CONVERSATION, "body:iot")
MEETING = ResourceId(Kind.MEETING, OWN.key)
NOWHERE = Capabilities({}, address=lambda kind, remote_id, name: f"https://meet.example/{remote_id}")


@pytest.fixture
def with_rooms(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, meeting_network())
    found.site.section.targets["cloud"] = {"connector": "nextcloud"}
    yield found
    found.site.close()


@pytest.fixture
def without_rooms(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    found.site.section.targets["cloud"] = {"connector": "nextcloud"}
    yield found
    found.site.close()


def wanted(identity: ResourceId, **late: LateText) -> Resource:
    texts: dict[FieldName, LateText] = dict(late)  # type: ignore[arg-type]
    return Resource(identity, "Sensorik", {"schedule": "…"}, Text.of("policies.meeting", body="Sensorik"), late=texts)


def desired() -> Desired:
    lines = LateText((("Worum es geht",), ("Dateien: ", FOLDER), ("Video: ", ROOM)))
    meeting = wanted(MEETING, location=LateText(((OWN,),)), description=LateText((("Zweck",), ("Video: ", ROOM))))
    return Desired({CHAT: wanted(CHAT, description=lines), MEETING: meeting})


def test_a_meeting_says_at_once_where_it_takes_place(with_rooms: Desk) -> None:
    page = f"{with_rooms.site.settings.service.url}/{with_rooms.site.network}/join/iot"
    found = with_join_links(with_rooms.site, desired()).resources
    assert found[MEETING].fields == {
        "schedule": "…",
        "location": f"{page}/jour-fixe",
        "description": f"Zweck\nVideo: {page}",
    }
    assert not found[MEETING].late
    text = found[CHAT].late["description"]
    assert text.links() == {FOLDER}
    assert text.written(lambda link: None) == f"Worum es geht\nVideo: {page}"


def test_where_no_target_has_rooms_no_text_promises_one(without_rooms: Desk) -> None:
    found = with_join_links(without_rooms.site, desired()).resources
    assert found[MEETING].fields == {"schedule": "…", "location": "", "description": "Zweck"}
    assert found[CHAT].late["description"].written(str) == "Worum es geht\nDateien: team-folder/body:iot"


def test_what_no_target_has_is_linked_nowhere(with_rooms: Desk) -> None:
    del with_rooms.site.section.targets["cloud"]
    text = with_join_links(with_rooms.site, desired()).resources[CHAT].late["description"]
    assert not text.links()
    assert "Dateien" not in text.written(str)


def test_where_nobody_could_open_the_link_no_text_holds_it(with_rooms: Desk) -> None:
    with_rooms.site.settings.service.url = None
    found = with_join_links(with_rooms.site, desired()).resources
    assert found[MEETING].fields == {"schedule": "…", "location": "", "description": "Zweck"}
    assert found[CHAT].late["description"].links() == {FOLDER}


def test_the_name_of_a_room_is_in_no_link(with_rooms: Desk) -> None:
    secret = "re-" + "a" * 32
    for room in (ROOM, OWN):
        where = address(with_rooms.site, NOWHERE, room, secret, "Sensorik")
        assert where is not None
        assert secret not in where
    assert address(with_rooms.site, NOWHERE, CHAT, "abc", "Sensorik") == "https://meet.example/abc"
