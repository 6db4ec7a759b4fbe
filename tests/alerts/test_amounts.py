"""Numbers, units, moments and durations as people write them."""

from zoneinfo import ZoneInfo

import pytest

from provisioner.alerts import harmless
from provisioner.alerts.amounts import amount, clock, day, duration, told
from provisioner.model.sensors import Quantity
from provisioner.texts import Language
from tests.support.watching import minute


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "german", "english"),
    [
        (1.25, "m", 2, "1,25 m", "1.25 m"),
        (1250.4, "ppm", 0, "1.250 ppm", "1,250 ppm"),
        (12.0, "%", 0, "12 %", "12%"),
        (-0.04, "°C", 1, "0,0 °C", "0.0 °C"),
        (-3.14159, "°C", 1, "-3,1 °C", "-3.1 °C"),
        (7.5, "", 1, "7,5", "7.5"),
        (1234.5, "cm", 1, "1.234,5 cm", "1,234.5 cm"),
        (-1234.5, "cm", 0, "-1.235 cm", "-1,235 cm"),
        (2.5, "V", 0, "3 V", "3 V"),
        (2.675, "V", 2, "2,68 V", "2.68 V"),
        (1e14, "m", 0, "100.000.000.000.000 m", "100,000,000,000,000 m"),
    ],
)
def test_a_value_has_its_digits_its_separators_and_its_unit(
    value: float, unit: str, decimals: int, german: str, english: str
) -> None:
    quantity = Quantity("x", ("x",), unit=unit, decimals=decimals)
    said = [amount(value, quantity, language) for language in ("de", "en")]
    assert said == [german.replace(" ", "\u00a0"), english.replace(" ", "\u00a0")], "no line ends before a unit"


@pytest.mark.parametrize(
    ("words", "german", "english"),
    [
        ("1234.5", "1.234,5", "1,234.5"),
        ("-0.25", "-0,25", "-0.25"),
        ("1200", "1.200", "1,200"),
        ("1.5.2", "1.5.2", "1.5.2"),
        ("007", "007", "007"),
        ("CPU 97.5 %", "CPU 97.5 %", "CPU 97.5 %"),
        ("", "", ""),
    ],
)
def test_of_what_others_wrote_a_number_by_itself_is_written_as_its_readers_do(
    words: str, german: str, english: str
) -> None:
    assert [told(words, language) for language in ("de", "en")] == [german, english]


@pytest.mark.parametrize(
    ("seconds", "german", "english"),
    [
        (0, "1 Minute", "1 minute"),
        (59, "1 Minute", "1 minute"),
        (60 * 90, "1 Stunde 30 Minuten", "1 hour 30 minutes"),
        (3600, "1 Stunde", "1 hour"),
        (86_399, "1 Tag", "1 day"),
        (86_400 * 3 + 3600 * 4 + 60, "3 Tage 4 Stunden", "3 days 4 hours"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, german: str, english: str) -> None:
    assert [duration(seconds, language) for language in ("de", "en")] == [german, english]


@pytest.mark.parametrize(("language", "said"), [("de", "1. Juni 09:00"), ("en", "1 June 09:00")])
def test_moments_are_told_by_the_clock_on_the_wall(language: Language, said: str) -> None:
    moment, berlin = minute(0).timestamp(), ZoneInfo("Europe/Berlin")
    assert f"{day(moment, berlin, language)} {clock(moment, berlin, language)}" == said


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://karte.example/a(b)?x=1&y=ä", None),
        ("https://karte.example/a(b)?x=1&y=2", "https://karte.example/a%28b%29?x=1&y=2"),
        ("http://karte.example/", None),
        ("javascript:alert(1)", None),
        ("https://karte.example/ [x](https://evil.example)", None),
        ("https://user:pass@evil.example/", None),
        ("https://karte.example/" + "a" * 1000, None),
    ],
)
def test_a_link_is_https_and_ends_where_it_seems_to(address: str, shown: str | None) -> None:
    assert harmless.link(address) == shown


def test_advice_keeps_its_lines_and_calls_nobody() -> None:
    assert harmless.advice("Anrufen: @all\r\n**Jetzt** an alb@ettlingen.example\u202e ") == (
        "Anrufen: all\n**Jetzt** an alb@ettlingen.example"
    )
