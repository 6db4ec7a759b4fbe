"""WebDAV's words: places, properties and errors as XML, in the shapes that Nextcloud 34 was observed to send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from connectors.nextcloud.emulation.accounts.state import User
from connectors.nextcloud.emulation.calls import World
from connectors.nextcloud.emulation.folders.state import CREATE, DELETE, READ, SHARE, UPDATE, Folder
from connectors.nextcloud.emulation.folders.tree import Node, Rule, Tree
from provisioner.emulation import Response

SPACES: Final = {"DAV:": "d", "http://owncloud.org/ns": "oc", "http://nextcloud.org/ns": "nc"}
KINDS: Final = ("user", "group", "circle")
FOR_FOLDERS: Final = (
    "d:getlastmodified",
    "d:resourcetype",
    "d:quota-used-bytes",
    "d:quota-available-bytes",
    "d:getetag",
)
FOR_FILES: Final = ("d:getlastmodified", "d:getcontentlength", "d:resourcetype", "d:getetag", "d:getcontenttype")
TYPES: Final = {"md": "text/markdown", "txt": "text/plain", "html": "text/html", "csv": "text/csv", "png": "image/png"}
_NC: Final = "{http://nextcloud.org/ns}"
_BAD_KIND: Final = f"{_NC}acl-mapping-type does not have a valid value."


class BadXml(Exception):
    """A body that is no XML, or not what the method wants."""


class DavError(Exception):
    """A refusal with the exception's name that the server shows."""

    def __init__(
        self,
        status: int,
        name: str,
        message: str,
        *,
        plain: bool = False,
        about: str = "",
        invalid_path: bool = False,
        more: str = "",
        is_nameless: bool = False,
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(status, name, message)
        self.status, self.message, self.about, self.invalid_path = status, message, about, invalid_path
        self.name = name if plain else "Sabre\\DAV\\Exception" + (f"\\{name}" if name != "Exception" else "")
        self.headers = headers or []
        self.more = more
        """Lines of XML that follow the message."""
        self.is_nameless = is_nameless
        """Whether it comes before the server says who asked."""

    def response(self) -> Response:
        """The error as the server words it."""
        text = escape(self.message)
        more, space = self.more, ""
        if "o:" in more:
            space = ' xmlns:o="http://owncloud.org/ns"'
        if self.invalid_path:
            self.name = "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath"
            space = ' xmlns:o="http://owncloud.org/ns"'
            more = f'  <o:retry xmlns:o="o:">false</o:retry>\n  <o:reason xmlns:o="o:">{text}</o:reason>\n'
        if self.about:
            more = f"  <s:header>{self.about}</s:header>\n"
        told = f"  <s:message>{text}</s:message>\n" if text else "  <s:message/>\n"
        body = (
            f'<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"{space}>\n'
            f"  <s:exception>{self.name}</s:exception>\n{told}{more}</d:error>\n"
        )
        return Response(self.status, body.encode(), "application/xml; charset=utf-8", list(self.headers))


@dataclass(slots=True)
class Place:
    """A path below somebody's files, and what it leads to."""

    owner: str
    path: list[str]
    folder: Folder | None = None
    tree: Tree | None = None
    depth: int = 0
    """How many names of the path are the team folder's mount point."""
    bits: int = 0
    manages: bool = False
    user: User | None = None
    foreign: bool = False
    """In somebody else's files, where there is nothing to see and nothing to make."""
    unborn: bool = False
    """In a team folder whose mount point lies in a folder that its member's home does not have yet."""

    @property
    def inner(self) -> list[str]:
        """The path inside its tree."""
        return self.path[self.depth :]

    def child(self, name: str) -> Place:
        """The place of something in it."""
        return self._at([*self.path, name])

    def parent(self) -> Place:
        """The place that holds it. Above a mount point that is the mount point itself, whose rights count."""
        return self._at(self.path[:-1] if self.inner else self.path)

    def _at(self, path: list[str]) -> Place:
        return Place(self.owner, path, self.folder, self.tree, self.depth, self.bits, self.manages, self.user)

    def href(self, *, folder: bool) -> str:
        """The address, with a slash at the end of a folder's; hexadecimal in lower case (observed)."""
        return href_of("/".join(["/remote.php/dav/files", self.owner, *self.path]) + ("/" if folder else ""))


def href_of(path: str) -> str:
    """A path as it stands in an answer: hexadecimal in lower case (observed)."""
    return re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quote(path, safe="/:@~()"))


