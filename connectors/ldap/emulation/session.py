"""One client's connection to the emulated directory: who it is, what it may see, and each operation's answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from connectors.ldap.emulation import schema, wire
from connectors.ldap.emulation.filters import Values, matches
from connectors.ldap.emulation.schema import AttributeType, Problem, attribute_type
from connectors.ldap.emulation.tree import Entry, Tree, key_of
from connectors.ldap.emulation.wire import Condition, Message
from provisioner.transport.dn import fold, normal

_WHO_AM_I: Final = "1.3.6.1.4.1.4203.1.11.3"
_SUCCESS, _COMPARE_FALSE, _COMPARE_TRUE, _PROTOCOL_ERROR, _SIZE_LIMIT, _NO_LOGIN = 0, 5, 6, 2, 4, 49


@dataclass
class Rights:
    """What the technical account may do and is shown; changed at will to rehearse misfortunes."""

    write: bool = True
    delete: bool = True
    """OpenLDAP can't allow renaming without allowing deletion."""
    hidden_attributes: frozenset[str] = frozenset()
    """Lower-case types of the people's branch that it does not see."""
    hidden_people: bool = False
    hidden_branch: bool = False
    size_limit: int | None = None
    """Most entries in one answer."""
    total_limit: int | None = None
    """Most entries over all pages of one search."""


@dataclass
class House:
    """What all sessions of one emulator share."""

    tree: Tree
    admin: str
    admin_password: str
    technical: str
    now: Callable[[], datetime]
    rights: Rights = field(default_factory=Rights)

    @property
    def people(self) -> str:
        return normal(f"ou=people,{self.tree.base}")

    @property
    def managed(self) -> tuple[str, str]:
        return self.people, normal(f"ou=groups,{self.tree.base}")


@dataclass
class Answer:
    """The bytes to send, and the result code for the log."""

    data: bytes
    code: int


