"""A small network at a login and on mailing lists that changes in every way; the same beginning for many tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from tests.support.identity import Identity, identity, lists_of, realm_of
from tests.support.site import LONG_AGO, Snapshot, body, person


def begin(setup: Identity) -> None:
    """Keycloak and Mailman alone; Emil has left once."""
    setup.without_cloud()
    for name in ("login", "lists"):
        setup.wish.targets[name]["server"] = f"the-{name}"
    setup.wish.add(person("Dora", "pg-sensorik"), person("Emil", "pg-sensorik"))
    setup.keycloak.set_roles("manage-users", "manage-realm")  # roles are made, too
    setup.wish.policy["login"] |= {"roles": {"ranger": "readi-ranger"}}


def wish_anew(setup: Identity) -> None:
    """Every kind of write: a group, a list, an account and a role made, joins, leaves, updates, a farewell."""
    people = setup.wish.people
    setup.wish.add(body("pg-ki", "KI"), person("Gerd", {"id": "pg-ki", "role": "moderator"}, "pg-lora"))
    people["p-anna"] |= {"email": "anna.neu@bretten.example"}
    people["p-anna"]["bodies"].append("pg-ki")
    people["p-ben"] |= {"family_name": "Berg", "roles": ["ranger"]}
    people["p-cleo"]["bodies"] = [{"id": "pg-lora", "until": LONG_AGO}, {"id": "pg-sensorik", "role": "moderator"}]
    people["p-dora"]["leaves"] = LONG_AGO
    setup.wish.bodies["pg-sensorik"]["name"] = "Sensorik und Daten"


@dataclass(frozen=True)
class Known:
    """An installation's folder, and what both servers held."""

    folder: Path
    realm: dict[str, object]
    world: dict[str, object]


PLACES = ("login", "lists")
_OF_REALM = ("users", "groups", "roles", "_usernames", "_emails", "default_role")
_OF_WORLD = ("domains", "lists", "users", "addresses", "members", "pending", "mails", "_count")


def first_sync(folder: Path) -> Known:
    """Everybody is there."""
    with identity(folder) as setup:
        begin(setup)
        setup.apply()
        return Known(folder, *held(setup))


def held(setup: Identity) -> tuple[dict[str, object], dict[str, object]]:
    """Copies of all that both servers hold."""
    realm, world = setup.keycloak.realm, setup.lists.world
    of_realm = {name: getattr(realm, name) for name in _OF_REALM}
    return deepcopy((of_realm, {name: getattr(world, name) for name in _OF_WORLD}))


@contextmanager
def another(folder: Path, known: Known) -> Iterator[Identity]:
    """An installation and its servers as they stood before `wish_anew`, which is wished for now."""
    shutil.copytree(known.folder, folder, dirs_exist_ok=True)
    with identity(folder) as setup:
        begin(setup)
        for place, copy in ((setup.keycloak.realm, known.realm), (setup.lists.world, known.world)):
            for name, value in deepcopy(copy).items():
                setattr(place, name, value)
        wish_anew(setup)
        setup.clear_logs()
        yield setup


@dataclass(frozen=True)
class Undisturbed:
    """What a run without any trouble makes of it, and by which writes at each server."""

    realm: Snapshot
    lists: Snapshot
    writes: dict[str, list[tuple[str, str]]]


def without_trouble(folder: Path, known: Known) -> Undisturbed:
    """The change, undisturbed."""
    with another(folder, known) as setup:
        setup.apply()
        writes = {name: [(each.method, each.path) for each in setup.servers[name].log.writes] for name in PLACES}
        assert setup.nothing_to_do()
        return Undisturbed(realm_of(setup.keycloak), lists_of(setup.lists), writes)


def assert_ends_right(setup: Identity, undisturbed: Undisturbed) -> None:
    """The next run, in this process, brings all to its end; nobody was made twice, and nobody got a mail."""
    setup.apply()
    assert realm_of(setup.keycloak) == undisturbed.realm
    assert lists_of(setup.lists) == undisturbed.lists
    assert setup.nothing_to_do()
    assert setup.run("drift").code == 0
    assert setup.open_entries() == 0
    assert setup.lists.mails == setup.keycloak.mails == []
