"""Sub-folders and files by WebDAV, below our own account's files: made where nothing is.

Statuses as observed on Nextcloud 34. An answer counts when it bears WebDAV's own marks (its statuses, its XML, its
ETag): a login page of a proxy is no file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote

from connectors.nextcloud.client import Client, garbled, garbled_write, segment
from connectors.nextcloud.multistatus import DAV, parsed, responses
from provisioner.model.errors import Permanent, Transient
from provisioner.model.text import Text
from provisioner.transport.answer import Answer

FILES: Final = "/remote.php/dav/files"
MARKDOWN: Final = "text/markdown"

_ASK_NOTHING: Final = b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/></d:prop></d:propfind>'
_ASK_FOLDER: Final = (
    b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns">'
    b"<d:prop><nc:group-folder-id/></d:prop></d:propfind>"
)
_ASK_AGE: Final = (
    b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:">'
    b"<d:prop><d:resourcetype/><d:getlastmodified/></d:prop></d:propfind>"
)
_FOLDER_ID: Final = "{http://nextcloud.org/ns}group-folder-id"

_A_FOLDER: Final = b"This is the WebDAV interface."
"""What GET says of a folder, with 200 (observed)."""

Names = Sequence[str]
"""A path as its names, from the account's home on."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is now; ``etag`` as the server quotes it."""

    content: bytes
    etag: str


class Locked(Transient):
    """Somebody works on this very file."""


class WebDav:
    """The files that one account sees."""

    def __init__(self, client: Client, user: str) -> None:
        """``user``: the account's id, not what it logs in with."""
        self._client = client
        self._root = f"{FILES}/{segment(user)}"

    def reach(self, names: Names) -> None:
        """Make a team folder's mount point reachable, by listing what is above it, level by level.

        Observed: a mount point in another folder answers 500 to everything, once after it was made or moved, until
        the folders around it have come into being; each comes when the one above it is listed one level deep.
        """
        for depth in range(len(names) - 1):
            path = self._path(names[:depth])
            self._expect(self._client.dav("PROPFIND", path, _ASK_NOTHING, _xml(depth=1)), (207,), path)

    def team_folder_at(self, names: Names) -> str | None:
        """The id of the team folder mounted at this very path; None: nothing is here, or something else."""
        path = self._path(names)
        answer = self._client.dav("PROPFIND", path, _ASK_FOLDER, _xml(depth=0))
        if answer.status == 404:
            return None
        self._expect(answer, (207,), path)
        return next((one.text for one in parsed(answer, path).iter(_FOLDER_ID) if one.text), None)

    def make_folder(self, names: Names) -> bool:
        """Make one folder; False when something of this name is there already (405), which stays as it is."""
        path = self._path(names)
        answer = self._client.dav("MKCOL", path)
        if answer.status == 405:
            return False
        self._expect(answer, (201,), path, writing=True)
        return True

    def files_in(self, names: Names) -> Mapping[str, datetime]:
        """The files right in a folder by name, and when each was written last, by the server's clock. One request.

        Nothing where no such folder is. What can't be understood is left out.
        """
        path = self._path(names)
        answer = self._client.dav("PROPFIND", path, _ASK_AGE, _xml(depth=1))
        if answer.status == 404:
            return {}
        self._expect(answer, (207,), path)
        found: dict[str, datetime] = {}
        for href, properties in responses(answer, path):
            kind, written = properties.find(f"{DAV}resourcetype"), _moment(properties.findtext(f"{DAV}getlastmodified"))
            above, _, name = href.rpartition("/")
            is_inside = unquote(above).endswith(unquote(path))  # the server may stand below a path of its host
            if is_inside and name and kind is not None and len(kind) == 0 and written is not None:
                found[unquote(name)] = written
        return found

    def remove(self, names: Names) -> bool:
        """Put a file into the trash bin; False when there was none (any more)."""
        path = self._path(names)
        answer = self._client.dav("DELETE", path)
        if answer.status == 404:
            return False
        self._expect(answer, (204,), path, writing=True)
        return True

    def read(self, names: Names) -> File | None:
        """A file; None when there is none, or a folder of this name."""
        path = self._path(names)
        answer = self._client.dav("GET", path)
        if answer.status == 404 or (answer.status == 200 and answer.body.startswith(_A_FOLDER)):
            return None
        self._expect(answer, (200,), path)
        etag = answer.headers.get("etag", "")
        if not etag or "oc-etag" not in answer.headers:
            raise garbled(path, "no ETag")
        return File(answer.body, etag)

    def create(self, names: Names, content: bytes, kind: str = MARKDOWN) -> bool:
        """Write a file where none is; False when something is there, which stays as it is."""
        return self._put(names, content, kind, {"If-None-Match": "*"})

    def replace(self, names: Names, content: bytes, old: File) -> bool:
        """Write a file anew if it is still ``old``; False when it is not, and it stays as it is."""
        return self._put(names, content, MARKDOWN, {"If-Match": old.etag})

    def _put(self, names: Names, content: bytes, kind: str, condition: dict[str, str]) -> bool:
        path = self._path(names)
        answer = self._client.dav("PUT", path, content, {"Content-Type": kind, **condition})
        if answer.status == 412:
            return False
        self._expect(answer, (201, 204), path, writing=True)
        return True

    def _path(self, names: Names) -> str:
        return "/".join([self._root, *(segment(name) for name in names)])

    def _expect(self, answer: Answer, statuses: tuple[int, ...], path: str, *, writing: bool = False) -> None:
        """Raise what an answer with another status, or a success that is not WebDAV's, means."""
        detail = f"HTTP {answer.status}"
        if answer.status in statuses:
            if "text/html" not in answer.headers.get("content-type", "") or not answer.body:
                return
        elif answer.status == 423:
            raise Locked(Text.of("nextcloud.file_locked", path=path), detail)
        elif answer.status == 507:
            raise Permanent(Text.of("nextcloud.folder_full", path=path), detail)
        elif answer.status >= 400:
            raise Permanent(Text.of("nextcloud.file_refused", path=path, status=answer.status), detail)
        if writing:
            raise garbled_write(path, detail)
        raise garbled(path, detail)


def _xml(depth: int) -> dict[str, str]:
    return {"Depth": str(depth), "Content-Type": "application/xml"}


def _moment(written: str | None) -> datetime | None:
    """A date as HTTP writes it; None for what is none, or tells no time zone."""
    try:
        moment = parsedate_to_datetime(written or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
