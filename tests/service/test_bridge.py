"""From the river to the conversation and back: the bridge as it runs, with a real broker and an emulated Talk."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.bridges import Running, running
from tests.support.alert_rooms import another
from tests.support.change import Known
from tests.support.mosquitto import Mosquitto
from tests.support.serving import wait_until

_TOPICS = itertools.count()


@pytest.fixture
def bridge(alerts_known: Known, tmp_path: Path, broker: Mosquitto) -> Iterator[Running]:
    topic = f"bridge{next(_TOPICS)}"
    with another(tmp_path, alerts_known) as installation, running(installation, broker, topic) as found:
        yield found


def test_the_river_rises_and_people_read_it_with_what_it_means_and_its_end_answers_it(bridge: Running) -> None:
    bridge.publish(1, 100)
    bridge.publish(1, 210)
    first = bridge.wait_for("Hochwasser")
    for words in ("Alb, Brücke 1", "210", "Uferweg sperren"):
        assert words in first.text
    bridge.installation.clock.sleep(1800)
    bridge.publish(1, 150)
    wait_until(lambda: len(bridge.messages()) >= 2, "the end")
    last = bridge.messages()[-1]
    assert last.parent is not None
    assert last.parent.id == first.id
    assert "30" in last.text
