"""Into a meeting room with a real browser: it follows a form to the meeting server, and keeps the pass to itself."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from provisioner.console.pages import Speech
from provisioner.service.http import listen
from tests.browser.hands import Keyboard, Pointer
from tests.support.browser import Chromium, visit
from tests.support.console import MEMBER, MODERATOR_SENSORIK, House
from tests.support.meetings import invite, room_name, with_rooms
from tests.support.served import served

BODY = "pg-sensorik"
t = Speech("de").t


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Served; what it takes for the meeting server is itself under another name, which to browsers is another site."""
    listener = listen("127.0.0.1:0")
    port = listener.getsockname()[1]
    made = House(tmp_path, url=f"http://127.0.0.1:{port}")
    with_rooms(made, BODY, url=f"http://localhost:{port}")
    with served(made.app, listener):
        yield made
    made.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["by keyboard", "without JavaScript"])
def test_a_guests_button_leads_to_the_meeting_server(chromium: Chromium, house: House, scripts: bool) -> None:
    network = house.networks["redi"]
    word = invite(network, "Gerda Gast", network.now() + timedelta(hours=1))
    with visit(chromium, network.origin, [], scripts=scripts) as visited:
        visited.go(f"/redi/guest/{word}")
        (Keyboard(visited) if scripts else Pointer(visited)).press(t("guest_enter"))
        parts = urlsplit(visited.page.url)
        assert (parts.hostname, parts.path) == ("localhost", f"/{room_name(1)}")
        assert parts.fragment.startswith("jwt=")
        assert visited.page.evaluate("document.referrer") == ""
        assert not [line for line in visited.complaints if "Security Policy" in line]


def test_a_moderator_invites_a_guest_by_keyboard(chromium: Chromium, house: House) -> None:
    with visit(chromium, house.networks["redi"].origin, _cookies(house, MODERATOR_SENSORIK)) as visited:
        visited.go(f"/redi/bodies/{BODY}")
        hands = Keyboard(visited)
        hands.press(t("body_guests"))
        hands.write(t("guests_name"), "Gerda Gast")
        hands.press(t("guests_invite_now"))
        assert "/redi/guest/" in visited.page.get_by_role("status").first.inner_text()
        assert visited.violations() == []
        assert not visited.complaints


def test_a_members_link_leads_to_the_meeting_server(chromium: Chromium, house: House) -> None:
    with visit(chromium, house.networks["redi"].origin, _cookies(house, MEMBER)) as visited:
        visited.go("/redi/me")
        Pointer(visited).press(f"{t('room_meeting_room')} Sensorik")
        visited.page.wait_for_url("http://localhost:*/**")
        assert urlsplit(visited.page.url).path == f"/{room_name(1)}"
        assert visited.page.evaluate("document.referrer") == ""


def _cookies(house: House, who: str) -> list[dict[str, str]]:
    network = house.networks["redi"]
    word = network.sessions.begin(network.now(), timedelta(hours=1), "link", who)
    return [{"name": network.cookie(), "value": word, "url": f"{network.origin}{network.base}/"}]
