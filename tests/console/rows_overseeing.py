"""The routes of those who oversee: overview, people, bodies, matrix, plans, history, audit, letters, sources."""

from typing import Final

from tests.support.console_rows import A_BODY, A_PERSON, INSIDE, Row, get, post

READERS: Final = "RKF"
"""Rangers, coordinators, and the first start."""
OF_CITIES: Final = "RKABF"
"""And the cities' administrators."""
GONE: Final = "0" * 64
NOT_THERE: Final = (GONE, "1" * 64)

ROWS: Final[tuple[Row, ...]] = (
    get("/overview", {READERS: "200"}),
    get("/progress", {READERS: "200"}),
    get("/mistakes", {READERS: "200"}),
    get("/figures", {READERS: "200"}),
    post("/look", {"RF": "/overview"}),
    post("/sync", {"RF": "/overview"}),
    get("/people", {OF_CITIES: "200"}),
    # Ben himself, and whoever answers for his city.
    get("/people/{identity}", {f"{READERS}Am": "200"}, identity=A_PERSON),
    post("/people/{identity}/end", {"RAF": "/people/p-ben"}, {"last_day": "2026-12-31"}, identity=A_PERSON),
    post("/people/{identity}/resume", {"RAF": "/people/p-ben"}, identity=A_PERSON),
    get("/leavers", {OF_CITIES: "200"}),
    get("/bodies", {f"{INSIDE}F": "200"}),
    get("/bodies/{identity}", {f"{INSIDE}F": "200"}, identity=A_BODY),
    # It stands in the files, and is changed there.
    get("/bodies/{identity}/change", {"RABF": "404"}, identity=A_BODY),
    post("/bodies/{identity}/change", {"RABF": "404"}, {"name": "Anders", "join": "open"}, identity=A_BODY),
    post("/bodies/{identity}/archive", {"RABF": "404"}, identity=A_BODY),
    get("/matrix", {OF_CITIES: "200"}),
    get("/matrix.csv", {OF_CITIES: "200"}),
    get("/plan", {READERS: "200"}),
    get("/plans/{digest}", {READERS: "404"}, digest=NOT_THERE),
    get("/plans/{digest}/changes/{change}", {READERS: "404"}, digest=NOT_THERE, change=NOT_THERE),
    # Whoever may decide is told that a plan they were shown waits no more; of whose it was nothing is said.
    Row("POST", "/plans/{digest}/approve", {"RF": "422"}, {"digest": GONE}, form={"shown_digest": GONE}),
    Row("POST", "/plans/{digest}/reject", {"RF": "422"}, {"digest": GONE}),
    get("/history", {READERS: "200"}),
    get("/history/{run}", {READERS: "404"}, run=("1", "2")),
    get("/audit", {READERS: "200"}),
    get("/letters", {"RF": "200"}),
    post("/letters/{letter}/again", {"RF": "404"}, letter=("1", "2")),
    post("/letters/{letter}/give-up", {"RF": "404"}, letter=("1", "2")),
    get("/links", {"RABF": "200"}),
    post("/links/{link}/confirm", {"RABF": "404"}, link=("aaaaaaaa", "bbbbbbbb")),
    post("/links/{link}/reject", {"RABF": "404"}, link=("aaaaaaaa", "bbbbbbbb")),
    post("/sources/{source}/accept", {"RF": "404"}, {"word": "x"}, source=("nowhere", "elsewhere")),
)
