"""Who meets at this moment, and what a year's meetings came to: numbers of bodies, never of people."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from provisioner.app.meetings.room_keys import body_of
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.state import Figures, Gatherings


@dataclass(frozen=True, slots=True)
class Meeting:
    """A body that meets. ``body`` None: in rooms that moderators opened for guests."""

    body: str | None
    name: str
    """Of the body; empty for those rooms."""
    inside: int


@dataclass(frozen=True, slots=True)
class Row:
    """What the meetings of one body came to. ``body`` None: those in rooms for guests."""

    body: str | None
    name: str
    """Of the body; its id where it is no more in the registry."""
    figures: Figures


@dataclass(frozen=True, slots=True)
class YearFigures:
    """A calendar year, in the network's time zone."""

    year: int
    years: tuple[int, ...]
    """All of which something may be known, the latest first."""
    rows: tuple[Row, ...]
    """By name; rooms for guests last."""
    total: Figures


def meetings_now(site: Site, picture: Picture) -> tuple[Meeting, ...]:
    """The fullest first. Raises `StateError`."""
    inside: dict[str | None, int] = defaultdict(int)
    for key, count in Gatherings(site.database, site.network).running(site.clock.now()).items():
        inside[body_of(key)] += count
    found = [Meeting(body, _name(picture, body), count) for body, count in inside.items()]
    return tuple(sorted(found, key=lambda one: (-one.inside, one.body is None, one.name)))


def figures_of(site: Site, picture: Picture, year: int | None = None) -> YearFigures:
    """Of this year, or another one. Raises `StateError`."""
    zone = ZoneInfo(picture.registry.time_zone)
    gatherings = Gatherings(site.database, site.network)
    first, this = gatherings.first(), picture.today.year
    years = range(this, (this if first is None else min(first.astimezone(zone).year, this)) - 1, -1)
    chosen = this if year is None else year
    begin, end = (datetime(one, 1, 1, tzinfo=zone) for one in (chosen, chosen + 1))
    by_body: dict[str | None, list[Figures]] = defaultdict(list)
    for key, figures in gatherings.figures(begin, end).items():
        by_body[body_of(key)].append(figures)
    rows = [Row(body, _name(picture, body), _together(iter(parts))) for body, parts in by_body.items()]
    rows.sort(key=lambda row: (row.body is None, row.name))
    return YearFigures(chosen, tuple(years), tuple(rows), _together(row.figures for row in rows))


def _name(picture: Picture, body: str | None) -> str:
    if body is None:
        return ""
    found = picture.registry.bodies.get(body)
    return body if found is None else found.name


def _together(parts: Iterator[Figures]) -> Figures:
    every = list(parts)
    return Figures(
        sum(one.meetings for one in every),
        sum(one.seconds for one in every),
        max((one.most for one in every), default=0),
    )
