"""Groups: observe, compile, apply. The group id is made once; what people read and we rename is the display name."""

from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import Final

from connectors.batch import text_of
from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, group_segment
from connectors.nextcloud.listing import first_page, identifier_of, identifiers, pages, reconcile
from connectors.nextcloud.outcomes import creating
from provisioner.model.changes import Create, Update
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import (
    UNKNOWN,
    Absent,
    Complete,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Scope,
    Unknown,
    Unreadable,
)
from provisioner.model.resources import FieldName, Kind, Mode, Value
from provisioner.model.steps import Cost, Done, Effects, Json, Step
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.CREATE_ONLY, "display_name": Mode.MANAGED}
NOT_CREATED: Final = frozenset({102})
"""The one OCS code after which a POST of a group has certainly made nothing: the id is taken."""
LONGEST: Final = 64
"""Characters. A longer id is accepted, and silently replaced by its hash."""
LONGEST_DISPLAY_NAME: Final = 255

DETAILS: Final = f"{CLOUD}/groups/details"
CREATE: Final = "create-group"
RENAME: Final = "rename-group"
ERASE: Final = "erase-group"

ADMIN: Final = "admin"
"""The group whose members may do everything; the server itself does not let it go."""


def objection(name: str) -> Text | None:
    """Why we do not make a group of this id. Most of these the server would accept, and regret."""
    if not name or name == "0" or name in (".", ".."):
        return Text.of("nextcloud.group_name_reserved", name=name)
    if len(name) > LONGEST:
        return Text.of("nextcloud.name_too_long", name=name, limit=LONGEST)
    if name != name.strip() or not name.isprintable():
        return Text.of("nextcloud.name_unprintable", name=name)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """A display name comes back without spaces around it and at most 255 characters long."""
    if field == "display_name" and isinstance(value, str):
        return value.strip()[:LONGEST_DISPLAY_NAME].strip()
    return value


def remote_of(item: object) -> Remote | None:
    """One object of ``/cloud/groups/details``; None where it does not even tell its id."""
    if not isinstance(item, dict):
        return None
    identifier = identifier_of(item.get("id"))
    if not identifier:
        return None
    display_name = item.get("displayname")
    # A group of another backend (LDAP) can't be filled, renamed or emptied by us; the server says so in canAdd.
    ours = item.get("canAdd") is not False
    return Remote(
        remote_id=identifier,
        name=identifier,
        fields={"name": identifier, "display_name": display_name if isinstance(display_name, str) else UNKNOWN},
        writable=None if ours else frozenset(),
        backend="" if ours else "other",
    )


def _common_start(names: Collection[str]) -> str:
    """The letters with which all of them begin: a body's groups are called alike."""
    columns = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in columns).strip()


def nameless(identifier: str) -> Remote:
    """A group that exists, and of which the details do not tell more."""
    return Remote(identifier, identifier, {"name": identifier, "display_name": UNKNOWN})


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
            return Observation(Partial(self._scope, Text.of("nextcloud.list_moved", count=disputed)), found)
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


def create_step(change: Create, digest: str) -> Step:
    """One POST."""
    wanted = change.wanted
    fields = {name: canonical(name, value) for name, value in wanted.fields.items() if name in FIELDS}
    payload: dict[str, Json] = {"groupid": wanted.name}
    if fields.get("display_name"):
        payload["displayname"] = fields["display_name"]
    return Step(
        target=change.target,
        operation=CREATE,
        id=change.id,
        name=wanted.name,
        changes=(digest,),
        payload=payload,
        effects=Effects(fields=fields),
    )


def update_steps(change: Update, digest: str) -> Iterator[Step]:
    """One PUT when the display name differs; nothing else of a group can be written."""
    display_name = canonical("display_name", change.after.get("display_name"))
    if not display_name:
        return
    before = change.before.get("display_name")
    yield Step(
        target=change.target,
        operation=RENAME,
        id=change.id,
        name=change.name,
        changes=(digest,),
        remote_id=change.remote_id,
        payload={"displayname": display_name},
        effects=Effects(fields={"display_name": display_name}),
        expects={} if before is None or isinstance(before, Unknown) else {"display_name": before},
        cost=Cost(requests=2),
    )
