"""Accounts in a forum belong to whoever logs in: tied to the login by the id that it has for them, before they come.

Nothing else tells for sure: an address may be somebody else's, and a forum gives a second person of a name a suffix.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from provisioner.app.connectors import Target
from provisioner.app.observing import everywhere, ties_of
from provisioner.app.site import Site
from provisioner.model.bindings import Ties
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, LateText, Resource

LoginIds = Mapping[str, str]
"""By the key of an account: the id that other places learn of whoever logs in with it."""


def login_ids(site: Site, targets: Sequence[Target], known: Mapping[str, Ties]) -> LoginIds | None:
    """Those of everybody who has an account to log in with, also in targets that are not among ``targets``.

    None: no target asks for them, or people log in with nothing of ours. ``known``: the ties of ``targets``.
    Raises `SettingsError`, `StateError`.
    """
    if not any(_asks(target.connector.capabilities()) for target in targets):
        return None
    with everywhere(site, targets) as opened:
        logins = [target for target in opened if _answers(target.connector.capabilities())]
        ties = {**ties_of(site, [login for login in logins if login.name not in known]), **known}
        if not logins:
            return None
        ids: dict[str, str] = {}
        for login in logins:
            ids = {**dict(_told(login.connector.capabilities(), ties[login.name])), **ids}
        return ids


def with_login_ids(capabilities: Capabilities, desired: Desired, ids: LoginIds | None) -> Desired:
    """What is wanted of a target that asks for these ids.

    Who has no account to log in with yet gets one in the same run, perhaps: then the id is a late text.
    """
    if ids is None or not _asks(capabilities):
        return desired
    accounts = {
        identity: _tied(wanted, ids.get(identity.key))
        for identity, wanted in desired.resources.items()
        if identity.kind is Kind.ACCOUNT
    }
    return replace(desired, resources={**desired.resources, **accounts})


def _tied(wanted: Resource, login_id: str | None) -> Resource:
    if login_id is None:
        return replace(wanted, late={**wanted.late, "login_id": LateText(((wanted.id,),))})
    return replace(wanted, fields={**wanted.fields, "login_id": login_id})


def _asks(capabilities: Capabilities) -> bool:
    return "login_id" in capabilities.fields.get(Kind.ACCOUNT, {})


def _answers(capabilities: Capabilities) -> bool:
    return capabilities.holds_login and Kind.ACCOUNT in capabilities.fields


def _told(capabilities: Capabilities, ties: Ties) -> Iterator[tuple[str, str]]:
    """Also of accounts that another network owns."""
    for identity, binding in {**ties.borrowed, **ties.bindings}.items():
        if identity.kind is Kind.ACCOUNT:
            told = capabilities.address(identity.kind, binding.remote_id, binding.name)
            if told is not None:
                yield identity.key, told
