"""A Discourse target's section of the settings file."""

from typing import Annotated, ClassVar

from pydantic import Field

from connectors.discourse.names import LONGEST
from connectors.kit.settings import ServerSettings, WithToken


class DiscourseSettings(ServerSettings, WithToken):
    """Where the forum is, by which key and as whom we ask, and how people log in there."""

    product: ClassVar[str] = "discourse"
    example: ClassVar[str] = "https://forum.example"

    user: str = Field(default="system", min_length=1)
    """As whom the key asks (``Api-Username``): an administrator, for only these make groups, accounts, categories."""
    login_provider: str | None = Field(default="oidc", min_length=1)
    """By which name the forum knows the login: "oidc" for OpenID Connect, "oauth2_basic" for plain OAuth2. New accounts
    are tied to it. null: people log in with a password of the forum's own, and nothing is tied."""
    welcomes: bool = True
    """Whether the forum welcomes new accounts by a message, of which it mails (``send_welcome_message``)."""
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 60
    """How many requests with a key the forum takes (``max_admin_api_reqs_per_minute``)."""
    requests_per_10_seconds: Annotated[int, Field(ge=1, le=100_000)] = 45
    """How many it takes from one address, a little less than its limit (``max_reqs_per_ip_per_10_seconds``: 50)."""
    longest_name: Annotated[int, Field(ge=10, le=60)] = LONGEST
    """Characters of a user's or group's name (``max_username_length``). Once people are there it should not change."""
