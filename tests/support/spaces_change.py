"""Forums and a wiki that change in every way; the same beginning for many tests, and what they hold in the end."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.site import LONG_AGO, Snapshot, body, person
from tests.support.spaces import Spaces, spaces

Held = dict[str, dict[str, Any]]
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


def begin(setup: Spaces, *targets: str) -> None:
    """The login and these targets, under names that outlast their ports; Dora is there, too."""
    setup.only("login", *targets)
    for name, told in setup.wish.targets.items():
        told["server"] = f"the-{name}"
    setup.wish.add(person("Dora", "pg-sensorik"))
    setup.wish.policy["guards"] = {"removed_edges": {"share": 1.0}}  # of so small a network


def wish_anew(setup: Spaces) -> None:
    """A body and an account made, a body renamed, another archived; somebody joins, leaves, goes for good."""
    people, bodies = setup.wish.people, setup.wish.bodies
    setup.wish.add(body("pg-ki", "KI"), person("Gerd", {"id": "pg-ki", "role": "moderator"}))
    people["p-anna"]["bodies"].append("pg-ki")
    people["p-ben"] |= {"family_name": "Berg", "email": "ben.neu@bretten.example"}
    people["p-dora"]["leaves"] = LONG_AGO
    bodies["pg-sensorik"]["name"] = "Sensorik und Daten"
    bodies["pg-lora"]["archived"] = LONG_AGO


@dataclass(frozen=True)
class Known:
    """An installation's folder after the first sync of some targets, and what the servers held."""

    folder: Path
    targets: tuple[str, ...]
    held: Held


def first_sync(folder: Path, *targets: str) -> Known:
    with spaces(folder) as setup:
        begin(setup, *targets)
        setup.apply()
        return Known(folder, targets, deepcopy({name: _state(place) for name, place in _places(setup).items()}))


@contextmanager
def another(folder: Path, known: Known) -> Iterator[Spaces]:
    """An installation and its servers as they stood before `wish_anew`, which is wished for now."""
    shutil.copytree(known.folder, folder, dirs_exist_ok=True)
    with spaces(folder) as setup:
        begin(setup, *known.targets)
        places = _places(setup)
        for name, state in deepcopy(known.held).items():
            for field, value in state.items():
                setattr(places[name], field, value)
        setup.clock.sleep(3600.0)  # nothing is made in the moment in which something was
        wish_anew(setup)
        for log in setup.logs:
            log.clear()
        yield setup


def _places(setup: Spaces) -> dict[str, object]:
    return {
        "login": setup.keycloak.realm,
        "forum": setup.forum.world,
        "board": setup.board.world,
        "wiki pages": setup.wiki.pages,
        "wiki rights": setup.wiki.acl,
    }


def _state(place: object) -> dict[str, Any]:
    """What can be copied of it: neither clocks nor methods."""
    return {name: value for name, value in vars(place).items() if not callable(value) and not _is_clock(value)}


def _is_clock(value: object) -> bool:
    return hasattr(value, "monotonic")


def snapshot(setup: Spaces) -> Snapshot:
    """All that both forums and the wiki hold, without what they count and where they listen."""
    return {"forum": _forum(setup), "board": _board(setup), "wiki": _wiki(setup)}


def _plain(text: str) -> str:
    lines = [line for line in _ADDRESS.sub("", text).splitlines() if "* epoch " not in line]
    return "\n".join(lines)


def _logins(setup: Spaces, ties: Mapping[str, str]) -> list[str]:
    """Who logs in with it, by name: ids are drawn."""
    return [setup.keycloak.realm.users[login].username for login in ties.values() if login]


def _forum(setup: Spaces) -> Snapshot:
    world = setup.forum.world
    called = {one.id: one.name for one in world.categories.values()}
    groups = {one.id: one.name for one in world.groups.values()}
    return {
        "users": {
            one.username: (one.email, one.name, one.suspended_till is None, _logins(setup, one.associations))
            for one in world.users.values()
        },
        "groups": sorted(
            (one.name, one.full_name, sorted(world.users[at].username for at in one.members))
            for one in world.groups.values()
        ),
        "categories": sorted(
            (
                one.name,
                called.get(one.parent or 0),
                one.read_restricted,
                sorted((groups[at], right) for at, right in one.permissions.items()),
                sorted(groups[at] for at in one.moderating),
            )
            for one in world.categories.values()
        ),
        "topics": sorted(
            (called[one.category], one.title, _plain(one.raw), one.pinned) for one in world.topics.values()
        ),
    }


def _board(setup: Spaces) -> Snapshot:
    world = setup.board.world
    called = {one.cid: one.fields["name"] for one in world.categories.values()}
    return {
        "users": {
            one.username: (one.email, one.fullname, one.banned, _logins(setup, one.more))
            for one in world.users.values()
        },
        "groups": {
            one.name: (one.description, one.hidden, sorted(world.users[at].username for at in one.members))
            for one in world.groups.values()
        },
        "categories": sorted(
            (
                one.fields["name"],
                called.get(one.parent),
                one.disabled,
                sorted((right, sorted(who)) for right, who in one.privileges.items() if who),
            )
            for one in world.categories.values()
        ),
        "topics": sorted(
            (called[one.cid], one.title, _plain(one.content), one.pinned) for one in world.topics.values()
        ),
    }


def _wiki(setup: Spaces) -> Snapshot:
    pages = {page: _plain(text) for page, text in setup.wiki.pages.texts.items()}
    closed = {scope for scope, who, level in setup.wiki.acl.lines if who == "@ALL" and not level}
    granted = sorted(line for line in setup.wiki.acl.lines if line[2])  # who is in @ALL alone needs no line
    return {"pages": pages, "closed": closed, "granted": granted}
