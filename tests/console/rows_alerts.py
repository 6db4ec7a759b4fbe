"""The routes of alerts and sensors: rangers see all, people of a body what it is told, others not that there is any.

Alert 1 is pg-sensorik's, 2 pg-akte's; the silence 1 is of pg-sensorik.
"""

from typing import Final

from tests.support.console_rows import Row, get, post

TOLD: Final = "RMmF"
"""Who is told what pg-sensorik is; F may look, and is nobody who could take anything on."""
SOME: Final = "RMOmF"
"""Who is told anything: O of pg-akte."""
HERE: Final = ("1", "9")
SILENCE: Final = {"scope": "body:pg-sensorik", "hours": "2", "reason": "Wartung"}

ROWS: Final[tuple[Row, ...]] = (
    get("/alerts", {SOME: "200"}),
    get("/alerts/history", {SOME: "200"}),
    get("/alerts/{alert}", {TOLD: "200"}, alert=HERE),
    get("/alerts/{alert}", {"ROF": "200"}, alert=("2", "9")),
    # Whoever is told may take it on, also from somebody else.
    post("/alerts/{alert}/take", {"RMm": "/alerts", "F": "422"}, alert=HERE),
    post("/alerts/{alert}/back", {"RMmF": "/alerts"}, alert=HERE),
    post("/alerts/silences", {"RMF": "/alerts"}, SILENCE),
    post("/alerts/silences/{silence}/end", {"M": "/alerts", "RF": "404"}, silence=HERE),
    get("/sensors", {SOME: "200"}),
    get("/senders", {"RF": "200"}),
)
