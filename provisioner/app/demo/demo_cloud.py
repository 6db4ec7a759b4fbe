"""The demo's Nextcloud: what people do there by hand, and what a body's rooms look like from inside."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.nextcloud.emulation.talk.state import REACTION, RESPONSE, WEBHOOK, Message, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.folders.shape import ALL_RIGHTS, RIGHTS
from connectors.nextcloud.quota import UNLIMITED
from connectors.nextcloud.sandbox import NextcloudSandbox
from policies.desire import administrators_key, body_key
from provisioner.app.sandbox import Sandboxes
from provisioner.app.site import Site
from provisioner.model.bindings import Binding
from provisioner.model.resources import EdgeRole, Kind, ResourceId
from provisioner.state import Bindings


@dataclass(frozen=True, slots=True)
class Seen:
    """A body's rooms, as somebody finds them who looks over there."""

    folder: str
    """Its mount point."""
    inside: tuple[str, ...]
    """What lies in it, and below."""
    readers_only: bool
    conversation: str
    people: int
    moderators: tuple[str, ...]
    """Names, without our own account's."""
    description: tuple[str, ...]
    """Its lines."""
    read_only: bool
    remote_ids: tuple[str, str]
    """Of folder and conversation: they stay whatever else changes."""


class DemoCloud:
    """``bindings``: what is ours there."""

    def __init__(self, emulator: NextcloudEmulator, ours: str, bindings: Mapping[ResourceId, Binding]) -> None:
        self._emulator, self._ours, self._bindings = emulator, ours, bindings

    def tamper(self, body: str) -> None:
        """Rename group and chat, take somebody out, let the members share the folder, take its quota away."""
        cloud = self._emulator
        group, folder, conversation = (self._remote_id(kind, body_key(body)) for kind in _ROOMS)
        cloud.rename_group(group, "Sensorik (alt)")
        cloud.leave(min(cloud.groups[group].members), group)
        with cloud.lock:
            cloud.talk.rooms[conversation].name = "Sensorik-Plausch"
            cloud.folders.all[int(folder)].quota = UNLIMITED
            cloud.folders.all[int(folder)].groups[group] = ALL_RIGHTS

    def seen(self, body: str) -> Seen:
        """Folder and conversation of a body that has both."""
        cloud = self._emulator
        groups = {self._remote_id(Kind.GROUP, form(body)) for form in (body_key, administrators_key)}
        number, token = (self._remote_id(kind, body_key(body)) for kind in _ROOMS[1:])
        with cloud.lock:
            folder, room = cloud.folders.all[int(number)], cloud.talk.rooms[token]
            people = [one for one in room.users if one != self._ours]
            moderators = sorted(cloud.users[one].display_name for one in room.moderators if one != self._ours)
            return Seen(
                folder=folder.mount_point,
                inside=tuple(folder.tree.paths()),
                readers_only={folder.groups[group] for group in groups} == {RIGHTS[EdgeRole.READER]},
                conversation=room.name,
                people=len(people),
                moderators=tuple(moderators),
                description=tuple(room.description.splitlines()),
                read_only=bool(room.read_only),
                remote_ids=(number, token),
            )

    def chats_of(self, person: str) -> int:
        """How many chats somebody (by the registry's key) reads."""
        account = self._remote_id(Kind.ACCOUNT, person)
        with self._emulator.lock:
            return sum(account in room.users for room in self._emulator.talk.rooms.values())

    def install_bot(self, body: str, name: str, secret: str, url: str) -> None:
        """What `occ talk:bot:install` does, and a moderator of the body who then enables it in the chat."""
        with self._emulator.lock:
            talk = self._emulator.talk
            features = WEBHOOK | RESPONSE | REACTION
            talk.enable_bot(self._room(body), talk.install_bot(name, secret, url, features=features))

    def said(self, body: str) -> list[str]:
        """What was said in its chat since the beginning, of a picture what stands below it."""
        return [said.text for said in self._said(body)]

    def react(self, body: str, person: str, number: int) -> None:
        """Somebody (by the registry's key) answers what was said there with a 👍: the one at this place in `said`."""
        account, token = self._remote_id(Kind.ACCOUNT, person), self._remote_id(Kind.CONVERSATION, body_key(body))
        self._emulator.reacts(account, token, self._said(body)[number].id)

    def _said(self, body: str) -> list[Message]:
        with self._emulator.lock:
            return [said for said in self._room(body).messages if not said.system]

    def _room(self, body: str) -> Room:
        return self._emulator.talk.rooms[self._remote_id(Kind.CONVERSATION, body_key(body))]

    def _remote_id(self, kind: Kind, key: str) -> str:
        return self._bindings[ResourceId(kind, key)].remote_id


def cloud_of(site: Site, sandboxes: Sandboxes) -> DemoCloud:
    """The Nextcloud among these emulators."""
    sandbox = next(one for one in sandboxes.running if isinstance(one, NextcloudSandbox))
    with site.targets([sandbox.name]) as [target]:
        ties = Bindings(site.database).ties(site.network, target.name, target.server)
    return DemoCloud(sandbox.emulator, sandbox.credentials["user"], ties.bindings)


_ROOMS = (Kind.GROUP, Kind.TEAM_FOLDER, Kind.CONVERSATION)
