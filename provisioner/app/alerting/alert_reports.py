"""What ``readi alerts --json`` and ``readi sensors --json`` print."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from provisioner.alerts.book import Book
from provisioner.app.pages.alert_pages import AlertCard, alert_cards, alerts_going_on
from provisioner.app.pages.sensor_pages import SensorLine, sensor_lines
from provisioner.app.reports import JsonReport
from provisioner.app.site import Site
from provisioner.state import UnknownDevices

_MOST_MEMBERS = 10_000


class AlertMemberReport(JsonReport):
    sensor: str = Field(description="Its key; of somebody else's alert, sender and fingerprint.")
    place: str
    severity: str
    since: datetime | None
    ended: datetime | None
    value: float | None
    peak: float | None = Field(description="The worst value so far.")


class AlertReport(JsonReport):
    id: int
    rule: str
    name: str
    body: str = Field(description="Id of the body that is told; empty: nobody is.")
    severity: str
    began: datetime
    taken_by: str = Field(description="Id of the person who has it; empty: nobody, or it is forgotten who.")
    taken_until: datetime | None
    quiet_until: datetime | None = Field(description="Until then nothing is said of it.")
    sensors: list[AlertMemberReport]


class AlertsReport(JsonReport):
    """`readi alerts --json`."""

    schema_: Literal["readi.alerts/1"] = Field(default="readi.alerts/1", alias="schema")
    network: str
    alerts: list[AlertReport]


class MeasuredReport(JsonReport):
    quantity: str
    value: float | bool | str
    unit: str
    at: datetime


class SensorReport(JsonReport):
    sensor: str = Field(description="Its key.")
    place: str
    organisation: str
    model: str
    values: list[MeasuredReport]
    battery: float | None = Field(description="Percent.")
    heard: datetime | None
    overdue: bool
    lost: int = Field(description="Messages that never came, by the counters.")


class UnknownDeviceReport(JsonReport):
    sender: str
    device: str
    first_heard: datetime
    last_heard: datetime
    count: int
    fields: list[str] = Field(description="Names of what it measures; no value is kept.")


class SensorsReport(JsonReport):
    """`readi sensors --json`."""

    schema_: Literal["readi.sensors/1"] = Field(default="readi.sensors/1", alias="schema")
    network: str
    sensors: list[SensorReport]
    unknown: list[UnknownDeviceReport] = Field(description="Devices that send and are not in the registry.")


def alerts_report(site: Site, book: Book) -> AlertsReport:
    """Raises `StateError`."""
    cards = alert_cards(site, book, alerts_going_on(site, None), _MOST_MEMBERS)
    return AlertsReport(network=site.network, alerts=[_alert(card) for card in cards])


def _alert(card: AlertCard) -> AlertReport:
    return AlertReport(
        id=card.id,
        rule=card.rule,
        name=card.name,
        body=card.body,
        severity=str(card.severity),
        began=card.began,
        taken_by=card.taken_by,
        taken_until=card.taken_until,
        quiet_until=card.quiet_until,
        sensors=[
            AlertMemberReport(
                sensor=one.key,
                place=one.name,
                severity=str(one.severity),
                since=one.since,
                ended=one.ended,
                value=one.value,
                peak=one.peak,
            )
            for one in card.members
        ],
    )


def sensors_report(site: Site, book: Book) -> SensorsReport:
    """Raises `StateError`."""
    unknown = [
        UnknownDeviceReport(
            sender=one.sender,
            device=one.device,
            first_heard=one.first_heard,
            last_heard=one.last_heard,
            count=one.count,
            fields=list(one.paths),
        )
        for one in UnknownDevices(site.database, site.network).all()
    ]
    lines = [_sensor(line) for line in sensor_lines(site, book, None)]
    return SensorsReport(network=site.network, sensors=lines, unknown=unknown)


def _sensor(line: SensorLine) -> SensorReport:
    return SensorReport(
        sensor=line.key,
        place=line.name,
        organisation=line.organisation,
        model=line.model,
        values=[
            MeasuredReport(quantity=one.quantity.name, value=one.value, unit=one.quantity.unit, at=one.at)
            for one in line.values
        ],
        battery=line.battery,
        heard=line.heard,
        overdue=line.late,
        lost=line.gaps,
    )
