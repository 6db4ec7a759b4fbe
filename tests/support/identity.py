"""An installation with a login, a Nextcloud behind it and mailing lists, and people whom two sources bring."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.keycloak.emulator import KeycloakEmulator
from connectors.mailman.emulator import SERVICE as RESTADMIN
from connectors.mailman.emulator import MailmanEmulator
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import RequestLog, VirtualClock
from tests.support.killing import Server
from tests.support.logins import SAFE, LoginSetup, cloud_of_a_login
from tests.support.site import Snapshot, snapshot
from tests.support.sources import Handmade, somebody, use

AD, STAFF = "bretten-ad", "ettlingen-personal"
"""A directory made by hand, and a list of a personnel office."""

_HEADER = "Personalnummer;Vorname;Nachname;E-Mail\n"


class Identity(LoginSetup):
    """Targets "login" (Keycloak), "cloud" and "lists" (Mailman), all of whose containers are written by us."""

    def __init__(
        self, folder: Path, cloud: NextcloudEmulator, keycloak: KeycloakEmulator, lists: MailmanEmulator
    ) -> None:
        super().__init__(folder, cloud, keycloak)
        self.lists = lists
        self.directory = Handmade()
        self.source_types = dict(self.directory.types)
        self.wish.targets["lists"] = {
            "connector": "mailman",
            "url": lists.url,
            "password": RESTADMIN[1],
            "domain": lists.domain,
        }
        self.wish.targets["cloud"] |= {"team_folders": False, "conversations": False}
        self.wish.cities["ettlingen"] = "Stadt Ettlingen"

    @property
    def servers(self) -> dict[str, Server]:
        """By the target's name."""
        return {"login": self.keycloak, "cloud": self.cloud, "lists": self.lists}

    @property
    def logs(self) -> list[RequestLog]:
        return [server.log for server in self.servers.values()]

    def without_cloud(self) -> None:
        """Tests of the other two targets are quicker without it."""
        del self.wish.targets["cloud"]

    def use_directory(self, *people: tuple[str, str], **more: Any) -> None:
        """Bretten's directory has these ("k1", "Änne Müßig"), who are all in the network."""
        self.directory.put(*(somebody(key, name) for key, name in people))
        use(self.wish, AD, brings="everybody", **more)

    def use_staff(self, *rows: str, **more: Any) -> None:
        """Ettlingen's list has these rows ("4711;Änne;Müßig;a@ettlingen.example"), who are all in the network."""
        self.write_staff(*rows)
        self.wish.sources[STAFF] = {
            "source": "csv",
            "organisation": "ettlingen",
            "brings": "everybody",
            "csv_file": "staff.csv",
            "key": "Personalnummer",
            **more,
        }

    def write_staff(self, *rows: str) -> None:
        """What is in Ettlingen's list from now on."""
        text = _HEADER + "".join(f"{row}\n" for row in rows)
        (self.folder / "staff.csv").write_bytes(text.encode("windows-1252"))

    def on(self, name: str, role: str = "member") -> list[str]:
        """Who is on a list, without what stands behind the @."""
        found = self.lists.world.find(f"{name}.{self.lists.domain}", role)
        return [one.address.email.partition("@")[0] for one in found]

    def in_group(self, name: str) -> set[str]:
        """Who is in a group of ours at the login."""
        group = self.keycloak.group(f"/{self.keycloak.parent_group}/{name}")
        return {user.username for user in self.keycloak.realm.members(group.id)}

    def clear_logs(self) -> None:
        for log in self.logs:
            log.clear()

    def all_writes(self) -> list[tuple[str, str]]:
        """(method, path) of every write at every target."""
        return [(entry.method, entry.path) for log in self.logs for entry in log.writes]

    def nothing_to_do(self) -> bool:
        ran = self.run("plan")
        assert ran.code == 0, ran.all
        return True


def state_of(identity: Identity) -> dict[str, Snapshot]:
    """All that the three servers hold, without ids that they drew."""
    return {"cloud": snapshot(identity.cloud), "login": realm_of(identity.keycloak), "lists": lists_of(identity.lists)}


def realm_of(keycloak: KeycloakEmulator) -> Snapshot:
    """Users, groups and roles of a realm; without how far the last run came."""
    realm = keycloak.realm
    return {
        "users": {
            user.username: (
                (user.first_name, user.last_name, user.email, user.email_verified, user.enabled),
                dict(user.attributes),
                sorted(user.required_actions),
                {alias: link.user_id for alias, link in user.links.items()},
                sorted(realm.path(group) for group in realm.groups_of(user)),
                sorted(realm.roles[role].name for role in user.roles),
            )
            for user in realm.users.values()
        },
        "groups": {
            realm.path(group): (
                group.description,
                {name: value for name, value in group.attributes.items() if name != "readi-epoch"},
            )
            for group in realm.groups.values()
        },
        "roles": sorted(role.name for role in realm.roles.values()),
    }


def lists_of(mailman: MailmanEmulator) -> Snapshot:
    """Lists, addresses with their users' names, and who is on what."""
    world = mailman.world
    with mailman.lock:
        return {
            "lists": {
                one.id: {name: value for name, value in (one.config or {}).items() if name != "created_at"}
                for one in world.lists.values()
            },
            "addresses": {
                one.email: (one.display_name, one.user.display_name if one.user else None, bool(one.verified_on))
                for one in world.addresses.values()
            },
            "members": [(one.list_id, one.role, one.address.email, one.delivery_status) for one in world.find()],
            "users": len(world.users),
        }


@contextmanager
def identity(folder: Path) -> Iterator[Identity]:
    """All three servers running; Anna, Ben and Cleo in two project groups, not yet applied."""
    clock = VirtualClock()
    with (
        cloud_of_a_login(clock, **SAFE) as cloud,
        KeycloakEmulator(clock=clock) as keycloak,
        MailmanEmulator(clock=clock) as lists,
    ):
        yield Identity(folder, cloud, keycloak, lists)