@dataclass(slots=True)
class Answers:
    """Properties of one place: those it has with their XML, and those it lacks."""

    have: list[tuple[str, str]] = field(default_factory=list)
    lack: list[str] = field(default_factory=list)


def multistatus(answers: list[tuple[str, list[tuple[str, str]], list[str]]]) -> Response:
    """The answer to PROPFIND and PROPPATCH: address, properties with values, properties that are not there."""
    told = []
    for href, have, lack in answers:
        parts = ""
        if have:
            inner = "".join(_element(name, value) for name, value in have)
            parts += f"<d:propstat><d:prop>{inner}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
        if lack:
            inner = "".join(f"<{name}/>" for name in lack)
            parts += f"<d:propstat><d:prop>{inner}</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>"
        told.append(f"<d:response><d:href>{escape(href)}</d:href>{parts}</d:response>")
    body = (
        '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"'
        ' xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">'
        f"{''.join(told)}</d:multistatus>\n"
    )
    return Response(207, body.encode(), "application/xml; charset=utf-8")


def patched() -> list[tuple[str, str]]:
    """What a successful PROPPATCH shows."""
    return [("nc:acl-list", "")]


def asked_properties(body: bytes) -> list[str] | None:
    """The properties a PROPFIND wants, with the server's prefixes; None for the usual ones. Raises BadXml."""
    if not body:
        return None
    prop = _parsed(body).find("{DAV:}prop")
    return None if prop is None else [_short(one.tag) for one in prop]


def asked_rules(body: bytes) -> list[Rule]:
    """The rules of a PROPPATCH of nc:acl-list. Raises BadXml, or DavError for an unknown kind."""
    found = _parsed(body).find(f"{{DAV:}}set/{{DAV:}}prop/{_NC}acl-list")
    if found is None:
        raise BadXml("nothing to set that is known here")
    rules: list[Rule] = []
    for one in found.iter(f"{_NC}acl"):
        said = {child.tag.removeprefix(_NC): child.text or "" for child in one}
        if said.get("acl-mapping-type") not in KINDS:
            raise DavError(500, "RuntimeException", _BAD_KIND, plain=True)
        mask = int(said["acl-mask"])
        rules.append(Rule(said["acl-mapping-type"], said["acl-mapping-id"], mask, int(said["acl-permissions"]) & mask))
    return rules


def properties(
    place: Place, node: Node, bits: int, wanted: list[str] | None, world: World
) -> tuple[list[tuple[str, str]], list[str]]:
    """What a place has of the properties wanted, and what it lacks."""
    if wanted is None:
        wanted = list(FOR_FOLDERS if node.is_folder else FOR_FILES)
    answers = Answers()
    for name in wanted:
        value = _property(name, place, node, bits, world)
        if value is None:
            answers.lack.append(name)
        else:
            answers.have.append((name, value))
    return answers.have, answers.lack


