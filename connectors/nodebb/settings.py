"""A NodeBB target's section of the settings file."""

from typing import Annotated

from pydantic import Field

from connectors.kit.settings import ServerSettings, WithToken

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


class NodeBBSettings(ServerSettings, WithToken):
    """Where the forum is, as whom we act there, and by which login people come."""

    product = "nodebb"
    example = "https://forum.example"
    own_paths = ("/api/v3", "/api")

    uid: Annotated[int, Field(ge=1)] | None = None
    """With a master token: the number of the technical account as which we act. A token of its own needs none."""
    login_provider: Name | None = None
    """The name of the login among the strategies of nodebb-plugin-sso-oauth2-multiple, e.g. "keycloak".

    With it accounts are made, listed and suspended by our companion plugin: tied to the login before the first visit,
    with addresses that follow, without a mail. None: people log in otherwise, or the plugin is not installed.
    """

    def account(self) -> str:
        """As whom we act, for the rate ledger; "token" for whoever the token is of."""
        return "token" if self.uid is None else f"uid {self.uid}"
