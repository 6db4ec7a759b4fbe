"""Conversations with a realm, word by word: one set of requests for the real server and for the emulator.

A recording is a list of steps. Most are requests with the real server's answer; `do` steps change what a service
account cannot (its roles, the realm's settings) by other ways. Ids, times and addresses are told by names.
"""

import json
import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import requests

from connectors.keycloak.emulator import KeycloakEmulator, LoginRefused
from provisioner.emulation import VirtualClock
from tests.support.keycloak_server import MAPPER, Realm
from tests.support.slapd import ADMIN, BASE, PASSWORD, Slapd

Step = dict[str, Any]

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEADERS = ("Content-Type", "Location", "Pragma")
_CLAIMS = (
    *("iss", "aud", "sub", "typ", "azp", "email_verified", "name", "groups"),
    *("preferred_username", "given_name", "family_name", "email"),
)
_PASSING = ("origin", "federationLink", "modifyTimestamp[]", "createTimestamp[]")
_DIRECTORY = {
    "vendor": "other",
    "editMode": "READ_ONLY",
    "importEnabled": "true",
    "enabled": "true",
    "authType": "simple",
    "bindDn": ADMIN,
    "usersDn": f"ou=people,{BASE}",
    "userObjectClasses": "inetOrgPerson",
    "searchScope": "1",
    "usernameLDAPAttribute": "uid",
    "rdnLDAPAttribute": "uid",
    "uuidLDAPAttribute": "entryUUID",
    "pagination": "false",
    "syncRegistrations": "false",
}
SECRET = "recorded-Secret-1"


class Side(Protocol):
    """A realm to talk to, and the ways around its front door."""

    url: str
    realm: str

    def pass_time(self) -> None: ...

    def set_roles(self, *names: str) -> None: ...

    def add_role(self, name: str, description: str | None) -> None: ...

    def add_provider(self, alias: str) -> None: ...

    def allow_unmanaged(self, policy: Any) -> None: ...

    def set(self, **settings: Any) -> None: ...

    def break_mail(self) -> None: ...

    def federate(self, username: str, first_name: str, last_name: str) -> None: ...

    def login(self, username: str, groups: str | None, full_path: bool) -> Any: ...


class Emulated:
    """The emulator."""

    def __init__(self, emulator: KeycloakEmulator, clock: VirtualClock) -> None:
        self.emulator, self.clock = emulator, clock
        self.url, self.realm = emulator.url, emulator.realm.name

    def pass_time(self) -> None:
        self.clock.advance(0.01)

    def set_roles(self, *names: str) -> None:
        self.emulator.set_roles(*names)

    def add_role(self, name: str, description: str | None) -> None:
        self.emulator.add_role(name).description = description

    def add_provider(self, alias: str) -> None:
        self.emulator.add_provider(alias)

    def allow_unmanaged(self, policy: Any) -> None:
        self.emulator.allow_unmanaged(policy)

    def set(self, **settings: Any) -> None:
        self.emulator.realm.settings.update(settings)

    def break_mail(self) -> None:
        self.emulator.break_mail()

    def federate(self, username: str, first_name: str, last_name: str) -> None:
        address = f"{username}@a.example"
        self.emulator.federate(username, email=address, first_name=first_name, last_name=last_name)

    def login(self, username: str, groups: str | None, full_path: bool) -> Any:
        try:
            return self.emulator.login(username, groups=groups, full_path=full_path)
        except LoginRefused as refused:
            return str(refused)


