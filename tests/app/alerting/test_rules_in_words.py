"""Each kind of rule from the lines of the registry to what people read in their conversation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from provisioner.app.alerting.intake import Intake
from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.senders.receiving import Delivery
from provisioner.senders.settings import ChirpStackSettings
from tests.support.alert_rooms import SENSORIK, Rooms, another, rooms_of
from tests.support.alerting import eui
from tests.support.change import Known

_MINUTES: Final = 60
_DEVICE: Final = eui(7)
_REGISTRY: Final[dict[str, Any]] = {
    "sensor_models": [
        {
            "id": "klima",
            "name": "Klima",
            "interval": "15 min",
            "quantities": {
                "level": {"fields": "distance", "label": "Wasserstand", "unit": "cm", "from_mount": True},
                "temperature": {"fields": "air.temperature", "label": "Temperatur", "unit": "°C"},
            },
            "battery": {"fields": "Bat", "empty": 2.5, "full": 3.5},
        }
    ],
    "sensors": [
        {
            "id": "klima",
            "devices": f"{_DEVICE[:12]}*",
            "organisation": "bretten",
            "model": "klima",
            "place": "Fühler {device}",
            "tells": SENSORIK,
            "mount_height": 2000,
            "map": "https://karte.example/k",
            "dashboard": "https://werte.example/k?von=1",
        }
    ],
}


@dataclass
class Watched:
    """Rooms in which one rule is said, and one device that it watches."""

    rooms: Rooms
    ticker: Ticker
    counter: int = 0

    def told(self, event: str = "up", **message: Any) -> list[str]:
        """ChirpStack tells something; what people read of that, with plain spaces."""
        self.counter += 1
        now = self.rooms.site.clock.now()
        known = {"deviceInfo": {"devEui": _DEVICE}, "devAddr": "0018", "time": now.isoformat(), "fCnt": self.counter}
        payload = msgspec.json.encode({**known, **message})
        intake = Intake(self.rooms.site.database, "redi", self.rooms.books, self.rooms.site.clock)
        intake.take([Delivery("chirp", "chirpstack", payload, "", now, lambda _: None, event=event)])
        return self._new()

    def measured(self, **values: Any) -> list[str]:
        return self.told(object=values)

    def level(self, centimetres: float) -> list[str]:
        return self.measured(distance=2000 - centimetres)

    def waits(self, minutes: float, step: float = 5) -> list[str]:
        """Time passes; what people read meanwhile."""
        for _ in range(round(minutes / step)):
            self.rooms.wait(step * _MINUTES)
            self.ticker.turn()
            self.rooms.poster.turn()
        return self._new()

    def _new(self) -> list[str]:
        before = self._read
        self.rooms.poster.turn()
        said = self.rooms.messages()
        self._read = len(said)
        return [one.text.replace("\N{NO-BREAK SPACE}", " ") for one in said[before:] if one.picture is None]

    _read: int = 0


@pytest.fixture
def watch(alerts_known: Known, tmp_path: Path) -> Iterator[Any]:
    """Makes one of a rule's lines."""
    opened: list[Any] = []
    with another(tmp_path, alerts_known) as installation:

        def make(**rule: Any) -> Watched:
            entry: Mapping[str, Any] = {"id": "regel", "name": "Regel", "applies": {"sensors": "klima"}, **rule}
            installation.wish.more["sensors.yaml"] = {**_REGISTRY, "rules": [entry]}
            installation.write()
            opened.append(rooms_of(installation))
            rooms: Rooms = opened[-1].__enter__()
            called = {"chirp": ChirpStackSettings.model_validate({"kind": "chirpstack"})}
            heard = Listening(called, rooms.site.clock.now())
            return Watched(rooms, Ticker(rooms.site.database, "redi", rooms.books, rooms.site.clock, heard))

        yield make
        for one in opened:
            one.__exit__(None, None, None)


def lines(said: list[str]) -> list[str]:
    """Of the one message that there is."""
    [message] = said
    return message.split("\n")


def test_severities_come_up_and_down_with_place_city_numbers_links_and_the_end(watch: Any) -> None:
    steps = [{"severity": "warning", "above": 1000}, {"severity": "critical", "above": 1200.5, "clear": 1100}]
    watched = watch(threshold={"quantity": "level", "levels": steps}, advice="Hingehen.")
    where = f"Fühler {_DEVICE} (Stadt Bretten)"
    assert watched.level(999) == []
    first = lines(watched.level(1050.3))
    assert first[:2] == [
        f"🟠 **Regel** (Warnung): {where}",
        "Wasserstand 1.050,3 cm (Grenze 1.000,0 cm), gemessen um 09:00 Uhr.",
    ]
    assert "[Karte](https://karte.example/k) · [Messwerte](https://werte.example/k?von=1)" in first
    watched.waits(30)
    worse = lines(watched.level(1234.5))
    assert worse[0] == f"🔴 **Regel** wird schlimmer, jetzt kritisch: {where}"
    assert worse[1].startswith("Wasserstand 1.234,5 cm (Grenze 1.200,5 cm)")
    watched.waits(30)
    assert watched.level(1150) == [], "it is not back at its own clear value"
    better = lines(watched.level(1090))
    assert better[0] == f"🟠 **Regel** lässt nach, jetzt Warnung: {where}"
    watched.waits(30)
    assert lines(watched.level(1000)) == [
        f"✅ **Regel** ist vorbei: {where}",
        "Dauer: 1 Stunde 30 Minuten (Beginn um 09:00 Uhr, Ende um 10:30 Uhr).",
        "Schlimmster Wert: Wasserstand 1.234,5 cm.",
    ]


