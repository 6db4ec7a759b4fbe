"""A connector on an emulated Discourse, an installation with one, and a stranger who reads after every write."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import requests
from pydantic import SecretStr

from connectors.discourse.connector import DiscourseConnector
from connectors.discourse.emulator import KEY, USER, DiscourseEmulator
from connectors.discourse.settings import DiscourseSettings
from connectors.keycloak.emulator import KeycloakEmulator
from connectors.kit.bench import TARGET, Bench
from provisioner.emulation import VirtualClock
from provisioner.emulation.log import LogEntry
from provisioner.model.ports import Wiring
from provisioner.model.resources import EdgeRole, Kind, ResourceId
from provisioner.transport.gate import WriteGate
from provisioner.transport.ledger import MemoryRates, RateLedger
from tests.support.site import Installation, body, new_cloud, person

READER, WRITER, MANAGER = EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER
FORUM: Final = frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.FORUM_CATEGORY})


def account(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def group(key: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{key}")


def category(key: str) -> ResourceId:
    """Of a body, or ("bodies:project") of what stands above those."""
    return ResourceId(Kind.FORUM_CATEGORY, key if key.startswith("bodies:") else f"body:{key}")


def settings(emulator: DiscourseEmulator, **more: Any) -> DiscourseSettings:
    return DiscourseSettings(url=emulator.url, token=SecretStr(KEY), **more)


class Forum(Bench):
    """A connector on the emulator, and the few words that tests need."""

    def __init__(self, emulator: DiscourseEmulator, **more: Any) -> None:
        self.settings = settings(emulator, **more)
        super().__init__(lambda target, wiring: DiscourseConnector(target, self.settings, wiring), emulator.clock)
        self.emulator = emulator
        self.world = emulator.world

    def another(self) -> "Forum":
        """Somebody else with a connector to the same forum, who knows what is there by now."""
        other = Forum(self.emulator)
        other.ids = dict(self.ids)
        return other

    def person(self, key: str, **more: Any) -> ResourceId:
        """An account, made."""
        fields = {"display_name": key.capitalize(), "email": f"{key}@stadt.example", "enabled": True}
        self.apply(self.create(account(key), f"{key}.muster", {**fields, "login_id": f"sub-{key}", **more}))
        return account(key)

    def circle(self, key: str, *people: str, name: str = "") -> ResourceId:
        """A group, made, with its members."""
        self.apply(self.create(group(key), name or f"PG_{key}", {"display_name": f"Projektgruppe {key}"}))
        if people:
            self.apply(self.join(group(key), name or f"PG_{key}", *(account(one) for one in people)))
        return group(key)

    def place(
        self, key: str, *, parent: str = "", open_: bool = False, name: str = "", **roles: Sequence[str]
    ) -> ResourceId:
        """A category with groups in their roles (``reader=["lora"]``), made in one step."""
        called = name or f"PG {key}"
        fields = {"parent": parent, "open": open_}
        joins = [
            self.join(category(key), called, *(group(one) for one in groups), role=EdgeRole(role))
            for role, groups in roles.items()
        ]
        self.apply(self.create(category(key), called, fields), *joins)  # type: ignore[arg-type]
        return category(key)

    def rights(self, key: str) -> dict[str, int]:
        """Group's name → right, as the server has it."""
        held = self.world.categories[int(self.ids[category(key)])]
        return {self.world.name_of(self.world.groups[one]): right for one, right in held.permissions.items()}


@contextmanager
def forum(**more: Any) -> Iterator[Forum]:
    """On an emulator of its own, without its limit."""
    with DiscourseEmulator() as emulator:
        emulator.world.site.per_minute = None
        with Forum(emulator, **more) as bench:
            yield bench


def paced(emulator: DiscourseEmulator, **more: Any) -> DiscourseConnector:
    """A connector that waits for its turn by the emulator's clock, as in a run."""
    given = settings(emulator, **more)
    ledger = RateLedger(MemoryRates(), given.identity(), given.user, emulator.clock)
    return DiscourseConnector(TARGET, given, Wiring(WriteGate(), emulator.clock, ledger))


class Stranger:
    """Reads all that somebody without an account, and somebody with one, is shown, after every single write."""

    def __init__(self, emulator: DiscourseEmulator, *members: str) -> None:
        """``members``: usernames of people who are in none of the groups; each has a key of their own."""
        self._emulator = emulator
        self.seen: set[str] = set()
        """Names and texts of categories that were ever shown to any of them."""
        self.looks = 0
        for name in members:
            emulator.keys[f"key-of-{name}"] = name
        self._logins: list[dict[str, str]] = [{}, *({"Api-Key": f"key-of-{name}"} for name in members)]
        emulator.log.hook = self._after

    def _after(self, entry: LogEntry) -> None:
        if not entry.write:
            return
        hook, self._emulator.log.hook = self._emulator.log.hook, None
        try:
            for login in self._logins:
                self._look(partial(_get, self._emulator.url, login))
        finally:
            self._emulator.log.hook = hook
        self.looks += 1

    def _look(self, get: Callable[[str], Any]) -> None:
        listed = get("/categories.json?include_subcategories=true")
        for entry in (listed or {}).get("category_list", {}).get("categories", []):
            self.seen |= {entry["name"], *(one["name"] for one in entry.get("subcategory_list", []))}
        world = self._emulator.world
        for number in list(world.categories):
            shown = get(f"/c/{number}/show.json")
            self.seen |= {shown["category"]["name"]} if shown else set()
        for number in list(world.topics):
            shown = get(f"/t/{number}.json")
            self.seen |= {shown["title"]} if shown else set()


def _get(url: str, login: dict[str, str], path: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{url}{path}", headers=login, timeout=30)
        return answer.json() if answer.ok else None


class ForumSetup(Installation):
    """Targets "login" (Keycloak) and "forum" (Discourse); two project groups with Anna, Ben and Cleo."""

    def __init__(self, folder: Path, keycloak: KeycloakEmulator, emulator: DiscourseEmulator) -> None:
        super().__init__(folder, new_cloud(emulator.clock))  # type: ignore[arg-type]
        self.keycloak, self.forum = keycloak, emulator
        self.wish.targets = {
            "login": {"connector": "keycloak", "url": keycloak.url, **keycloak.credentials, **keycloak.settings},
            "forum": {
                "connector": "discourse",
                "url": emulator.url,
                "user": USER,
                "token": KEY,
                "welcomes": False,
            },
        }
        self.wish.policy["login"] = {"required_actions": []}
        self.wish.add(
            body("pg-sensorik", "Sensorik"),
            body("pg-lora", "LoRaWAN"),
            person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
            person("Cleo", "pg-lora"),
        )

    def target(self, **more: object) -> dict[str, Any]:
        """None on a Nextcloud: it is not started."""
        return dict(more)


@contextmanager
def forum_setup(folder: Path) -> Iterator[ForumSetup]:
    """Both servers running, on one clock."""
    clock = VirtualClock()
    with KeycloakEmulator(clock=clock) as keycloak, DiscourseEmulator(clock=clock) as emulator:
        emulator.world.site.send_welcome_message = False
        yield ForumSetup(folder, keycloak, emulator)
