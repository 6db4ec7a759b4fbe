"""A real Keycloak on loopback: one a test process, started when a test first asks for it, a fresh realm on demand.

`scripts/keycloak` (called by `scripts/test`) fetched it and prepared what takes long at a first start; here a copy of
the fresh database is started on, which takes 6 s on two cores instead of 14 s.
"""

import atexit
import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

VERSION = "26.4.5"
LEAST_ROLES = ("manage-users", "view-realm")
"""What the service account needs of realm-management (each role was tried alone on Keycloak 26.4, as were pairs):

- manage-users: read and write users, their links, their memberships and role mappings, groups and their members, mails
  with required actions; read the user profile. view-users reads the same, query-users and query-groups add nothing.
- view-realm: read realm roles and who has them (`/roles`, `/roles/{name}`, `/roles/{name}/users`).

Not with these: making realm roles and changing the user profile (manage-realm), reading identity providers
(view-identity-providers), clients and their mappers (view-clients).
"""
PARENT_GROUP = "re@di"
CLIENT = "readi-provisioner"

_ADMIN = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": "only-for-tests"}
_KEYS = {
    "defaultSignatureAlgorithm": "ES256",
    "components": {
        "org.keycloak.keys.KeyProvider": [
            {"name": "ecdsa", "providerId": "ecdsa-generated", "config": {"ecdsaEllipticCurveKey": ["P-256"]}},
            {"name": "hmac", "providerId": "hmac-generated", "config": {"algorithm": ["HS512"]}},
            {"name": "aes", "providerId": "aes-generated"},
        ]
    },
}
"""Making the usual two RSA keys takes two seconds a realm."""
MAPPER: dict[str, Any] = {
    "name": "groups",
    "protocol": "openid-connect",
    "protocolMapper": "oidc-group-membership-mapper",
    "config": {"full.path": "false", "id.token.claim": "true", "claim.name": "groups"},
}
"""Tells a client who is in which groups."""
_JVM = (
    "-Dkc.config.built=true",
    "-Xms64m",
    "-Xmx512m",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "-Duser.language=en",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
)


class KeycloakMissing(AssertionError):
    """Keycloak is not installed; the tests need the real one."""


@dataclass
class Realm:
    """A realm of its own with the client that README advises. ``url`` is the server's, without a trailing slash."""

    server: "KeycloakServer"
    name: str
    secret: str = field(repr=False)
    client_id: str = CLIENT
    parent_group: str = PARENT_GROUP
    _mapping: str = ""
    _roles: dict[str, Any] = field(default_factory=dict)
    _apps: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url

    def admin(self, method: str, path: str, body: Any = None, *, fine: bool = True) -> requests.Response:
        """Ask as the server's administrator; ``path`` is below the realm ("" or "/users…"). ``fine``: insist on it."""
        return self.server.admin(method, f"/{quote(self.name, safe='')}{path}", body, fine=fine)

    def set_roles(self, *names: str) -> None:
        """Give the service account exactly these roles of realm-management."""
        if not self._mapping:
            client, management = self._client(self.client_id), self._client("realm-management")
            account = self.admin("GET", f"/clients/{client}/service-account-user").json()["id"]
            self._mapping = f"/users/{account}/role-mappings/clients/{management}"
            self._roles = {role["name"]: role for role in self.admin("GET", f"/clients/{management}/roles").json()}
        self.admin("DELETE", self._mapping)  # without a body: all of them
        self.admin("POST", self._mapping, [self._roles[name] for name in names])

    def login(self, client: str, username: str, password: str, mappers: list[dict[str, Any]]) -> Any:
        """Log in at a client that has these mappers, by direct grant: the ID token's claims, or why not.

        A browser is not needed to see what it would be told.
        """
        if self._apps.get(client) != mappers:
            for old in self.admin("GET", f"/clients?clientId={client}").json():
                self.admin("DELETE", f"/clients/{old['id']}")
            wish = {"clientId": client, "publicClient": True, "directAccessGrantsEnabled": True}
            self.admin("POST", "/clients", wish | {"protocolMappers": mappers})
            self._apps[client] = mappers
        form = {"grant_type": "password", "client_id": client, "username": username, "password": password}
        address = f"{self.url}/realms/{quote(self.name, safe='')}/protocol/openid-connect/token"
        told = requests.post(address, data=form | {"scope": "openid"}, timeout=60).json()
        if "id_token" not in told:
            return told["error_description"]
        payload = told["id_token"].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    def _client(self, client_id: str) -> str:
        found: str = self.admin("GET", f"/clients?clientId={client_id}").json()[0]["id"]
        return found


