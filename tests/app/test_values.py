"""Fields and their values as people read them, in a terminal and on pages."""

import pytest

from provisioner.app.values import NOTHING, shown_pair, shown_value, word_of_field
from provisioner.model.resources import PUBLIC, Kind, Value
from provisioner.texts import Catalogue

OURS = "Wasserstände und Feuchte.\nDateien: https://cloud.example/f\nreadi:body:pg-sensorik"


def test_of_two_texts_that_begin_alike_the_difference_is_shown() -> None:
    theirs = f"{OURS}\nWir treffen uns dienstags."
    assert shown_pair("description", OURS, theirs, Catalogue("de")) == ("„…“", "„… Wir treffen uns dienstags.“")


def test_texts_that_begin_differently_are_shown_from_the_beginning() -> None:
    assert shown_pair("display_name", "Anna", "Änne", Catalogue("de")) == ("„Anna“", "„Änne“")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("quota", 50 * 1024**3, "50 GB"),
        ("quota", -3, "unbegrenzt"),
        ("quota", None, "Vorgabe des Servers"),
        ("language", "de", "Deutsch"),
        ("language", "en-GB", "Englisch (Vereinigtes Königreich)"),
        ("language", "klingonisch", "„klingonisch“"),
        ("language", "", "„“"),
        ("enabled", True, "ja"),
        ("read_only", False, "nein"),
        ("open", PUBLIC, "auch ohne Anmeldung"),
        ("open", True, "ja"),
        ("name", PUBLIC, "„public“"),
        ("layout", "Protokolle\nUnterlagen", "„Protokolle, Unterlagen“"),
        ("email", None, NOTHING),
        ("parent", "bodies:project", "die der Projektgruppen"),
        ("parent", "bodies:archive", "die des Archivs"),
        ("parent", "", "keine"),
        ("parent", "#7", "eine, die nicht von uns ist (7)"),
    ],
)
def test_values_are_shown_as_people_write_them(name: str, value: Value, shown: str) -> None:
    assert shown_value(name, value, Catalogue("de")) == shown


def test_what_a_room_is_called_is_no_id() -> None:
    say = Catalogue("de")
    assert say(word_of_field(Kind.CONVERSATION, "name")) == "Name"
    assert say(word_of_field(Kind.ACCOUNT, "name")) == "Kennung"
