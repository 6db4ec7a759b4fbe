"""Planning maintenance in a real browser: its own field for date and time, what that sends, and what stays in it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from provisioner.console.pages import Speech
from provisioner.service.http import listen
from provisioner.state import AlertSilences
from tests.browser.hands import Pointer
from tests.support.alert_house import with_alerts
from tests.support.browser import NARROW, Chromium, visit
from tests.support.console import RANGER, House
from tests.support.served import served

t = Speech("de").t


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """With sensors, served."""
    listener = listen("127.0.0.1:0")
    made = House(tmp_path, url="http://{}:{}".format(*listener.getsockname()))
    with_alerts(made)
    with served(made.app, listener):
        yield made
    made.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_maintenance_is_planned_corrected_and_called_off(chromium: Chromium, house: House, scripts: bool) -> None:
    network = house.networks["redi"]
    word = network.sessions.begin(network.now(), timedelta(hours=1), "link", RANGER)
    cookies = [{"name": network.cookie(), "value": word, "url": f"{network.origin}{network.base}/"}]
    begin = (network.now() + timedelta(days=2)).astimezone(ZoneInfo("Europe/Berlin"))
    with visit(chromium, network.origin, cookies, scripts=scripts, width=NARROW) as visited:
        page, hands = visited.page, Pointer(visited)
        visited.go("/redi/alerts")
        page.locator("summary", has_text=t("silence_new")).click()
        page.get_by_label(t("silence_begin")).fill("2020-01-01T08:00")
        page.get_by_label(t("silence_or_until")).fill(f"{begin + timedelta(hours=3):%Y-%m-%dT%H:%M}")
        hands.write(t("silence_reason"), "Neue Antenne")
        hands.press(t("silence_make"))
        page.get_by_text("Der Beginn liegt in der Vergangenheit.").wait_for()
        assert page.get_by_label(t("silence_begin")).input_value() == "2020-01-01T08:00"
        assert page.get_by_label(t("silence_reason")).input_value() == "Neue Antenne"
        assert not visited.sideways()
        assert not scripts or not visited.violations()
        page.get_by_label(t("silence_begin")).fill(f"{begin:%Y-%m-%dT%H:%M}")
        hands.press(t("silence_make"))
        page.get_by_role("heading", name=t("silences_planned")).wait_for()
        assert not visited.sideways()
        assert not scripts or not visited.violations()
        [made] = AlertSilences(network.site.database, "redi").to_come(network.now())
        assert (made.since, made.until - made.since) == (begin, timedelta(hours=3))
        page.get_by_role("button", name=t("silence_call_off")).click()
        page.get_by_text(t("said_muting_called_off")).wait_for()
        assert not AlertSilences(network.site.database, "redi").to_come(network.now())
