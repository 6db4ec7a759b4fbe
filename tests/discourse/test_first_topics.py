"""The first topic: the one that the server makes with the category, written in place and kept current."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.discourse.categories.topics import About, canonical, from_topic, to_topic
from connectors.discourse.emulation.state import Topic
from connectors.discourse.emulation.topics import cleaned
from connectors.discourse.emulator import DiscourseEmulator
from provisioner.model.steps import Moved
from tests.support.discourse import Forum, category

TEXT = "Willkommen bei LoRa\n\nHier geht es um Funk.\n\n- Ordner: https://cloud.example/f/7\n\nreadi:body:lora"


@pytest.fixture
def place(site: Forum) -> Forum:
    site.circle("lora")
    site.place("lora", writer=["lora"])
    return site


def topic(site: Forum) -> Topic:
    return site.world.topics[site.world.categories[int(site.ids[category("lora")])].topic]


def written(site: Forum, text: str) -> None:
    site.apply(site.write(category("lora"), site.remote(category("lora")), "first_topic", text))


def test_what_the_server_put_there_is_nobody_s_text(place: Forum) -> None:
    assert "Replace this first paragraph" in topic(place).raw
    assert place.remote(category("lora")).fields["first_topic"] is None


def test_a_text_is_written_in_place_and_its_mark_is_not_seen(place: Forum) -> None:
    before = topic(place)
    written(place, TEXT)
    after = topic(place)
    assert after is before
    assert (after.title, after.pinned, after.others) == ("Willkommen bei LoRa", True, 0)
    assert after.raw.endswith("\n\n<!-- readi:body:lora -->")
    assert "\nreadi:" not in after.raw
    assert place.remote(category("lora")).fields["first_topic"] == TEXT


def test_its_first_paragraph_describes_the_category(place: Forum) -> None:
    written(place, TEXT)
    assert place.world.categories[int(place.ids[category("lora")])].description == "Hier geht es um Funk."


def test_a_category_that_is_renamed_keeps_the_title_that_we_gave(place: Forum) -> None:
    written(place, TEXT)
    place.apply(place.update(category("lora"), place.remote(category("lora")), {"name": "PG Funk"}))
    assert topic(place).title == "Willkommen bei LoRa"


def test_what_somebody_wrote_meanwhile_is_not_written_over(place: Forum) -> None:
    written(place, TEXT)
    change = place.write(
        category("lora"), place.remote(category("lora")), "first_topic", TEXT.replace("Funk", "Messen")
    )
    (step,) = place.compile(change)
    topic(place).raw = "Ich habe das verbessert."
    found = place.connector.verify(step, place.resolve)
    assert isinstance(found, Moved)
    assert found.why.code == "discourse.topic_moved"


def test_a_run_that_broke_off_between_title_and_text_is_brought_to_its_end(
    place: Forum, emulator: DiscourseEmulator
) -> None:
    written(place, TEXT)
    wished = "Archiv: LoRa\n\nDie Arbeit ist getan.\n\nreadi:body:lora"
    (step,) = place.compile(place.write(category("lora"), place.remote(category("lora")), "first_topic", wished))
    emulator.faults.status(429, path="/posts/", retry_after=1)
    with pytest.raises(Exception, match="rate_limited"):
        place.perform(step)
    assert (topic(place).title, "Hier geht es" in topic(place).raw) == ("Archiv: LoRa", True)
    place.perform(step)
    assert place.remote(category("lora")).fields["first_topic"] == wished


def test_nobody_is_called_by_what_a_body_says_of_itself(place: Forum) -> None:
    """Whoever is called is written to, and by the name of a group everybody in it."""
    text = TEXT.replace("Funk", "Funk: @here, 24/7@support oder max@stadt.example")
    written(place, text)
    assert re.findall(r"(?<![a-z])@[\w.]+", topic(place).raw) == []
    assert "max@stadt.example" in topic(place).raw
    assert place.remote(category("lora")).fields["first_topic"] == text


def test_a_topic_that_somebody_deleted_is_missed(place: Forum) -> None:
    written(place, TEXT)
    (step,) = place.compile(place.write(category("lora"), place.remote(category("lora")), "first_topic", "Neu\n\nText"))
    category_ = place.world.categories[int(place.ids[category("lora")])]
    gone = place.world.topics.pop(category_.topic)
    found = place.connector.verify(step, place.resolve)
    place.world.topics[gone.id] = gone
    assert isinstance(found, Moved)
    assert found.why.code == "discourse.no_topic"


LINES = st.text(alphabet=st.sampled_from("aAbZ .!?\u00a0äÖ<>-#\n:@/"), max_size=80)


@given(LINES, LINES, st.booleans(), st.booleans())
def test_whatever_is_written_comes_back_in_its_canonical_form(
    title: str, body: str, is_marked: bool, prettify: bool
) -> None:
    text = f"{title.replace(chr(10), ' ')}\n\n{body}" + ("\n\nreadi:body:x" if is_marked else "")
    form, about = canonical(text), to_topic(text)
    assert canonical(form) == form
    assert from_topic(About(cleaned(about.title, prettify=prettify), about.raw)) == form
    assert ("readi:body:x" in form.splitlines()) is is_marked
