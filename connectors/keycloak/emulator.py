"""Keycloak 26 on loopback, never kinder than the real server: one realm, and a service account that provisions it.

It answers as Keycloak 26.4 was observed to (recordings, and a test that drives both alike), with its traps: unknown
attributes dropped without a word, a PUT with attributes that clears names, links that nobody checks, lists that stop
at ten. What its own faults can do beyond `provisioner.emulation.Faults`: `faults.mishap("database")`, a 500 after
which nothing has changed.

Not imitated: fine-grained permissions beyond listing without seeing, organizations, events, and the order in which
several refused values are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self

from connectors.keycloak.emulation.claims import LoginRefused, claims
from connectors.keycloak.emulation.door import Client, Door
from connectors.keycloak.emulation.profile import Policy, Profile
from connectors.keycloak.emulation.state import Group, Link, Mail, Realm, Role, User
from provisioner.emulation import Faults, RequestLog
from provisioner.model.ports import Clock

SERVICE: Final = ("readi-provisioner", "emulated-Service-1")
"""Worth nothing elsewhere."""
LEAST_ROLES: Final = ("manage-users", "view-realm")
REALM: Final = "readi"
PARENT_GROUP: Final = "re@di"

__all__ = ["LEAST_ROLES", "KeycloakEmulator", "LoginRefused"]


class KeycloakEmulator:
    """See `provisioner.model.ports.Sandbox`. Usable as a context manager.

    It is set up as the connector's README advises: the parent group exists, the attribute `readi` is declared, the
    service account has the least ``roles`` of realm-management. `realm` may be looked into; ``latency`` is real
    seconds a request, every time window follows ``clock``.
    """

    def __init__(
        self,
        *,
        service: tuple[str, str] = SERVICE,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
        realm: str = REALM,
        parent_group: str = PARENT_GROUP,
        roles: Iterable[str] = LEAST_ROLES,
    ) -> None:
        self.name = "keycloak"
        self.parent_group = parent_group
        client = Client(*service, roles=frozenset(roles))
        self._door = Door(realm, client, clock=clock, latency=latency, port=port)
        self.profile.declare("readi")
        self.realm.add_group(parent_group)
        self.realm.add_user(f"service-account-{service[0]}", enabled=True, service_account=True)
        described = {"id": Realm.new_id(), "clientId": service[0], "redirectUris": [], "serviceAccountsEnabled": True}
        self.realm.clients.append(described)

    # --- running -----------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it listens; raises RuntimeError while it is stopped."""
        return self._door.url

    @property
    def credentials(self) -> Mapping[str, str]:
        """The service account's: client id and secret."""
        return {"user": self._door.client.id, "password": self._door.client.secret}

    @property
    def settings(self) -> Mapping[str, str]:
        """The realm, and the group above all of ours."""
        return {"realm": self.realm.name, "parent_group": self.parent_group}

    def start(self) -> None:
        """Listen in background threads. A second start after `stop` keeps port and state."""
        self._door.start()

    def stop(self) -> None:
        """Stop listening and cut open connections; the state stays. Idempotent."""
        self._door.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def traffic(self) -> tuple[int, int]:
        """Requests and, among them, writes."""
        return len(self.log.requests), len(self.log.writes)

    def prepare_for_demo(self) -> None:
        """Nothing: new users are greeted by nobody."""

    @property
    def clock(self) -> Clock:
        return self._door.clock

    @property
    def log(self) -> RequestLog:
        return self._door.log

    @property
    def faults(self) -> Faults:
        return self._door.faults

    # --- looking inside and tampering --------------------------------------------------------------------------

    @property
    def realm(self) -> Realm:
        """Users, groups and roles by id, with the plain methods that change them."""
        return self._door.realm

    @property
    def profile(self) -> Profile:
        """Which attributes users have."""
        return self._door.profile

    @property
    def mails(self) -> list[Mail]:
        """Every message that it sent."""
        return self.realm.mails

    @property
    def parent(self) -> Group:
        """The group above all of ours. Raises KeyError when it is gone."""
        found = self.realm.named(None, self.parent_group)
        if found is None:
            raise KeyError(self.parent_group)
        return found

    def user(self, username: str) -> User:
        """Raises KeyError."""
        found = self.realm.by_username(username)
        if found is None:
            raise KeyError(username)
        return found

    def group(self, path: str) -> Group:
        """By its path from the top ("/re@di/PG_Sensorik"). Raises KeyError."""
        found = self.realm.by_path(path)
        if found is None:
            raise KeyError(path)
        return found

    def add_user(self, username: str, *, enabled: bool = True, **more: Any) -> User:
        """Add a user behind everybody's back; ``more`` are fields of `User`."""
        with self._door.lock:
            return self.realm.add_user(username, enabled=enabled, **more)

    def add_group(self, name: str, members: Iterable[str] = (), *, top: bool = False, **more: Any) -> Group:
        """Add a group behind everybody's back, below the parent group or at the ``top``."""
        with self._door.lock:
            group = self.realm.add_group(name, None if top else self.parent.id, **more)
            for username in members:
                self.user(username).groups.add(group.id)
            return group

    def add_role(self, name: str, members: Iterable[str] = ()) -> Role:
        """Add a realm role behind everybody's back."""
        with self._door.lock:
            role = self.realm.add_role(name)
            for username in members:
                self.user(username).roles.add(role.id)
            return role

    def add_provider(self, alias: str) -> None:
        """Add an identity provider."""
        with self._door.lock:
            self.realm.add_provider(alias)

    def link(self, username: str, alias: str, user_id: str) -> None:
        """Tie a user to an identity provider behind everybody's back, as a first login there does."""
        with self._door.lock:
            self.user(username).links[alias] = Link(user_id, username)

    def federate(self, username: str, **more: Any) -> User:
        """A user that a READ_ONLY directory brought along: every PUT of a profile value is a 400."""
        with self._door.lock:
            now = [f"{self.clock.now():%Y%m%d%H%M%SZ}"]
            attributes = {
                "LDAP_ENTRY_DN": [f"uid={username},ou=people,dc=readi,dc=example"],
                "LDAP_ID": [Realm.new_id()],
                "modifyTimestamp": now,
                "createTimestamp": now,
            }
            return self.add_user(username, federation="ldap-read-only-provider", attributes=attributes, **more)

    def allow_unmanaged(self, policy: Policy) -> None:
        """What becomes of attributes that are not declared; None, the server's default: dropped without a word."""
        with self._door.lock:
            self.profile.allow(policy)

    def serve_mail(self) -> None:
        """Give the realm a mail server that works; a fresh realm has none."""
        with self._door.lock:
            self.realm.settings["smtpServer"] = {"host": "mail.example", "from": "login@a.example"}
            self.realm.mail_works = True

    def break_mail(self) -> None:
        """Give the realm a mail server that nobody reaches."""
        with self._door.lock:
            self.serve_mail()
            self.realm.mail_works = False

    def set_roles(self, *roles: str) -> None:
        """Give the service account exactly these roles; tokens that are out keep what they had (observed)."""
        with self._door.lock:
            self._door.client.roles = frozenset(roles)

    def set_secret(self, secret: str) -> None:
        """Change the client's secret; tokens that are out stay good."""
        with self._door.lock:
            self._door.client.secret = secret

    def set_token_lifespan(self, seconds: float) -> None:
        """How long tokens last from now on (300 s unless told)."""
        with self._door.lock:
            self._door.client.lifespan = seconds

    def revoke_tokens(self) -> None:
        """End all tokens at once, as a new signing key does."""
        with self._door.lock:
            self._door.tokens.clear()

    # --- people who log in -------------------------------------------------------------------------------------

    def login(
        self, username: str, *, client: str = "nextcloud", groups: str | None = "groups", full_path: bool = False
    ) -> dict[str, Any]:
        """The claims of the ID token that ``client`` gets when this user, by name or address, logs in.

        ``groups`` is the claim that the client's group-membership mapper writes, None without such a mapper.
        Raises LoginRefused for a disabled user and one who still has something to do (`finish_setup`), KeyError
        for an unknown one.
        """
        with self._door.lock:
            user = self.realm.by_username(username) or self.realm.by_email(username)
            if user is None:
                raise KeyError(username)
            return claims(
                self.realm,
                user,
                issuer=f"{self.url}/realms/{self.realm.name}",
                client=client,
                now=self.clock.now().timestamp(),
                groups=groups,
                full_path=full_path,
            )

    def finish_setup(self, username: str) -> None:
        """The person has done what the server asked for at the first login (a password of their own …)."""
        with self._door.lock:
            self.user(username).required_actions.clear()
