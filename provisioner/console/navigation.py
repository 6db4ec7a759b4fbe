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
    ("alerts", Right.ALERTS),
    ("sensors", Right.ALERTS),
    ("overview", Right.OVERVIEW),
    ("people", Right.PEOPLE),
    ("matrix", Right.MATRIX),
    ("plan", Right.PLAN),
    ("history", Right.HISTORY),
    ("audit", Right.AUDIT),
    ("letters", Right.LETTERS),
    ("links", Right.LINKS),
    ("senders", Right.SENDERS),
    ("safety", Right.SAFETY),
)

_FOR_ALL: Final = ("me", "join", "requests", "bodies", "alerts", "sensors")
_OF_THE_BRIDGE: Final = frozenset({"alerts", "sensors", "senders"})
"""Only where the settings have one."""
CODES: Final = tuple(dict.fromkeys((*_FOR_ALL, *(code for code, _ in _BY_RIGHT))))
"""Also the first part of each page's path."""
GROUPS: Final = ("all", "running")
"""Of entries: ``nav_group_<group>`` in the texts."""


def navigation(visit: "Visit") -> dict[str, list[Entry]]:
    """By group: what everybody does, and what keeps the network running.

    Nothing for who is not logged in, or did not register yet.
    """
    viewer = visit.viewer
    if viewer is None or viewer.newcomer_address is not None:
        return {}
    codes = ["me"] if viewer.person is not None else []
    if visit.may(Right.JOIN):
        codes.append("join")
    if viewer.moderates or viewer.administers or viewer.ranger:
        codes.append("requests")
    there_is = visit.network.site.section.bridge is not None
    codes += [code for code, right in _BY_RIGHT if visit.may(right) and (there_is or code not in _OF_THE_BRIDGE)]
    below = visit.request.url.path.removeprefix(visit.network.base)
    entries = [
        Entry(code, visit.network.path(code), below == f"/{code}" or below.startswith(f"/{code}/")) for code in codes
    ]
    found = {
        "all": [one for one in entries if one.code in _FOR_ALL],
        "running": [one for one in entries if one.code not in _FOR_ALL],
    }
    return {group: members for group, members in found.items() if members}
