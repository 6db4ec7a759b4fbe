"""What the connector relies on when it shows pictures and calls bots: on the emulator, and on a real server.

Eleven shares, of the twenty that a server allows in ten minutes.
"""

import struct
import zlib
from datetime import UTC, datetime

import pytest

from connectors.nextcloud.conversations.showing import FOLDER
from connectors.nextcloud.folders.dav import WebDav
from provisioner.model.errors import Permanent, WriteRefused
from tests.contract.nextcloud_talk_site import Site, WithSite
from tests.contract.nextcloud_talking import post, react
from tests.support.conversations import enter
from tests.support.nextcloud import TOKEN

LONG_AGO, FAR_AHEAD = datetime(2001, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
GONE = "*{actor} shared a file which is no longer available*"


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


def forget(site: Site, begins: str, before: datetime = FAR_AHEAD, most: int = 50) -> int:
    with site.gate.opened(TOKEN):
        return site.connector.forget_pictures(f"{site.prefix} {begins}", before, most)


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

    def test_a_picture_that_was_taken_away_leaves_its_message_with_words_answers_and_reactions(
        self, site: Site
    ) -> None:
        token = site.room("alt", enter("alt", "sensorik"))
        anna = site.people["anna"]
        number = show(site, token, "g", "Der Verlauf", name=f"{site.prefix} alt 1.png")
        bare = show(site, token, "h", "", name=f"{site.prefix} alt 2.png")
        answer = post(site, token, "Fällt wieder", reply_to=number)
        react(site, anna, token, number, "👍")
        assert forget(site, "alt ") == 0
        second, first, zeroth = site.said(token, anna)
        assert [one["id"] for one in (zeroth, first, second)] == [number, bare, answer]
        assert [zeroth["message"], first["message"]] == [f"{GONE}\n\nDer Verlauf", GONE]
        assert second["parent"]["id"] == number  # type: ignore[index]
        assert "file" not in zeroth["messageParameters"]  # type: ignore[operator]
        assert zeroth["reactions"] == {"👍": 1}
        assert [one["message"] for one in site.said(token) if one["id"] == bare] == [GONE.replace("{actor}", "You")]
        assert site.connector.reactions(token, number) == [("👍", site.user("anna"))]

    def test_only_old_pictures_of_that_name_are_taken_away_and_no_more_than_wanted(self, site: Site) -> None:
        token = site.room("teils")
        names = [f"{site.prefix} {name}.png" for name in ("teils 1", "teils 2", "teilsweise 3")]
        for reference, name in zip("ijk", names, strict=True):
            show(site, token, reference, name=name)
        assert forget(site, "teils ", LONG_AGO) == 0
        assert forget(site, "teils ", most=1) == 1
        files = WebDav(site.client, site.own).files_in([FOLDER])
        stems = sorted(name.rpartition("-")[0] for name in files if name.startswith(f"{site.prefix} teils"))
        assert stems in ([names[1][:-4], names[2][:-4]], [names[0][:-4], names[2][:-4]])
        assert forget(site, "teils ") == 0
        assert forget(site, "teils ") == 0
        with pytest.raises(WriteRefused):
            site.connector.forget_pictures(f"{site.prefix} teilsweise", FAR_AHEAD, 1)
        assert forget(site, "teilsweise") == 0

    def test_a_bot_that_nobody_installed_hears_nothing(self, site: Site) -> None:
        token = site.room("hört")
        with site.gate.opened(TOKEN):
            assert not site.connector.listen(token, "gibt es nicht")
            with pytest.raises(Permanent):
                site.connector.listen("zzzzzzzz", "gibt es nicht")
