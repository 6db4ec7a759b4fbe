"""Team folders as a room of the connector; see `connectors.kit.rooms`."""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, Rosters, Staged, erased_already, held_against
from connectors.nextcloud.accounts.shape import Own
from connectors.nextcloud.client import PRODUCT, Client
from connectors.nextcloud.folders import shape, steps
from connectors.nextcloud.folders.dav import WebDav
from connectors.nextcloud.folders.files import FolderFiles
from connectors.nextcloud.folders.requests import Folders
from connectors.nextcloud.folders.shape import ALL_RIGHTS, Folder
from connectors.nextcloud.folders.steps import Compiler, Manner
from connectors.nextcloud.fresh import Fresh
from connectors.nextcloud.groups.requests import Groups
from connectors.nextcloud.look import NextcloudLook
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import Garbled, NotAllowed, Permanent, Uncertain
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Observation,
    Partial,
    Present,
    Reading,
    Roster,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Clock, Resolve
from provisioner.model.resources import Edge, FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import edge_word

ALL_OPERATIONS = frozenset(
    {
        steps.CREATE,
        steps.RENAME,
        steps.QUOTA,
        steps.PERMISSIONS,
        steps.OPEN,
        steps.LET_IN,
        steps.GRADE,
        steps.MANAGE,
        steps.TAKE_OUT,
        steps.LAYOUT,
        steps.NOTE,
        steps.ERASE,
    }
)


