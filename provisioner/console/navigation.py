"""Where whoever visits can go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.lifecycle.rights import Right

if TYPE_CHECKING:
    from provisioner.console.deps import Visit


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the navigation. ``code``: ``nav_<code>`` in the texts."""

    code: str
    path: str
    here: bool
    """It is the page that is shown, or one below it."""


_BY_RIGHT: Final = (
    ("bodies", Right.BODIES),
    ("overview", Right.OVERVIEW),
    ("people", Right.PEOPLE),
    ("matrix", Right.MATRIX),
    ("plan", Right.PLAN),
    ("history", Right.HISTORY),
    ("audit", Right.AUDIT),
    ("letters", Right.LETTERS),
    ("links", Right.LINKS),
    ("safety", Right.SAFETY),
)

CODES: Final = ("me", "join", "requests", *(code for code, _ in _BY_RIGHT))
"""Also the first part of each page's path."""


def navigation(visit: "Visit") -> list[Entry]:
    """Nothing for who is not logged in, or did not register yet."""
    viewer = visit.viewer
    if viewer is None or viewer.newcomer_address is not None:
        return []
    codes = ["me"] if viewer.person is not None else []
    if visit.may(Right.JOIN):
        codes.append("join")
    if viewer.moderates or viewer.administers or viewer.ranger:
        codes.append("requests")
    codes += [code for code, right in _BY_RIGHT if visit.may(right)]
    below = visit.request.url.path.removeprefix(visit.network.base)
    return [
        Entry(code, visit.network.path(code), below == f"/{code}" or below.startswith(f"/{code}/")) for code in codes
    ]
