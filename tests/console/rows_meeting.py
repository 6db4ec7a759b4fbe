"""The routes of meetings: rooms, guests, keys, feeds."""

from typing import Final

from tests.support.console_rows import A_BODY, A_GUEST, EVERYBODY, Row, get, post

NOT_THERE: Final = ("0" * 64, "1" * 64)

ROWS: Final[tuple[Row, ...]] = (
    # Whoever belongs to it enters; others are told how to join, guests of the network only where they belong.
    get("/join/{body}", {"MmG": "meet", "RKABOnF": "403"}, body=A_BODY),
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
