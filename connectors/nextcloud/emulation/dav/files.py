"""WebDAV: who asks; and below `/remote.php/dav/files/{user}`, as far as a first layout of team folders needs it.

Statuses, headers and messages observed on Nextcloud 34: PROPFIND, MKCOL, PUT, GET, HEAD, DELETE and PROPPATCH of
`nc:acl-list`. Everything else is answered 501, which the real server does not do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from connectors.nextcloud.emulation.accounts.state import User
from connectors.nextcloud.emulation.calendars.dav import CalDav
from connectors.nextcloud.emulation.calendars.words import ROOT as CALENDARS
from connectors.nextcloud.emulation.calls import World
from connectors.nextcloud.emulation.dav.common import ALLOWED, BROWSER, check_preconditions, stumble
from connectors.nextcloud.emulation.dav.words import (
    TYPES,
    BadXml,
    DavError,
    Place,
    asked_properties,
    asked_rules,
    multistatus,
    patched,
    properties,
)
from connectors.nextcloud.emulation.folders.api import APP, manages
from connectors.nextcloud.emulation.folders.state import ALL, CREATE, DELETE, READ, UPDATE
from connectors.nextcloud.emulation.folders.tree import Node, Rule, split
from connectors.nextcloud.emulation.login import Login
from connectors.nextcloud.emulation.ocs import OcsError
from provisioner.emulation import Request, Response

ROOT = "/remote.php/dav/files"
REALM = 'Basic realm="Nextcloud", charset="UTF-8"'
MAX_NAME = 250
_NO_BASIC = "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured"
_NO_BEARER = (
    "No 'Authorization: Bearer' header found. Either the client didn't send one, or the server is mis-configured"
)
_WRONG = "Username or password was incorrect"
_OTHERS = "No public access to this resource., AppAPIAuth has not passed, This request is not for a federated calendar"
NOBODY = f"{_OTHERS}, {_NO_BASIC}, {_NO_BEARER}, {_NO_BASIC}"
WRONG = f"{_OTHERS}, {_WRONG}, {_NO_BEARER}, {_WRONG}"
TYPE_ERROR = (
    "A type error occurred. For more details, please refer to the logs, which provide additional context about the"
    " type error."
)


class Dav:
    """The files of one server over HTTP, and the door to its calendars."""

    def __init__(self, world: World, more: Callable[[Login], dict[str, Any]]) -> None:
        self._world = world
        self._more = more
        self._calendars = CalDav(world)
        self._verbs: dict[str, Callable[[Request, Place], Response]] = {
            "PROPFIND": self._propfind,
            "PROPPATCH": self._proppatch,
            "MKCOL": self._mkcol,
            "PUT": self._put,
            "GET": self._get,
            "HEAD": self._get,
            "DELETE": self._delete,
        }

    def answer(self, request: Request) -> Response:
        """Answer one request. An app password will do; the header OCS-APIRequest is not asked for."""
        more: dict[str, Any] = {}
        try:
            if self._world.maintenance:
                raise DavError(503, "ServiceUnavailable", "System is in maintenance mode.")  # read
            in_session = self._world.doorkeeper.knows(request)
            login = self._world.doorkeeper.admit(request)
            if login.user is None:
                raise DavError(401, "NotAuthenticated", NOBODY)
            more = self._more(login)
            if request.path.startswith(CALENDARS):
                return _joined(self._calendars.answer(request, login.user, in_session=in_session), more)
            verb = self._verbs.get(request.method)
            if verb is None:
                raise DavError(501, "NotImplemented", f"There was no handler found for this {request.method}")
            return _joined(verb(request, self._place(request, login.user)), more)
        except OcsError as refusal:
            if refusal.code == 429:
                return Response.html("", 429)
            error = DavError(401, "NotAuthenticated", WRONG)
        except BadXml as problem:
            error = DavError(400, "BadRequest", str(problem))
        except DavError as problem:
            error = problem
        if error.status == 401:
            error.headers.append(("WWW-Authenticate", REALM))
        return _joined(error.response(), {} if error.is_nameless else more)

    # --- where things are --------------------------------------------------------------------------------------

    def _place(self, request: Request, user: User) -> Place:
        names = split(unquote(request.raw_path[len(ROOT) :]))
        owner = self._world.accounts.find(names[0]) if names else None
        if owner is None:
            raise DavError(404, "NotFound", f"Principal with name {names[0] if names else ''} not found")
        path = names[1:]
        if owner is not user:
            return Place(owner.id, path, foreign=True)
        if request.method == "PROPFIND" and request.headers.get("depth") != "0":
            self._make_next(user, path)
        return self._resolve(user, path)

    def _make_next(self, user: User, path: list[str]) -> None:
        """To list a folder makes those in it that team folders are mounted in, one level; nothing else does.

        So a mount point that lies deep is reached by listing what is above it, level by level (observed).
        """
        home = self._world.home(user.id)
        if home.find("/".join(path)) is None:
            return
        for mount_point in self._mounts(user):
            parents = split(mount_point)[:-1]
            following = parents[: len(path) + 1]
            if len(parents) > len(path) and parents[: len(path)] == path and home.find("/".join(following)) is None:
                home.write("/".join(following), None, self._world.now())

    def _mounts(self, user: User) -> set[str]:
        if APP not in self._world.apps:
            return set()
        return {folder.mount_point for folder, _ in self._world.folders.of(user.groups)}

    def _resolve(self, user: User, path: list[str]) -> Place:
        """The place of a path for a user: in the folder with the longest mount point, or in the home."""
        best: Place | None = None
        for folder, bits in self._world.folders.of(user.groups) if APP in self._world.apps else []:
            mount = split(folder.mount_point)
            if path[: len(mount)] != mount or (best is not None and len(mount) <= best.depth):
                continue
            best = Place(user.id, path, folder, folder.tree, len(mount), bits, manages(self._world, user, folder))
        home = self._world.home(user.id)
        if best is None or best.folder is None:
            return Place(user.id, path, None, home, 0, ALL, False, user)
        best.user = user
        best.unborn = home.find("/".join(split(best.folder.mount_point)[:-1])) is None
        return best

    def _node(self, place: Place) -> Node | None:
        """What is there for this account: what advanced permissions deny it to read is not there."""
        if place.foreign or place.tree is None:
            return None
        node = place.tree.find("/".join(place.inner))
        return node if node is not None and self._bits(place, place.inner) & READ else None

    def _bits(self, place: Place, inner: list[str]) -> int:
        """Permissions at a path: what the groups give, as far as the rules from the top down leave it."""
        if place.folder is None or not place.folder.acl or place.user is None or place.tree is None:
            return place.bits
        bits = 0 if place.folder.acl_default_no_permission else ALL
        for node in place.tree.trail("/".join(inner)):
            bits = apply(node.rules, bits, place.user)
        return place.bits & bits

    def _demand(self, place: Place) -> Node:
        if place.unborn:
            raise DavError(500, "TypeError", TYPE_ERROR, plain=True)
        if place.foreign:
            first = place.path[0] if place.path else ""
            raise DavError(404, "NotFound", f"File not found: {first} in '{place.owner}'")
        node = self._node(place)
        if node is None:
            raise DavError(404, "NotFound", f"File with name /{'/'.join(place.path)} could not be located")
        return node

    # --- reading -----------------------------------------------------------------------------------------------

    def _propfind(self, request: Request, place: Place) -> Response:
        wanted = asked_properties(request.body)
        if place.foreign and not place.path:
            return multistatus([(place.href(folder=True), [("d:resourcetype", "<d:collection/>")], [])])
        node = self._demand(place)
        shown = [(place, node)]
        if node.is_folder and request.headers.get("depth", "infinity") != "0":
            for name, child in node.children.items():
                below = place.child(name)
                if self._bits(below, below.inner) & READ:
                    shown.append((below, child))
            shown.extend(self._mounted(place))
        told = []
        for at, found in shown:
            have, lack = properties(at, found, self._bits(at, at.inner), wanted, self._world)
            told.append((at.href(folder=found.is_folder), have, lack))
        return multistatus(told)

    def _mounted(self, place: Place) -> list[tuple[Place, Node]]:
        """Team folders right below a place of the home."""
        user = self._world.accounts.users[place.owner]
        found: list[tuple[Place, Node]] = []
        if place.folder is not None:
            return found
        for mount_point in sorted(self._mounts(user)):
            mount = split(mount_point)
            if mount and mount[:-1] == place.path:
                at = self._resolve(user, mount)
                if at.tree is not None:
                    found.append((at, at.tree.root))
        return found

    def _get(self, _: Request, place: Place) -> Response:
        node = self._demand(place)
        if node.content is None:
            return Response(200, BROWSER.encode())
        kind = TYPES.get(node.name.rpartition(".")[2].lower(), "application/octet-stream")
        if kind.startswith("text/"):
            kind += ";charset=UTF-8"
        return Response(200, node.content, kind, _marks(node)[1:])

    # --- changing ----------------------------------------------------------------------------------------------

    def _mkcol(self, request: Request, place: Place) -> Response:
        if place.foreign:
            raise DavError(403, "Forbidden", "Permission denied to create directory")
        if request.body and request.content_type not in ("application/xml", "text/xml"):
            text = "The request body for the MKCOL request must have an xml Content-Type"
            raise DavError(415, "UnsupportedMediaType", text)
        if place.unborn:
            raise DavError(500, "TypeError", TYPE_ERROR, plain=True)
        parent = self._node(place.parent()) if place.path else None
        if place.path and parent is None and not (place.folder is not None and not place.inner):
            raise DavError(409, "Conflict", "Parent node does not exist")
        if parent is not None and not parent.is_folder:
            raise DavError(409, "Conflict", "Parent node is not a collection")
        if not place.path or self._node(place) is not None:
            text = "The resource you tried to create already exists"
            raise DavError(405, "MethodNotAllowed", text, headers=[("Allow", ALLOWED)])
        _check_name(place.path[-1])
        if not self._bits(place.parent(), place.parent().inner) & CREATE:
            raise DavError(403, "Forbidden", "")
        stumble(request)
        node = self._write(place, None)
        return Response(201, headers=_marks(node)[:1])

    def _put(self, request: Request, place: Place) -> Response:
        if place.foreign:
            name = place.path[-1] if place.path else ""
            raise DavError(403, "Forbidden", f"Permission denied to create file (filename {name})")
        if place.unborn:
            raise DavError(500, "TypeError", TYPE_ERROR, plain=True)
        node = self._node(place)
        check_preconditions(request, None if node is None else node.etag, [] if node is None else _marks(node)[1:])
        if node is not None and node.is_folder:
            raise DavError(409, "Conflict", "PUT is not allowed on non-files.")
        if node is None:
            self._demand(place.parent())
            _check_name(place.path[-1])
        bits = self._bits(place, place.inner) if node is not None else self._bits(place.parent(), place.parent().inner)
        if not bits & (UPDATE if node is not None else CREATE):
            raise DavError(403, "Forbidden", "")
        if place.folder is not None and place.folder.quota >= 0:
            used = place.folder.tree.root.size - (node.size if node is not None else 0)
            if used + len(request.body) > place.folder.quota:
                raise DavError(507, "InsufficientStorage", f"Insufficient space in /{'/'.join(place.path)}")
        stumble(request)
        written = self._write(place, request.body)
        marks = _marks(written)
        return Response(201 if node is None else 204, headers=marks)

    def _delete(self, request: Request, place: Place) -> Response:
        self._demand(place)
        if not place.inner or not self._bits(place, place.inner) & DELETE or place.tree is None:
            raise DavError(403, "Forbidden", "")
        stumble(request)
        place.tree.remove("/".join(place.inner))
        return Response(204)

    def _proppatch(self, request: Request, place: Place) -> Response:
        node = self._demand(place)
        rules = asked_rules(request.body)
        if place.folder is None or not place.manages:
            text = 'Property "{http://nextcloud.org/ns}acl-list" has an invalid value of array containing object'
            raise DavError(500, "Exception", text)
        if place.user is not None and place.tree is not None:
            bits = 0 if place.folder.acl_default_no_permission else ALL
            for above in place.tree.trail("/".join(place.inner))[:-1]:
                bits = apply(above.rules, bits, place.user)
            if not apply(rules, bits, place.user) & READ:
                raise DavError(400, "BadRequest", "You cannot remove your own read permission.")
        stumble(request)
        node.rules = rules
        return multistatus([(place.href(folder=False), patched(), [])])

    def _write(self, place: Place, content: bytes | None) -> Node:
        if place.tree is None:
            raise LookupError("a place without files")
        return place.tree.write("/".join(place.inner), content, self._world.now())


def apply(rules: list[Rule], bits: int, user: User) -> int:
    """Permissions after the rules that speak of this account or one of its groups: who allows wins (read)."""
    mine = [
        rule
        for rule in rules
        if (rule.kind == "user" and rule.subject == user.id) or (rule.kind == "group" and rule.subject in user.groups)
    ]
    denied, allowed = 0, 0
    for rule in mine:
        denied |= rule.mask & ~rule.permissions
        allowed |= rule.mask & rule.permissions
    return (bits & ~denied) | allowed


def _check_name(name: str) -> None:
    problem = None
    if len(name.encode()) > MAX_NAME:
        problem = "Filename is too long"
    elif name == ".htaccess":
        problem = "Filename is a reserved word"
    elif "\\" in name:
        problem = '"\\" is not allowed inside a file or folder name.'
    if problem is not None:
        raise DavError(400, "InvalidPath", problem, invalid_path=True)


def _marks(node: Node) -> list[tuple[str, str]]:
    return [("OC-FileId", f"{node.id:08}ocemulator01"), ("ETag", f'"{node.etag}"'), ("OC-ETag", f'"{node.etag}"')]


def _joined(answer: Response, more: dict[str, Any]) -> Response:
    answer.headers = [*more.get("headers", []), *answer.headers]
    answer.user = more.get("user")
    return answer
