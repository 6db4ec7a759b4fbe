"""A Nextcloud with people and rooms of Talk, made for a contract and taken away again."""

import secrets
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, group_segment
from connectors.nextcloud.conversations.reading import CHAT, ROOMS, room_path
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.changes import Change
from tests.support.conversations import (
    create_room,
    look,
    room,
)
from tests.support.nextcloud import TOKEN, Bench, create_group, group, person

WORD = "Example-Word-1"


class Site(Bench):
    """A bench that names what it makes after itself, and takes it away again."""

    def __init__(self, settings: NextcloudSettings) -> None:
        super().__init__(settings)
        self.settings = settings
        self.prefix = f"rt{secrets.token_hex(3)}"
        self.own = ""
        self.people: dict[str, Client] = {}
        self.groups: set[str] = set()
        self.tokens: list[tuple[Client, str]] = []

    @property
    def client(self) -> Client:
        return self.connector._client

    def write(self, method: str, path: str, body: dict[str, object] | None = None, by: Client | None = None) -> object:
        """A write behind the connector's back."""
        with self.gate.opened(TOKEN):
            return (by or self.client).write(method, path, body)

    def user(self, name: str, *groups: str) -> str:
        """An account that can log in, in these groups."""
        user_id = f"{self.prefix}-{name}"
        if name not in self.people:
            inside = [self.ids[group(one)] for one in groups]
            self.write("POST", f"{CLOUD}/users", {"userid": user_id, "password": WORD, "groups": inside})
            own = self.settings.model_copy(update={"user": user_id, "password": SecretStr(WORD), "password_file": None})
            self.people[name] = Client(own, self.gate, self.clock)
            self.ids[person(name)] = user_id
        return user_id

    def group(self, name: str) -> str:
        group_id = f"{self.prefix} {name}"
        if group_id not in self.groups:
            self.groups.add(group_id)
            self.apply(create_group(name, group_id))
        return group_id

    def room(self, name: str, *more: Change, **fields: object) -> str:
        """A room of ours, with what else is done in the same plan; its token."""
        self.apply(create_room(name, f"{self.prefix} {name}", **fields), *more)  # type: ignore[arg-type]
        token = self.ids[room(name)]
        self.tokens.append((self.client, token))
        return token

    def room_of(self, name: str, title: str, **body: object) -> str:
        """A room that somebody else makes; its token."""
        made = self.write("POST", ROOMS, {"roomType": 2, "roomName": title, **body}, self.people[name])
        assert isinstance(made, dict)
        token = str(made["token"])
        self.tokens.append((self.people[name], token))
        return token

    def told(self, token: str) -> dict[str, object]:
        """One of our rooms as Talk tells it."""
        listed = self.client.get(ROOMS)
        assert isinstance(listed, list)
        (found,) = (one for one in listed if one["token"] == token)
        assert isinstance(found, dict)
        return found

    def said(self, token: str, by: Client | None = None) -> list[dict[str, object]]:
        """What people wrote, the newest first."""
        messages = (by or self.client).get(f"{CHAT}/{token}", {"lookIntoFuture": 0, "limit": 200})
        assert isinstance(messages, list)
        return [one for one in messages if one["messageType"] == "comment"]

    def attendee(self, token: str, user_id: str) -> int:
        listed = self.client.get(room_path(token, "/participants"))
        assert isinstance(listed, list)
        return next(int(one["attendeeId"]) for one in listed if one["actorId"] == user_id)

    def clean(self) -> None:
        for by, token in self.tokens:
            self._gone("DELETE", room_path(token), by)
        for group_id in sorted(self.groups):
            self._gone("DELETE", f"{CLOUD}/groups/{group_segment(group_id)}")
        for name, client in self.people.items():
            client.close()
            self._gone("DELETE", f"{CLOUD}/users/{quote(self.ids[person(name)], safe='')}")
        self.close()

    def _gone(self, method: str, path: str, by: Client | None = None) -> None:
        try:
            self.write(method, path, by=by)
        except OcsRefusal as refusal:
            if refusal.code not in (404, 998, 101):  # else it is gone already
                raise


class WithSite:
    """Four people, three of them in one group. Subclasses give the settings of a server."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, server: NextcloudSettings) -> Iterator[Site]:
        site = Site(server)
        try:
            site.own = str(look(site).own_account)
            site.group("sensorik")
            for name in ("anna", "bert", "cleo"):
                site.user(name, "sensorik")
            site.user("dora")
            yield site
        finally:
            site.clean()