class Real:
    """The server."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._stack = ExitStack()
        self._directory: Slapd | None = None
        self.url, self.realm = realm.url, realm.name

    def pass_time(self) -> None:
        """It passes by itself."""

    def set_roles(self, *names: str) -> None:
        self._realm.set_roles(*names)

    def add_role(self, name: str, description: str | None) -> None:
        self._realm.admin("POST", "/roles", {"name": name, "description": description})

    def add_provider(self, alias: str) -> None:
        config = {"clientId": "x", "tokenUrl": "https://t.example/t", "authorizationUrl": "https://t.example/a"}
        provider = {"alias": alias, "providerId": "oidc", "enabled": True, "config": config}
        self._realm.admin("POST", "/identity-provider/instances", provider)

    def allow_unmanaged(self, policy: Any) -> None:
        profile = self._realm.admin("GET", "/users/profile").json()
        profile["unmanagedAttributePolicy"] = policy
        self._realm.admin("PUT", "/users/profile", profile)

    def set(self, **settings: Any) -> None:
        self._realm.admin("PUT", "", settings)

    def break_mail(self) -> None:
        self.set(smtpServer={"host": "127.0.0.1", "port": "1", "from": "login@a.example"})

    def federate(self, username: str, first_name: str, last_name: str) -> None:
        if self._directory is None:
            self._directory = self._stack.enter_context(Slapd(Path(self._stack.enter_context(TemporaryDirectory()))))
            config = _DIRECTORY | {"connectionUrl": self._directory.url, "bindCredential": PASSWORD}
            component = {
                "name": "ldap",
                "providerId": "ldap",
                "providerType": "org.keycloak.storage.UserStorageProvider",
                "config": {name: [value] for name, value in config.items()},
            }
            self._realm.admin("POST", "/components", component)
        entry = f"dn: uid={username},ou=people,{BASE}\nobjectClass: inetOrgPerson\nmail: {username}@a.example\n"
        subprocess.run(
            ["ldapadd", "-x", "-H", self._directory.url, "-D", ADMIN, "-w", PASSWORD],
            input=f"{entry}cn: {first_name}\nsn: {last_name}\n".encode(),
            check=True,
            capture_output=True,
        )

    def close(self) -> None:
        """End the directory, if there was one."""
        self._stack.close()

    def login(self, username: str, groups: str | None, full_path: bool) -> Any:
        mapper = MAPPER | {"config": MAPPER["config"] | {"full.path": str(full_path).lower()}}
        return self._realm.login("nextcloud", username, SECRET, [mapper] if groups else [])


class Talk:
    """One conversation with one side: what names stand for, and the token in use."""

    def __init__(self, side: Side, client: str, secret: str) -> None:
        self._side = side
        self._client, self._secret = client, secret
        self._names: dict[str, str] = {}
        self._seen: dict[str, str] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        self._token = self._new_token()

    def close(self) -> None:
        self._session.close()

    def take(self, step: Step) -> Any:
        """Do one step; the answer with names for what differs from run to run. None where there is none."""
        self._side.pass_time()
        if "do" not in step:
            return self._ask(step)
        arguments = step.get("with", {})
        if step["do"] == "set_roles":
            self._side.set_roles(*step["roles"])
        elif step["do"] == "login":
            told = self._side.login(step["user"], step.get("groups"), bool(step.get("full_path")))
            return told if isinstance(told, str) else self._named({c: told[c] for c in _CLAIMS if c in told})
        elif step["do"] == "token":
            self._token = self._new_token()
        else:
            ways: dict[str, Callable[..., None]] = {
                "add_role": self._side.add_role,
                "add_provider": self._side.add_provider,
                "allow_unmanaged": self._side.allow_unmanaged,
                "set": self._side.set,
                "break_mail": self._side.break_mail,
                "federate": self._side.federate,
            }
            ways[step["do"]](**arguments)
        return None

    def _new_token(self) -> str:
        address = f"{self._side.url}/realms/{self._side.realm}/protocol/openid-connect/token"
        form = {"grant_type": "client_credentials", "client_id": self._client, "client_secret": self._secret}
        told = self._session.post(address, data=form, timeout=60)
        return str(told.json()["access_token"])

    def _filled(self, text: str) -> str:
        for name, value in {**self._names, "client": self._client, "secret": self._secret}.items():
            text = text.replace("{" + name + "}", value)
        return text.replace("{realm}", self._side.realm)

    def _ask(self, step: Step) -> Any:
        root = self._side.url + ("" if step.get("at") == "server" else f"/admin/realms/{self._side.realm}")
        headers = (
            {"Authorization": f"Bearer {step.get('token', self._token)}"} if step.get("token", "") is not None else {}
        )
        body: bytes | None = None
        if "json" in step:
            body = self._filled(json.dumps(step["json"], ensure_ascii=False)).encode()
            headers["Content-Type"] = "application/json"
        elif "raw" in step:
            body = self._filled(step["raw"]).encode()
        if "type" in step:
            headers["Content-Type"] = step["type"]
        prepared = requests.Request(step["method"], root, headers=headers, data=body).prepare()
        prepared.url = root + self._filled(step["path"])
        answer = self._session.send(prepared, timeout=60, allow_redirects=False)
        told: Any = answer.text
        if "json" in answer.headers.get("Content-Type", "") and answer.content:
            told = answer.json()
        if "keep_first" in step:
            self._names[step["keep_first"]] = told[0]["id"]
        if "keep" in step:
            made = answer.headers.get("Location", "").rpartition("/")[2] or told["id"]
            self._names[step["keep"]] = made
        if answer.status_code == 204:
            answer.headers.pop("Content-Type", None)  # of nothing
        heads = {name: self._named(answer.headers[name]) for name in _HEADERS if name in answer.headers}
        return {"status": answer.status_code, "headers": heads, "body": self._settled(told, step)}

    def _settled(self, told: Any, step: Step) -> Any:
        if step.get("unordered") and isinstance(told, list):
            told = sorted(told, key=lambda one: str(one["name"]))
        if "only" in step:
            told = {name: told[name] for name in step["only"]}
        if "pick" in step and isinstance(told, list):
            told = [one[step["pick"]] for one in told]
        for one in told if isinstance(told, list) else ():
            # The same with every user; one of them is recorded whole elsewhere.
            if "userProfileMetadata" in one:
                one["userProfileMetadata"] = "(profile)"
        return self._named(told)

    def _named(self, told: Any, key: str = "") -> Any:
        if isinstance(told, dict):
            return {name: self._named(value, name) for name, value in told.items()}
        if isinstance(told, list):
            items = [self._named(value, f"{key}[]") for value in told]
            # Kept as sets over there: their order differs from run to run.
            return sorted(items, key=str) if key in ("requiredActions", "errors") else items
        if key == "createdTimestamp" and told > 1_000_000_000_000:
            return "(time)"
        if not isinstance(told, str):
            return told
        if key in _PASSING:
            return f"({key.removesuffix('[]')})"
        if key == "access_token":
            return "(token)"
        if key == "scope":
            return " ".join(sorted(told.split()))
        told = re.sub(r"at line \d+ column \d+", "at (place)", told)
        told = told.replace(self._side.url, "{url}").replace(self._side.realm, "{realm}")
        return _ID.sub(lambda found: self._name(found[0]), told)

    def _name(self, identifier: str) -> str:
        for name, value in self._names.items():
            if value == identifier:
                return "{" + name + "}"
        return self._seen.setdefault(identifier, f"(id {len(self._seen) + 1})")
