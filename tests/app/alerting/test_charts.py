"""The picture beside an alert: small, legible, German, and never a reason to fail."""

import io
import math
import struct
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from matplotlib.image import imread

from provisioner.app.alerting.charts import Chart, Point, draw, shown, thinned

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 3, 28, 20, tzinfo=UTC)


def river(count: int = 72) -> tuple[Point, ...]:
    return tuple(
        (BEGIN + timedelta(minutes=10 * one), 0.6 + 0.7 / (1 + math.exp(-(one - 50) / 6))) for one in range(count)
    )


def test_a_picture_fits_a_telephone() -> None:
    picture = draw(Chart("Hochwasser: Alb", "Wasserstand", "m", 2, river(), (1.0, 1.2)), BERLIN, "de")
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (960, 640)
    assert len(picture) < 200_000
    pixels = imread(io.BytesIO(picture))
    assert pixels.min() < 0.2 < 0.9 < pixels.mean()


@pytest.mark.parametrize(
    "points", [river(1), river(2), ((BEGIN, 5.0),) * 9, ((BEGIN, -1e12), (BEGIN + timedelta(days=400), 1e12))]
)
def test_little_or_odd_data_is_drawn_as_well(points: tuple[Point, ...]) -> None:
    assert draw(Chart("x", "y", "", 0, points), BERLIN, "en").startswith(b"\x89PNG")


def test_names_that_others_wrote_break_no_picture() -> None:
    hostile = "$\\frac{1}{0}$ 🌊 \u202e\x1b[2J{} " + "ä" * 500
    assert draw(Chart(hostile, hostile, hostile, 2, river()), BERLIN, "de").startswith(b"\x89PNG")


def test_nothing_measured_is_no_picture() -> None:
    with pytest.raises(ValueError, match="points"):
        draw(Chart("x", "y", "", 0, ()), BERLIN, "de")


def test_values_are_written_as_people_write_them() -> None:
    assert shown(1.25, 2, "m", "de") == "1,25 m"
    assert [shown(1.25, 1, "m", "de"), shown(-0.01, 1, "m", "de")] == ["1,3 m", "0,0 m"], "as in the words above it"
    assert shown(1250.0, 0, "ppm", "de") == "1.250 ppm"
    assert shown(1250.0, 0, "ppm", "en") == "1,250 ppm"


def test_of_a_great_many_points_the_peaks_and_the_last_one_stay() -> None:
    points = [(BEGIN + timedelta(seconds=one), 9.0 if one == 4_711 else float(one % 3)) for one in range(50_000)]
    kept = thinned(points)
    assert len(kept) <= 2_001
    assert max(value for _, value in kept) == 9.0
    assert kept[-1] == points[-1]
    assert list(kept) == sorted(kept)
