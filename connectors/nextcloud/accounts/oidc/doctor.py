"""What doctor says about logins through user_oidc: what each setting will do to people, before it is done to them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from connectors.nextcloud.accounts.oidc.calls import OidcAccounts
from connectors.nextcloud.accounts.oidc.providers import HASHED, Provider, Told, compiled, is_anchored, read_told
from connectors.nextcloud.accounts.shape import USER_OIDC, Account
from connectors.nextcloud.groups.shape import ADMIN
from connectors.nextcloud.settings import UserOidcSettings
from provisioner.model.errors import NotAllowed, SettingsError, TargetError
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text

USER_NAME: Final = "preferred_username"
"""Keycloak's claim for the user name, which is lower case, and fixed where the realm forbids to change it."""

ERROR, WARNING, NOTE, OK = Severity.ERROR, Severity.WARNING, Severity.NOTE, Severity.OK


def learn(settings: UserOidcSettings, oidc: OidcAccounts) -> tuple[Told, list[Finding]]:
    """All that the server's API and the file tell; what kept them from telling. The server knows better than a file."""
    told, troubles = Told(), list[Finding]()
    if settings.settings_file is not None:
        try:
            told = read_told(settings.settings_file)
        except SettingsError as error:
            troubles.append(Finding(ERROR, error.text, _mend("file")))
    try:
        live = oidc.told()
    except NotAllowed:
        troubles.append(Finding(ERROR, Text.of("nextcloud.oidc_not_administrator"), _mend("administrator")))
    except (TargetError, SettingsError) as error:
        troubles.append(Finding(ERROR, error.text))
    else:
        if live is None:
            troubles.append(Finding(WARNING, Text.of("nextcloud.oidc_not_told"), _mend("not_told")))
        else:
            told = Told(live.providers, told.system)
    return told, troubles


def examine_login(settings: UserOidcSettings, oidc: OidcAccounts, accounts: Sequence[Account]) -> Iterator[Finding]:
    """The findings about the provider through which people come. ``accounts``: all that the server has."""
    told, troubles = learn(settings, oidc)
    yield from troubles
    if not told.providers:
        return
    provider = told.provider(settings.provider_id)
    if provider is None:
        what = Text.of("nextcloud.oidc_no_provider", provider=settings.provider_id)
        known = ", ".join(f"{one.id} ({one.identifier})" for one in told.providers)
        yield Finding(ERROR, what, Text.of("nextcloud.oidc_mend_no_provider", known=known))
        return
    unsafe = [*_ids(provider), *_groups(provider), *_system(told, accounts)]
    yield from unsafe
    if not any(finding.severity in (ERROR, WARNING) for finding in unsafe):
        yield Finding(OK, Text.of("nextcloud.oidc_safe", provider=provider.identifier))


def _ids(provider: Provider) -> Iterator[Finding]:
    """Whether people come to the accounts that are made for them."""
    name = provider.identifier
    if provider.hashes_ids:
        yield Finding(ERROR, Text.of("nextcloud.oidc_hashes", provider=name), _set(name, "unique-uid", "0"))
    elif not provider.keeps_names:
        yield Finding(ERROR, Text.of("nextcloud.oidc_prefixes", provider=name), _mend("prefixes"))
    claim = provider.text("mappingUid", "sub")
    if "mail" in claim.lower():
        what = Text.of("nextcloud.oidc_by_address", claim=claim)
        yield Finding(ERROR, what, _set(name, "mapping-uid", USER_NAME))
    elif claim != USER_NAME:
        what = Text.of("nextcloud.oidc_other_claim", claim=claim)
        yield Finding(ERROR if claim == "sub" else WARNING, what, _set(name, "mapping-uid", USER_NAME))


def _groups(provider: Provider) -> Iterator[Finding]:
    """What a login does to memberships."""
    if provider.is_on("restrictLoginToGroups"):
        yield Finding(WARNING, Text.of("nextcloud.oidc_restricts"), _mend("restricts"))
    if not provider.writes_groups:
        return
    name, whitelist = provider.identifier, provider.whitelist
    if not whitelist:
        yield Finding(ERROR, Text.of("nextcloud.oidc_strips_all"), _mend("strips_all"))
    elif compiled(whitelist) is None:
        yield Finding(WARNING, Text.of("nextcloud.oidc_unreadable_whitelist", whitelist=whitelist))
    elif not is_anchored(whitelist) or provider.touches(ADMIN):
        what = Text.of("nextcloud.oidc_unanchored", whitelist=whitelist)
        yield Finding(ERROR, what, _mend("unanchored"))
    if whitelist and provider.hashes_ids:
        yield Finding(ERROR, Text.of("nextcloud.oidc_never_removes"), _set(name, "unique-uid", "0"))
    if provider.is_on("checkBearer") and provider.is_on("bearerProvisioning"):
        yield Finding(WARNING, Text.of("nextcloud.oidc_bearer"), _set(name, "bearer-provisioning", "0"))


def _system(told: Told, accounts: Sequence[Account]) -> Iterator[Finding]:
    """What config.php says, or would by default. Nobody but the server's own administrator can read it."""
    if told.system is None:
        yield Finding(NOTE, Text.of("nextcloud.oidc_system_not_told"), _mend("system_not_told"))
    if not told.system_says("auto_provision", True):
        yield Finding(NOTE, Text.of("nextcloud.oidc_no_provisioning"))
        return
    local = sorted(one.remote.name for one in accounts if one.remote.backend not in (USER_OIDC, ""))
    if local and told.system_says("soft_auto_provision", True):
        what = Text.of("nextcloud.oidc_takes_over", count=len(local), examples=_some(local))
        yield Finding(WARNING, what, _mend("takes_over"))
    if not told.system_says("disable_account_creation", False):
        yield Finding(NOTE, Text.of("nextcloud.oidc_lets_anybody_in"), _mend("lets_anybody_in"))


def examine_traces(accounts: Sequence[Account], groups: Sequence[str]) -> Iterator[Finding]:
    """What earlier logins left behind, whatever the settings are by now."""
    hashed = sorted(one.remote.name for one in accounts if HASHED.fullmatch(one.remote.name))
    if hashed:
        what = Text.of("nextcloud.oidc_hashed_accounts", count=len(hashed), examples=_some(hashed))
        yield Finding(WARNING, what, _mend("hashed_accounts"))
    hashed = sorted(group for group in groups if HASHED.fullmatch(group))
    if hashed:
        what = Text.of("nextcloud.oidc_hashed_groups", count=len(hashed), examples=_some(hashed))
        yield Finding(WARNING, what, _mend("hashed_groups"))
    by_address: defaultdict[str, list[str]] = defaultdict(list)
    for one in accounts:
        address = one.remote.fields.get("email")
        if isinstance(address, str):
            by_address[address].append(f"{one.remote.name} ({one.remote.backend})")
    for several in sorted(sorted(names) for names in by_address.values() if len(names) > 1):
        yield Finding(
            WARNING, Text.of("nextcloud.oidc_same_address", accounts=", ".join(several)), _mend("same_address")
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _mend(what: str) -> Text:
    return Text.of(f"nextcloud.oidc_mend_{what}")


def _set(provider: str, option: str, value: str) -> Text:
    command = f"occ user_oidc:provider {provider} --{option}={value}"
    return Text.of("nextcloud.oidc_mend_option", command=command)
