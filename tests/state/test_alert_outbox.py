"""What is to be said of alerts: in order within a lane, no lane waits for another, and nothing is said twice unseen."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.event import listen

from provisioner.model.alerts import AlertEnd, AlertSeverity, SayingKind
from provisioner.state import AlertOutbox, Alerts, AlertSilences, Database, Persons, SaidState
from tests.state.samples import NETWORK, NOW, later


@pytest.fixture
def outbox(database: Database) -> AlertOutbox:
    return AlertOutbox(database, NETWORK)


def add(outbox: AlertOutbox, body: str = "pg", **more: object) -> int:
    return outbox.add(1, SayingKind.FIRST, body, {"severity": "info"}, NOW, **more)  # type: ignore[arg-type]


def test_one_of_each_lane_is_said_at_a_time_the_oldest_first(outbox: AlertOutbox) -> None:
    first, second, other = add(outbox), add(outbox), add(outbox, "other")
    assert [one.id for one in outbox.take([], NOW, 10)] == [first, other]
    assert outbox.take([], NOW, 10) == []
    outbox.sent([(first, "cloud", "room", 17)], NOW)
    assert [one.id for one in outbox.take(["other"], NOW, 10)] == [second]


def test_what_is_tried_again_holds_up_its_own_lane_alone(outbox: AlertOutbox) -> None:
    failing, _, other = add(outbox), add(outbox), add(outbox, "other")
    outbox.take([], NOW)
    outbox.again(failing, "alerting.not_now", later(minutes=5), NOW)
    assert [one.id for one in outbox.take([], later(minutes=1), 10)] == [other]
    (again,) = outbox.take([], later(minutes=5))
    assert (again.id, again.tries, again.error, again.may_have_gone) == (failing, 1, "alerting.not_now", False)


def test_what_waits_for_the_morning_holds_up_nobody(outbox: AlertOutbox) -> None:
    night, now = add(outbox, not_before=later(hours=8)), add(outbox)
    assert [one.id for one in outbox.take([], NOW, 10)] == [now]
    assert outbox.next_due(NOW) == later(hours=8)
    outbox.sent([(now, "cloud", "room", 17)], NOW)
    assert [one.id for one in outbox.take([], later(hours=8), 10)] == [night]


def ask(outbox: AlertOutbox, body: str = "pg", kind: SayingKind = SayingKind.ANSWER) -> int:
    return outbox.add(None, kind, body, {}, NOW)


def test_what_somebody_waits_for_is_said_where_all_else_is_held_back(outbox: AlertOutbox) -> None:
    held, answer, test = add(outbox), ask(outbox), ask(outbox, kind=SayingKind.TEST)
    other = add(outbox, "other")
    assert [one.id for one in outbox.take([], NOW, 10, braked=["pg"])] == [answer, other]
    assert outbox.take([], NOW, 10, braked=["pg"]) == []
    outbox.sent([(answer, "cloud", "room", 17)], NOW)
    assert outbox.take(["pg"], NOW, 10, braked=["pg"]) == []
    assert [one.id for one in outbox.take([], NOW, 10, braked=["pg"])] == [test]
    outbox.sent([(test, "cloud", "room", 18)], NOW)
    assert outbox.take([], NOW, 10, braked=["pg"]) == []
    assert [one.id for one in outbox.take([], NOW, 10)] == [held]


def test_what_somebody_waits_for_waits_behind_what_is_tried_again(outbox: AlertOutbox) -> None:
    failing, answer = add(outbox), ask(outbox)
    outbox.take([], NOW)
    outbox.again(failing, "alerting.not_now", later(minutes=5), NOW)
    assert outbox.take([], later(minutes=1), 10, braked=["pg"]) == []
    assert [one.id for one in outbox.take([], later(minutes=5), 10)] == [failing]
    outbox.sent([(failing, "cloud", "room", 17)], NOW)
    assert [one.id for one in outbox.take([], later(minutes=5), 10, braked=["pg"])] == [answer]


def test_what_is_next_is_found_among_what_is_on_its_way_alone(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    with closing(Database.open(tmp_path / "readi.sqlite3")) as database:
        listen(database.engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        AlertOutbox(database, NETWORK).take(["other"], NOW, 10, braked=["pg", "pg-2"])
        (of_lanes,) = (one for one in asked if "GROUP BY" in one[0])
        with database.reading() as connection:
            steps = [
                str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {of_lanes[0]}", of_lanes[1])
            ]
    (found,) = (step for step in steps if "alert_outbox" in step)
    assert found == "SEARCH alert_outbox USING INDEX ix_alert_outbox_to_say (network=?)"


def test_after_a_death_it_is_known_since_when_it_may_stand_there(outbox: AlertOutbox) -> None:
    add(outbox)
    outbox.take([], later(seconds=5))
    assert outbox.settle(later(minutes=2)) == 1
    (said,) = outbox.take([], later(minutes=2))
    assert (said.may_have_gone_since, said.error) == (later(seconds=5), "alerting.interrupted")
    outbox.again(said.id, "alerting.not_now", later(minutes=3), later(minutes=2), may_have_gone=True)
    (said,) = outbox.take([], later(minutes=3))
    assert said.may_have_gone_since == later(seconds=5)
    outbox.again(said.id, "alerting.not_now", later(minutes=4), later(minutes=3))
    (said,) = outbox.take([], later(minutes=4))
    assert said.may_have_gone_since is None


def test_what_this_process_is_saying_itself_waits_for_nobody(outbox: AlertOutbox) -> None:
    left, own = add(outbox), add(outbox, "other")
    outbox.take([], NOW, 10)
    assert outbox.settle(NOW, but=[own]) == 1
    assert [one.id for one in outbox.take([], NOW, 10)] == [left]


def test_what_was_gathered_into_one_message_stays_in_it_after_a_death(outbox: AlertOutbox) -> None:
    first, *others, last = (add(outbox) for _ in range(4))
    outbox.take([], NOW)
    assert [one.id for one in outbox.waiting_in("pg", NOW)] == [*others, last]
    outbox.gather(first, others, NOW)
    outbox.settle(NOW)
    (said,) = outbox.take([], NOW, 10)
    assert (said.id, [one.id for one in said.gathered], said.may_have_gone) == (first, others, True)
    outbox.again(first, "alerting.not_now", later(minutes=1), NOW)
    (said,) = outbox.take([], later(minutes=1), 10)
    assert [one.id for one in said.gathered] == others
    outbox.sent([(one, "cloud", "room", 17) for one in (first, *others)], NOW)
    assert [one.id for one in outbox.take([], NOW, 10)] == [last]
    assert outbox.of_message("room", 17) == [1]
    assert outbox.first_message(1, "pg") == ("cloud", "room", 17)


def test_what_belongs_to_it_comes_back_as_it_was_given(outbox: AlertOutbox) -> None:
    add(outbox, people=["p-anna"], calls=True, silent=True, picture=True)
    (said,) = outbox.take([], NOW)
    assert (said.people, said.calls, said.silent, said.picture) == (("p-anna",), True, True, True)
    assert said.about == {"severity": "info"}
    outbox.refused([said.id], "alerting.no_floor", NOW)
    assert [one.state for one in outbox.latest(SaidState.REFUSED)] == [SaidState.REFUSED]
    assert outbox.on_the_way() == {}


def test_what_was_said_of_an_alert_that_goes_on_stays_without_its_facts(database: Database) -> None:
    outbox, alerts = AlertOutbox(database, NETWORK), Alerts(database, NETWORK)
    alert = alerts.open("pg", "flood", AlertSeverity.INFO, NOW, None, "{}")
    said = outbox.add(alert, SayingKind.TAKEN, "pg", {"by": "p-anna"}, NOW)
    waiting = outbox.add(alert, SayingKind.GOES_ON, "pg", {"by": "p-ben"}, NOW)
    outbox.take([], NOW)
    outbox.sent([(said, "cloud", "room", 17)], NOW)
    outbox.strip(later(days=1))
    assert outbox.forget(later(days=1)) == 0
    assert [dict(one.about) for one in outbox.of_alert(alert)] == [{}, {"by": "p-ben"}]
    assert outbox.of_message("room", 17) == [alert]
    alerts.close(alert, AlertSeverity.INFO, NOW, AlertEnd.CLEARED, "{}")
    assert outbox.forget(later(days=1)) == 1
    assert [one.id for one in outbox.of_alert(alert)] == [waiting]


def test_who_had_an_alert_or_muted_one_is_shown_and_forgotten(database: Database) -> None:
    outbox, alerts, silences = (store(database, NETWORK) for store in (AlertOutbox, Alerts, AlertSilences))
    about = '{"people":["p-anna","p-ben"],"taken":["p-anna",1.5],"members":{"p-annabell":{"value":3}}}'
    alert = alerts.open("pg", "flood", AlertSeverity.INFO, NOW, None, about)
    outbox.add(alert, SayingKind.TAKEN, "pg", {"by": "p-anna", "taken": ["p-anna", 1.5]}, NOW, people=["p-anna"])
    silences.add("all", NOW, NOW + timedelta(hours=2), "p-anna", "Wartung")
    silences.add("all", NOW, NOW + timedelta(hours=2), "p-ben", "Anna Muster misst nach")
    shown = Persons(database).export(NETWORK, "p-anna", names=["Anna Muster"])
    assert {name: len(rows) for name, rows in shown.items()} == {"alerts": 1, "sayings": 1, "silences": 2}
    Persons(database).scrub(NETWORK, "p-anna", names=["Anna Muster"])
    assert Persons(database).export(NETWORK, "p-anna", names=["Anna Muster"]) == {}
    (row,) = alerts.going_on()
    assert row.about == '{"members":{"p-annabell":{"value":3}},"people":["p-ben"],"taken":["",1.5]}'
    assert [(one.by, one.reason) for one in silences.active(NOW)] == [("", "Wartung"), ("p-ben", "… misst nach")]
