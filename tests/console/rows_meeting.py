"""The routes of meetings: rooms, guests, keys, feeds."""

from typing import Final

from tests.support.console_rows import (
    A_BODY,
    A_GUEST,
    A_ROOM,
    AN_INVITATION,
    BODY,
    EVERYBODY,
    INSIDE,
    ONLY_THERE_BODY,
    Row,
    get,
    post,
)

GUESTS: Final = "/bodies/pg-sensorik/guests"
NOT_THERE: Final = ("0" * 64, "1" * 64)

ROWS: Final[tuple[Row, ...]] = (
    # Whoever belongs to it enters; others are told how to join, guests of the network only where they belong.
    get("/join/{body}", {"MmG": "meet", "RKABOnF": "403"}, body=A_BODY),
    Row(
        "GET",
        "/join/{body}/{series}",
        {"MmG": "meet", "RKABOnF": "403"},
        {"body": BODY, "series": "jf"},
        {"body": ONLY_THERE_BODY},
    ),
    get("/rooms/{room}", {"MmG": "meet", "RKABOnF": "403"}, room=A_ROOM),
    get("/bodies/{body}/guests", {"RMF": "200"}, body=A_BODY),
    post("/bodies/{body}/guests/invite", {"RMF": "200"}, {"name": "Gerda Gast", "days": "7"}, body=A_BODY),
    post("/bodies/{body}/guests/open", {"RMF": GUESTS}, {"title": "Angebot", "hours": "2"}, body=A_BODY),
    post("/bodies/{body}/guests/{room}/close", {"RMF": GUESTS}, body=A_BODY, room=A_ROOM),
    post("/bodies/{body}/guests/{invitation}/withdraw", {"RMF": GUESTS}, body=A_BODY, invitation=AN_INVITATION),
    get("/me/calendar", {INSIDE: "200"}),
    post("/me/calendar", {INSIDE: "200"}),
    post("/me/calendar/end", {INSIDE: "/me/calendar"}),
    get("/feed/{word}.ics", {EVERYBODY: "404"}, word=("unknown", "unknown-too")),
    # Of a room that there is not nobody hears anything.
    get("/room", {"RKABMOmnGF": "404"}),
    # Whoever has a guest's link is that guest, wherever they are logged in.
    get("/guest/{word}", {EVERYBODY: "200"}, word=A_GUEST),
    post("/guest/{word}", {EVERYBODY: "meet"}, word=A_GUEST),
    get("/guest/{word}", {EVERYBODY: "410"}, word=("unknown", "unknown-too")),
    post("/guest/{word}", {EVERYBODY: "410"}, word=("unknown", "unknown-too")),
    # Public halves of keys are for everybody; with a secret there are none.
    get("/keys/jwks.json", {EVERYBODY: "200"}),
    get("/keys/{digest}.pem", {EVERYBODY: "404"}, digest=NOT_THERE),
)
