"""The routes of meetings: rooms, guests, keys, feeds."""

from typing import Final

from tests.support.console_rows import A_BODY, Row, get

ROWS: Final[tuple[Row, ...]] = (
    # Whoever belongs to it enters; others are told how to join, guests of the network only where they belong.
    get("/join/{body}", {"MmG": "meet", "RKABOnF": "403"}, body=A_BODY),
)
