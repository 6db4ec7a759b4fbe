"""Somebody types an address once and minutes later has an account, the folders, the chat, and a welcome in German."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.service.story import LivePlace, links_of, live_place
from tests.support.serving import drained, opened
from tests.support.site import body, person

DORA, MONA = "dora@bretten.example", "mona@bretten.example"
GREETING = "Willkommen, Dora Neu (Stadt Bretten)!"


@pytest.fixture
def place(tmp_path: Path) -> "LivePlace":
    with live_place(tmp_path) as found:
        found.wish.add(
            body("pg-lora", "LoRaWAN", purpose="Wir funken.", lead="bretten", join="open"),
            body("pg-sensorik", "Sensorik", purpose="Wir messen.", lead="bretten", join="approval"),
            person("Rita", roles=["ranger"]),
            person("Mona", {"id": "pg-sensorik", "role": "moderator"}, {"id": "pg-lora", "role": "moderator"}),
        )
        found.installation.write()
        yield found


def test_a_newcomer_comes_in_joins_asks_is_taken_in_and_finds_everything(place: LivePlace) -> None:
    with place.serving() as service, opened(place.installation) as site:
        place.until(lambda: "mona.muster" in place.cloud.users and drained(site), "the first sync")
        dora = place.browser()
        link = place.link_for(DORA, dora)
        for _ in range(2):  # what looks through mails has no cookies
            place.browser().open(link)
        dora.open(link)
        dora.send(urlsplit(link).path)
        assert dora.path == "/register"
        assert "Stadt Bretten" in dora.text
        dora.send("/register", given_name="Dora", family_name="Neu", press=[("agreed", "yes")])
        assert dora.path == "/join"
        assert all(word in dora.text for word in ("LoRaWAN", "Wir funken.", "Sensorik", "Mona Muster"))
        dora.send("/bodies/pg-lora/join")
        assert dora.path == "/me"
        dora.open("bodies/pg-sensorik/ask")
        dora.send("/ask", word="Ich messe Pegel.")

        asked = place.mail(MONA, "Dora Neu möchte bei Sensorik mitmachen")
        mona = place.browser()  # never logged in: the link itself is for her to decide
        mona.open(links_of(asked)[0])
        assert "Ich messe Pegel." in mona.text
        mona.send(urlsplit(mona.answer.url).path, answer="Schön, dass Sie messen!", press=[("decision", "approve")])
        assert place.mail(DORA, "Sie sind jetzt bei Sensorik dabei")
        place.until(lambda: drained(site) and "dora.neu" in place.cloud.users)
        place.until(lambda: all(GREETING in place.said(one) for one in ("PG Sensorik", "PG LoRaWAN")), "greetings")

        assert place.cloud_groups("dora.neu") >= {"PG_LoRaWAN", "PG_Sensorik"}
        assert place.login_groups("dora.neu") >= {"PG_LoRaWAN", "PG_Sensorik"}
        assert DORA in place.on_list("pg-sensorik")
        welcome = place.mail(DORA, "Willkommen bei")
        assert "Dora" in welcome
        assert all(place.is_there(one) for one in links_of(welcome) if one.startswith(place.cloud.url))
        dora.open("me")
        rooms = dora.links(place.cloud.url)
        assert len(rooms) == 4, rooms
        assert all(map(place.is_there, rooms))
        assert "Schön, dass Sie messen!" in dora.text

        assert service.end() == 0
        told = len(place.mails(DORA)), place.said("PG LoRaWAN"), place.said("PG Sensorik")
        service.start()
        service.wait_for("leading", times=2)
        rita = place.come("rita@bretten.example")
        rita.open("overview")
        rita.send("/sync")
        place.until(lambda: drained(site))
        assert (len(place.mails(DORA)), place.said("PG LoRaWAN"), place.said("PG Sensorik")) == told
        assert service.end() == 0
