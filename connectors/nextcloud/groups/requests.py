"""Groups: every request about them, but for who joins and leaves them."""

from collections.abc import Collection
from itertools import takewhile
from typing import Final

from connectors.kit.batch import text_of
from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, group_segment
from connectors.nextcloud.groups.shape import nameless, remote_of
from connectors.nextcloud.listing import first_page, identifiers, pages, reconcile
from connectors.nextcloud.outcomes import creating
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import (
    Absent,
    Complete,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Scope,
    Unreadable,
)
from provisioner.model.resources import Kind
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

DETAILS: Final = f"{CLOUD}/groups/details"
NOT_CREATED: Final = frozenset({102})
"""The one OCS code after which a POST of a group has certainly made nothing: the id is taken."""


class Groups:
    """The groups of one target."""

    def __init__(self, client: Client, target: str, page_size: int) -> None:
        self._client = client
        self._scope = Scope(target, Kind.GROUP)
        self._page_size = page_size

    def observe(self) -> Observation:
        """All groups: ⌈G / page size⌉ + 2 requests. Without the right to list them: Partial."""
        seen: dict[str, Remote] = {}
        try:
            for _, item in pages(self._client, DETAILS, "groups", self._page_size):
                remote = remote_of(item)
                if remote is not None:  # else it is missing from what was seen, and read by itself below
                    seen[remote.remote_id] = remote
            stated = identifiers(self._client, f"{CLOUD}/groups", "groups")
            found, disputed = reconcile(seen, stated, self.read, lambda present: present.remote)
        except LoginRefused:
            raise
        except TargetError as error:
            return Observation(Partial(self._scope, error.text), seen)
        if disputed:
            return Observation(Partial(self._scope, Text.of("kit.list_moved", count=disputed)), found)
        return Observation(Complete(self._scope), found)

    def look_for(self, wanted: Collection[str]) -> dict[str, Remote]:
        """Those of these groups that exist, with what tells them: one request where a page holds all of their kind.

        A group that is missing here may exist all the same: `members` tells.
        """
        items = first_page(self._client, DETAILS, "groups", self._page_size, _common_start(wanted))
        if items is not None:
            listed = [remote for item in items if (remote := remote_of(item)) is not None]
            return {remote.remote_id: remote for remote in listed if remote.remote_id in wanted}
        found = {identifier: self.read_group(identifier) for identifier in wanted}
        return {identifier: remote for identifier, remote in found.items() if remote is not None}

    def members(self, identifier: str) -> frozenset[str] | None:
        """User ids of its members (one request); None when the server itself says that there is no such group.

        Raises `TargetError`.
        """
        try:
            return identifiers(self._client, f"{CLOUD}/groups/{group_segment(identifier)}/users", "users")
        except OcsRefusal as refusal:
            # 404/998 is also what somebody without rights is told about things that do exist.
            if refusal.code == 404:
                return None
            raise

    def read(self, identifier: str) -> Reading:
        """One group, typed. Raises `LoginRefused` alone."""
        try:
            remote = self.read_group(identifier)
        except LoginRefused:
            raise
        except TargetError as error:
            return Unreadable(error.text)
        return Absent() if remote is None else Present(remote)

    def read_group(self, identifier: str) -> Remote | None:
        """One group; None when the server itself says "The requested group could not be found".

        Raises `TargetError`.
        """
        for found, item in pages(self._client, DETAILS, "groups", self._page_size, search=identifier):
            remote = remote_of(item) if found == identifier else None
            if remote is not None:
                return remote
        return None if self.members(identifier) is None else nameless(identifier)

    def create(self, step: Step) -> Done:
        """POST with id and display name. Raises `OutcomeUnknown` unless the answer proves that nothing was made."""
        name = text_of(step, "groupid")
        body: dict[str, object] = {"groupid": name}
        if step.payload.get("displayname"):
            body["displayname"] = text_of(step, "displayname")
        creating(lambda: self._client.write("POST", f"{CLOUD}/groups", body), name, NOT_CREATED)
        return Done(name)

    def rename(self, step: Step) -> Done:
        """PUT of the display name; not limited by the server."""
        identifier = step.remote_id or ""
        path = f"{CLOUD}/groups/{group_segment(identifier)}"
        self._client.write("PUT", path, {"key": "displayname", "value": text_of(step, "displayname")})
        return Done(identifier)


def _common_start(names: Collection[str]) -> str:
    """The letters with which all of them begin: a body's groups are called alike."""
    columns = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in columns).strip()
