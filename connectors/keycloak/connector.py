"""One Keycloak realm as the core sees it: a room a kind, and this that shows the way to them."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.keycloak.attributes import epoch_in
from connectors.keycloak.client import Client
from connectors.keycloak.doctor import examine
from connectors.keycloak.group_reading import Groups
from connectors.keycloak.group_room import GroupRoom
from connectors.keycloak.role_room import RoleRoom
from connectors.keycloak.room import Look
from connectors.keycloak.settings import PRODUCT, KeycloakSettings
from connectors.keycloak.user_room import UserRoom
from connectors.kit.connector import RoomConnector
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import Epoch
from provisioner.model.ports import Capabilities, Finding, Interest, Wiring
from provisioner.model.resources import Kind
from provisioner.model.text import Text


class KeycloakConnector(RoomConnector[Look]):
    """A target that is a realm of Keycloak."""

    product = PRODUCT

    def __init__(self, target: str, settings: KeycloakSettings, wiring: Wiring) -> None:
        self._wiring = wiring
        self._client = Client(settings, wiring)
        self._groups = Groups(self._client)
        users = UserRoom(self._client, target, self._groups)
        self._group_room = GroupRoom(self._client, target, self._groups, users.reader)
        rooms = (users, self._group_room, RoleRoom(self._client, target, users.reader))
        super().__init__(target, rooms, self._client)

    def capabilities(self) -> Capabilities:
        """What a realm can hold, kind by kind. People log in with these accounts."""
        return replace(
            super().capabilities(),
            first_login=self._first_login,
            holds_login=True,
            unique_emails=True,  # also where the realm allows duplicates: a successor shares no address with an account
        )

    def _first_login(self, account: str, at_home: bool) -> Text:
        """By the organisation's own account, or by setting a password.

        The page for that opens without a login when the realm allows it (observed on Keycloak 26.4, 400 otherwise).
        """
        realm = self._client.settings.realm_url
        if at_home:
            return Text.of("keycloak.first_login_at_home", url=f"{realm}/account")
        page = f"{realm}/login-actions/reset-credentials?client_id=account"
        return Text.of("keycloak.first_login", url=page, user=account)

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`."""
        return examine(self._client, self._wiring)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        """A token, and the parent group.

        Without ``only`` follow max(1, ⌈P / page size⌉) requests for accounts, as much for groups and for members of
        each container that anybody asks about, one or more for roles where any is asked for; the user profile where
        the accounts don't tell what of it we need, and their number where a directory brings some.
        """
        bearer = self._client.who()
        look = Look(kinds, interest, own_account=bearer.subject or None, bearer=bearer)
        try:
            look.parent = self._groups.parent()
        except LoginRefused:
            raise
        except TargetError as error:
            look.why_no_parent = error.text
        look.epoch = None if look.parent is None else epoch_in(look.parent)
        return look

    def leave_epoch(self, epoch: Epoch) -> None:
        """In an attribute of the parent group."""
        self._group_room.leave_epoch(epoch)
