"""How a directory tells what changed: by RFC 4533, by a controller's own count, or by time stamps.

None of the three speaks of everybody for ever, so each can answer that only a whole reading will do.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, Self

from provisioner.model.errors import Permanent
from provisioner.model.inventory import NOBODY
from provisioner.model.ports import Clock
from provisioner.sources.directory import active_directory
from provisioner.sources.directory.settings import DirectorySettings, Product
from provisioner.transport.directory import Directory, Search
from provisioner.transport.directory_answers import Entry
from provisioner.transport.directory_sync import SYNC

OVERLAP: Final = timedelta(minutes=15)
"""How far the clocks of a site's servers may be apart, and how long one may take to hear of another's changes."""
_STAMP: Final = "%Y%m%d%H%M%SZ"
_LONGEST_MARK: Final = 20_000
_NOBODY: Final = "(entryUUID=00000000-0000-0000-0000-000000000000)"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """From where to go on."""

    way: str
    at: str
    """Cookie in base64, count of changes, or time stamp."""
    shape: str
    people: int = 0
    """How many there were."""
    server: str = ""
    """The one whose count it is; "" where that makes no difference."""

    def pack(self) -> str:
        """As it is kept between readings."""
        said = {
            "v": _VERSION,
            "way": self.way,
            "at": self.at,
            "shape": self.shape,
            "people": self.people,
            "server": self.server,
        }
        return json.dumps(said, separators=(",", ":"))

    @classmethod
    def unpack(cls, text: str, shape: str) -> Self | None:
        """None for "", for what is no mark of ours, and for one of another shape: then all is to be read."""
        if not text or len(text) > _LONGEST_MARK:
            return None
        try:
            said = json.loads(text)
            mark = cls(said["way"], said["at"], said["shape"], said["people"], said["server"])
            texts = (mark.way, mark.at, mark.shape, mark.server)
            known = said["v"] == _VERSION and all(isinstance(one, str) for one in texts)
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        return mark if known and type(mark.people) is int and mark.shape == shape else None


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed, and from where to go on the next time."""

    entries: tuple[Entry, ...]
    mark: Mark
    deleted: frozenset[str] = NOBODY
    present: frozenset[str] | None = None
    """All that are there, where that was said."""


class Way(Protocol):
    """One way of telling changes."""

    name: str
    attributes: Sequence[str]
    """What a reading needs to ask for besides."""

    def begin(self, directory: Directory, asked: Search, shape: str) -> Mark | None:
        """Before a whole reading: from where changes will have to be told after it. None: not this way."""
        ...

    def end(self, directory: Directory, mark: Mark, entries: Sequence[Entry]) -> Mark | None:
        """After it. None: there is nowhere to go on from."""
        ...

    def changed(self, directory: Directory, asked: Search, mark: Mark) -> Changed | None:
        """What changed since. None: only a whole reading can tell."""
        ...


class Synchronised:
    """RFC 4533. An empty search gives the cookie: slapd's says how far the whole database is, whatever is asked for.

    Observed on OpenLDAP 2.5 with syncprov: changes and deletions with their ids while the session log reaches, else
    the ids of all that are there; a cookie from the future is refused ("consumer state is newer than provider!"); one
    that it can't read gives all entries as if they had changed, and nobody as deleted.
    """

    name = "sync"
    attributes: Sequence[str] = ()

    def begin(self, directory: Directory, asked: Search, shape: str) -> Mark | None:
        if not directory.offers(SYNC) or not shown(directory, asked, "entryCSN"):
            return None
        try:
            refreshed = directory.refresh(replace(asked, condition=_NOBODY, page_size=None), b"")
        except Permanent:
            return None  # known to the server, not to this database
        if refreshed.gap is not None or not refreshed.cookie:
            return None
        return Mark(self.name, base64.b64encode(refreshed.cookie).decode(), shape)

    def end(self, directory: Directory, mark: Mark, entries: Sequence[Entry]) -> Mark | None:  # noqa: ARG002 - the port
        return replace(mark, people=len(entries))

    def changed(self, directory: Directory, asked: Search, mark: Mark) -> Changed | None:
        try:
            cookie = base64.b64decode(mark.at, validate=True)
            refreshed = directory.refresh(replace(asked, page_size=None), cookie)
        except (binascii.Error, ValueError, Permanent):
            return None  # e-syncRefreshRequired, a database put back to an earlier state, no syncprov any more
        if refreshed.gap is not None or 2 * len(refreshed.entries) > mark.people:
            return None  # so many at once are what an unreadable cookie gives; read whole, they cost no more
        at = base64.b64encode(refreshed.cookie or cookie).decode()
        return Changed(refreshed.entries, replace(mark, at=at), refreshed.deleted, refreshed.present)


