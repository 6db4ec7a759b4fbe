"""What the connector relies on when it says something in a conversation: on the emulator, and on a real server."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioner.model.errors import Permanent, WriteRefused
from tests.contract.nextcloud_talk_site import Site, WithSite
from tests.support.conversations import enter, room
from tests.support.nextcloud import TOKEN, group

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
NAMELESS = "a" * 64


def say(site: Site, token: str, text: str, reference: str, since: datetime = LONG_AGO) -> bool:
    with site.gate.opened(TOKEN):
        return site.connector.say(token, text, reference, since, silent=True)


class SpeakingContract(WithSite):
    """Run by `tests/contract/test_nextcloud_speaking.py`."""

    def test_what_was_said_is_not_said_again(self, site: Site) -> None:
        token = site.room("sagt", enter("sagt", "sensorik"))
        assert say(site, token, "Willkommen, Erika Muster!", NAMELESS)
        assert not say(site, token, "Willkommen, Erika Muster!", NAMELESS)
        assert say(site, token, "Willkommen, Erika Muster!", "b" * 64)
        assert [one["message"] for one in site.said(token)] == ["Willkommen, Erika Muster!"] * 2
        assert {one["referenceId"] for one in site.said(token)} == {NAMELESS, "b" * 64}

    def test_what_was_said_before_that_time_is_not_looked_for(self, site: Site) -> None:
        token = site.room("früher")
        assert say(site, token, "Hallo", NAMELESS)
        at = site.said(token)[0]["timestamp"]
        assert isinstance(at, int)
        assert say(site, token, "Hallo", NAMELESS, datetime.fromtimestamp(at, UTC) + timedelta(hours=2))
        assert not say(site, token, "Hallo", NAMELESS, datetime.fromtimestamp(at, UTC) + timedelta(minutes=59))

    def test_the_same_words_of_somebody_else_are_not_ours(self, site: Site) -> None:
        token = site.room("andere", enter("andere", "sensorik"))
        body: dict[str, object] = {"message": "Hallo", "referenceId": NAMELESS}
        site.write("POST", f"/ocs/v2.php/apps/spreed/api/v1/chat/{token}", body, site.people["anna"])
        assert say(site, token, "Hallo", NAMELESS)

    def test_nobody_is_called_whatever_the_text_holds(self, site: Site) -> None:
        token = site.room("ruhe", enter("ruhe", "sensorik"))
        anna, everybody = site.user("anna", "sensorik"), site.ids[group("sensorik")]
        text = f'@all Willkommen bei re@di, @"{anna}" @{anna} und @"group/{everybody}"!'
        assert say(site, token, text, NAMELESS)
        (said,) = site.said(token)
        assert said["messageParameters"] == []
        assert str(said["message"]).replace("\u2060", "") == text

    def test_people_who_write_at_the_same_time_are_no_hindrance(self, site: Site) -> None:
        token = site.room("viele", enter("viele", "sensorik"))
        assert say(site, token, "Erstes", NAMELESS)
        for number in range(3):
            chat: dict[str, object] = {"message": f"Nachricht {number}"}
            site.write("POST", f"/ocs/v2.php/apps/spreed/api/v1/chat/{token}", chat, site.people["bert"])
        assert not say(site, token, "Erstes", NAMELESS)

    def test_a_room_that_is_closed_says_so(self, site: Site) -> None:
        token = site.room("zu", read_only=True)
        with pytest.raises(Permanent):
            say(site, token, "Hallo", NAMELESS)

    def test_a_room_that_never_was_says_so(self, site: Site) -> None:
        with pytest.raises(Permanent):
            say(site, "zzzzzzzz", "Hallo", NAMELESS)

    def test_nothing_is_said_while_the_gate_is_closed(self, site: Site) -> None:
        token = site.room("stumm")
        with pytest.raises(WriteRefused):
            site.connector.say(token, "Hallo", NAMELESS, LONG_AGO)
        assert site.said(token) == []

    def test_a_reference_that_would_be_cut_is_refused(self, site: Site) -> None:
        assert room("sagt") in site.ids or site.room("sagt")
        with pytest.raises(ValueError, match="65"):
            say(site, site.ids[room("sagt")], "Hallo", "c" * 65)
