"""A client without mercy for the emulator's tests: it keeps no cookies unless it is given a session."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from connectors.nextcloud.emulator import NextcloudEmulator

SERVICE = ("readi-provisioner", "emulated-Service-1")
GOOD = "Example-Word-1"
HEADERS = {"OCS-APIRequest": "true", "Accept": "application/json"}
WRITES: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "/users", {"userid": "new", "password": GOOD}),
    ("PUT", "/users/anna", {"key": "displayname", "value": "x"}),
    ("PATCH", "/users/anna", {"displayName": "x"}),
    ("PUT", "/users/anna/disable", {}),
    ("DELETE", "/users/anna", {}),
    ("POST", "/users/anna/groups", {"groupid": "team-b"}),
    ("DELETE", "/users/anna/groups", {"groupid": "team-a"}),
    ("POST", "/users/anna/subadmins", {"groupid": "team-a"}),
    ("POST", "/groups", {"groupid": "new"}),
    ("PUT", "/groups/team-a", {"key": "displayname", "value": "x"}),
    ("DELETE", "/groups/team-a", {}),
]
"""One of every kind of write, all of which succeed for a delegated account."""

FULL = {
    "userid": "bert",
    "password": GOOD,
    "displayName": "Bert",
    "email": "Bert@Example.test",
    "groups": ["team-a", "team-b"],
    "subadmin": ["team-b"],
    "quota": "1 GB",
    "language": "de",
    "manager": "anna",
}
"""An account with every field that a create takes."""


class Client:
    """A client that keeps no cookies unless it is given a session."""

    def __init__(self, emulator: NextcloudEmulator, auth: tuple[str, str] | None = SERVICE) -> None:
        self.emulator = emulator
        self.auth = auth
        self.session: requests.Session | None = None

    def raw(self, method: str, path: str, version: int = 2, **more: Any) -> requests.Response:
        more.setdefault("headers", HEADERS)
        ask = self.session.request if self.session is not None else requests.request
        return ask(method, f"{self.emulator.url}/ocs/v{version}.php/cloud{path}", auth=self.auth, **more)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Any address of the server, apps' included."""
        more.setdefault("headers", HEADERS)
        return requests.request(method, self.emulator.url + path, auth=self.auth, **more)

    def folders(self, method: str, path: str = "", **form: Any) -> tuple[int, Any]:
        """HTTP status and data of Team folders; the envelope's code must be the usual 100."""
        answer = self.call(method, f"/index.php/apps/groupfolders/folders{path}", data=form)
        told = answer.json()
        if "ocs" in told:
            assert told["ocs"]["meta"]["statuscode"] == 100, told
            return answer.status_code, told["ocs"]["data"]
        return answer.status_code, told["message"]

    def talk(self, method: str, path: str = "", **body: Any) -> tuple[int, Any]:
        """HTTP status and data of Talk: a path that begins with /chat or /bot has version 1, others are rooms."""
        root = "/ocs/v2.php/apps/spreed/api/"
        place = f"v1{path}" if path.startswith(("/chat", "/bot")) else f"v4/room{path}"
        answer = self.call(method, root + place, json=body or None)
        return answer.status_code, answer.json()["ocs"]["data"] if answer.content else None

    def ocs(self, method: str, path: str, **more: Any) -> tuple[int, int, Any]:
        """HTTP status, OCS code, data."""
        answer = self.raw(method, path, **more)
        told = answer.json()["ocs"]
        return answer.status_code, told["meta"]["statuscode"], told["data"]

    def user(self, user_id: str) -> dict[str, Any]:
        data = self.ocs("GET", f"/users/{quote(user_id, safe='')}")[2]
        assert isinstance(data, dict)
        return data

    def pages(self, size: int) -> list[list[str]]:
        """Ids of every page of details until one is empty."""
        found: list[list[str]] = []
        while True:
            users = self.ocs("GET", f"/users/details?limit={size}&offset={len(found) * size}")[2]["users"]
            if not users:
                assert users == [], "past the end it is a list"
                return found
            found.append(list(users))


ACL_RULE = (
    "<nc:acl><nc:acl-mapping-type>{}</nc:acl-mapping-type><nc:acl-mapping-id>{}</nc:acl-mapping-id>"
    "<nc:acl-mask>{}</nc:acl-mask><nc:acl-permissions>{}</nc:acl-permissions></nc:acl>"
)


def acl(*rules: tuple[str, str, int, int]) -> str:
    """The body of a PROPPATCH that sets these rules: type, id, mask, permissions."""
    inner = "".join(ACL_RULE.format(*rule) for rule in rules)
    return (
        '<d:propertyupdate xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:set><d:prop><nc:acl-list>'
        f"{inner}</nc:acl-list></d:prop></d:set></d:propertyupdate>"
    )
