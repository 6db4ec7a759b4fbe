"""The few words that tests need to make changes of team folders, and to look into them."""

from collections.abc import Sequence

from connectors.nextcloud.folders.dav import WebDav
from connectors.nextcloud.folders.files import FolderFiles
from connectors.nextcloud.folders.requests import Folders
from connectors.nextcloud.folders.shape import Folder
from provisioner.model.changes import ChangeClass, Create, Erase, Join, Leave, Regrade, Update, Write
from provisioner.model.inventory import Complete, Level, Remote, Roster, Scope, Unknown
from provisioner.model.resources import EdgeRole, FieldName, Kind, LateText, Resource, ResourceId, Value
from tests.support.nextcloud import TARGET, TOKEN, WHY, Bench, group, update

ONLY_FOLDERS = frozenset({Kind.TEAM_FOLDER})


def folder(key: str) -> ResourceId:
    return ResourceId(Kind.TEAM_FOLDER, f"body:{key}")


def create_folder(key: str, name: str, **fields: Value) -> Create:
    wanted = Resource(folder(key), name, dict(fields), WHY)  # type: ignore[arg-type]
    keys = Complete(Scope(TARGET, Kind.TEAM_FOLDER), Level.KEYS)
    return Create(target=TARGET, id=wanted.id, name=name, reason=WHY, wanted=wanted, keys=keys)


def change_folder(key: str, before: Remote, **after: Value) -> Update:
    return update(folder(key), before, **after)


def lay_out(key: str, remote_id: str, layout: str) -> Update:
    """Make up for a layout that never came to pass: nothing is known of what is there."""
    return Update(
        target=TARGET,
        id=folder(key),
        name=key,
        reason=WHY,
        remote_id=remote_id,
        before={"layout": Unknown()},
        after={"layout": layout},
    )


def let_in(key: str, role: EdgeRole, *groups: str) -> Join:
    return Join(
        target=TARGET, id=folder(key), name=key, reason=WHY, members=_keys(groups), role=role, member=Kind.GROUP
    )


def regrade(key: str, remote_id: str, before: EdgeRole, role: EdgeRole, *groups: str) -> Regrade:
    return Regrade(
        target=TARGET,
        id=folder(key),
        name=key,
        reason=WHY,
        members=_keys(groups),
        before=before,
        role=role,
        remote_id=remote_id,
        edges=_edges(remote_id),
        source_complete=True,
        member=Kind.GROUP,
    )


def take_out(key: str, remote_id: str, role: EdgeRole, *groups: str) -> Leave:
    return Leave(
        target=TARGET,
        id=folder(key),
        name=key,
        reason=WHY,
        members=_keys(groups),
        remote_id=remote_id,
        edges=_edges(remote_id),
        source_complete=True,
        role=role,
        member=Kind.GROUP,
    )


def note(key: str, text: str, before: str | None = None, field: FieldName = "note") -> Write:
    return Write(
        target=TARGET,
        id=folder(key),
        name=key,
        reason=WHY,
        field=field,
        text=LateText(tuple((line,) for line in text.split("\n"))),
        before=before,
        written=text,
    )


def erase(key: str, remote_id: str, name: str) -> Erase:
    return Erase(
        target=TARGET,
        id=folder(key),
        name=name,
        reason=WHY,
        change_class=ChangeClass.NAMED,
        remote_id=remote_id,
        fingerprint="",
        keys=Complete(Scope(TARGET, Kind.TEAM_FOLDER), Level.KEYS),
    )


def _keys(groups: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(group(one).key for one in groups))


def _edges(remote_id: str) -> Complete:
    return Complete(Scope(TARGET, Kind.TEAM_FOLDER, remote_id), Level.FIELDS)


class FolderBench(Bench):
    """A bench whose account sees folders from inside, and that looks into them as somebody of the working group."""

    @property
    def requests(self) -> Folders:
        return Folders(self.connector._client)

    @property
    def files(self) -> WebDav:
        return WebDav(self.connector._client, self.connector._own().id)

    @property
    def layouts(self) -> FolderFiles:
        return FolderFiles(
            self.requests, lambda: self.files, self.connector._settings.working_group or "", "Willkommen.md"
        )

    def raw(self, key: str) -> Folder:
        found = self.requests.read(self.ids[folder(key)])
        assert found is not None
        return found

    def roster(self, key: str) -> Roster:
        return self.observe(ONLY_FOLDERS).rosters[Kind.TEAM_FOLDER, self.ids[folder(key)]]

    def groups_in(self, key: str) -> dict[EdgeRole, set[str]]:
        return {role: set(members) for (role, _), members in self.roster(key).members.items()}

    def fields_of(self, key: str) -> dict[str, object]:
        return dict(self.observe(ONLY_FOLDERS).of(Kind.TEAM_FOLDER).objects[self.ids[folder(key)]].fields)

    def text_at(self, path: str) -> str | None:
        """What a file holds, by its path from the home on; None: there is none."""
        self.files.reach(path.split("/"))
        found = self.files.read(path.split("/"))
        return None if found is None else found.content.decode()

    def has_folder(self, path: str) -> bool:
        self.files.reach(path.split("/"))
        return (
            self.connector._client.dav("PROPFIND", self.files._path(path.split("/")), b"", {"Depth": "0"}).status == 207
        )

    def put(self, path: str, text: str) -> None:
        """A file as somebody else writes it."""
        self.files.reach(path.split("/"))
        with self.gate.opened(TOKEN):
            self.connector._client.dav("PUT", self.files._path(path.split("/")), text.encode())

    def remove(self, path: str) -> None:
        """A file or folder as somebody else takes it away."""
        with self.gate.opened(TOKEN):
            self.connector._client.dav("DELETE", self.files._path(path.split("/")))
