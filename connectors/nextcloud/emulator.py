"""Nextcloud 34 on loopback, never kinder than the real server: accounts, calendars, Talk 22, Team folders 22, files.

It answers as the server was observed to (facts and recordings), with its traps: failed creates that still create,
lists that shift, limits that say nothing. What its own faults can do beyond `provisioner.emulation.Faults`:
`faults.mishap("database-lock")` (400/101; the account may exist, without groups), `"database-lock-500"` (500/996,
the same) and `"database-lock-nothing"` (400/101, nothing exists); on all other writes each of them is a 500, in
the words of the app it hits, and nothing happened.

Apps can be switched off (`disable_app`): then their addresses are gone, 404/998 or an empty 404, never an empty list.
Handing files over is not imitated: the server offers it over HTTP to the owner alone, the recipient has to accept,
and a background job does it; for an administrator or a delegated account there is none (observed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal

from connectors.nextcloud.emulation import system
from connectors.nextcloud.emulation.accounts import edit, groups, users
from connectors.nextcloud.emulation.accounts.fields import PasswordPolicy
from connectors.nextcloud.emulation.accounts.state import Accounts, Group, Mail, User
from connectors.nextcloud.emulation.calendars.state import Calendars
from connectors.nextcloud.emulation.calendars.words import ROOT as CALENDARS
from connectors.nextcloud.emulation.calls import ADMIN_GROUP, World
from connectors.nextcloud.emulation.dav.files import ROOT as DAV
from connectors.nextcloud.emulation.dav.files import Dav
from connectors.nextcloud.emulation.door import UNTRUSTED, Door
from connectors.nextcloud.emulation.folders import api as folders
from connectors.nextcloud.emulation.folders.state import Folder, Folders
from connectors.nextcloud.emulation.login import Doorkeeper, RateLimits
from connectors.nextcloud.emulation.oidc import api as oidc_api
from connectors.nextcloud.emulation.oidc.sign_in import Claims, SignedIn, SignIn
from connectors.nextcloud.emulation.oidc.state import Oidc
from connectors.nextcloud.emulation.talk import bots, chat, people, reactions, rooms, settings, shares
from connectors.nextcloud.emulation.talk.events import deliver
from connectors.nextcloud.emulation.talk.state import USERS, Room
from connectors.nextcloud.emulation.talk.talk import Talk
from provisioner.emulation import (
    Credentials,
    Emulator,
    Request,
    Response,
)
from provisioner.model.ports import Clock

PROVISIONERS = "provisioners"
"""The group that a delegated account is in."""

APPS = ("groupfolders", "spreed")
"""The apps that are switched on unless told otherwise. It has a third, "user_oidc"."""

ServiceRights = Literal["admin", "delegated", "none"]


class NextcloudEmulator(Emulator):
    """A Nextcloud with an administrator, and a service account that has the rights asked for.

    `credentials` are those of the service account when there is one, else the administrator's. `users` and
    `groups` may be looked into; an account's fields may be set; memberships change by the methods.
    """

    name: ClassVar[str] = "nextcloud"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
        admin: tuple[str, str] = ("admin", "emulated-Admin-1"),
        service: tuple[str, str] | None = None,
        rights: ServiceRights = "delegated",
        version: int | tuple[int, int, int] = 34,
        password_policy: PasswordPolicy | None = None,
        edit_limit: tuple[int, float] = (50, 600),
        backends: Iterable[str] = ("Database",),
        cold_list: float = 0.0,
        hashing: float = 0.0,
        apps: Iterable[str] = APPS,
    ) -> None:
        super().__init__(clock=clock, latency=latency, port=port, credentials=Credentials(*(service or admin)))
        self.cold_list = cold_list
        """Real seconds that each page of details takes the first time (observed: 13 to 15 s for 500 accounts)."""
        self.hashing = hashing
        """Real seconds to check a password, which each request without a session pays (observed: 0.2 to 1 s)."""
        self._warm: set[str] = set()
        accounts = Accounts(backends)
        doorkeeper = Doorkeeper(accounts, self.clock.monotonic, self._timestamp)
        self.world = World(
            accounts=accounts,
            doorkeeper=doorkeeper,
            limits=RateLimits(self.clock.monotonic),
            now=self._timestamp,
            version=version if isinstance(version, tuple) else (version, 0, 1),
            password_policy=password_policy or PasswordPolicy(),
            edit_limit=edit_limit,
        )
        self.world.apps.update(apps)
        self._door = Door(self.world)
        self._dav = Dav(self.world, self._door.more)
        for room in (system, users, edit, groups, oidc_api):
            room.add_to(self._door.routes)
        for room in (rooms, settings, people, chat, reactions, shares, bots):
            room.add_to(self._door.routes)
        folders.add_to(self._door.pages)
        accounts.add_group(ADMIN_GROUP)
        accounts.add_user(*admin, groups=[ADMIN_GROUP])
        if service is not None:
            accounts.add_group(PROVISIONERS)
            accounts.add_user(*service)
            self.set_rights(service[0], rights)

    # --- looking inside and tampering --------------------------------------------------------------------------

    @property
    def accounts(self) -> Accounts:
        """Accounts and groups, with the plain methods that change them."""
        return self.world.accounts

    @property
    def users(self) -> dict[str, User]:
        """Accounts by id."""
        return self.world.accounts.users

    @property
    def groups(self) -> dict[str, Group]:
        """Groups by id."""
        return self.world.accounts.groups

    @property
    def mails(self) -> list[Mail]:
        """Every message it tried to send."""
        return self.world.mails

    @property
    def folders(self) -> Folders:
        """Team folders, with the plain methods that change them."""
        return self.world.folders

    @property
    def talk(self) -> Talk:
        """Rooms and bots, with the plain methods that change them."""
        return self.world.talk

    @property
    def calendars(self) -> Calendars:
        """Everybody's calendars, with the plain methods that change them."""
        return self.world.calendars

    @property
    def oidc(self) -> Oidc:
        """The app user_oidc: its providers and what config.php says about it."""
        return self.world.oidc

    def sign_in(self, claims: Claims, provider: int = 1) -> SignedIn:
        """Somebody logs in through an identity provider, with these claims in the ID token."""
        with self.lock:
            return SignIn(self.oidc, int(self._timestamp())).at_the_door(self.oidc.providers[provider], claims)

    def bearer_request(self, claims: Claims, provider: int = 1) -> SignedIn:
        """Some client sends a request with an access token that holds these claims."""
        with self.lock:
            return SignIn(self.oidc, int(self._timestamp())).with_a_request(self.oidc.providers[provider], claims)

    def add_room(self, name: str, owner: str, users: Iterable[str] = (), groups: Iterable[str] = ()) -> Room:
        """Make a room behind everybody's back, owned by this account."""
        with self.lock:
            self.talk.actor = ("users", owner)
            room = self.talk.add_room(name, owner)
            self.talk.add_people(room, users, groups)
            return room

    def says(self, user_id: str, token: str, text: str, reply_to: int = 0) -> int:
        """Somebody writes in a room, behind everybody's back; bots hear it. The message's number."""
        with self.lock:
            room = self.talk.rooms[token]
            parent = next((said for said in room.messages if said.id == reply_to), None)
            number = self.talk.say(room, USERS, user_id, text, parent=parent).id
        self._tell_bots()
        return number

    def reacts(self, user_id: str, token: str, message: int, emoji: str = "👍", *, back: bool = False) -> None:
        """Somebody reacts to a message or takes that back, behind everybody's back; bots hear it."""
        with self.lock:
            room = self.talk.rooms[token]
            said = next(said for said in room.messages if said.id == message)
            (self.talk.unreact if back else self.talk.react)(room, said, USERS, user_id, emoji)
        self._tell_bots()

    def disable_app(self, app: str) -> None:
        """Switch an app off: its addresses are gone, what it held is not (observed)."""
        with self.lock:
            self.world.apps.discard(app)

    def enable_app(self, app: str) -> None:
        """Switch an app on again; everything is as it was."""
        with self.lock:
            self.world.apps.add(app)

    def add_folder(self, mount_point: str, groups: Iterable[str] = (), **more: Any) -> Folder:
        """Add a team folder behind everybody's back: `Folders.add` under the lock."""
        with self.lock:
            return self.folders.add(mount_point, groups, **more)

    def add_user(self, user_id: str, password: str = "", **more: Any) -> User:
        """Add an account behind everybody's back: `Accounts.add_user` under the lock."""
        with self.lock:
            return self.accounts.add_user(user_id, password, **more)

    def add_group(self, name: str, display_name: str | None = None, members: Iterable[str] = ()) -> Group:
        """Add a group behind everybody's back."""
        with self.lock:
            return self.accounts.add_group(name, display_name, members)

    def remove_user(self, user_id: str) -> None:
        """Remove an account behind everybody's back."""
        with self.lock:
            self.accounts.remove_user(user_id)

    def remove_group(self, group_id: str) -> None:
        """Remove a group behind everybody's back."""
        with self.lock:
            self.accounts.remove_group(group_id)

    def join(self, user_id: str, *group_ids: str) -> None:
        """Put an account into groups behind everybody's back; missing groups are made."""
        with self.lock:
            for group_id in group_ids:
                self.accounts.join(user_id, group_id)

    def leave(self, user_id: str, *group_ids: str) -> None:
        """Take an account out of groups behind everybody's back."""
        with self.lock:
            for group_id in group_ids:
                self.accounts.leave(user_id, group_id)

    def rename(self, user_id: str, display_name: str) -> None:
        """Change a display name behind everybody's back: the pages of the list shift."""
        with self.lock:
            self.accounts.rename(user_id, display_name)

    def set_email(self, user_id: str, email: str | None) -> None:
        """Change an address behind everybody's back; no mail is sent."""
        with self.lock:
            self.accounts.set_email(user_id, email)

    def rename_group(self, group_id: str, display_name: str) -> None:
        """Change what people see of a group, behind everybody's back."""
        with self.lock:
            self.groups[group_id].display_name = display_name

    def reorder(self) -> None:
        """Turn the order of the list round."""
        with self.lock:
            self.accounts.reorder()

    def set_rights(self, user_id: str, rights: ServiceRights) -> None:
        """Give or take an account's rights, also in the middle of a run."""
        with self.lock:
            for group_id, wanted in ((ADMIN_GROUP, rights == "admin"), (PROVISIONERS, rights == "delegated")):
                if wanted:
                    self.accounts.join(user_id, group_id)
                elif group_id in self.groups:
                    self.accounts.leave(user_id, group_id)

    def app_password(self, user_id: str, token: str | None = None) -> str:
        """Make an app password for an account: it reads, and provisions nothing."""
        with self.lock:
            token = token or f"app-{user_id}-{len(self.world.doorkeeper.app_passwords) + 1:060}"
            self.world.doorkeeper.app_passwords[token] = self.users[user_id].id
            return token

    # --- answering ---------------------------------------------------------------------------------------------

    def _timestamp(self) -> float:
        return self.clock.now().timestamp()

    def chill(self) -> None:
        """Make all lists cold again, as a restart or a cleared cache does."""
        with self.lock:
            self._warm.clear()

    def delay(self, request: Request) -> float:
        """The latency, the checking of a password, and for a cold page of details the time to warm it."""
        wait = self.latency
        with self.lock:
            if self.hashing > 0 and "authorization" in request.headers and not self.world.doorkeeper.knows(request):
                wait += self.hashing
            if self.cold_list > 0 and request.raw_path.endswith("/cloud/users/details"):
                wait += 0.0 if request.target in self._warm else self.cold_list
                self._warm.add(request.target)
        return wait

    def afterwards(self) -> Callable[[], None] | None:
        """Talk calls its bots before it answers (observed): who is slow there makes people wait."""
        calls, self.talk.calls = self.talk.calls, []
        if not calls:
            return None
        backend = self.talk.backend or f"{self.url}/"
        return lambda: deliver(calls, backend)

    def _tell_bots(self) -> None:
        with self.lock:
            work = self.afterwards()
        if work is not None:
            work()

    def handle(self, request: Request) -> Response:
        """Answer as the server does, from the host name inwards."""
        if request.headers.get("host", "").partition(":")[0] not in {"127.0.0.1", "localhost"}:
            return Response.html(UNTRUSTED, 400)
        path = request.path
        if path == "/status.php":
            answer = Response.json(system.status(self.world))
            answer.content_type = "application/json"
            return answer
        for entrance in ("/ocs/v2.php", "/ocs/v1.php"):
            if path.startswith(entrance):
                return self._door.ocs(request, path[len(entrance) :])
        if path.startswith((DAV, CALENDARS)):
            return self._dav.answer(request)
        return self._door.page(request, path.removeprefix("/index.php"))
