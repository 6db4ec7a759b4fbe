"""A picture of the last hours of what a sensor measured, made to be read on a telephone.

matplotlib is asked for in the moment in which a picture is drawn: whoever sends none needs not install it. Its object
interface alone is used: the other one keeps every figure, and is not made for threads.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from provisioner.alerts.amounts import number
from provisioner.texts import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT, DOTS = 6.0, 4.0, 160
"""Inches, inches, and pixels an inch: 960 by 640, at which letters of 13 points can be read in a hand."""
_LETTERS: Final = 13
_LINE, _LIMIT, _NOW = "#005a9c", "#b00020", "#005a9c"
"""Told apart by whoever tells no red from green; on white each has a contrast of more than 4.5."""
_MOST: Final = 2_000
"""Points that are drawn: more than there are pixels."""
_LONGEST: Final = 60
_LATIN: Final = 0x250
_KNOWN: Final = frozenset("Ω\u2013\u2014\u2026")
"""Signs beyond Europe's letters that matplotlib's own font has: dashes, the dots at the end of what was cut."""

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn."""

    title: str
    quantity: str
    """As people call it."""
    unit: str
    decimals: int
    points: tuple[Point, ...]
    """By time; at least one."""
    limits: tuple[float, ...] = ()
    """Limits of the rule, drawn across."""


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw(chart: Chart, zone: ZoneInfo, language: Language) -> bytes:
    """A PNG. Raises `ValueError` for nothing to draw, `ImportError` without matplotlib."""
    if not chart.points:
        raise ValueError("no points")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    points = thinned(chart.points)
    moments: list[float] = [date2num(at) for at, _ in points]  # type: ignore[no-untyped-call]
    values = [value for _, value in points]
    axes.plot(moments, values, color=_LINE, linewidth=2.2, solid_joinstyle="round")
    axes.plot(moments[-1:], values[-1:], marker="o", markersize=8, color=_NOW)
    axes.annotate(
        shown(values[-1], chart.decimals, chart.unit, language),
        (moments[-1], values[-1]),
        xytext=(-8, 10),
        textcoords="offset points",
        ha="right",
        fontsize=_LETTERS,
        fontweight="bold",
        color=_NOW,
    )
    for limit in chart.limits:
        axes.axhline(limit, color=_LIMIT, linewidth=1.5, linestyle="--")
        axes.annotate(
            shown(limit, chart.decimals, chart.unit, language),
            (0, limit),
            xycoords=("axes fraction", "data"),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=_LETTERS - 2,
            color=_LIMIT,
        )
    axes.set_title(_drawable(chart.title), fontsize=_LETTERS, loc="left")
    axes.set_ylabel(_drawable(f"{chart.quantity} ({chart.unit})" if chart.unit else chart.quantity), fontsize=_LETTERS)
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    dates = ConciseDateFormatter(locator, tz=zone, **_DATES[language])  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value, language)))
    _finish(axes)
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()


_DATES: Final[dict[Language, dict[str, Any]]] = {
    "de": {
        "formats": ["%Y", "%m.%Y", "%d.%m.", "%H:%M", "%H:%M", "%H:%M:%S"],
        "zero_formats": ["", "%Y", "%m.%Y", "%d.%m.", "%H:%M", "%H:%M"],
        "show_offset": False,
    },
    "en": {
        "formats": ["%Y", "%m/%Y", "%d/%m", "%H:%M", "%H:%M", "%H:%M:%S"],
        "zero_formats": ["", "%Y", "%m/%Y", "%d/%m", "%H:%M", "%H:%M"],
        "show_offset": False,
    },
}


def shown(value: float, decimals: int, unit: str, language: Language) -> str:
    """A value as people write it: ``1,25 m``."""
    told = number(value, decimals, language)
    return _drawable(f"{told} {unit}" if unit else told)


def thinned(points: Sequence[Point], most: int = _MOST) -> Sequence[Point]:
    """No more points than that; of those next to each other the lowest and the highest stay, and the last of all."""
    if len(points) <= most:
        return points
    size = -(-len(points) // max(most // 2, 1))
    kept: list[Point] = []
    for start in range(0, len(points), size):
        some = points[start : start + size]
        ends = {id(one): one for one in (min(some, key=_value), max(some, key=_value))}
        kept += sorted(ends.values())
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def span_of(points: Sequence[Point]) -> timedelta:
    """From the first to the last."""
    return points[-1][0] - points[0][0]


def _value(point: Point) -> float:
    return point[1]


def _finish(axes: Axes) -> None:
    axes.grid(visible=True, color="#d0d0d0", linewidth=0.8)
    axes.tick_params(labelsize=_LETTERS - 1)
    axes.margins(x=0.02, y=0.15)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _number(value: float, language: Language) -> str:
    return format_decimal(round(value, 6), "#,##0.######", locale=language)


def _drawable(text: str) -> str:
    """Without what the font lacks, and without the signs that begin a formula."""
    fit = "".join(letter if _has(letter) else " " for letter in text)
    line = " ".join(fit.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"


def _has(letter: str) -> bool:
    return letter != "$" and letter.isprintable() and (ord(letter) < _LATIN or letter in _KNOWN)
