"""What is shown of a long text that somebody changed."""

from provisioner.cli.values import shown_pair
from provisioner.texts import Catalogue

OURS = "Wasserstände und Feuchte.\nDateien: https://cloud.example/f\nreadi:body:pg-sensorik"


def test_of_two_texts_that_begin_alike_the_difference_is_shown() -> None:
    theirs = f"{OURS}\nWir treffen uns dienstags."
    assert shown_pair("description", OURS, theirs, Catalogue("de")) == ("„…“", "„… Wir treffen uns dienstags.“")


def test_texts_that_begin_differently_are_shown_from_the_beginning() -> None:
    assert shown_pair("display_name", "Anna", "Änne", Catalogue("de")) == ("„Anna“", "„Änne“")
