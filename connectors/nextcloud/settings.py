"""A Nextcloud target's section of the settings file."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.kit.settings import ServerSettings, WithPassword
from connectors.nextcloud.quota import bytes_of


class AdministratorSettings(WithPassword):
    """An administrator, for the calls of user_oidc alone; an app password is enough, and better."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: str = Field(min_length=1)


class UserOidcSettings(BaseModel):
    """People log in through the app user_oidc: accounts are made as its own, before anybody's first login."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider_id: Annotated[int, Field(ge=1)]
    """The number of the provider, as `occ user_oidc:provider NAME --output=json` tells it."""
    administrator: AdministratorSettings | None = None
    """Whose rights these calls have; None: those of our own account, which then has to be an administrator."""
    settings_file: Path | None = None
    """What `occ user_oidc:provider NAME --output=json` and `occ config:system:get user_oidc --output=json` gave, for
    doctor alone: no API tells the latter."""


class NextcloudSettings(ServerSettings, WithPassword):
    """Where the Nextcloud is and how we log in. The account's real password: app passwords can't provision."""

    product = "nextcloud"
    example = "https://cloud.example"
    own_paths = ("/index.php",)

    user: str = Field(min_length=1)
    edit_limit: Annotated[int, Field(ge=1)] = 50
    """Updates of accounts that the server allows in ``edit_window`` seconds; raise both where it was lifted there."""
    edit_window: Annotated[float, Field(gt=0)] = 600.0
    page_size: Annotated[int, Field(ge=1, le=500)] = 500
    """Accounts or groups a request; the server refuses more than 500."""
    first_password: Literal["random", "mail"] = "random"  # noqa: S105 - a way of making one, not a password
    """"random": nobody learns it (people log in elsewhere or reset it); "mail": the server mails everybody a link."""
    welcome_mail: bool = True
    """Whether the server greets each new account that has an address (its own default)."""
    default_quota: str = "none"
    """The server's own default quota ("none", "5 GB"): the API shows only its effect, not that it is the default."""
    team_folders: bool = True
    """Whether this server has team folders for us; false where the app is not wanted, and nobody asks for it."""
    conversations: bool = True
    """Whether it has Talk for us."""
    calendars: bool = True
    """Whether bodies have calendars here."""
    calendar_limit: Annotated[int, Field(ge=1)] = 10
    """Calendars that the server lets us make in ``calendar_window`` seconds; raise it where it was lifted there."""
    share_limit: Annotated[int, Field(ge=1)] = 20
    """The same for letting groups into calendars."""
    calendar_window: Annotated[float, Field(gt=0)] = 3600.0
    picture_limit: Annotated[int, Field(ge=1)] = 20
    """Pictures that the server lets us share in ``picture_window`` seconds; raise it where it was lifted there."""
    picture_window: Annotated[float, Field(gt=0)] = 600.0
    working_group: str | None = Field(default=None, min_length=1)
    """A group that holds our technical account and nobody else: it gets every team folder that we make, so that we
    can lay it out. None: no first layout and no note of welcome."""
    welcome_note: str = Field(default="Willkommen.md", pattern=r"^[^/\\.][^/\\]*$", max_length=100)
    """Name of the file with the note of welcome, at the root of a team folder."""
    user_oidc: UserOidcSettings | None = None
    """Where people log in through Keycloak; None: with passwords here, or otherwise."""
    timeout: Annotated[float, Field(gt=0)] = 120.0
    """Seconds. A page of 500 accounts takes up to 15 s on a cold server."""

    @field_validator("default_quota")
    @classmethod
    def _readable_quota(cls, quota: str) -> str:
        if bytes_of(quota) is None:
            raise ValueError('"none" or a size like "5 GB"')
        return quota

    def of_administrator(self) -> "NextcloudSettings":
        """The same server as seen by whoever may use the API of user_oidc."""
        administrator = None if self.user_oidc is None else self.user_oidc.administrator
        if administrator is None:
            return self
        login = {"user": administrator.user, "password": administrator.password}
        return self.model_copy(update=login | {"password_file": administrator.password_file})
