"""What the connector relies on when it shows pictures and calls bots: on the emulator, and on a real server.

Five shares, of the twenty that a server allows in ten minutes.
"""

import struct
import zlib

import pytest

from connectors.nextcloud.conversations.showing import FOLDER
from provisioner.model.errors import Permanent, WriteRefused
from tests.contract.nextcloud_talk_site import Site, WithSite
from tests.contract.nextcloud_talking import post, react
from tests.support.conversations import enter
from tests.support.nextcloud import TOKEN


def png(width: int = 8, height: int = 8) -> bytes:
    """A black picture."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress((b"\0" + bytes(3 * width)) * height)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def show(
    site: Site, token: str, reference: str, caption: str = "Verlauf", reply_to: int = 0, name: str = "pegel.png"
) -> int:
    with site.gate.opened(TOKEN):
        return site.connector.show(token, png(), name, f"{site.prefix}{reference}", caption, reply_to)


class ShowingContract(WithSite):
    """Run by `tests/contract/test_nextcloud_showing.py`."""

    def test_a_picture_answers_what_was_said(self, site: Site) -> None:
        token = site.room("bild", enter("bild", "sensorik"))
        first = post(site, token, "Der Pegel steigt.")
        number = show(site, token, "a", "Die letzten **Stunden**, @all", first)
        shown = site.said(token, site.people["anna"])[0]
        assert (shown["id"], shown["message"]) == (number, "Die letzten **Stunden**, @\u2060all")
        assert shown["parent"]["id"] == first  # type: ignore[index]
        picture = shown["messageParameters"]["file"]  # type: ignore[index, call-overload]
        assert (picture["mimetype"], picture["width"], picture["permissions"]) == ("image/png", "8", "1")
        react(site, site.people["anna"], token, number, "👍")
        assert site.connector.reactions(token, number) == [("👍", site.user("anna"))]

    def test_a_picture_is_shown_once(self, site: Site) -> None:
        token = site.room("einmal")
        first = show(site, token, "b")
        assert show(site, token, "b") == first
        assert show(site, token, "c") > first
        assert len(site.said(token)) == 2

    def test_the_name_of_a_picture_is_a_name_whatever_it_holds(self, site: Site) -> None:
        token = site.room("name")
        show(site, token, "d", name="../../Pegel Ötigheim <b>.png", reply_to=999_999_999)
        (shown,) = site.said(token)
        picture = shown["messageParameters"]["file"]  # type: ignore[index, call-overload]
        assert picture["name"].startswith("Pegel Ötigheim b-")
        assert picture["path"] == f"{FOLDER}/{picture['name']}"

    def test_a_room_that_never_was_or_is_closed_is_shown_nothing(self, site: Site) -> None:
        token = site.room("zu", read_only=True)
        for where in ("zzzzzzzz", token):
            with pytest.raises(Permanent):
                show(site, where, f"e{where}")

    def test_nothing_is_shown_while_the_gate_is_closed(self, site: Site) -> None:
        token = site.room("stumm")
        with pytest.raises(WriteRefused):
            site.connector.show(token, png(), "pegel.png", f"{site.prefix}f", "", 0)
        assert site.said(token) == []

    def test_a_bot_that_nobody_installed_hears_nothing(self, site: Site) -> None:
        token = site.room("hört")
        with site.gate.opened(TOKEN):
            assert not site.connector.listen(token, "gibt es nicht")
            with pytest.raises(Permanent):
                site.connector.listen("zzzzzzzz", "gibt es nicht")