class FolderRoom(Room[NextcloudLook]):
    """Folders with the groups that have them. The working group of the settings is ours and no part of any roster."""

    kind = Kind.TEAM_FOLDER
    operations = ALL_OPERATIONS
    sharing = ALL_OPERATIONS - {steps.ERASE}

    def __init__(
        self, client: Client, target: str, settings: NextcloudSettings, clock: Clock, own: Callable[[], Own]
    ) -> None:
        """``own`` reads our technical account (one request)."""
        self._target = target
        self._url = settings.url
        self._own = own
        self._working_group = settings.working_group
        self._client = client
        self._folders = Folders(client)
        self._groups = Groups(client, target, settings.page_size)
        self._dav: WebDav | None = None
        self._fresh: Fresh[Folder | None] = Fresh(clock)
        self._files = FolderFiles(self._folders, self._own_files, self._working_group or "", settings.welcome_note)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """What is laid out inside a folder needs a working group, by which we are in it."""
        return shape.FIELDS if self._working_group is None else shape.FIELDS | shape.FIELDS_OF_MEMBERS

    def objection(self, name: str) -> Text | None:
        """Why no folder is mounted there."""
        return shape.objection(name)

    def canonical_name(self, name: str) -> str:
        """Mount points differ by case (observed)."""
        return shape.canonical_name(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """Quotas are bytes, kept exactly."""
        return shape.canonical(field, value)

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - a port's signature
        """Opens for every member, until the folder is renamed.

        The server has links by number (``/f/88``), but that number is the folder's among all files, which only its
        members are told (observed).
        """
        return f"{self._url}/index.php/apps/files/?dir=/{quote(name)}"

    # --- reading -----------------------------------------------------------------------------------------------

    def observe(self, look: NextcloudLook) -> tuple[Observation, Rosters]:
        """All folders with their groups: one request, and a second one where it can't be told that these are all."""
        self.forget()
        sought, narrow = look.sought(self.kind), look.interest.only is not None
        scope = Scope(self._target, self.kind, only=frozenset(one.id.key for one in sought) if narrow else None)
        if narrow and not sought:
            return Observation(Complete(scope)), {}
        found = self._folders.all()
        why = self._doubt(found, look.own)
        if narrow:
            tied = {one.remote_id for one in sought}
            names = {shape.canonical_name(one.name) for one in sought}
            found = {key: one for key, one in found.items() if key in tied or one.remote.name in names}
        completeness: Completeness = Complete(scope) if why is None else Partial(scope, why)
        objects = {identifier: folder.remote for identifier, folder in found.items()}
        rosters = {(self.kind, folder.id): self._roster(folder) for folder in found.values()}
        return Observation(completeness, objects), rosters

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - there is no room for a marker
        """By exactly this mount point, of which there is one at most."""
        found = self._folders.all()
        for folder in found.values():
            if folder.name == name:
                return Present(folder.remote)
        why = self._doubt(found, self._own())
        return Absent() if why is None else Unreadable(why)

    def _roster(self, folder: Folder) -> Roster:
        scope = Scope(self._target, self.kind, folder.id)
        members = folder.roles(ignored=self._working_group)
        if members is None:
            return Roster(Partial(scope, Text.of("nextcloud.malformed", id=folder.id)))
        return Roster(Complete(scope), members)

    def _doubt(self, found: Mapping[str, Folder], own: Own) -> Text | None:
        """Why these may not be all; None: they are.

        Somebody without rights is shown only folders of their own groups, and only these groups in them; somebody
        who may administer a few, only those that they manage (read). What is shown to us and to neither of these
        proves that we see all; where nothing is, the server's count does.
        """
        if "admin" in own.groups:
            return None
        ours = {("user", own.id), *(("group", group) for group in own.groups)}
        others = any((one.rights or {}).keys() - ours for one in found.values())
        unmanaged = any(one.managers is not None and not one.managers & ours for one in found.values())
        if others and unmanaged:
            return None
        try:
            count = self._folders.count()
        except NotAllowed:
            return Text.of("nextcloud.folders_not_allowed")
        return None if count == len(found) else Text.of("nextcloud.folders_hidden", count=count, shown=len(found))

    # --- writing -----------------------------------------------------------------------------------------------

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nextcloud.folders.steps`."""
        return Compiler(batch, Manner(self._working_group is not None)).steps()

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The folder with its groups, read afresh or as the step before left it."""
        folder = self._read(located(step, resolve))
        if folder is None:
            # What is to be erased and is gone already is done; anything else has moved.
            return Verified(None) if step.operation == steps.ERASE else held_against(step, None, PRODUCT)
        if step.expects_edge is not None:
            return self._verify_edge(folder, step.expects_edge, resolve)
        return held_against(step, folder.remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write, or the few of one step; see `connectors.nextcloud.folders.steps`."""
        if step.operation == steps.CREATE:
            return Done(self._folders.create(text_of(step, "mountpoint")).id)
        identifier = located(step, resolve)
        if step.operation == steps.ERASE:
            return self._erase(step, identifier, verified)
        if step.operation == steps.NOTE:
            return self._write_note(step, identifier)
        folder = self._write(step, identifier, resolve)
        self._fresh.correct(lambda held: folder if held is not None and held.id == folder.id else held)
        return Done(identifier)

    def forget(self) -> None:
        """The next step reads its folder."""
        self._fresh.forget()

    def _write(self, step: Step, identifier: str, resolve: Resolve) -> Folder:
        """The folder as it is after the write."""
        value = step.payload.get("value")
        match step.operation:
            case steps.RENAME:
                return self._folders.rename(identifier, str(value))
            case steps.QUOTA:
                return self._folders.set_quota(identifier, value if isinstance(value, str | int) else None)
            case steps.PERMISSIONS:
                return self._folders.set_advanced_permissions(identifier, value is True)
            case steps.OPEN:
                return self._open(identifier)
            case steps.LAYOUT:
                return self._files.lay_out(self._present(step, identifier), text_of(step, "layout"))
        group, bits = resolve(step.refers[0]), step.payload.get("bits")
        match step.operation:
            case steps.LET_IN if isinstance(bits, int):
                if self._groups.read_group(group) is None:  # the server would let a name in that belongs to nobody
                    raise Permanent(Text.of("kit.gone", name=group, product=PRODUCT))
                return self._folders.let_in(identifier, group, bits)
            case steps.GRADE if isinstance(bits, int):
                self._stop_managing(self._present(step, identifier), group)
                return self._folders.set_rights(identifier, group, bits)
            case steps.MANAGE:
                return self._switch_manager(step, self._present(step, identifier), group)
            case steps.TAKE_OUT:
                self._stop_managing(self._present(step, identifier), group)
                return self._folders.take_out(identifier, group)
        raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))

    def _open(self, identifier: str) -> Folder:
        group = self._working_group
        own = self._own()
        if group is None or group not in own.groups:
            raise Permanent(Text.of("nextcloud.not_in_working_group", user=own.id, group=group or ""))
        return self._folders.let_in(identifier, group, ALL_RIGHTS)

    def _switch_manager(self, step: Step, folder: Folder, group: str) -> Folder:
        manages = step.payload.get("manages") is True
        if folder.is_managed_by(group) == manages:  # asked for twice, the server breaks
            return folder
        if manages and folder.advanced_permissions is not True:
            raise Permanent(Text.of("nextcloud.manager_without_permissions", group=group, name=step.name))
        return self._folders.set_manager(folder.id, group, manages)

    def _stop_managing(self, folder: Folder, group: str) -> None:
        """Of a group whose rights are none of our roles: whoever does not manage must not do it unseen."""
        if folder.is_managed_by(group):
            self._folders.set_manager(folder.id, group, manages=False)

    def _write_note(self, step: Step, identifier: str) -> Done:
        before = step.payload.get("before")
        folder = self._present(step, identifier)
        text = text_of(step, "text")
        _, ours = self._files.write_note(folder, text, before if isinstance(before, str) else None)
        self._fresh.forget()  # the working group may have been let in
        return Done(identifier, note=None if ours else Text.of("nextcloud.note_left_alone", name=step.name))

    def _erase(self, step: Step, identifier: str, verified: Verified | None) -> Done:
        if verified is None:
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        if verified.remote is None:
            return erased_already(step, PRODUCT)
        self._folders.delete(identifier)
        return Done(identifier)

    def _verify_edge(self, folder: Folder, edge: Edge, resolve: Resolve) -> Verified | Moved:
        group = resolve(ResourceId(edge.seats.member, edge.member))
        if folder.rights is None or folder.managers is None:
            raise Garbled(Text.of("nextcloud.malformed", id=folder.id))
        role = folder.role_of(group)
        if role is None:
            return Moved(Text.of("nextcloud.edge_gone", name=group, group=folder.remote.name))
        if role is not edge.seats.role:
            word = edge_word(role, Kind.TEAM_FOLDER)
            return Moved(Text.of("nextcloud.rights_moved", name=group, group=folder.remote.name, role=word))
        return Verified(folder.remote)

    def _read(self, identifier: str) -> Folder | None:
        return self._fresh.read(identifier, lambda: self._folders.read(identifier))

    def _present(self, step: Step, identifier: str) -> Folder:
        folder = self._read(identifier)
        if folder is None:
            raise Permanent(Text.of("kit.gone", name=step.name, product=PRODUCT))
        return folder

    def _own_files(self) -> WebDav:
        if self._dav is None:
            self._dav = WebDav(self._client, self._own().id)
        return self._dav