def _property(name: str, place: Place, node: Node, bits: int, world: World) -> str | None:
    kind = TYPES.get(node.name.rpartition(".")[2].lower(), "application/octet-stream")
    simple = {
        "d:getlastmodified": format_datetime(datetime.fromtimestamp(node.modified, UTC), usegmt=True),
        "d:resourcetype": "<d:collection/>" if node.is_folder else "",
        "d:getetag": f"&quot;{node.etag}&quot;",
        "d:displayname": escape(place.path[-1] if place.path else place.owner),
        "d:quota-used-bytes": str(node.size) if node.is_folder else None,
        "d:quota-available-bytes": str(_available(place)) if node.is_folder else None,
        "d:getcontentlength": None if node.is_folder else str(node.size),
        "d:getcontenttype": None if node.is_folder else kind,
        "oc:fileid": str(node.id),
        "oc:size": str(node.size),
        "oc:permissions": _letters(place, node, bits),
    }
    if name in simple:
        return simple[name]
    if place.folder is None or place.tree is None:
        return None
    match name:
        case "nc:acl-enabled":
            return "1" if place.folder.acl else ""
        case "nc:acl-can-manage":
            return "1" if place.manages else ""
        case "nc:group-folder-id":
            return str(place.folder.id)
        case "nc:mount-type":
            return "group"
        case "nc:acl-list":
            return _rules(node.rules, world, place) if node.rules or not place.manages else None
        case "nc:inherited-acl-list":
            above = place.tree.trail("/".join(place.inner))[:-1]
            return _rules(_inherited([one.rules for one in above]), world, place)
        case _:
            return None


def _available(place: Place) -> int:
    if place.folder is None or place.folder.shown_quota < 0:
        return -3
    return max(0, place.folder.quota - place.folder.tree.root.size)


def _letters(place: Place, node: Node, bits: int) -> str:
    letters = "R" if bits & SHARE else ""
    letters += "M" if place.folder is not None else ""
    letters += "G" if bits & READ else ""
    letters += "D" if bits & DELETE else ""
    letters += "NV" if bits & UPDATE else ""
    if node.is_folder:
        return letters + ("CK" if bits & CREATE else "")
    return letters + ("W" if bits & UPDATE else "")


def _inherited(lists: list[list[Rule]]) -> list[Rule]:
    """The rules from above put together, one for each subject."""
    merged: dict[tuple[str, str], Rule] = {}
    for rules in lists:
        for rule in rules:
            key = (rule.kind, rule.subject)
            old = merged.get(key, Rule(*key, 0, 0))
            allowed = (old.permissions & ~rule.mask) | rule.permissions
            merged[key] = Rule(*key, old.mask | rule.mask, allowed)
    return list(merged.values())


def _rules(rules: list[Rule], world: World, place: Place) -> str:
    """Rules as XML. Those of unknown subjects are kept and not shown; who does not manage sees its own only."""
    told = []
    for rule in sorted(rules, key=lambda one: (one.kind, one.subject)):
        name = _name(rule, world)
        mine = place.user is not None and (
            rule.subject == place.user.id if rule.kind == "user" else rule.subject in place.user.groups
        )
        if name is None or not (place.manages or mine):
            continue
        told.append(
            f"<nc:acl><nc:acl-mapping-type>{rule.kind}</nc:acl-mapping-type>"
            f"<nc:acl-mapping-id>{escape(rule.subject)}</nc:acl-mapping-id>"
            f"<nc:acl-mapping-display-name>{escape(name)}</nc:acl-mapping-display-name>"
            f"<nc:acl-mask>{rule.mask}</nc:acl-mask><nc:acl-permissions>{rule.permissions}</nc:acl-permissions></nc:acl>"
        )
    return "".join(told)


def _name(rule: Rule, world: World) -> str | None:
    if rule.kind == "user" and (user := world.accounts.users.get(rule.subject)) is not None:
        return user.display_name
    if rule.kind == "group" and (group := world.accounts.groups.get(rule.subject)) is not None:
        return group.display_name
    return None


def _element(name: str, value: str) -> str:
    empty_list = name in ("d:resourcetype", "nc:acl-list", "nc:inherited-acl-list")
    return f"<{name}/>" if not value and empty_list else f"<{name}>{value}</{name}>"


def _short(tag: str) -> str:
    space, _, name = tag.removeprefix("{").partition("}")
    return f"{SPACES.get(space, 'x1')}:{name}"


def _parsed(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - a client of the emulator's own, on loopback
    except ElementTree.ParseError as problem:
        line, column = problem.position
        raise BadXml(f"Document is empty on line {line}, column {column + 1}") from None