class KeycloakServer:
    """Started by `shared`. Nothing in it is kept; it ends with this process, also when that is killed."""

    def __init__(self) -> None:
        distribution = demand_keycloak()
        self._home = Path(tempfile.mkdtemp(prefix="readi-keycloak-"))
        for room in ("bin", "conf", "lib", "providers", "themes"):
            (self._home / room).symlink_to(distribution / room)
        shutil.copytree(distribution / "fresh-data", self._home / "data")
        self.port, management = _free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = self._home / "log"
        self._session = requests.Session()
        self._session.trust_env = False
        self._token, self._token_ends = "", 0.0
        started = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                # Ended by the kernel, should this process be killed before it can end the server itself.
                ["setpriv", "--pdeathsig", "KILL", "java", *_JVM, *self._arguments(distribution, management)],
                stdout=log,
                stderr=log,
                cwd=self._home,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - started

    def _arguments(self, distribution: Path, management: int) -> list[str]:
        classes = ["-cp", f"{distribution}/lib/quarkus-run.jar", "io.quarkus.bootstrap.runner.QuarkusEntryPoint"]
        ports = [f"--http-port={self.port}", f"--http-management-port={management}"]
        homes = [f"-Dkc.home.dir={self._home}", f"-Djboss.server.config.dir={self._home}/conf"]
        start = ["start", "--optimized", "--http-enabled=true", "--hostname-strict=false", "--cache=local"]
        return [*homes, *classes, *start, "--http-host=127.0.0.1", *ports]

    def _wait(self) -> None:
        for _ in range(1200):
            try:
                answer = self._session.get(f"{self.url}/realms/master", timeout=30)
            except requests.ConnectionError:
                if self._process.poll() is not None:
                    raise AssertionError(f"Keycloak did not start: {self._log.read_text()}") from None
            else:
                if answer.ok:
                    return
            time.sleep(0.1)
        raise AssertionError(f"Keycloak did not come up within 120 s: {self._log.read_text()}")

    def admin(self, method: str, path: str, body: Any = None, *, fine: bool = True) -> requests.Response:
        """One request of the server's administrator below /admin/realms. ``fine``: insist on it."""
        headers = {"Authorization": f"Bearer {self._admin_token()}"}
        answer = self._session.request(
            method, f"{self.url}/admin/realms{path}", json=body, headers=headers, timeout=60, allow_redirects=False
        )
        if fine and not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def _admin_token(self) -> str:
        """Such a token lasts a minute, and checking a password costs more than most requests."""
        if time.monotonic() > self._token_ends:
            address = f"{self.url}/realms/master/protocol/openid-connect/token"
            self._token = self._session.post(address, data=_ADMIN, timeout=60).json()["access_token"]
            self._token_ends = time.monotonic() + 20
        return self._token

    def new_realm(self, *, roles: tuple[str, ...] = LEAST_ROLES, **settings: Any) -> Realm:
        """Make a realm as README advises: the parent group, the attribute `readi`, and a confidential client.

        Its service account has ``roles`` of realm-management. ``settings`` are the realm's, in Keycloak's words.
        """
        realm = Realm(self, f"readi-{secrets.token_hex(4)}", secrets.token_hex(16))
        client = {
            "clientId": realm.client_id,
            "secret": realm.secret,
            "publicClient": False,
            "serviceAccountsEnabled": True,
            "standardFlowEnabled": False,
            "directAccessGrantsEnabled": False,
        }
        account = {
            "username": f"service-account-{realm.client_id}",
            "enabled": True,
            "serviceAccountClientId": realm.client_id,
            "clientRoles": {"realm-management": list(roles)},
        }
        wish = {"realm": realm.name, "enabled": True, "clients": [client], "users": [account]}
        self.admin("POST", "", wish | _KEYS | {"groups": [{"name": realm.parent_group}]} | settings)
        profile = realm.admin("GET", "/users/profile").json()
        permissions = {"view": ["admin"], "edit": ["admin"]}
        attribute = {"name": "readi", "displayName": "readi", "permissions": permissions, "multivalued": False}
        profile["attributes"].append(attribute)
        realm.admin("PUT", "/users/profile", profile)
        return realm

    def stop(self) -> None:
        """End the server at once and remove all it had."""
        self._session.close()
        self._process.kill()
        self._process.wait(30)
        shutil.rmtree(self._home, ignore_errors=True)


@cache
def shared() -> KeycloakServer:
    """The one of this process."""
    server = KeycloakServer()
    atexit.register(server.stop)
    return server


def demand_keycloak() -> Path:
    """Where it is. Raises KeycloakMissing with what to do: a skip would hide that nothing was proved."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = caches / "readi-tests" / f"keycloak-{VERSION}"
    if not (home / "ready").exists():
        raise KeycloakMissing(f"Keycloak {VERSION} is missing: run scripts/keycloak (scripts/test does it)")
    if shutil.which("java") is None:
        raise KeycloakMissing("Java is missing: apt-get install default-jre-headless (scripts/test does it)")
    return home


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