class Session:
    """One connection. Every method that answers is called with the emulator's lock held."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.user = ""
        self._pages_sent = 0

    def answer(self, message: Message) -> Answer:
        """Do what was asked, or say why not in slapd's words."""
        handlers: dict[str, Callable[[Message], Answer]] = {
            "bindRequest": self._bind,
            "searchRequest": self._search,
            "compareRequest": self._compare,
            "addRequest": self._add,
            "modifyRequest": self._modify,
            "modDNRequest": self._rename,
            "delRequest": self._delete,
            "extendedReq": self._extended,
        }
        try:
            return handlers[message.kind](message)
        except Problem as problem:
            return self._end(message, problem.code, problem.words, matched=problem.matched)

    def _end(self, message: Message, code: int = 0, words: str = "", **more: Any) -> Answer:
        return Answer(wire.result(message.number, message.kind, code, words=words, **more), code)

    def _bind(self, message: Message) -> Answer:
        name, password = message.body["name"], message.body["password"]
        self.user = ""
        if password is None:
            return self._end(message, 7, "SASL is not emulated")
        if not name:
            return self._end(message)
        if not password:
            return self._end(message, schema.UNWILLING, "unauthenticated bind (DN with no password) disallowed")
        key = key_of(name)
        entry = self._house.tree.entries.get(key)
        known = entry.attributes.get("userpassword", []) if entry is not None else []
        if key == normal(self._house.admin):
            known = [*known, self._house.admin_password.encode()]
        if password not in known:
            return self._end(message, _NO_LOGIN)
        self.user = name
        return self._end(message)

    def _search(self, message: Message) -> Answer:
        body = message.body
        base, scope, wanted = body["name"], body["scope"], body["attributes"]
        if base == "" and scope == 0:
            root = wire.entry(message.number, "", self._root())
            done = self._end(message)
            return Answer(root + done.data, done.code)
        top = self._house.tree.get(base)
        if not self._sees(top):
            raise Problem(schema.NO_SUCH_OBJECT)
        found = [entry for entry in self._candidates(top, scope, body["filter"]) if self._sees(entry)]
        found = [entry for entry in found if matches(body["filter"], self._values(entry))]
        found.sort(key=lambda entry: entry.number)
        chosen, code, page = self._limited(found, body["limit"], message.controls.get(wire.PAGED))
        types_only = body["types_only"]
        data = b"".join(
            wire.entry(message.number, entry.name, self._shown(entry, wanted, types_only)) for entry in chosen
        )
        return Answer(data + self._end(message, code, page=page).data, code)

    def _candidates(self, top: Entry, scope: int, condition: Condition) -> Iterable[Entry]:
        """Those in scope; for a search by entryUUID alone straight from the index."""
        tree = self._house.tree
        if scope == 0:
            return [top]
        ids = _ids(condition)
        if scope == 1:
            if ids is None:
                return tree.children(top)
            suffix = "," + normal(top.name)
            found = [entry for entry in map(tree.by_uuid, ids) if entry is not None]
            return [entry for entry in found if normal(entry.name).endswith(suffix)]
        return [entry for entry in tree.subtree(top) if scope == 2 or entry is not top]

    def _limited(self, found: list[Entry], asked: int, paged: bytes | None) -> tuple[list[Entry], int, bytes | None]:
        """One page, or as much as the limits allow."""
        rights = self._house.rights
        limit = None if self._is_admin() else rights.size_limit
        total = None if self._is_admin() else rights.total_limit
        if paged is None:
            least = min((each for each in (limit, total, asked or None) if each is not None), default=len(found))
            return found[:least], _SIZE_LIMIT if len(found) > least else _SUCCESS, None
        size, cookie = wire.page_wish(paged)
        if cookie:
            last = int(cookie)
            found = [entry for entry in found if entry.number > last]
        else:
            self._pages_sent = 0
        chosen = found[:size]
        if total is not None and self._pages_sent + len(chosen) > total:
            return chosen[: total - self._pages_sent], _SIZE_LIMIT, None
        self._pages_sent += len(chosen)
        more = len(found) > len(chosen)
        return chosen, _SUCCESS, str(chosen[-1].number).encode() if more else b""

    def _compare(self, message: Message) -> Answer:
        entry = self._visible(message.body["name"])
        kind = attribute_type(message.body["attribute"])
        values = self._values(entry)(kind)
        if not values:
            raise Problem(schema.NO_SUCH_ATTRIBUTE)
        wanted = kind.key(message.body["value"])
        same = any(kind.key(value) == wanted for value in values)
        return self._end(message, _COMPARE_TRUE if same else _COMPARE_FALSE)

    def _add(self, message: Message) -> Answer:
        name = message.body["name"]
        if self._house.tree.holds(name):  # elsewhere slapd does not come as far as asking for rights
            self._may_write(name, "no write access to parent")
        entry = self._house.tree.add(name, message.body["attributes"], self.user, self._house.now())
        asked = message.controls.get(wire.POST_READ)
        told = None
        if asked is not None:
            told = entry.name, self._shown(entry, wire.attribute_selection(asked), False)
        return self._end(message, post_read=told)

    def _modify(self, message: Message) -> Answer:
        entry = self._visible(message.body["name"])
        self._may_write(entry.name, "")
        self._asserted(entry, message)
        changes = message.body["changes"]
        # slapd's overlay hands an assertion on to its own changes, where it fails without a word.
        self._house.tree.modify(entry, changes, self._house.now(), overlays=wire.ASSERTION not in message.controls)
        return self._end(message)

    def _rename(self, message: Message) -> Answer:
        body = message.body
        entry = self._visible(body["name"])
        self._may_write(entry.name, "")
        if body["moves"]:
            return self._end(message, schema.UNWILLING, "this emulator moves no entries")
        self._asserted(entry, message)
        overlays = wire.ASSERTION not in message.controls
        self._house.tree.rename(entry, body["rdn"], body["delete_old"], self._house.now(), overlays)
        return self._end(message)

    def _delete(self, message: Message) -> Answer:
        entry = self._visible(message.body["name"])
        self._may_write(entry.name, "no write access to parent")
        if not self._is_admin() and not self._house.rights.delete:
            raise Problem(schema.NO_RIGHTS, "no write access to entry")
        self._asserted(entry, message)
        self._house.tree.delete(entry)
        return self._end(message)

    def _extended(self, message: Message) -> Answer:
        if message.body["name"] == _WHO_AM_I:
            return self._end(message, said=f"dn:{self.user}".encode() if self.user else b"")
        return self._end(message, _PROTOCOL_ERROR, "unsupported extended operation")

    def _asserted(self, entry: Entry, message: Message) -> None:
        given = message.controls.get(wire.ASSERTION)
        if given is not None and not matches(wire.filter_of(given), self._values(entry)):
            raise Problem(schema.ASSERTION_FAILED)

    def _visible(self, name: str) -> Entry:
        entry = self._house.tree.get(name)
        if not self._sees(entry):
            raise Problem(schema.NO_SUCH_OBJECT)
        return entry

    def _is_admin(self) -> bool:
        return normal(self.user) == normal(self._house.admin)

    def _is_technical(self) -> bool:
        return normal(self.user) == normal(self._house.technical)

    def _sees(self, entry: Entry) -> bool:
        if self._is_admin():
            return True
        rights, name, people = self._house.rights, normal(entry.name), self._house.people
        below = name.endswith("," + people)
        hidden = (rights.hidden_branch and (below or name == people)) or (rights.hidden_people and below)
        return self._is_technical() and not hidden

    def _may_write(self, name: str, words: str) -> None:
        """The technical account writes below its two branches, everybody else nowhere."""
        if self._is_admin():
            return
        inside = any(key_of(name).endswith("," + branch) for branch in self._house.managed)
        if not (self._is_technical() and inside and self._house.rights.write):
            raise Problem(schema.NO_RIGHTS, words)

    def _values(self, entry: Entry) -> Values:
        return lambda kind: self._read(entry, kind)

    def _read(self, entry: Entry, kind: AttributeType) -> Sequence[bytes]:
        name = kind.name.lower()
        below = normal(entry.name).endswith(self._house.people)
        if not self._is_admin() and (
            (below and name in self._house.rights.hidden_attributes) or name == "userpassword"
        ):
            return ()
        return self._operational(entry, name) if kind.operational else entry.attributes.get(name, ())

    def _operational(self, entry: Entry, name: str) -> Sequence[bytes]:
        tree = self._house.tree
        match name:
            case "entryuuid":
                return (entry.uuid.encode(),)
            case "entrydn":
                return (entry.name.encode(),)
            case "memberof":
                return [
                    tree.entries[key].name.encode() if key in tree.entries else key.encode() for key in entry.member_of
                ]
            case "hassubordinates":
                return (b"TRUE" if tree.has_children(entry) else b"FALSE",)
            case "createtimestamp":
                return (_time(entry.made),)
            case "modifytimestamp":
                return (_time(entry.changed),)
            case "creatorsname":
                return (entry.creator.encode(),)
            case "structuralobjectclass":
                return entry.attributes["objectclass"][:1]
        return entry.attributes.get(name, ())

    def _shown(self, entry: Entry, wanted: Sequence[str], types_only: bool) -> wire.Attributes:
        """The attributes asked for, under the schema's own spelling; unknown names are left out."""
        chosen: dict[str, AttributeType] = {}
        for name in wanted or ("*",):
            if name == "*":
                chosen |= {each: schema.TYPES[each] for each in entry.attributes if not schema.TYPES[each].operational}
            elif name == "+":
                chosen |= {each: kind for each, kind in schema.TYPES.items() if kind.operational}
            elif fold(name) in schema.TYPES:
                chosen[fold(name)] = schema.TYPES[fold(name)]
        shown = [(kind.name, self._read(entry, kind)) for kind in chosen.values()]
        return [(name, () if types_only else values) for name, values in shown if values]

    def _root(self) -> wire.Attributes:
        return [
            ("objectClass", (b"top",)),
            ("namingContexts", (self._house.tree.base.encode(),)),
            ("supportedControl", tuple(each.encode() for each in (wire.PAGED, wire.POST_READ, wire.ASSERTION))),
            ("supportedExtension", (_WHO_AM_I.encode(),)),
            ("supportedLDAPVersion", (b"3",)),
        ]


def _ids(condition: Condition) -> list[str] | None:
    """The ids when a filter asks for nothing but entryUUIDs, else None."""
    kind, part = condition
    if kind == "equal" and part[0].lower() == "entryuuid":
        return [part[1].decode(errors="replace")]
    if kind != "or":
        return None
    each = [_ids(alternative) for alternative in part]
    return None if None in each else [one for some in each for one in some or ()]


def _time(moment: datetime) -> bytes:
    return moment.strftime("%Y%m%d%H%M%SZ").encode()
