"""The policy's sections about the login and about mailing lists."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from policies.sections import Pattern, Section, over
from provisioner.model.registry import BodyKind, Role

Alias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
RoleName = Annotated[str, Field(min_length=1, max_length=100)]
Action = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]

_LISTS: dict[BodyKind, str | None] = {kind: "pg-{name}" if kind is BodyKind.PROJECT else "{name}" for kind in BodyKind}


def _checked_list(pattern: str) -> str:
    if set(pattern.replace("{name}", "")) - set("abcdefghijklmnopqrstuvwxyz0123456789._-"):
        raise PydanticCustomError("policies.bad_list_pattern", "no pattern of an address")
    return pattern


ListPattern = Annotated[Pattern, AfterValidator(_checked_list)]


class LinkPolicy(Section):
    """How an organisation's people log in with the account that they have at home."""

    alias: Alias = Field(description="Alias of the organisation's identity provider in the login.")
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] = Field(
        description="The source of whose identities the key is the user id at that provider."
    )


class LoginPolicy(Section):
    """What accounts get where people log in (Keycloak)."""

    links: dict[str, LinkPolicy] = Field(
        default_factory=dict,
        description="By id of the organisation: its identity provider. Its people's accounts are linked once, when "
        "they are made or as soon as the identity is known; a link is never changed or removed.",
    )
    required_actions: tuple[Action, ...] = Field(
        default=("UPDATE_PASSWORD",),
        description="What somebody without such a link has to do at the first login, in Keycloak's words; only for "
        "new accounts.",
    )
    roles: dict[Role, RoleName] = Field(
        default_factory=dict,
        description="Role in the registry, be it in the network, an organisation or a body → the realm role that "
        "whoever has it gets. Administrative roles of the login are refused.",
    )


class MailingListsPolicy(Section):
    """The mailing list of each body."""

    names: Annotated[dict[BodyKind, ListPattern | None], BeforeValidator(over(_LISTS))] = Field(
        default_factory=lambda: dict(_LISTS),
        description='What stands before the @, by kind of body, e.g. "pg-{name}"; null: no list. Small letters and '
        "digits; an address once given never changes. What is not named keeps its default.",
    )
    guests: bool = Field(default=True, description="Whether guests of the body are on its list.")
    listed: bool = Field(default=False, description="Whether the list is shown to people who are not on it.")
