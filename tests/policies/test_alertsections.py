"""What the policy says about alerts."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from policies.alertsections import AlertsPolicy
from policies.document import Policy
from policies.reference import reference
from provisioner.model.alerts import AlertSeverity
from provisioner.registry.files import read_document
from provisioner.texts import Catalogue


def test_every_severity_is_repeated_as_often_as_it_says() -> None:
    repeat = AlertsPolicy.model_validate({"repeat": {"info": "2 Tage", "critical": None}}).repeat
    assert {severity.value: repeat.of(severity) for severity in AlertSeverity} == {
        "info": timedelta(days=2),
        "warning": timedelta(days=1),
        "critical": None,
    }


def test_times_of_day_are_what_people_write() -> None:
    quiet = AlertsPolicy.model_validate({"quiet": {"begin": "9:05", "end": "23:59", "up_to": "warning"}}).quiet
    assert (quiet.begin, quiet.end, quiet.up_to) == (time(9, 5), time(23, 59), AlertSeverity.WARNING)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet": {"up_to": "critical"}},
        {"quiet": {"begin": "24:00"}},
        {"quiet": {"begin": 22}},
        {"repeat": {"warning": "oft"}},
        {"repeat": {"warning": 60}},
        {"repeat": {"deadly": "1 h"}},
        {"call_from": "always"},
        {"storm": {"messages": 0}},
        {"storm": {"messages": 21}},
        {"group_seconds": -1},
        {"names_days": 367},
        {"rangers_body": "Die Ranger"},
        {"taken_hours": 0},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate({"alerts": wrong})


def test_a_mistake_is_told_with_its_place_and_what_to_write(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("alerts:\n  repeat: {warning: täglich}\n  quiet: {begin: 25:00}\n")
    policy, problems = read_document(path, Policy)
    assert policy is None
    say = Catalogue("de")
    assert [(str(one.where), say(one.what)) for one in problems] == [
        ("policy.yaml:2:21", "„täglich“ ist bei „warning“ keine Dauer."),
        ("policy.yaml:3:18", "„25:00“ ist bei „begin“ keine Uhrzeit."),
    ]
    assert "10 min, 1 h 30 min oder 3 d" in say(problems[0].mend)


def test_the_reference_shows_durations_and_times_as_they_are_written() -> None:
    lines = reference().splitlines()
    assert '| `alerts.repeat.critical` | duration or null | `"1 h"` | The same. |' in lines
    assert '| `alerts.quiet.begin` | time of day | `"22:00"` | E.g. "22:00". |' in lines
