"""Pictures of the console's pages, the same whenever they are taken: ``scripts/screenshots`` puts them into docs.

The example network on a Monday morning, in German; on a desk, and what people do on the way also on a telephone.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioner.model.registry import Role
from tests.browser.pages import places_of_template, templates_of
from tests.browser.small import small
from tests.support.browser import PHONE, WIDE, Chromium, visit
from tests.support.served import NEWCOMER, NOBODY, Lived, lived

FOLDER: Final = Path(__file__).parents[2] / "docs" / "images" / "console"
_HEIGHTS: Final = {WIDE: 860, PHONE: 844}


@dataclass(frozen=True, slots=True)
class Shot:
    """A page as somebody sees it. ``index``: which of the things it can be about."""

    name: str
    who: str
    phone: bool = False
    index: int = 0


RANGER, ADMINISTRATOR, MODERATOR, MEMBER = (
    str(role) for role in (Role.RANGER, Role.CITY_ADMINISTRATOR, Role.MODERATOR, Role.MEMBER)
)
SHOTS: Final[Mapping[str, Shot]] = {
    "/login": Shot("login", NOBODY, phone=True),
    "/link/{word}": Shot("link", NOBODY, phone=True),
    "/register": Shot("register", NEWCOMER, phone=True),
    "/privacy": Shot("privacy", NOBODY),
    "/join": Shot("join", MEMBER, phone=True),
    "/bodies/{body}/ask": Shot("ask", str(Role.COORDINATOR)),
    "/bodies/{body}/leave": Shot("leave", MODERATOR),
    "/me": Shot("me", MODERATOR, phone=True),
    "/me/data": Shot("me-data", MEMBER),
    "/me/calendar": Shot("me-calendar", MEMBER),
    "/guest/{word}": Shot("guest", NOBODY, phone=True),
    "/bodies/{body}/guests": Shot("guests", MODERATOR),
    "/requests": Shot("requests", MODERATOR, phone=True),
    "/requests/{request}": Shot("request", MODERATOR, phone=True),
    "/bodies/{body}/members": Shot("members", MODERATOR),
    "/bodies/{body}/confirm": Shot("confirm", MODERATOR, phone=True),
    "/bodies/{body}/mail": Shot("mail", MODERATOR),
    "/bodies": Shot("bodies", MEMBER),
    "/bodies/{identity}": Shot("body", MODERATOR, phone=True),
    "/bodies/new": Shot("body-new", RANGER, phone=True),
    "/bodies/{body}/progress": Shot("body-progress", RANGER),
    "/bodies/{identity}/change": Shot("body-change", RANGER),
    "/overview": Shot("overview", RANGER, phone=True),
    "/progress": Shot("progress", RANGER),
    "/mistakes": Shot("mistakes", RANGER),
    "/people": Shot("people", RANGER, phone=True),
    "/people/{identity}": Shot("person", RANGER),
    "/leavers": Shot("leavers", RANGER),
    "/matrix": Shot("matrix", RANGER),
    "/plan": Shot("plan", RANGER, phone=True),
    "/plans/{digest}": Shot("plan-saved", RANGER),
    "/plans/{digest}/changes/{change}": Shot("plan-change", RANGER),
    "/figures": Shot("figures", RANGER),
    "/history": Shot("history", RANGER),
    "/history/{run}": Shot("run", RANGER, index=1),
    "/audit": Shot("audit", RANGER),
    "/letters": Shot("letters", RANGER),
    "/links": Shot("sources", RANGER),
    "/safety": Shot("safety", RANGER),
    "/alerts": Shot("alerts", RANGER, phone=True),
    "/alerts/{alert}": Shot("alert", RANGER, phone=True),
    "/alerts/history": Shot("alerts-history", RANGER),
    "/sensors": Shot("sensors", RANGER, phone=True),
    "/senders": Shot("senders", RANGER),
}
"""By the page's path."""

WITHOUT: Final = frozenset({"/", "/me/progress", "/join/{body}"})
"""They only lead to others."""


def files_of(shot: Shot) -> Iterator[tuple[str, int]]:
    """Names of its pictures, with their widths."""
    yield f"{shot.name}.png", WIDE
    if shot.phone:
        yield f"{shot.name}-phone.png", PHONE


def take(example: Lived, chromium: Chromium, folder: Path) -> None:
    """Take all of them. In the browser's thread."""
    folder.mkdir(parents=True, exist_ok=True)
    for template in templates_of(example):
        if template in WITHOUT:
            continue
        shot = SHOTS[template]
        path = places_of_template(example, template)[shot.index]
        for name, width in files_of(shot):
            with visit(chromium, example.origin, example.cookies(shot.who), width=width) as visited:
                visited.resize(width, _HEIGHTS[width])
                status = visited.go(path)
                assert (status, visited.path) == (200, path), f"{path}: {status}, {visited.path}"
                picture = visited.page.screenshot(scale="css", animations="disabled", caret="hide")
                visited.page.goto("about:blank")  # where no policy forbids what makes it small
                (folder / name).write_bytes(small(visited.page, picture))


def main() -> None:
    """Into docs/images/console, or the folder that is named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with lived() as example, Chromium() as chromium:
        chromium.call(lambda: take(example, chromium, folder))
    sys.stdout.write(f"{len(list(folder.glob('*.png')))} pictures in {folder}\n")


if __name__ == "__main__":
    main()
