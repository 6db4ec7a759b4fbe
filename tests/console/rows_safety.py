"""Who may open the safety page: see `tests/console/test_routes_table.py`."""

from typing import Final

from tests.support.console_rows import Row, get

ROWS: Final[tuple[Row, ...]] = (get("/safety", {"RKF": "200"}),)
