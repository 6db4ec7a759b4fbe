"""A network that speaks English: from the first word to the end nothing is said in German, no word and no number."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from provisioner.app.alerting import ticking
from provisioner.app.connectors import text_packages
from provisioner.state import Uplinks
from provisioner.texts.catalogue import sentences
from tests.service.bridges import Running, running
from tests.support.alert_rooms import LORA, SENSORIK, another
from tests.support.alerting import eui
from tests.support.change import Known
from tests.support.mailserver import Came, PostOffice
from tests.support.mosquitto import Mosquitto
from tests.support.serving import wait_until

MINUTES: Final = 60
REGISTRY: Final[dict[str, Any]] = {
    "sensor_models": [
        {
            "id": "radar",
            "name": "Radar",
            "interval": "15 min",
            "quantities": {"level": {"fields": "distance", "label": "Water level", "unit": "cm", "from_mount": True}},
        }
    ],
    "sensors": [
        {
            "id": "gauge-1",
            "devices": eui(1),
            "organisation": "bretten",
            "model": "radar",
            "place": "Alb, bridge 1",
            "tells": SENSORIK,
            "mount_height": 500,
            "map": "https://maps.example/alb",
        }
    ],
    "rules": [
        {
            "id": "flood",
            "name": "Flood",
            "applies": {"models": "radar"},
            "threshold": {
                "quantity": "level",
                "levels": [
                    {"severity": "warning", "above": 1000, "clear": 950},
                    {"severity": "critical", "above": 1200.5, "clear": 1100},
                ],
            },
            "meaning": "The path is under water.",
            "advice": "Close the path.",
            "escalations": [{"after": "10 min", "bodies": [LORA], "people": ["p-dora"]}],
        }
    ],
}
_OURS: Final = ("alerts", "alerting", "messages", "console")
"""Rooms whose sentences could be said."""
_NAMES: Final = {"sensorik", "lorawan", "pg", "anna", "ben", "dora", "muster", "bretten", "stadt"}
"""What is called so in the registry."""
_GERMAN_NUMBERS: Final = re.compile(
    r"\d,\d{1,2}(?!\d)|\d\.\d{3}(?!\d)|\d\d\.\d\d\.\d|\d\N{NO-BREAK SPACE}%"
    r"|\d\. (?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)"
)
"""210,5 · 1.250 · 05.01.2026 · 12 % · 5. Januar"""


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as one:
        yield one


@pytest.fixture
def bridge(
    alerts_known: Known, tmp_path: Path, broker: Mosquitto, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    monkeypatch.setattr(ticking, "_LONGEST", 0.05)  # the time that passes is the emulator's
    with another(tmp_path, alerts_known) as installation:
        english = {"id": "redi", "name": "re@di", "language": "en", "time_zone": "Europe/Berlin"}
        installation.wish.more |= {"network.yaml": {"network": english}, "sensors.yaml": REGISTRY}
        installation.more_settings["service"] = {"mail": office.settings()}
        with running(installation, broker, "english") as found:
            yield found


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.casefold()))


def german() -> set[str]:
    """Words that stand in German sentences and in no English one."""
    entries = [entry for room in _OURS for entry in sentences(_package(room)).values()]
    assert len(entries) > 500
    de, en = (set().union(*(words_of(entry[language]) for entry in entries)) for language in ("de", "en"))
    return de - en - _NAMES


def _package(room: str) -> str:
    return {"alerting": "provisioner.app.alerting"}.get(room) or text_packages().get(room, f"provisioner.{room}")


def all_said(bridge: Running, mails: Iterable[Came]) -> list[str]:
    """In conversations, below charts, in mails with their subjects."""
    said = [one.text for name in ("Sensorik", "LoRaWAN") for one in bridge.messages(name)]
    return [*said, *(f"{mail.message['Subject']}\n{mail.text}" for mail in mails)]


def rises(bridge: Running, level: float) -> None:
    """A quarter of an hour later it stands there, and that is kept."""
    count = Uplinks(bridge.site.database, "redi").count()
    bridge.installation.clock.sleep(15 * MINUTES)
    bridge.publish(1, level)
    wait_until(lambda: Uplinks(bridge.site.database, "redi").count() == count + 1, "it is kept")


def test_a_whole_conversation_is_english(bridge: Running, office: PostOffice) -> None:
    with bridge.site.database.writing() as connection:  # who has no account there reads mails
        connection.exec_driver_sql("DELETE FROM binding WHERE key = 'person:p-ben'")
    rises(bridge, 80)
    rises(bridge, 1050.25)
    first = bridge.wait_for("Flood** (warning): Alb, bridge 1")
    assert (
        "Water level 1,050.3\N{NO-BREAK SPACE}cm (limit 1,000.0\N{NO-BREAK SPACE}cm), measured at 09:30." in first.text
    )
    assert "[Map](https://maps.example/alb)" in first.text
    bridge.installation.clock.sleep(11 * MINUTES)
    bridge.wait_for("nobody has taken it on yet", name="LoRaWAN")
    rises(bridge, 1250.5)
    assert "1,250.5\N{NO-BREAK SPACE}cm" in bridge.wait_for("is getting worse, now critical").text
    wait_until(lambda: bool(bridge.charts()), "its chart")
    assert "Limits: 1,000.0\N{NO-BREAK SPACE}cm, 1,200.5\N{NO-BREAK SPACE}cm." in bridge.charts()[0].text
    bridge.says("p-anna", "@bot take 2h")
    assert "This holds until 12:00." in bridge.wait_for("Anna Muster has taken on").text
    bridge.says("p-anna", "@bot status")
    assert "Anna Muster has it" in bridge.wait_for("1 alert goes on:").text
    bridge.says("p-anna", "@bot help")
    assert "@\N{WORD JOINER}bot mute 2h" in bridge.wait_for("I understand").text
    bridge.says("p-anna", "@bot mute 1h")
    bridge.wait_for("nothing is said here until Mon, 5 Jan, 10:56.")
    bridge.says("p-anna", "@bot unmute")
    bridge.wait_for("said again from now on")
    rises(bridge, 70)
    last = bridge.wait_for("is over: Alb, bridge 1")
    assert last.parent is not None
    assert last.parent.id == first.id
    assert "It lasted 41 minutes (it began at 09:30 and ended at 10:11)." in last.text
    assert "Worst value: Water level 1,250.5\N{NO-BREAK SPACE}cm." in last.text
    wait_until(lambda: sum("is over" in str(mail.message["Subject"]) for mail in office.came) == 2, "Ben's and Dora's")
    said, foreign = all_said(bridge, office.came), german()
    assert {"kümmert", "uhr", "grenze", "vorbei"} <= foreign
    assert len(said) > 12
    for text in said:
        assert not words_of(text) & foreign, text
        assert not _GERMAN_NUMBERS.search(text), text
