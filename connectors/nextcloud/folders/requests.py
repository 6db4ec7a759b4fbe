"""Team folders: every request about them. Observed on Team folders 22.

The app's addresses have OCS's envelope with the code 100, and refuse with ``{"message": …}``. It takes nearly
everything: an empty name makes a folder that covers everybody's home, "5 GB" is 5 bytes, a group need not exist, any
number is a mask of rights. So nothing leaves here that was not looked at before.
"""

from collections.abc import Mapping
from typing import Final

from connectors.kit.outcomes import perhaps_created
from connectors.nextcloud.client import PRODUCT, Client, OcsRefusal, garbled, garbled_write, segment
from connectors.nextcloud.folders.shape import RIGHTS, Folder, folder_of, objection, unreadable
from connectors.nextcloud.outcomes import creating
from connectors.nextcloud.quota import MOST, UNLIMITED
from provisioner.model.errors import NotAllowed, OutcomeUnknown, Permanent, RateLimited, Transient
from provisioner.model.resources import Value
from provisioner.model.text import Text
from provisioner.transport.answer import NeverSent

FOLDERS: Final = "/index.php/apps/groupfolders/folders"

TAKEN: Final = "Mount point already exists"
NOT_FOUND: Final = "Groupfolder not found"
ASSIGNED: Final = "Group already assigned to this Groupfolder"


