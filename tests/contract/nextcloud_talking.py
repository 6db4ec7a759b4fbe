"""What the connector relies on when it talks in a conversation: on the emulator, and on a real server."""

from datetime import UTC, datetime

import pytest

from connectors.nextcloud.client import Client
from connectors.nextcloud.conversations.reading import CHAT
from connectors.nextcloud.conversations.talking import REACTIONS
from provisioner.model.errors import Permanent, WriteRefused
from provisioner.model.offers import Message, Talks
from tests.contract.nextcloud_talk_site import Site, WithSite
from tests.support.conversations import enter
from tests.support.nextcloud import TOKEN

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
REFERENCE = "a" * 64


def post(site: Site, token: str, text: str, reference: str = REFERENCE, **more: object) -> int:
    with site.gate.opened(TOKEN):
        return site.connector.post(token, Message(text, reference, **more))  # type: ignore[arg-type]


def write(site: Site, by: str, token: str, text: str, **more: object) -> int:
    """Somebody else says something; the message's number."""
    said = site.write("POST", f"{CHAT}/{token}", {"message": text, **more}, site.people[by])
    assert isinstance(said, dict)
    return int(said["id"])


def react(site: Site, by: Client, token: str, message: int, emoji: str, method: str = "POST") -> None:
    site.write(method, f"{REACTIONS}/{token}/{message}", {"reaction": emoji}, by)


class TalkingContract(WithSite):
    """Run by `tests/contract/test_nextcloud_talking.py`."""

    def test_it_talks(self, site: Site) -> None:
        assert isinstance(site.connector, Talks)

    def test_what_was_said_is_answered(self, site: Site) -> None:
        token = site.room("pegel")
        first = post(site, token, "Der Pegel steigt.")
        second = post(site, token, "Er ist wieder **unten**.", "b" * 64, reply_to=first)
        newest, oldest = site.said(token)
        assert (oldest["id"], newest["id"]) == (first, second)
        assert newest["parent"]["id"] == first  # type: ignore[index]
        assert (newest["message"], newest["referenceId"]) == ("Er ist wieder **unten**.", "b" * 64)

    def test_what_may_have_been_said_is_looked_up_first(self, site: Site) -> None:
        token = site.room("nochmal")
        first = post(site, token, "Der Pegel steigt.", not_again_since=LONG_AGO)
        assert post(site, token, "Der Pegel steigt.", not_again_since=LONG_AGO) == first
        assert post(site, token, "Der Pegel steigt.") > first
        assert len(site.said(token)) == 2

    def test_an_answer_to_what_is_gone_is_said_all_the_same(self, site: Site) -> None:
        token = site.room("verweist")
        post(site, token, "Vorbei", reply_to=999_999_999)
        (said,) = site.said(token)
        assert (said["message"], "parent" in said) == ("Vorbei", False)

    def test_nobody_is_called_unless_everybody_is_to_be(self, site: Site) -> None:
        token = site.room("ruft", enter("ruft", "sensorik"))
        anna = site.user("anna", "sensorik")
        post(site, token, f"Gerät @all @{anna}", calls=False)
        post(site, token, f"Gerät @all @{anna}", "b" * 64, calls=True)
        loud, quiet = site.said(token)
        assert quiet["messageParameters"] == []
        (called,) = loud["messageParameters"].values()  # type: ignore[attr-defined]
        assert (called["type"], called["id"]) == ("call", token)

    def test_a_message_gets_other_words(self, site: Site) -> None:
        token = site.room("anders")
        number = post(site, token, "Zwei Sensoren")
        with site.gate.opened(TOKEN):
            site.connector.rewrite(token, number, "Drei Sensoren, @all")
        (said,) = site.said(token)
        assert (said["id"], said["message"], said["messageParameters"]) == (number, "Drei Sensoren, @\u2060all", [])

    def test_what_is_gone_gets_no_other_words(self, site: Site) -> None:
        token = site.room("weg")
        number = post(site, token, "Zwei Sensoren")
        site.write("DELETE", f"{CHAT}/{token}/{number}")
        for message in (number, 999_999_999):
            with site.gate.opened(TOKEN), pytest.raises(Permanent):
                site.connector.rewrite(token, message, "Drei Sensoren")

    def test_reactions_are_told_by_account(self, site: Site) -> None:
        token = site.room("daumen", enter("daumen", "sensorik"))
        number = post(site, token, "Der Pegel steigt.")
        assert site.connector.reactions(token, number) == []
        anna, bert = site.user("anna", "sensorik"), site.user("bert", "sensorik")
        react(site, site.people["anna"], token, number, "👍")
        react(site, site.people["bert"], token, number, "👍🏽")
        react(site, site.client, token, number, "👍")
        assert set(site.connector.reactions(token, number)) == {("👍", anna), ("👍🏽", bert), ("👍", site.own)}
        react(site, site.people["anna"], token, number, "👍", "DELETE")
        assert set(site.connector.reactions(token, number)) == {("👍🏽", bert), ("👍", site.own)}

    def test_a_message_that_is_gone_has_no_reactions(self, site: Site) -> None:
        token = site.room("ohne", enter("ohne", "sensorik"))
        number = post(site, token, "Der Pegel steigt.")
        react(site, site.people["anna"], token, number, "👍")
        site.write("DELETE", f"{CHAT}/{token}/{number}")
        assert site.connector.reactions(token, number) == []
        assert site.connector.reactions(token, 999_999_999) == []

    def test_what_people_said_since_is_told_without_what_others_said(self, site: Site) -> None:
        token = site.room("seither", enter("seither", "sensorik"))
        anna = site.user("anna", "sensorik")
        before = write(site, "anna", token, "davor")
        number = post(site, token, "Der Pegel steigt.")
        react(site, site.people["bert"], token, number, "👍")
        first = write(site, "anna", token, f"@{site.own} übernehme")
        second = write(site, "anna", token, "ich komme", replyTo=number)
        assert site.connector.said_since(token, number) == [
            (first, anna, f"@{site.own} übernehme", None),
            (second, anna, "ich komme", number),
        ]
        assert [one[0] for one in site.connector.said_since(token, before)] == [first, second]
        assert site.connector.said_since(token, second) == []

    def test_a_room_that_never_was_says_so(self, site: Site) -> None:
        with pytest.raises(Permanent):
            post(site, "zzzzzzzz", "Hallo")
        with pytest.raises(Permanent):
            post(site, "zzzzzzzz", "Hallo", not_again_since=LONG_AGO)
        with pytest.raises(Permanent):
            site.connector.said_since("zzzzzzzz", 1)
        with pytest.raises(Permanent):
            site.connector.reactions("zzzzzzzz", 1)

    def test_a_room_that_is_closed_says_so(self, site: Site) -> None:
        token = site.room("zu", read_only=True)
        with pytest.raises(Permanent):
            post(site, token, "Hallo")

    def test_nothing_is_said_while_the_gate_is_closed(self, site: Site) -> None:
        token = site.room("stumm")
        with pytest.raises(WriteRefused):
            site.connector.post(token, Message("Hallo", REFERENCE))
        assert site.said(token) == []
