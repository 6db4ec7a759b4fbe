"""What we put into team folders, by WebDAV: a first layout and a note of welcome. People's own is never touched.

Our account sees a folder only as a member of a group that has it: the working group of the settings.
"""

from collections.abc import Callable

from connectors.nextcloud.folders.dav import WebDav
from connectors.nextcloud.folders.requests import Folders
from connectors.nextcloud.folders.shape import ALL_RIGHTS, Folder
from connectors.nextcloud.folders.steps import levels
from provisioner.model.errors import Permanent
from provisioner.model.text import Text


class FolderFiles:
    """Layout and note of the folders of one target."""

    def __init__(self, folders: Folders, dav: Callable[[], WebDav], working_group: str, note: str) -> None:
        """``dav`` makes the view of our own account's files; ``note``: the file's name."""
        self._folders = folders
        self._dav = dav
        self._working_group = working_group
        self._note = note

    def lay_out(self, folder: Folder, layout: str) -> Folder:
        """Make the sub-folders that are not there. Gives the folder as it is now."""
        folder, dav, root = self._enter(folder)
        for path in levels(layout):
            dav.make_folder([*root, *path])
        return folder

    def write_note(self, folder: Folder, text: str, before: str | None) -> tuple[Folder, bool]:
        """Write the note, if nobody else wrote there; False: somebody did, or took it away, and so it stays.

        ``before``: what we wrote last; None: nothing yet, so whatever is there is somebody's own.
        """
        folder, dav, root = self._enter(folder)
        path, content = [*root, self._note], _content(text)
        if before is None and dav.create(path, content):
            return folder, True
        found = dav.read(path)
        if found is None:
            return folder, False
        if found.content == content:  # an answer of ours was lost
            return folder, True
        if before is None or found.content != _content(before):
            return folder, False
        return folder, dav.replace(path, content, found)

    def _enter(self, folder: Folder) -> tuple[Folder, WebDav, list[str]]:
        """See to it that we see the folder, and that what we see at its path is this very folder."""
        if folder.bits_of(self._working_group) != ALL_RIGHTS:
            folder = self._folders.let_in(folder.id, self._working_group, ALL_RIGHTS)
        name = folder.remote.name
        root = [one for one in name.split("/") if one]
        dav = self._dav()
        dav.reach(root)
        if not root or dav.team_folder_at(root) != folder.id:
            raise Permanent(Text.of("nextcloud.folder_not_seen", name=name, group=self._working_group))
        return folder, dav, root


def _content(text: str) -> bytes:
    return f"{text}\n".encode()
