"""The page of the emulated meeting server: whoever tries everything out understands where they are."""

import pytest

from connectors.jitsi.emulator import JitsiEmulator
from provisioner.model.meetings import Standing
from tests.jitsi.makers import NOW, ROOM, door, somebody
from tests.support.browser import Chromium, visit


@pytest.mark.parametrize(
    ("standing", "language", "expected"),
    [
        (Standing.MODERATOR, "de", "Sie wären darin: Jörg Öztürk, mit den Rechten der Moderation."),
        (Standing.MEMBER, "en", "You would be inside: Jörg Öztürk."),
        (Standing.GUEST, "de", "Sie wären im Vorraum: Jörg Öztürk. Die Moderation lässt Sie herein."),
    ],
)
def test_it_says_which_meeting_it_would_be_and_who_one_would_be_in_it(
    chromium: Chromium, standing: Standing, language: str, expected: str
) -> None:
    with JitsiEmulator() as jitsi, visit(chromium, jitsi.url, language=language) as visited:
        made = door(url=jitsi.url).admit(ROOM, "PG <Straßen>", somebody("Jörg Öztürk", standing), NOW)
        visited.page.goto(made.url.get_secret_value())
        assert "PG <Straßen>" in visited.page.inner_text("h1")
        assert visited.page.inner_text("#who") == expected
        assert visited.violations() == []
        assert not visited.complaints


def test_it_tells_whoever_comes_without_a_token_so(chromium: Chromium) -> None:
    with JitsiEmulator() as jitsi, visit(chromium, jitsi.url) as visited:
        visited.page.goto(f"{jitsi.url}/{ROOM}")
        assert visited.page.inner_text("h1") == "Ohne Einlass kommt hier niemand herein"
