"""Who moderates stands in a category's first topic by name, and nowhere any more once they are gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.site import person
from tests.support.spaces import Spaces, spaces

DAY = 86_400.0
ANNA = "Anna Muster"


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Spaces]:
    """A login and one forum, after the first sync. Anna moderates LoRaWAN."""
    with spaces(tmp_path) as made:
        made.only("login", "board")
        made.apply()
        yield made


def first_topic(setup: Spaces) -> tuple[int, str]:
    """Number and text."""
    place = setup.nodebb_category("PG LoRaWAN").cid
    [(number, text)] = [(one.tid, one.content) for one in setup.board.world.topics.values() if one.cid == place]
    return number, text


def test_who_comes_to_moderate_stands_there_in_the_same_run_and_who_did_no_more(setup: Spaces) -> None:
    before, text = first_topic(setup)
    assert f"- Moderation: {ANNA}\n" in text
    setup.wish.people["p-anna"]["bodies"] = ["pg-lora"]
    setup.wish.add(person("Dora", {"id": "pg-lora", "role": "moderator"}))
    assert ("board", "write", "forum-category/body:pg-lora") in setup.changes()
    assert setup.run("apply", "--yes").code == 2, "no date ended that she moderates: somebody has to agree"
    number, text = first_topic(setup)
    assert number == before, "edited in place"
    assert "- Moderation: Dora Muster\n" in text
    assert ANNA not in text


def test_of_a_moderator_who_was_erased_no_text_and_no_table_keeps_the_name(setup: Spaces) -> None:
    setup.wish.people["p-anna"]["leaves"] = setup.clock.now().date().isoformat()
    setup.clock.sleep(DAY)
    setup.wish.people["p-cleo"]["bodies"] = [{"id": "pg-lora", "role": "moderator"}]
    setup.apply()
    assert "- Moderation: Cleo Muster\n" in first_topic(setup)[1]
    setup.clock.sleep(31 * DAY)
    assert setup.run("person", "handed-over", "p-anna", "--nothing").code == 0
    ran = setup.run("person", "erase", "p-anna", "--confirm", ANNA)
    assert ran.code == 0, ran.all
    tables = next(line for line in ran.out.splitlines() if "tables of the database" in line)
    assert tables.endswith("nothing left"), ran.out
