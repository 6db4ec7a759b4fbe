"""An installation with a login, two forums of either product, and a wiki: all on loopback, on one clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.discourse.emulation.state import User as DiscourseUser
from connectors.discourse.emulator import DiscourseEmulator
from connectors.dokuwiki.emulator import DokuwikiEmulator
from connectors.keycloak.emulator import KeycloakEmulator
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nodebb.emulation.state import Category as NodeBBCategory
from connectors.nodebb.emulation.state import User as NodeBBUser
from connectors.nodebb.emulator import NodeBBEmulator
from provisioner.emulation import RequestLog, VirtualClock
from tests.support.killing import Server
from tests.support.site import Installation, body, new_cloud, person

TARGETS = ("login", "forum", "board", "wiki")


class Spaces(Installation):
    """Targets "login" (Keycloak), "forum" (Discourse), "board" (NodeBB) and "wiki" (DokuWiki).

    Anna leads LoRaWAN and is in Sensorik, as Ben is; Cleo is in LoRaWAN. Nothing is applied yet.
    """

    def __init__(
        self,
        folder: Path,
        cloud: NextcloudEmulator,
        keycloak: KeycloakEmulator,
        forum: DiscourseEmulator,
        board: NodeBBEmulator,
        wiki: DokuwikiEmulator,
    ) -> None:
        super().__init__(folder, cloud)
        self.keycloak, self.forum, self.board, self.wiki = keycloak, forum, board, wiki
        self.wish.targets = {
            "login": {"connector": "keycloak", "url": keycloak.url, **keycloak.credentials, **keycloak.settings},
            "forum": {"connector": "discourse", "url": forum.url, "token": forum.credentials.token},
            "board": {"connector": "nodebb", "url": board.url, "token": board.credentials.token, **board.settings},
            "wiki": {"connector": "dokuwiki", "url": wiki.url, "token": wiki.credentials.token},
        }
        self.wish.targets["forum"] |= {"welcomes": False}
        self.wish.policy = {"login": {"required_actions": []}}
        self.wish.add(
            body("pg-sensorik", "Sensorik"),
            body("pg-lora", "LoRaWAN"),
            person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
            person("Cleo", "pg-lora"),
        )

    @property
    def servers(self) -> dict[str, Server]:
        """By the target's name."""
        every: dict[str, Server] = {
            "login": self.keycloak,
            "forum": self.forum,
            "board": self.board,
            "wiki": self.wiki,
        }
        return {name: every[name] for name in self.wish.targets}

    @property
    def logs(self) -> list[RequestLog]:
        return [server.log for server in self.servers.values()]

    def only(self, *targets: str) -> None:
        """Have no other targets: tests of one are quicker without the rest."""
        self.wish.targets = {name: told for name, told in self.wish.targets.items() if name in targets}

    def sub(self, username: str) -> str:
        """By which id the login knows somebody."""
        return self.keycloak.user(username).id

    def discourse_user(self, username: str) -> DiscourseUser:
        """Raises AssertionError where nobody has this name."""
        found = self.forum.world.user_named(username)
        assert found is not None, username
        return found

    def nodebb_user(self, username: str) -> NodeBBUser:
        """Raises AssertionError where nobody has this name."""
        found = self.board.world.user_named(username)
        assert found is not None, username
        return found

    def nodebb_category(self, name: str) -> NodeBBCategory:
        """The only one of this name."""
        [found] = [one for one in self.board.world.categories.values() if one.fields["name"] == name]
        return found

    def changes(self, *words: str) -> list[tuple[str, str, str]]:
        """(target, verb, kind/key) of each planned change."""
        ran = self.run("plan", *words, "--json")
        return [
            (part["target"], change["verb"], f"{change['kind']}/{change['id']}")
            for part in ran.json["targets"]
            for change in part["changes"]
        ]


@contextmanager
def spaces(folder: Path) -> Iterator[Spaces]:
    """All servers running, and a Nextcloud that is no target."""
    clock = VirtualClock()
    with (
        new_cloud(clock) as cloud,
        KeycloakEmulator(clock=clock) as keycloak,
        DiscourseEmulator(clock=clock) as forum,
        NodeBBEmulator(clock=clock) as board,
        DokuwikiEmulator(clock=clock) as wiki,
    ):
        forum.world.site.send_welcome_message = False
        yield Spaces(folder, cloud, keycloak, forum, board, wiki)


def categories(installation: Spaces) -> dict[str, dict[str, Any]]:
    """By target: name → lasting number of every category that is there."""
    discourse = {one.name: one.id for one in installation.forum.world.categories.values()}
    nodebb = {str(one.fields["name"]): one.cid for one in installation.board.world.categories.values()}
    return {"forum": discourse, "board": nodebb}