class Folders:
    """Requests about team folders, each one call; a write's answer tells the whole folder as it is now."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def all(self) -> dict[str, Folder]:
        """All folders that we are shown, by id. What can't be read of one is unknown, and so is nothing of others.

        Without the right to see all, the server gives fewer, with 200 and no word about it: see `count`. Raises
        `TargetError`.
        """
        data = self._client.get(FOLDERS)
        if not isinstance(data, dict) and data != []:
            raise garbled(FOLDERS)
        found = {str(key): folder_of(item) for key, item in (data.items() if isinstance(data, dict) else ())}
        return {
            key: folder if folder is not None and folder.id == key else unreadable(key) for key, folder in found.items()
        }

    def count(self) -> int:
        """How many there are, whoever asks; `NotAllowed` for who has no right to see all."""
        path = f"{FOLDERS}/count"
        data = self._client.get(path)
        count = data.get("count") if isinstance(data, dict) else None
        if not isinstance(count, int) or isinstance(count, bool):
            raise garbled(path)
        return count

    def read(self, identifier: str) -> Folder | None:
        """One folder; None when the app itself says that there is none. Raises `TargetError`."""
        path = self._path(identifier)
        try:
            folder = folder_of(self._client.get(path))
        except OcsRefusal as refusal:
            if refusal.status == 404 and refusal.message == NOT_FOUND:
                return None
            if refusal.status == 404 and not refusal.message:  # what somebody without rights is told (observed)
                raise NotAllowed(Text.of("nextcloud.folders_not_allowed"), refusal.detail) from refusal
            raise
        if folder is None or folder.id != identifier:
            raise garbled(path)
        return folder

    def create(self, name: str) -> Folder:
        """A new folder. Raises `OutcomeUnknown` unless the answer proves that nothing was made.

        A name that the server would turn into another is refused before anything is sent.
        """
        self._refuse(name)
        try:
            data = creating(lambda: self._client.write("POST", FOLDERS, {"mountpoint": name}), name, {400, 404})
        except OcsRefusal as refusal:
            raise _taken(refusal, name) from refusal
        folder = folder_of(data)
        if folder is None:
            raise perhaps_created(name, "")
        return folder

    def rename(self, identifier: str, name: str) -> Folder:
        """Move it. The name that it has already is fine; another folder's is refused."""
        self._refuse(name)
        try:
            return self._write(identifier, "/mountpoint", {"mountpoint": name})
        except OcsRefusal as refusal:
            raise _taken(refusal, name) from refusal

    def set_quota(self, identifier: str, size: Value) -> Folder:
        """Bytes, or `UNLIMITED`. Raises `Permanent` for what is no such number: the server would take anything."""
        if not isinstance(size, int) or isinstance(size, bool) or not UNLIMITED <= size <= MOST or size in (-1, -2):
            raise Permanent(Text.of("nextcloud.no_quota", value=str(size)))
        return self._write(identifier, "/quota", {"quota": size})

    def set_advanced_permissions(self, identifier: str, on: bool) -> Folder:
        """Off forgets who managed them (observed)."""
        return self._write(identifier, "/acl", {"acl": 1 if on else 0})

    def let_in(self, identifier: str, group: str, bits: int) -> Folder:
        """Give a group, which has to exist, the folder with these rights; one or two writes, as often as one likes.

        The server gives every group all rights first, and asks nobody whether the group exists. So a failure of
        which nothing is known may leave a group with more rights than it shall have: `OutcomeUnknown`.
        """
        try:
            folder = self._write(identifier, "/groups", {"group": group})
        except OcsRefusal as refusal:
            if refusal.message != ASSIGNED:
                raise
            found = self.read(identifier)
            if found is None:
                raise Permanent(Text.of("kit.gone", name=identifier, product=PRODUCT)) from refusal
            folder = found
        except (NeverSent, RateLimited):
            raise
        except Transient as error:
            raise OutcomeUnknown(error.text, error.detail) from error
        if folder.bits_of(group) == bits:
            return folder
        try:
            return self.set_rights(identifier, group, bits)
        except Transient as error:
            raise OutcomeUnknown(error.text, error.detail) from error

    def set_rights(self, identifier: str, group: str, bits: int) -> Folder:
        """Set a group's bits. On a group that has not the folder the server does nothing, silently: an error here."""
        if bits not in RIGHTS.values():
            raise Permanent(Text.of("nextcloud.no_rights", bits=bits))
        folder = self._write(identifier, f"/groups/{segment(group)}", {"permissions": bits})
        if folder.bits_of(group) != bits:
            raise Permanent(Text.of("nextcloud.edge_gone", name=group, group=identifier))
        return folder

    def set_manager(self, identifier: str, group: str, manages: bool) -> Folder:
        """Let a group decide on the advanced permissions, or no more. Twice is a 502 (observed)."""
        body = {"mappingType": "group", "mappingId": group, "manageAcl": 1 if manages else 0}
        return self._write(identifier, "/manageACL", body)

    def take_out(self, identifier: str, group: str) -> Folder:
        """Take the folder from a group; as often as one likes."""
        return self._answered(self._client.write("DELETE", f"{self._path(identifier)}/groups/{segment(group)}"))

    def delete(self, identifier: str) -> None:
        """Delete it with all its files, for good. Fine when it is gone already."""
        try:
            self._client.write("DELETE", self._path(identifier))
        except OcsRefusal as refusal:
            if refusal.status != 404 or refusal.message != NOT_FOUND:
                raise

    def _write(self, identifier: str, below: str, body: Mapping[str, object]) -> Folder:
        return self._answered(self._client.write("POST", f"{self._path(identifier)}{below}", body))

    @staticmethod
    def _answered(data: object) -> Folder:
        """``{"success": true, "folder": {…}}``."""
        folder = folder_of(data.get("folder")) if isinstance(data, dict) else None
        if folder is None:
            raise garbled_write(FOLDERS)
        return folder

    @staticmethod
    def _path(identifier: str) -> str:
        return f"{FOLDERS}/{segment(identifier)}"

    @staticmethod
    def _refuse(name: str) -> None:
        why = objection(name)
        if why is not None:
            raise Permanent(why)


def _taken(refusal: OcsRefusal, name: str) -> Permanent:
    return (
        Permanent(Text.of("nextcloud.name_taken", name=name), refusal.detail) if refusal.message == TAKEN else refusal
    )