class Counted:
    """uSNChanged on one and the same domain controller ([MS-ADTS] 3.1.1.1.9). Deletions are not seen."""

    name = "usn"
    attributes: Sequence[str] = ("uSNChanged",)

    def begin(self, directory: Directory, asked: Search, shape: str) -> Mark | None:  # noqa: ARG002 - the port
        found = active_directory.controller(directory)
        return None if found is None else Mark(self.name, str(found.highest), shape, server=found.identity)

    def end(self, directory: Directory, mark: Mark, entries: Sequence[Entry]) -> Mark | None:
        told = any(entry.raw("uSNChanged") for entry in entries) and self._same(directory, mark)
        return replace(mark, people=len(entries)) if told else None

    def changed(self, directory: Directory, asked: Search, mark: Mark) -> Changed | None:
        found = active_directory.controller(directory)
        if found is None or not mark.at.isdecimal() or found.identity != mark.server or found.highest < int(mark.at):
            return None
        condition = f"(&{asked.condition}(uSNChanged>={int(mark.at) + 1}))"
        read = directory.search(replace(asked, condition=condition))
        if read.gap is not None or read.missing or not self._same(directory, mark):
            return None
        return Changed(read.entries, replace(mark, at=str(found.highest)))

    def _same(self, directory: Directory, mark: Mark) -> bool:
        found = active_directory.controller(directory)
        return found is not None and found.identity == mark.server


class Stamped:
    """modifyTimestamp or whenChanged: by the servers' clocks, with an overlap. Deletions are not seen."""

    name = "time"

    def __init__(self, attribute: str, clock: Clock) -> None:
        self.attributes: Sequence[str] = (attribute,)
        self._attribute = attribute
        self._clock = clock

    def begin(self, directory: Directory, asked: Search, shape: str) -> Mark | None:  # noqa: ARG002 - the port
        return Mark(self.name, "", shape)

    def end(self, directory: Directory, mark: Mark, entries: Sequence[Entry]) -> Mark | None:  # noqa: ARG002 - the port
        at = self._since(entries)
        return None if at is None else replace(mark, at=at, people=len(entries))

    def changed(self, directory: Directory, asked: Search, mark: Mark) -> Changed | None:
        if not (mark.at.endswith("Z") and mark.at[:-1].isdecimal()):
            return None
        stamp = f"{mark.at[:-1]}.0Z" if self._attribute == "whenChanged" else mark.at
        read = directory.search(replace(asked, condition=f"(&{asked.condition}({self._attribute}>={stamp}))"))
        if read.gap is not None or read.missing:
            return None
        return Changed(read.entries, replace(mark, at=max(self._since(read.entries) or "", mark.at)))

    def _since(self, entries: Sequence[Entry]) -> str | None:
        """The newest stamp, less the overlap: time as the servers have it, ours only where theirs lies ahead."""
        stamps = sorted(value for entry in entries for value in entry.raw(self._attribute))
        if not stamps:
            return None
        try:
            newest = datetime.strptime(stamps[-1].decode()[:14] + "Z", "%Y%m%d%H%M%S%z")
        except ValueError:
            return None
        return (min(newest, self._clock.now()) - OVERLAP).strftime(_STAMP)


def shown(directory: Directory, asked: Search, attribute: str) -> bool:
    """Whether anybody shows this attribute: if not, nothing can be found by it, and that a few don't says nothing."""
    condition = f"(&{asked.condition}({attribute}=*))"
    one = replace(asked, condition=condition, attributes=(attribute,), page_size=None, most=1)
    return any(entry.raw(attribute) for entry in directory.search(one).entries)


def ways(settings: DirectorySettings, clock: Clock) -> Sequence[Way]:
    """Those that fit, the surest first. None at all for a group's members: joining one changes nobody's own entry."""
    if settings.members_of is not None:
        return ()
    if settings.kind is Product.ACTIVE_DIRECTORY:
        return Counted(), Stamped("whenChanged", clock)
    stamped = Stamped("modifyTimestamp", clock)
    by_id = settings.key_attribute.lower() == "entryuuid"
    return (Synchronised(), stamped) if by_id else (stamped,)
