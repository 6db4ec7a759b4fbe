"""As in `test_networks_apart`, for what is kept of sensors and alerts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from sqlalchemy import select

from provisioner.model.alerts import AlertEnd, AlertSeverity, SayingKind
from provisioner.state import (
    AlertOutbox,
    Alerts,
    AlertSilences,
    Database,
    GatewayRow,
    Gateways,
    Kept,
    SaidState,
    SenderStates,
    SensorRow,
    SensorStates,
    UnknownDevice,
    UnknownDevices,
    Uplinks,
)
from provisioner.state.schema import METADATA
from tests.state.samples import NETWORK, NOW, later

FOREIGN, FAR, AGO = "other", later(days=9_000), later(days=-1)
ROW = SensorRow("gauge", NOW, NOW, "{}")
UNKNOWN = UnknownDevice("tts", "eui-1", NOW, NOW, 1, ("level",))
Ask = Callable[[Any, Any], object]


@dataclass
class Keys:
    """Of what lies in our network."""

    alert: int
    said: int
    silence: int


NOTHING: Final[Mapping[tuple[type, str], Ask]] = {
    (Uplinks, "among"): lambda one, keys: one.among({"gauge": [(AGO, FAR)]}),
    (Uplinks, "of_sensor"): lambda one, keys: one.of_sensor("gauge", AGO, FAR),
    (Uplinks, "series"): lambda one, keys: one.series("gauge", "level", AGO, FAR),
    (Uplinks, "count"): lambda one, keys: one.count(),
    (Uplinks, "forget"): lambda one, keys: one.forget(FAR)[0],
    (SensorStates, "due"): lambda one, keys: one.due(FAR),
    (SensorStates, "next_due"): lambda one, keys: one.next_due(),
    (SensorStates, "wake"): lambda one, keys: one.wake(FAR),
    (SensorStates, "of"): lambda one, keys: one.of(["gauge"]),
    (SensorStates, "beginning"): lambda one, keys: one.beginning("ga"),
    (SensorStates, "all"): lambda one, keys: one.all(),
    (SensorStates, "forget"): lambda one, keys: one.forget(["gauge"]),
    (SenderStates, "get"): lambda one, keys: one.get("tts"),
    (SenderStates, "counts"): lambda one, keys: one.counts(),
    (SenderStates, "names"): lambda one, keys: one.names(),
    (SenderStates, "forget"): lambda one, keys: one.forget("tts"),
    (UnknownDevices, "all"): lambda one, keys: one.all(),
    (UnknownDevices, "drop"): lambda one, keys: one.drop([("tts", "eui-1")]),
    (UnknownDevices, "forget"): lambda one, keys: one.forget(FAR),
    (Gateways, "all"): lambda one, keys: one.all(),
    (Gateways, "down"): lambda one, keys: one.down(),
    (Gateways, "forget"): lambda one, keys: one.forget("tts", ["gw"]),
    (Alerts, "put"): lambda one, keys: one.put(keys.alert, AlertSeverity.INFO, None, "x"),
    (Alerts, "close"): lambda one, keys: one.close(keys.alert, AlertSeverity.INFO, NOW, AlertEnd.CLEARED, "x"),
    (Alerts, "get"): lambda one, keys: one.get(keys.alert),
    (Alerts, "going_on"): lambda one, keys: one.going_on() or one.going_on(["flood"]) or one.going_on(None, ["pg"]),
    (Alerts, "due"): lambda one, keys: one.due(FAR),
    (Alerts, "next_due"): lambda one, keys: one.next_due(),
    (Alerts, "wake"): lambda one, keys: one.wake(FAR),
    (Alerts, "history"): lambda one, keys: one.history() or one.history(before=10_000, bodies=["pg"]),
    (Alerts, "holding"): lambda one, keys: one.holding("p-anna"),
    (Alerts, "rewrite"): lambda one, keys: one.rewrite(keys.alert, "x"),
    (Alerts, "forget"): lambda one, keys: one.forget(FAR),
    (AlertOutbox, "take"): lambda one, keys: one.take([], FAR, 10),
    (AlertOutbox, "waiting_in"): lambda one, keys: one.waiting_in("pg", FAR),
    (AlertOutbox, "gather"): lambda one, keys: one.gather(1, [keys.said], NOW),
    (AlertOutbox, "sent"): lambda one, keys: one.sent([(keys.said, "cloud", "x", 9)], NOW),
    (AlertOutbox, "again"): lambda one, keys: one.again(keys.said, "alerting.x", FAR, NOW),
    (AlertOutbox, "refused"): lambda one, keys: one.refused([keys.said], "alerting.x", NOW),
    (AlertOutbox, "settle"): lambda one, keys: one.settle(NOW),
    (AlertOutbox, "get"): lambda one, keys: one.get(keys.said),
    (AlertOutbox, "of_alert"): lambda one, keys: one.of_alert(keys.alert),
    (AlertOutbox, "of_message"): lambda one, keys: one.of_message("room", 17),
    (AlertOutbox, "first_message"): lambda one, keys: one.first_message(keys.alert, "pg"),
    (AlertOutbox, "next_due"): lambda one, keys: one.next_due(AGO),
    (AlertOutbox, "on_the_way"): lambda one, keys: one.on_the_way(),
    (AlertOutbox, "latest"): lambda one, keys: one.latest(*SaidState),
    (AlertOutbox, "give_up"): lambda one, keys: one.give_up(FAR, "alerting.too_late", FAR),
    (AlertOutbox, "strip"): lambda one, keys: one.strip(FAR),
    (AlertOutbox, "forget"): lambda one, keys: one.forget(FAR),
    (AlertSilences, "active"): lambda one, keys: one.active(NOW),
    (AlertSilences, "to_come"): lambda one, keys: one.to_come(NOW),
    (AlertSilences, "latest"): lambda one, keys: one.latest(),
    (AlertSilences, "end"): lambda one, keys: one.end(keys.silence, NOW),
    (AlertSilences, "ended_since"): lambda one, keys: one.ended_since(AGO, FAR),
    (AlertSilences, "forget_names"): lambda one, keys: one.forget_names(FAR) or one.forget_names(FAR, "p-anna"),
    (AlertSilences, "of_person"): lambda one, keys: one.of_person("p-anna"),
    (AlertSilences, "forget"): lambda one, keys: one.forget(FAR),
}
"""What another network gets when it asks for ours by the very same keys: nothing."""
BEGINNING: Final[Mapping[type, set[str]]] = {
    Uplinks: {"keep"},
    SensorStates: {"hold", "put"},
    SenderStates: {"put", "count"},
    UnknownDevices: {"note"},
    Gateways: {"tell"},
    Alerts: {"alone", "open"},
    AlertOutbox: {"add"},
    AlertSilences: {"add"},
}
"""What makes rows of one's own, or asks for what is the whole database's."""


def fill(database: Database, network: str) -> Keys:
    Uplinks(database, network).keep([Kept("gauge", NOW, 7, '{"level":1.5}')])
    states = SensorStates(database, network)
    states.put([ROW], states.hold(["gauge"]))
    senders = SenderStates(database, network)
    senders.put("tts", {"cursor": "x"})
    senders.count({("tts", "taken"): 3}, NOW)
    assert UnknownDevices(database, network).note([UNKNOWN]) == {}
    assert Gateways(database, network).tell([GatewayRow("tts", "gw", False, NOW)])[0]
    alerts = Alerts(database, network)
    alerts.alone()
    alert = alerts.open("pg", "flood", AlertSeverity.CRITICAL, NOW, NOW, '{"taken":["p-anna",1]}')
    outbox = AlertOutbox(database, network)
    outbox.add(alert, SayingKind.FIRST, "pg", {}, NOW)
    (first,) = outbox.take([], NOW)
    outbox.sent([(first.id, "cloud", "room", 17)], NOW)
    said = outbox.add(alert, SayingKind.MORE, "pg", {}, NOW)
    silence = AlertSilences(database, network).add("all", NOW, later(hours=2), "p-anna", "Wartung")
    return Keys(alert, said, silence.id)


def ours(database: Database) -> list[tuple[Any, ...]]:
    """Every row of our network."""
    with database.reading() as connection:
        return [
            tuple(row)
            for table in METADATA.sorted_tables
            if (column := table.columns.get("network")) is not None
            for row in connection.execute(select(table).where(column == NETWORK))
        ]


def test_nothing_of_another_networks_alerts_is_seen_or_moved(database: Database) -> None:
    keys = fill(database, NETWORK)
    before = ours(database)
    seen = {
        f"{store.__name__}.{name}": found
        for (store, name), ask in NOTHING.items()
        if (found := ask(store(database, FOREIGN), keys)) not in (None, False, 0, [], {}, (), set(), frozenset())
    }
    assert seen == {}
    assert ours(database) == before


def test_two_networks_can_have_the_same_sensors_and_alerts(database: Database) -> None:
    fill(database, NETWORK)
    before = ours(database)
    fill(database, FOREIGN)
    assert ours(database) == before


@pytest.mark.parametrize("store", BEGINNING)
def test_every_method_of_what_is_kept_of_alerts_is_tried(store: type) -> None:
    public = {name for name in vars(store) if not name.startswith("_")}
    assert public - BEGINNING[store] == {name for owner, name in NOTHING if owner is store}
