"""From the river to the conversation and back: the bridge as it runs, with a real broker and an emulated Talk."""

import itertools
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from provisioner.app.alerting.status import last_status
from provisioner.state import Alerts, SenderStates, UnknownDevices, Uplinks
from tests.service.bridges import Running, running
from tests.support.alert_rooms import another
from tests.support.change import Known
from tests.support.mosquitto import Mosquitto
from tests.support.serving import wait_until

_TOPICS = itertools.count()


@pytest.fixture
def bridge(alerts_known: Known, tmp_path: Path, broker: Mosquitto) -> Iterator[Running]:
    topic = f"bridge{next(_TOPICS)}"
    with another(tmp_path, alerts_known) as installation, running(installation, broker, topic) as found:
        yield found


def test_the_river_rises_and_people_read_it_with_what_it_means_and_its_end_answers_it(bridge: Running) -> None:
    bridge.publish(1, 100)
    bridge.publish(1, 210)
    first = bridge.wait_for("Hochwasser")
    for words in ("Alb, Brücke 1", "210", "Uferweg sperren"):
        assert words in first.text
    bridge.installation.clock.sleep(1800)
    bridge.publish(1, 150)
    wait_until(lambda: len(bridge.messages()) >= 2, "the end")
    last = bridge.messages()[-1]
    assert last.parent is not None
    assert last.parent.id == first.id
    assert "30 Minuten" in last.text


def test_the_same_uplink_by_broker_and_by_webhook_counts_once(bridge: Running) -> None:
    payload = bridge.publish(1, 210)
    bridge.wait_for("Hochwasser")
    assert bridge.call("ttn", payload).status_code == 204
    assert Uplinks(bridge.site.database, "redi").count() == 1
    assert SenderStates(bridge.site.database, "redi").counts()["ttn"]["twice"][0] == 1


def test_what_a_webhook_brought_is_there_when_it_is_answered(bridge: Running) -> None:
    assert bridge.call("ttn", bridge.payload(2, 210)).status_code == 204
    assert len(Alerts(bridge.site.database, "redi").going_on()) == 1
    bridge.wait_for("Alb, Brücke 2")


def test_a_thumb_takes_it_on_and_taking_it_back_gives_it_back(bridge: Running) -> None:
    bridge.publish(1, 210)
    first = bridge.wait_for("Hochwasser")
    bridge.reacts("p-anna", first)
    wait_until(lambda: bridge.taker() == "p-anna", "anna has it")
    bridge.wait_for("Anna")
    bridge.reacts("p-anna", first, back=True)
    wait_until(lambda: bridge.taker() is None, "nobody has it")


def test_a_thumb_on_the_chart_below_the_words_takes_the_alert_on_too(bridge: Running) -> None:
    bridge.publish(1, 100)
    wait_until(lambda: Uplinks(bridge.site.database, "redi").count() == 1, "one value makes no chart")
    bridge.installation.clock.sleep(900)
    bridge.publish(1, 210)
    first = bridge.wait_for("Hochwasser")
    wait_until(lambda: bool(bridge.charts()), "the chart follows")
    [chart] = bridge.charts()
    assert chart.parent is not None
    assert chart.parent.id == first.id
    assert "Alb, Brücke 1" in chart.text
    bridge.reacts("p-anna", chart)
    wait_until(lambda: bridge.taker() == "p-anna", "anna has it")
    bridge.wait_for("Anna")
    bridge.reacts("p-anna", chart, back=True)
    wait_until(lambda: bridge.taker() is None, "nobody has it")


def test_people_ask_the_bot_and_are_answered_and_what_else_they_write_is_nowhere(
    bridge: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bridge.publish(1, 210)
    bridge.wait_for("Hochwasser")
    bridge.says("p-anna", "Geheimwort-unter-uns")
    bridge.says("p-anna", "@bot status")
    bridge.wait_for("Hochwasser", times=2)
    bridge.says("p-anna", "@bot übernehme")
    wait_until(lambda: bridge.taker() == "p-anna", "anna has it")
    assert "Geheimwort" not in dump(bridge)
    ours = [record for record in caplog.records if record.name.startswith(("provisioner", "connectors"))]
    assert ours, "what is logged can be read here"
    assert "Geheimwort" not in str([vars(record) for record in ours])


def test_whoever_does_not_know_the_bots_secret_is_sent_away(bridge: Running) -> None:
    address = f"http://{bridge.service.address}/redi/hooks/talk"
    assert requests.post(address, data=b"{}", timeout=10).status_code == 403
    assert requests.post(address, data=b"x" * 2_000_000, timeout=10).status_code == 413


def test_an_alert_of_the_monitoring_comes_by_its_webhook(bridge: Running) -> None:
    alert = {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "severity": "critical"},
        "annotations": {"summary": "Platte voll"},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "aaaaaaaaaaaaaaaa",
    }
    message = {"version": "4", "groupKey": "g", "status": "firing", "receiver": "readi", "alerts": [alert]}
    assert bridge.call("mon", json.dumps(message).encode()).status_code == 204
    [unknown] = UnknownDevices(bridge.site.database, "redi").all()
    assert (unknown.sender, "DiskFull" in unknown.device) == ("mon", True), "no rule names it: it is shown"


def test_what_is_no_message_is_answered_as_done_counted_and_hinders_nothing(bridge: Running) -> None:
    for junk in (b"{", b"[]", b"\xff", b"{" * 60_000, b'{"uplink_message": 1}'):
        assert bridge.call("ttn", junk).status_code == 204, junk[:20]
    bridge.publish(1, 210)
    bridge.wait_for("Hochwasser")
    refused = [
        what for what in SenderStates(bridge.site.database, "redi").counts()["ttn"] if what.startswith("refused")
    ]
    assert refused


def test_health_and_metrics_tell_how_it_is(bridge: Running) -> None:
    bridge.publish(1, 210)
    bridge.wait_for("Hochwasser")
    address = f"http://{bridge.service.address}"
    wait_until(lambda: requests.get(f"{address}/readyz", timeout=10).status_code == 200, "it is ready")
    assert requests.get(f"{address}/readyz", timeout=10).json()["role"] == "leader"
    said = requests.get(f"{address}/metrics", timeout=10).text
    for line in (
        'readi_alerts_open{network="redi",severity="critical"} 1.0',
        'readi_bridge_leader{network="redi"} 1.0',
        'readi_sender_listened_to{network="redi",sender="ttn"} 1.0',
    ):
        assert line in said
    for marker in ("Alb", "pegel", "Anna", "p-anna"):
        assert marker not in said


def test_pages_and_doctor_can_read_how_it_is(bridge: Running) -> None:
    def noted() -> list[str]:
        """Senders, once what is kept of them says that they are heard; it was put down before that, too."""
        status = last_status(bridge.site)
        return [] if status is None or status.troubles() else list(status.lines)

    wait_until(lambda: bool(noted()), "it is noted")
    assert noted() == ["ttn"]


def dump(bridge: Running) -> str:
    """Everything that the database holds."""
    with bridge.site.database.reading() as connection:
        return "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
