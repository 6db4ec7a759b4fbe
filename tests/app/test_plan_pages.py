"""Kept plans: read, ordered, filtered, and said again in another language."""

from datetime import date, datetime

import pytest

from provisioner.app.pages.plan_pages import Filter, Said, find_change, grouped, read_kept, rows_of
from provisioner.app.reporting import plan_report, text_report
from provisioner.model.errors import StateError
from provisioner.model.plan import Plan
from provisioner.model.registry import Role
from provisioner.model.text import Text
from provisioner.model.words import field_words, role_word
from provisioner.state.codec import dump
from provisioner.texts import Catalogue
from provisioner.texts.catalogue import LANGUAGES
from tests.support.planning import World, body, person
from tests.support.plans import CREATED, change, part, report


def said(text: Text) -> Said:
    """As a report keeps it, read back."""
    kept = text_report(text, Catalogue("de")).model_dump(mode="json")
    return Said(kept["code"], kept["text"], kept["arguments"])


@pytest.mark.parametrize(
    "text",
    [
        Text.of("planning.kept", fields=field_words(["email", "quota"])),
        Text.of("lifecycle.leaves", day=date(2026, 3, 1)),
        Text.of("policies.why_written_until", role=role_word(Role.MODERATOR), until=date(2026, 3, 1)),
        Text.of("policies.why_selected", selector=(Text.of("policies.chosen_bodies", names="Sensorik, LoRaWAN"),)),
        Text.of("planning.lost", name="Anna {name} Muster"),
        Text.of("planning.lost", name="model.role_of_nobody"),
    ],
)
def test_a_kept_sentence_is_said_in_the_language_of_whoever_reads(text: Text) -> None:
    for language in LANGUAGES:
        assert Catalogue(language)(said(text).again()) == Catalogue(language)(text)


def test_what_has_to_be_read_most_carefully_comes_first() -> None:
    changes = [
        change("a"),
        change("b", change_class="queued", verb="suspend"),
        change("c", kind="group"),
        change("d", change_class="named", verb="erase"),
    ]
    plan = read_kept(dump(report("d" * 64, part(*changes), part(change("e"), target="login"))))
    assert [row.change.name for row in plan.rows] == ["d", "b", "a", "c", "e"]
    assert plan.counts == {
        ("cloud", "named", "account"): 1,
        ("cloud", "queued", "account"): 1,
        ("cloud", "auto", "account"): 1,
        ("cloud", "auto", "group"): 1,
        ("login", "auto", "account"): 1,
    }
    shown = [
        [row.change.name for row in group.rows] for group in grouped(rows_of(plan, Filter("cloud", kind="account")))
    ]
    assert shown == [["d"], ["b"], ["a"]]
    found = find_change(plan, changes[1]["digest"])
    assert found is not None
    assert (found.target, found.change.verb) == ("cloud", "suspend")
    assert find_change(plan, "0" * 64) is None


def test_what_another_version_wrote_is_refused_with_a_sentence() -> None:
    with pytest.raises(StateError):
        read_kept('{"schema": "readi.plan/9"}')
    with pytest.raises(StateError):
        read_kept("<html>")


def test_a_real_plan_is_read_as_it_was_kept_and_its_reasons_said_in_both_languages() -> None:
    world = World()
    world.put(body("pg-x", "Sensorik"), person("p-1", "Ada", "pg-x"), person("p-2", "Ben", "pg-x"))
    plan = Plan("redi", "r", "p", (world.plan(),))
    kept = read_kept(dump(plan_report(plan, datetime.fromisoformat(CREATED), Catalogue("de")).model_dump(mode="json")))
    reasons = {change.digest(): change.reason for change in plan.changes()}
    assert kept.total == len(reasons) >= 5
    for row in kept.rows:
        for language in LANGUAGES:
            assert Catalogue(language)(row.change.reason.again()) == Catalogue(language)(reasons[row.change.digest])
