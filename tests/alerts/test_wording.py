"""What people read: first what happened and where, then what it means and what to do, then who and how to answer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provisioner.alerts.alerting import advance, encode_alert
from provisioner.alerts.book import Book
from provisioner.alerts.bridge_rules import GATEWAY_DOWN
from provisioner.alerts.foreign import hear_foreign
from provisioner.alerts.hearers import join
from provisioner.alerts.states import SensorState
from provisioner.alerts.wording import digest, words
from provisioner.model.alerts import Escalation, Foreign, LowBattery, Rate, Rule, SayingKind, Turn
from provisioner.model.sensors import ForeignAlert
from provisioner.texts import Catalogue, Language
from tests.support.telling import BRIDGES, Told
from tests.support.watching import ALB, CRITICAL, SILENT, WARNING, Watched, book, minute, rule

LINKED = replace(
    BRIDGES[1],
    place="Alb, Brücke an der Pforzheimer Straße",
    map_link="https://karte.example/?p=1(2)",
    dashboard_link="https://werte.example/alb",
)
RULE = {
    "meaning": "Die Alb kann in zwei Stunden über die Ufer treten.",
    "advice": "Bauhof anrufen: 07243 101-0. Unterführung sperren.",
}


def spoken(told: Told, language: Language = "de", last: int = -1, **more: Any) -> list[str]:
    saying = told.sayings[last]
    return words(saying.kind, saying.about, told.rule, told.book, Catalogue(language), **more).split("\n")


def flood(**more: Any) -> Told:
    return Told({"repeat": {"warning": "4 h"}}, sensors=[LINKED, *BRIDGES[2:20]], **{**RULE, **more})


def plain_spaces(lines: list[str]) -> list[str]:
    return [line.replace("\u00a0", " ") for line in lines]


def test_the_first_word_tells_what_and_where_then_what_to_do_then_how_to_answer() -> None:
    told = flood()
    told.began(0, 1, severity=CRITICAL, value=1250 / 1000)
    assert plain_spaces(spoken(told)) == [
        "🔴 **Hochwasser** (kritisch): Alb, Brücke an der Pforzheimer Straße (Ettlingen)",
        "Wasserstand 1,25 m (Grenze 2,00 m), gemessen um 09:00 Uhr.",
        "",
        "Die Alb kann in zwei Stunden über die Ufer treten.",
        "**Zu tun:** Bauhof anrufen: 07243 101-0. Unterführung sperren.",
        "",
        "[Karte](https://karte.example/?p=1%282%29) · [Messwerte](https://werte.example/alb)",
        "",
        "Sie kümmern sich darum? Antworten Sie mit 👍 oder „@bot übernehme“. Mehr mit „@bot hilfe“.",
    ]


def test_the_same_in_english() -> None:
    told = flood()
    told.began(0, 1, value=1.25)
    lines = plain_spaces(spoken(told, "en"))
    assert lines[:2] == [
        "🟠 **Hochwasser** (warning): Alb, Brücke an der Pforzheimer Straße (Ettlingen)",
        "Wasserstand 1.25 m (limit 1.00 m), measured at 09:00.",
    ]
    assert lines[-1] == 'Do you take it on? Answer with 👍 or "@bot take". More with "@bot help".'


def test_without_a_bot_nobody_is_asked_to_answer_and_mails_have_no_markup() -> None:
    told = flood()
    told.began(0, 1)
    lines = spoken(told, answers=False, markup=False)
    assert lines[0].startswith("🟠 Hochwasser (Warnung)")
    assert lines[-1] == "Messwerte: https://werte.example/alb"
    assert not [line for line in lines if "**" in line or "](" in line or "@bot" in line]


def test_several_sensors_are_a_short_list_and_the_rest_is_counted() -> None:
    told = flood()
    told.began(0, 1)
    told.began(0.1, *range(2, 14), value=1.3)
    told.until(5)
    lines = plain_spaces(spoken(told))
    assert lines[0] == "🟠 **Hochwasser** (Warnung): jetzt 13 Stellen, davon 12 neu"
    assert lines[1].startswith("- Brücke 10 (Ettlingen): Wasserstand 1,30 m, um 09:")
    assert (len(lines), lines[-1]) == (10, "- und 4 weitere")


def test_what_goes_on_tells_how_long_and_the_value_of_this_moment() -> None:
    told = flood()
    told.began(0, 1)
    told.until(240)
    now = {"b-1": SensorState(0, values={"level": (1.1, minute(235).timestamp())})}
    assert plain_spaces(spoken(told, latest=now)) == [
        "🟠 **Hochwasser** hält an (Warnung): Alb, Brücke an der Pforzheimer Straße (Ettlingen)",
        "Dauert schon 4 Stunden. Noch kümmert sich niemand darum.",
        "Wasserstand 1,10 m (Grenze 1,00 m), gemessen um 12:55 Uhr.",
        "",
        "👍 oder „@bot übernehme“: Sie kümmern sich. „@bot stumm 2h“: 2 Stunden Ruhe.",
    ]


def test_a_value_that_is_older_than_what_turned_is_not_told() -> None:
    told = flood()
    told.began(0, 1)
    told.until(240)
    before = {"b-1": SensorState(0, values={"level": (0.1, minute(-5).timestamp())})}
    assert spoken(told, latest=before) == spoken(told)


def test_worse_tells_again_what_to_do_and_better_does_not() -> None:
    told = flood()
    told.began(0, 1)
    told.turned(10, Turn.WORSE, 1, severity=CRITICAL)
    lines = spoken(told)
    assert lines[0].startswith("🔴 **Hochwasser** wird schlimmer, jetzt kritisch: Alb")
    assert any(line.startswith("**Zu tun:**") for line in lines)
    told.turned(20, Turn.BETTER, 1, severity=WARNING)
    lines = spoken(told)
    assert lines[0].startswith("🟠 **Hochwasser** lässt nach, jetzt Warnung: Alb")
    assert len(lines) == 2


def test_who_took_it_on_is_named_and_until_when() -> None:
    told = flood()
    told.began(0, 1)
    told.take_on(10)
    assert spoken(told) == ["👍 Ada Muster kümmert sich um: **Hochwasser**. Das gilt bis 17:10 Uhr."]
    told.take_on(11, hours=20)
    assert spoken(told)[0].endswith("Das gilt bis zum 2. Juni, 05:11 Uhr.")
    told.take_on(12, by="forgotten")
    assert spoken(told)[0].startswith("👍 Jemand kümmert sich")


def test_who_gave_it_back_is_named_and_somebody_else_is_asked() -> None:
    told = flood()
    told.began(0, 1)
    told.take_on(10)
    told.give_back(20)
    lines = spoken(told)
    assert lines[0].startswith("🟠 Ada Muster hat abgegeben, es hält noch an: **Hochwasser**, Alb")
    assert lines[-1].startswith("Sie kümmern sich darum?")


def test_an_escalation_says_why_others_are_told_and_all_that_they_need() -> None:
    told = flood(escalations=(Escalation(timedelta(minutes=30), ("bauhof",), ("p-1", "p-2")),))
    told.began(0, 1)
    told.until(30)
    lines = spoken(told)
    assert lines[0].startswith("🟠 **Hochwasser** (Warnung), noch kümmert sich niemand: Alb")
    assert lines[1] == (
        "Seit 30 Minuten hat niemand geantwortet. Darum erfahren es jetzt auch: Bauhof, 2 Personen per E-Mail."
    )
    assert any(line.startswith("**Zu tun:**") for line in lines)


def test_the_end_tells_duration_and_peak() -> None:
    told = flood()
    told.began(0, 1)
    told.ended(320, 1, peak=1.932)
    assert plain_spaces(spoken(told)) == [
        "✅ **Hochwasser** ist vorbei: Alb, Brücke an der Pforzheimer Straße (Ettlingen)",
        "Dauer: 5 Stunden 20 Minuten (Beginn um 09:00 Uhr, Ende um 14:20 Uhr).",
        "Schlimmster Wert: Wasserstand 1,93 m.",
    ]


def test_of_several_the_end_names_the_place_of_the_worst() -> None:
    told = flood()
    told.began(0, 1, 2, 3)
    told.ended(60, 1, 3, peak=1.4)
    told.ended(3000, 2, peak=1.9)
    lines = plain_spaces(spoken(told))
    assert lines[0] == "✅ **Hochwasser** ist vorbei: 3 Stellen"
    assert lines[1] == "Dauer: 2 Tage 2 Stunden (Beginn am 1. Juni um 09:00 Uhr, Ende um 11:00 Uhr)."
    assert lines[2] == "Schlimmster Wert: Wasserstand 1,90 m, Brücke 2 (Ettlingen)."


def test_what_was_learnt_of_late_says_nachgemeldet_and_that_it_is_still_true() -> None:
    told = flood()
    told.began(0, 1, late=True)
    lines = spoken(told)
    assert lines[0].startswith("🟠 Nachgemeldet: **Hochwasser** (Warnung): Alb")
    assert lines[2] == "Begonnen hat es um 09:00 Uhr; davon erfahren wir erst jetzt. Es gilt noch immer."


def test_after_a_silence_it_says_that_it_goes_on() -> None:
    told = flood()
    told.began(0, 1)
    told.mute("all", 10, 60)
    told.look(10)
    told.until(60)
    assert spoken(told)[1] == "War stumm geschaltet und hält noch an. Dauert schon 1 Stunde."


def test_what_was_over_before_the_morning_says_that_nothing_is_left_to_do() -> None:
    told = Told({"quiet": {"up_to": "warning"}}, sensors=[LINKED])
    told.began(14 * 60, 1)
    told.ended(15 * 60, 1)
    assert spoken(told)[-1] == "Es war in der Ruhezeit; zu tun ist nichts mehr."


def test_a_rule_that_is_gone_says_that_nobody_knows_whether_it_is_over() -> None:
    told = flood()
    told.began(0, 1)
    told.book = book(sensors=[LINKED])
    told.look(10)
    saying = told.last
    lines = words(saying.kind, saying.about, None, told.book, Catalogue("de")).split("\n")
    assert lines[0].startswith("✅ **Alarm** ist vorbei")
    assert lines[1].startswith("Die Regel oder der Sensor steht nicht mehr im Verzeichnis.")


def test_a_test_says_that_nothing_happened_and_asks_nobody() -> None:
    told = flood()
    lines = words(SayingKind.TEST, {}, told.rule, told.book, Catalogue("de")).split("\n")
    assert lines[:2] == [
        "🧪 Probe: **Hochwasser**",
        "Das ist nur eine Probe, es ist nichts geschehen. Im Ernstfall stünde hier auch, wo und was gemessen wurde.",
    ]
    assert lines[-1].startswith("**Zu tun:** Bauhof")


def turned(watched: Watched, name: str = "Sensor stumm") -> tuple[Mapping[str, Any], Rule, Book]:
    """A first word about the last turn of one sensor."""
    told = Told(sensors=[ALB])
    told.rule = replace(watched.station.rules[0], name=name)
    told.book = book(told.rule, sensors=[ALB])
    advanced = advance(told.book, told.rule.id, None, watched.turns[-1:], watched.turns[-1].at)
    assert advanced is not None
    return advanced.sayings[0].about, told.rule, told.book


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (SILENT, "Letzte Nachricht des Sensors: um 09:10 Uhr. Seitdem fehlen Messwerte."),
        (LowBattery(20, 30, WARNING), "Batterie 17 % (Grenze 20 %), gemessen um 09:10 Uhr."),
        (
            Rate("level", timedelta(minutes=30), WARNING, rises=0.5),
            "Wasserstand von 1,00 m auf 1,60 m (Zeitraum: höchstens 30 Minuten), gemessen um 09:10 Uhr.",
        ),
    ],
)
def test_each_kind_of_rule_says_what_it_saw(test: Any, said: str) -> None:
    watched = Watched(rule(test), sensors=[ALB])
    watched.level(0, 1.0, battery=80.0)
    watched.level(10, 1.6, battery=17.0)
    watched.look(60)
    about, of, known = turned(watched)
    assert plain_spaces(words(SayingKind.FIRST, about, of, known, Catalogue("de")).split("\n"))[1] == said


def test_a_sensor_that_never_sent_says_so() -> None:
    watched = Watched(rule(SILENT), sensors=[ALB])
    watched.look(0)
    watched.look(60)
    about, of, known = turned(watched)
    assert "Der Sensor hat noch nie etwas gesendet." in words(SayingKind.FIRST, about, of, known, Catalogue("de"))


HOSTILE = '**[klick](https://evil.example)** @all @"Ada" <img> `x`\n# Groß\u202e\u200b' + "A" * 500


def test_names_and_texts_of_others_are_words_alone_they_call_nobody_and_link_nowhere() -> None:
    of = rule(Foreign({}), name="Server", tells=("pegel",))
    known = book(of, sensors=[])
    alert = ForeignAlert(
        "prom",
        HOSTILE,
        HOSTILE,
        True,
        minute(0),
        minute(0),
        summary=HOSTILE,
        description=HOSTILE,
        value=HOSTILE,
        links=("https://evil.example/) [x](javascript:alert(1)",),
    )
    heard = hear_foreign(of, None, alert, minute(0))
    advanced = advance(known, "rule", None, heard.happened, minute(0))
    assert advanced is not None
    text = words(SayingKind.FIRST, advanced.sayings[0].about, of, known, Catalogue("de"), answers=False)
    assert not [sign for sign in ("@", "](", "https:", "<", "`", "\n#", "\u202e", "\u200b") if sign in text]
    assert len(text) < 1200


def test_a_gateway_that_is_down_is_named_to_who_looks_after_the_bridge() -> None:
    known = book(sensors=[], policy={"rangers_body": "rangers"})
    of = known.rules[GATEWAY_DOWN]
    alert = ForeignAlert("ttn", "gateway/roof", GATEWAY_DOWN, True, minute(0), minute(0), summary="roof-ettlingen")
    advanced = advance(known, of.id, None, hear_foreign(of, None, alert, minute(0)).happened, minute(0))
    assert advanced is not None
    lines = words(SayingKind.FIRST, advanced.sayings[0].about, of, known, Catalogue("de"), answers=False).split("\n")
    assert lines[0] == "🟠 **Gateway ausgefallen** (Warnung): roof-ettlingen"
    assert lines[-1] == "**Zu tun:** Strom und Netzanschluss des Gateways prüfen."


def test_a_device_cannot_write_into_the_place_of_its_pattern() -> None:
    pattern = replace(ALB, id="all", devices=("*",), place="Sensor {device}")
    watched = Watched(rule(SILENT), sensors=[pattern], device='@all **fett** {place} "x"')
    watched.look(0)
    watched.look(60)
    told = Told()
    told.book = book(rule(SILENT), sensors=[pattern])
    advanced = advance(told.book, "rule", None, watched.turns, minute(60))
    assert advanced is not None
    first = words(SayingKind.FIRST, advanced.sayings[0].about, told.rule, told.book, Catalogue("de")).split("\n")[0]
    assert first == "🟠 **Hochwasser** (Warnung): Sensor all fett place x (Ettlingen)"


@pytest.mark.parametrize("kind", list(SayingKind))
@pytest.mark.parametrize("language", ["de", "en"])
def test_facts_that_lack_something_are_worded_all_the_same(kind: SayingKind, language: Language) -> None:
    told = flood()
    for about in ({}, {"members": [{}], "count": 1}, {"members": [{"sensor": "x"}] * 2, "count": 9, "new": 2}):
        for of in (told.rule, None):
            text = words(kind, about, of, told.book, Catalogue(language))
            assert "alerts." not in text
            assert text or kind in (SayingKind.ANSWER, SayingKind.PICTURE)


def test_many_messages_at_once_are_one_the_worst_first_and_each_alert_as_it_stands_now() -> None:
    told, air = flood(), rule(SILENT, "air", name="Luft")
    told.began(0, 1)
    told.turned(5, Turn.WORSE, 1, severity=CRITICAL)
    told.take_on(6)
    sayings = [(saying.kind, saying.about, told.rule) for saying in told.sayings]
    other = [(SayingKind.FIRST, {**told.sayings[0].about, "severity": "warning"}, air)]
    lines = digest([*other, *sayings], told.book, Catalogue("de")).split("\n")
    assert lines[0] == "Viele Meldungen auf einmal (4):"
    assert [line.split("**")[0] + line.split("**")[1] for line in lines[1:4]] == [
        "- 🔴 Hochwasser",
        "- 👍 Ada Muster kümmert sich um: Hochwasser",
        "- 🟠 Luft",
    ]
    assert lines[-1].startswith("👍 hier heißt: Sie kümmern sich um alle")


def test_a_digest_names_a_few_and_counts_the_others() -> None:
    told = flood()
    told.began(0, 1)
    rules = [replace(told.rule, id=f"r-{number}") for number in range(40)]
    text = digest([(SayingKind.FIRST, told.last.about, of) for of in rules], told.book, Catalogue("de"))
    assert len(text.split("\n")) == 1 + 15 + 1 + 2
    assert "- und 25 weitere" in text


def test_whoever_comes_to_be_named_while_it_goes_on_reads_since_when_and_why_only_now() -> None:
    told = flood()
    told.began(0, 1)
    state = told.state
    join(state, dict(state.members))
    state.first_at, state.told = 0.0, ""
    told.about = encode_alert(state)
    told.look(95)
    assert plain_spaces(spoken(told))[:3] == [
        "🟠 **Hochwasser** hält an (Warnung): Alb, Brücke an der Pforzheimer Straße (Ettlingen)",
        "Wasserstand 1,20 m (Grenze 1,00 m), gemessen um 09:00 Uhr.",
        "Begonnen hat es um 09:00 Uhr, es dauert schon 1 Stunde 35 Minuten. Sie erfahren es erst jetzt, weil dieses "
        "Gespräch neu dafür eingetragen ist.",
    ]
    assert spoken(told, "en")[2].startswith("It began at 09:00 and has lasted 1 hour 35 minutes.")


def test_of_what_nobody_tells_any_more_people_read_since_when_and_that_nobody_knows() -> None:
    told = flood()
    told.began(0, 1)
    told.ended(1500, 1, about={"unheard": repr(minute(60).timestamp())})
    assert plain_spaces(spoken(told)) == [
        "❔ **Hochwasser** wird nicht mehr gemeldet: Alb, Brücke an der Pforzheimer Straße (Ettlingen)",
        "Zuletzt haben wir davon am 1. Juni um 10:00 Uhr gehört, seitdem nichts mehr. Ob es noch so ist, wissen wir "
        "nicht: Bitte sehen Sie selbst nach.",
    ]
