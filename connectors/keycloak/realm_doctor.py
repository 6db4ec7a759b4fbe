"""What doctor says about the realm itself: settings that are unsafe for us, identity providers, mappers of groups."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connectors.keycloak.client import Client
from connectors.keycloak.group_reading import Groups
from connectors.keycloak.listing import Item, identifier_of, whole_list
from connectors.keycloak.token import Bearer
from connectors.kit.answers import Params
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text

_MAPPERS: Final = frozenset({"oidc-group-membership-mapper", "saml-group-membership-mapper"})
"""By which a token tells the groups of whoever logs in."""


def examine_realm(client: Client, bearer: Bearer) -> Iterator[Finding]:
    """As far as the token's rights reach: no more rights are ever demanded for doctor's sake."""
    realm = client.find("") or {}
    if realm.get("registrationEmailAsUsername") is True:
        name = client.settings.realm
        yield Finding(
            Severity.ERROR,
            Text.of("keycloak.email_as_username", realm=name),
            Text.of("keycloak.mend_email_as_username"),
        )
    if bearer.rights & {"view-realm", "manage-realm"}:
        yield from _settings(realm)
        yield from _default_groups(client)
    else:
        yield Finding(
            Severity.NOTE, Text.of("keycloak.doctor_settings_hidden"), Text.of("keycloak.mend_right", role="view-realm")
        )
    if bearer.rights & {"view-identity-providers", "manage-identity-providers"}:
        yield from _providers(client)
    if bearer.rights & {"view-clients", "manage-clients"}:
        yield from _mappers(client)
    else:
        yield Finding(
            Severity.NOTE,
            Text.of("keycloak.doctor_mappers_hidden"),
            Text.of("keycloak.mend_mappers_hidden", role="view-clients"),
        )


def _settings(realm: Mapping[str, object]) -> Iterator[Finding]:
    if realm.get("editUsernameAllowed") is True:
        yield Finding(
            Severity.WARNING, Text.of("keycloak.doctor_edit_username"), Text.of("keycloak.mend_edit_username")
        )
    if realm.get("registrationAllowed") is True:
        yield Finding(Severity.WARNING, Text.of("keycloak.doctor_registration"), Text.of("keycloak.mend_registration"))
    if realm.get("duplicateEmailsAllowed") is True:
        yield Finding(
            Severity.WARNING, Text.of("keycloak.doctor_duplicate_emails"), Text.of("keycloak.mend_duplicate_emails")
        )
    elif realm.get("loginWithEmailAllowed") is True:
        yield Finding(Severity.NOTE, Text.of("keycloak.doctor_login_with_email"))
    if realm.get("resetPasswordAllowed") is not True or not realm.get("smtpServer"):
        yield Finding(Severity.NOTE, Text.of("keycloak.doctor_no_reset"), Text.of("keycloak.mend_no_reset"))
    if realm.get("verifyEmail") is True:
        yield Finding(Severity.NOTE, Text.of("keycloak.doctor_verify_email"))


def _default_groups(client: Client) -> Iterator[Finding]:
    """Groups of ours that everybody new comes into by himself: two would write them."""
    parent = Groups(client).parent()
    above = "" if parent is None else identifier_of(parent)
    for item in client.items("/default-groups"):
        if above and above in (item.get("parentId"), item.get("id")):
            name = str(item.get("name") or "")
            yield Finding(
                Severity.WARNING,
                Text.of("keycloak.doctor_default_group", group=name),
                Text.of("keycloak.mend_default_group", group=name),
            )


def _providers(client: Client) -> Iterator[Finding]:
    """The server checks no alias: a link to one that does not exist is taken, and leads nowhere."""
    params: Params = {"briefRepresentation": "true", "first": 0, "max": 101}
    providers = client.items("/identity-provider/instances", params)
    aliases = sorted(str(one.get("alias") or "") for one in providers)
    yield Finding(
        Severity.OK if aliases else Severity.NOTE, Text.of("keycloak.doctor_providers", aliases=", ".join(aliases))
    )
    for one in providers:
        if one.get("enabled") is False:
            alias = str(one.get("alias") or "")
            yield Finding(Severity.WARNING, Text.of("keycloak.doctor_provider_off", alias=alias))


def _mappers(client: Client) -> Iterator[Finding]:
    """Whether tokens tell groups, and by their bare names: with their paths they are others than ours."""
    holders = [*whole_list(client, "/clients").items.values(), *client.items("/client-scopes")]
    found = 0
    for holder in holders:
        name = str(holder.get("clientId") or holder.get("name") or "")
        for mapper in _group_mappers(holder):
            found += 1
            if mapper.get("full.path", "true") != "false":  # the default is on
                yield Finding(
                    Severity.WARNING,
                    Text.of("keycloak.doctor_full_path", client=name),
                    Text.of("keycloak.mend_full_path", client=name),
                )
    if not found:
        yield Finding(Severity.WARNING, Text.of("keycloak.doctor_no_mapper"), Text.of("keycloak.mend_no_mapper"))


def _group_mappers(holder: Item) -> Iterable[Mapping[str, object]]:
    mappers = holder.get("protocolMappers")
    for mapper in mappers if isinstance(mappers, list) else []:
        if isinstance(mapper, dict) and mapper.get("protocolMapper") in _MAPPERS:
            config = mapper.get("config")
            yield config if isinstance(config, dict) else {}
