"""What a ranger decides: drift that was made by hand, and a change that is too big for anybody to make unasked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.story import Town, links_of, town
from tests.support.site import LONG_AGO, body, person

CREW = [f"Kim{number}" for number in range(8)]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Town]:
    """A crew of eight, whose change is many; open."""
    with town(tmp_path) as found:
        found.wish.policy["guards"] = {"suspensions": {"count": 3, "share": 0.05, "floor": 2}}
        found.wish.add(
            body("pg-sensorik", "Sensorik"),
            body("ranger", "Ranger", kind="rangers", members=[{"roles": ["ranger"]}]),
            person("Rita", roles=["ranger"]),
            person("Mona", {"id": "pg-sensorik", "role": "moderator"}),
            *(person(one, "pg-sensorik") for one in CREW),
        )
        yield found.open()


def notices(watch: Town, about: str) -> list[str]:
    """What rangers were told in their conversation."""
    return [one for one in watch.said("Ranger") if about in one]


def test_what_was_changed_by_hand_waits_until_a_ranger_agrees(watch: Town) -> None:
    watch.cloud.users["kim1.muster"].name = "Kim der Große"
    for _ in range(3):
        watch.pass_time(hours=1)
    assert watch.cloud.users["kim1.muster"].name == "Kim der Große"
    [notice] = notices(watch, "freigibt")
    rita = watch.browser()
    rita.open(links_of(notice)[0])
    watch.come("rita@bretten.example", rita)
    assert rita.path == "/plan"
    assert "Kim der Große" in rita.text
    [digest] = {one.rpartition("/")[2] for one in rita.links("/plans/") if "changes" not in one}
    rita.open(f"plans/{digest}")
    rita.send("/approve")
    watch.work()
    assert watch.cloud.users["kim1.muster"].name == "Kim1 Muster"
    rita.open("plan")
    assert not rita.links("/plans/")
    rita.open("history")
    watch.pass_time(hours=1)
    assert len(notices(watch, "freigibt")) == 1


def test_a_mass_change_is_refused_told_once_and_allowed_by_its_word(watch: Town) -> None:
    for one in CREW:
        watch.wish.people[f"p-{one.lower()}"]["leaves"] = LONG_AGO
    watch.installation.write()
    for _ in range(3):
        watch.pass_time(hours=1)
    assert all(watch.cloud.users[f"{one.lower()}.muster"].enabled for one in CREW)
    [notice] = notices(watch, "Schutzregel")
    assert not any(one in notice for one in CREW)
    rita = watch.come("rita@bretten.example")
    rita.open(links_of(notice)[0])
    words = [choice for form in rita.read().forms if form.action.endswith("/approve") for choice in form.choices]
    assert words
    rita.send("/approve")
    watch.work()
    assert all(watch.cloud.users[f"{one.lower()}.muster"].enabled for one in CREW), "without the words nothing is done"
    rita.open("plan")
    rita.send("/approve", press=words)
    watch.work()
    assert not any(watch.cloud.users[f"{one.lower()}.muster"].enabled for one in CREW)
    assert not any(user.enabled for user in watch.login.realm.users.values() if user.username.startswith("kim"))
    assert watch.on_list("pg-sensorik") == {"mona@bretten.example"}
    rita.open("audit")
    watch.pass_time(hours=1)
    assert len(notices(watch, "Schutzregel")) == 1
