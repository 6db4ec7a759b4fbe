"""The page of senders says why a storage, or gateways, can't be asked, in whole sentences."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.app.alerting.asking import Asked, noted
from provisioner.model.text import Text
from provisioner.state import SenderStates
from tests.console.test_alerts import page
from tests.support.alert_house import SENDER, with_alerts
from tests.support.console import RANGER, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    with_alerts(found)
    _ = found.app
    yield found
    found.close()


def test_each_trouble_is_told_with_the_address_until_it_is_over(house: House) -> None:
    site = house.networks["redi"].site
    states, now = SenderStates(site.database, "redi"), site.clock.now()
    right = Text.of("senders.stack_right", url="https://tts.example")
    broken = Text.of("senders.stack_broken", url="https://gw.example", status=503)
    about = noted(Asked.GATEWAYS, broken, noted(Asked.STORAGE, right, {"cursor": "x"}, now), now)
    states.put(SENDER, about)
    seen = page(house.visitor(RANGER), "senders")
    assert "Dem API-Schlüssel fehlt bei The Things Stack unter https://tts.example ein Recht." in seen
    assert "The Things Stack unter https://gw.example kann gerade nicht antworten (HTTP 503)." in seen
    states.put(SENDER, noted(Asked.GATEWAYS, None, noted(Asked.STORAGE, None, about, now), now))
    assert states.get(SENDER) == {"cursor": "x"}
    assert "tts.example" not in page(house.visitor(RANGER), "senders")