def test_outside_of_its_hours_nothing_is_said_until_they_begin(watch: Any) -> None:
    frost = {"quantity": "temperature", "levels": [{"severity": "critical", "below": -4.5}]}
    watched = watch(threshold=frost, hours={"days": "mo-fr", "begin": "10:00", "end": "16:00"})
    assert watched.measured(air={"temperature": -12.34}) == []
    assert watched.waits(55) == []
    said = lines(watched.waits(10))
    assert said[1] == "Temperatur -12,3 °C (Grenze -4,5 °C), gemessen um 09:00 Uhr."
    assert len(watched.measured(air={"temperature": 0.0})) == 1, "what was told ends at once"
    watched.waits(6 * 60)  # five past four
    assert watched.measured(air={"temperature": -5.0}) == []
    watched.waits(15)
    assert watched.measured(air={"temperature": 1.0}) == [], "it came and went when nobody had to know"
    watched.waits(4 * 24 * 60, step=60)  # Friday
    assert watched.measured(air={"temperature": -5.0}) == []
    assert watched.waits(2 * 24 * 60, step=60) == [], "on Saturday and Sunday it waits"
    assert "gemessen am 9. Januar um 16:20 Uhr" in watched.waits(24 * 60, step=60)[0]


def test_a_rate_says_from_where_to_where_within_which_time(watch: Any) -> None:
    watched = watch(rate={"quantity": "level", "within": "1 h", "rises": 40, "clear": 10, "severity": "warning"})
    assert watched.level(100) == []
    watched.waits(30)
    assert watched.level(125) == []
    watched.waits(30)
    assert lines(watched.level(141.5))[1] == (
        "Wasserstand von 100,0 cm auf 141,5 cm (Zeitraum: höchstens 1 Stunde), gemessen um 10:00 Uhr."
    )
    watched.waits(30)
    assert watched.level(142) == [], "within the hour it still rose by more than its clear value"
    watched.waits(50)
    assert lines(watched.level(142))[0].startswith("✅ **Regel** ist vorbei")


@pytest.mark.parametrize(
    ("low", "between", "full"),
    [
        ({"object": {"Bat": 2.65}}, {"object": {"Bat": 2.75}}, {"object": {"Bat": 2.9}}),
        (
            {"event": "status", "margin": 10, "batteryLevel": 15.0},
            {"event": "status", "batteryLevel": 25.0},
            {"event": "status", "batteryLevel": 40.0},
        ),
    ],
    ids=["by a field of the model", "by ChirpStack's status"],
)
def test_a_battery_that_runs_low_is_said_and_so_is_the_new_one(
    watch: Any, low: dict[str, Any], between: dict[str, Any], full: dict[str, Any]
) -> None:
    watched = watch(battery={"below": 20, "clear": 30, "severity": "warning"})
    assert watched.level(100) == []
    watched.waits(15)
    assert lines(watched.told(**low))[1] == "Batterie 15 % (Grenze 20 %), gemessen um 09:15 Uhr."
    watched.waits(15)
    assert watched.told(**between) == []
    watched.waits(15)
    assert lines(watched.told(**full))[0].startswith("✅ **Regel** ist vorbei")


def test_a_sensor_that_says_nothing_is_told_of_with_its_last_message_and_the_next_one_ends_it(watch: Any) -> None:
    watched = watch(silence={"intervals": 3})
    assert watched.level(100) == []
    assert watched.waits(40) == []
    assert lines(watched.waits(5))[1] == "Letzte Nachricht des Sensors: um 09:00 Uhr. Seitdem fehlen Messwerte."
    watched.waits(15)
    assert lines(watched.level(100))[:2] == [
        f"✅ **Regel** ist vorbei: Fühler {_DEVICE} (Stadt Bretten)",
        "Dauer: 1 Stunde (Beginn um 09:00 Uhr, Ende um 10:00 Uhr).",
    ]


def test_an_expression_goes_by_values_of_several_messages(watch: Any) -> None:
    watched = watch(expression={"when": "temperature < 2 and level > 50", "clear_when": "temperature > 4"})
    assert watched.level(60) == []
    watched.waits(15)
    assert lines(watched.measured(air={"temperature": 1.5}))[1] == (
        "Die Bedingung der Regel ist erfüllt, gemessen um 09:15 Uhr."
    )
    watched.waits(15)
    assert watched.measured(air={"temperature": 3.0}) == []
    watched.waits(15)
    assert lines(watched.measured(air={"temperature": 4.1}))[0].startswith("✅ **Regel** ist vorbei")
