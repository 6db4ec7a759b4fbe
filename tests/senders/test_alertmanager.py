"""What Alertmanager and Grafana say."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.payloads import NOW, alerts, payload, read

BEGAN = datetime(2022, 12, 8, 9, 37, 48, 961000, tzinfo=UTC)
THEN = datetime(2022, 12, 8, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("file", ["alertmanager_v4_firing_real.json", "alertmanager_v4_0.34_shape.json"])
def test_a_real_alert_is_read_whole(file: str) -> None:
    [alert] = alerts("alertmanager", payload(file), THEN)
    assert (alert.name, alert.firing, alert.fingerprint) == ("hostCpuUsageAlert", True, "f05d26ab06192e0e")
    assert (alert.began, alert.ended, alert.at) == (BEGAN, None, THEN)
    assert alert.labels["severity"] == "page"
    assert alert.summary == "Instance 192.168.1.12:9567 CPU usgae high"
    assert alert.description.startswith("192.168.1.12:9567 CPU usage above 85%")
    assert alert.links == ()  # its address is not https


def test_grafanas_alerts_come_with_values_and_links() -> None:
    began = datetime(2021, 10, 12, 9, 51, 3, 157076, tzinfo=timezone(timedelta(hours=2)))
    first, second = alerts("grafana", payload("grafana_webhook_docs.json"), began + timedelta(minutes=1))
    assert (first.name, second.name) == ("High memory usage", "High CPU usage")
    assert first.value == "B=44.2394, C=1"
    assert first.links == ("https://myrunbook.com/runbook/1234", "https://play.grafana.org/alerting/1afz29v7z/edit")
    assert first.began == began
    assert second.began == began + timedelta(minutes=1)  # by its clock that lies in the future


def _alert(**fields: Any) -> dict[str, Any]:
    return {"alerts": [{"status": "firing", "labels": {"alertname": "A"}, **fields}]}


def test_what_is_resolved_has_ended() -> None:
    ends = "2026-11-22T11:30:00Z"
    [alert] = alerts("alertmanager", _alert(status="resolved", startsAt="2026-11-22T11:00:00Z", endsAt=ends))
    assert (alert.firing, alert.ended) == (False, NOW - timedelta(minutes=30))
    [alert] = alerts("alertmanager", _alert(status="resolved", endsAt="0001-01-01T00:00:00Z"))
    assert alert.ended == NOW


def test_an_alert_that_fires_has_no_end_whatever_it_says() -> None:
    [alert] = alerts("alertmanager", _alert(endsAt="2026-11-22T11:30:00Z"))
    assert alert.ended is None


def test_without_a_fingerprint_the_labels_tell_alerts_apart() -> None:
    one, other, again = (
        alerts("alertmanager", _alert(labels=labels))[0].fingerprint
        for labels in ({"alertname": "A", "x": "1"}, {"alertname": "A", "x": "2"}, {"x": "1", "alertname": "A"})
    )
    assert one == again != other


def test_values_that_are_none_are_left_out() -> None:
    values = {"A": 1.5, "B": None, "C": "much", "D": True}
    [alert] = alerts("grafana", _alert(values=values))
    assert alert.value == "A=1.5"
    [alert] = alerts("grafana", _alert(values=None))
    assert alert.value == ""


def test_texts_are_cut_and_made_legible() -> None:
    [alert] = alerts(
        "alertmanager", _alert(annotations={"summary": "a\x00b\u202ec", "description": "d" * 5000, "message": "m"})
    )
    assert alert.summary == "a b c"
    assert len(alert.description) == 2000


def test_labels_are_bounded() -> None:
    labels = {f"label{number:03}": "x" * 1000 for number in range(500)}
    [alert] = alerts("alertmanager", _alert(labels=labels))
    assert len(alert.labels) == 64
    assert max(map(len, alert.labels.values())) == 200


@pytest.mark.parametrize(
    "link", ["http://plain.example/", "javascript:alert(1)", "https://a b", "https://a\n", "https://" + "a" * 600]
)
def test_only_https_links_are_kept(link: str) -> None:
    [alert] = alerts("grafana", _alert(dashboardURL=link, annotations={"runbook_url": link}))
    assert alert.links == ()


@pytest.mark.parametrize("status", ["", "pending", "FIRING", 1, None])
def test_what_neither_fires_nor_is_resolved_is_refused(status: object) -> None:
    assert read("alertmanager", _alert(status=status)).refused == "shape"


def test_a_thousand_alerts_of_one_group_are_all_read() -> None:
    many = {"alerts": [_alert(fingerprint=f"{number:016x}")["alerts"][0] for number in range(1000)]}
    assert len(alerts("alertmanager", many)) == 1000
    assert read("alertmanager", {"alerts": [{"status": "firing"}] * 2001}).refused == "too_many"
