"""What ``readi meetings list --json`` prints."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from provisioner.app.meetings.agenda import Date, agenda
from provisioner.app.picture import Picture, Pictures
from provisioner.app.reports import JsonReport
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Body
from provisioner.model.text import Text
from provisioner.registry.mistakes import mend_word


class MeetingReport(JsonReport):
    body: str = Field(description="Its id.")
    body_name: str
    series: str = Field(description="Id of the series in its body.")
    title: str
    starts: datetime = Field(description="In the network's time zone.")
    ends: datetime
    planned: datetime | None = Field(description="Of one that was moved: when it would have been.")
    off: bool = Field(description="It does not take place.")
    holiday: str | None = Field(description="Why not, where it is a public holiday: its German name.")


class MeetingsReport(JsonReport):
    """`readi meetings list --json`."""

    schema_: Literal["readi.meetings/1"] = Field(default="readi.meetings/1", alias="schema")
    network: str
    mistakes: int = Field(description="Mistakes of the registry: what they concern is not among the meetings.")
    meetings: list[MeetingReport]


def meetings_report(site: Site, body: str | None, days: int) -> MeetingsReport:
    """When one body, or all, will meet. Raises `SettingsError` for a body that there is not, `StateError`."""
    picture, now = Pictures(site).now(), site.clock.now()
    found = agenda(picture, _bodies(picture, body), now, now + timedelta(days=days), also_off=True)
    wrong = sum(problem.is_error for problem in picture.problems)
    return MeetingsReport(network=site.network, mistakes=wrong, meetings=[_report(one) for one in found])


def _bodies(picture: Picture, body: str | None) -> list[Body]:
    known = picture.registry.bodies
    if body is None:
        return list(known.values())
    if body not in known:
        raise SettingsError(Text.of("app.no_such_body", id=body, mend=mend_word(body, known)))
    return [known[body]]


def _report(date: Date) -> MeetingReport:
    return MeetingReport(
        body=date.body.id,
        body_name=date.body.name,
        series=date.series.id,
        title=date.title,
        starts=date.starts,
        ends=date.ends,
        planned=date.planned,
        off=date.is_off,
        holiday=date.holiday or None,
    )
