"""What doctor asks a realm: first, without the secret, whether it is there; then who we are and what we may do."""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.keycloak.attributes import MARK
from connectors.keycloak.client import Client
from connectors.keycloak.group_reading import Groups, gives_power
from connectors.keycloak.listing import Item, identifier_of
from connectors.keycloak.realm_doctor import examine_realm
from connectors.keycloak.settings import PRODUCT
from connectors.keycloak.token import Bearer
from connectors.keycloak.user_reading import ENOUGH
from connectors.keycloak.users import Evidence, lets_people_write
from connectors.kit.doctor import as_stranger, examination, not_the_product
from provisioner.model.errors import NotAllowed
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text

NEEDED: Final = "manage-users"
FOR_ROLES: Final = "view-realm"
_NARROW: Final = frozenset(
    {NEEDED, FOR_ROLES, "view-users", "query-users", "query-groups", "query-realms", "query-clients"}
    | {"view-identity-providers", "view-clients"}
)
"""Rights that the connector uses, the last two for doctor alone; and such as come along with these or read as much."""
_SHORT_LIFE: Final = 60.0
"""Seconds. With a shorter token a long run asks for hundreds of them."""


def examine(client: Client, wiring: Wiring) -> Iterator[Finding]:
    """The findings, in the order in which one would mend them."""
    wrong = Text.of("keycloak.mend_url")
    mends = {
        "keycloak.login_refused": Text.of("keycloak.mend_login", user=client.settings.user),
        "kit.login_refused": Text.of("keycloak.mend_login", user=client.settings.user),
        "kit.not_allowed": Text.of("keycloak.mend_right", role=NEEDED),
        "keycloak.no_realm": wrong,
        "kit.redirected": wrong,
        "kit.garbled": wrong,
        "transport.certificate": Text.of("keycloak.mend_certificate"),
        "transport.unreachable": Text.of("keycloak.mend_unreachable"),
        "transport.interrupted": Text.of("keycloak.mend_unreachable"),
    }
    return examination(client.settings, lambda: _first_look(client, wiring), lambda: _logged_in(client), mends)


def _logged_in(client: Client) -> Iterator[Finding]:
    settings, bearer = client.settings, client.who()
    reached = Text.of("keycloak.doctor_reachable", url=settings.url, realm=settings.realm, user=settings.user)
    yield Finding(Severity.OK, reached)
    yield from _rights(client, bearer)
    if not ENOUGH.isdisjoint(bearer.rights):
        yield from _parent(client)
        yield from _profile(client, bearer)
        yield from examine_realm(client, bearer)


def _first_look(client: Client, wiring: Wiring) -> Iterator[Finding]:
    """One request without the secret: whether what answers is a Keycloak with this realm."""
    settings, wrong = client.settings, Text.of("keycloak.mend_url")
    answer = as_stranger(settings, wiring, settings.realm_url.removeprefix(settings.url))
    value = answer.value
    if answer.status == 404 and isinstance(value, dict) and isinstance(value.get("error"), str):
        yield Finding(Severity.ERROR, Text.of("keycloak.no_realm", realm=settings.realm, url=settings.url), wrong)
    elif answer.status != 200 or not isinstance(value, dict) or value.get("realm") != settings.realm:
        yield not_the_product(settings, PRODUCT, answer.status, wrong)


def _rights(client: Client, bearer: Bearer) -> Iterator[Finding]:
    """What the token carries: the server judges by nothing else."""
    if not bearer.rights:
        yield Finding(
            Severity.ERROR,
            Text.of("keycloak.doctor_no_rights", user=client.settings.user),
            Text.of("keycloak.mend_no_rights", role=NEEDED),
        )
        return
    if NEEDED not in bearer.rights:
        yield Finding(
            Severity.ERROR,
            Text.of("keycloak.doctor_right_missing", role=NEEDED),
            Text.of("keycloak.mend_right", role=NEEDED),
        )
    if FOR_ROLES not in bearer.rights:
        yield Finding(
            Severity.NOTE,
            Text.of("keycloak.doctor_no_roles", role=FOR_ROLES),
            Text.of("keycloak.mend_right", role=FOR_ROLES),
        )
    surplus = sorted(bearer.rights - _NARROW)
    if surplus:
        rights = ", ".join(surplus)
        yield Finding(
            Severity.NOTE, Text.of("keycloak.doctor_too_broad", rights=rights), Text.of("keycloak.mend_too_broad")
        )
    if bearer.life < _SHORT_LIFE:
        yield Finding(Severity.NOTE, Text.of("keycloak.doctor_short_token", seconds=round(bearer.life)))


def _parent(client: Client) -> Iterator[Finding]:
    """The group above all of ours, and what roles come with groups."""
    name = client.settings.parent_group
    groups = Groups(client)
    parent = groups.parent()
    if parent is None:
        yield Finding(
            Severity.ERROR, Text.of("keycloak.no_parent", group=name), Text.of("keycloak.mend_parent", group=name)
        )
        return
    children = groups.children(identifier_of(parent)).items
    yield Finding(Severity.OK, Text.of("keycloak.doctor_groups", group=name, count=len(children)))
    for item in (parent, *children.values()):
        label = str(item.get("name") or "")
        if gives_power(item):
            yield Finding(
                Severity.ERROR,
                Text.of("keycloak.doctor_group_power", group=label),
                Text.of("keycloak.mend_group_power", group=label),
            )
        elif _has_roles(item):
            yield Finding(Severity.NOTE, Text.of("keycloak.doctor_group_roles", group=label))


def _has_roles(item: Item) -> bool:
    return bool(item.get("realmRoles")) or bool(item.get("clientRoles"))


def _profile(client: Client, bearer: Bearer) -> Iterator[Finding]:
    """Which of our attributes the realm keeps. What it does not declare or allow, it drops without a word."""
    evidence = Evidence()
    own = client.find(f"/users/{bearer.subject}", {"userProfileMetadata": "true"})
    evidence.learn_from([own] if own is not None else [])
    profile = _seen(client, "/users/profile")
    if profile is None:
        return
    evidence.learn_profile(profile)
    kept = evidence.kept()
    if lets_people_write(profile, MARK):
        yield Finding(
            Severity.ERROR,
            Text.of("keycloak.doctor_open_marker", attribute=MARK),
            Text.of("keycloak.mend_open_marker", attribute=MARK),
        )
    if not kept.marker:
        yield Finding(
            Severity.WARNING,
            Text.of("keycloak.doctor_no_marker"),
            Text.of("keycloak.mend_attribute", attribute="readi"),
        )
    if not kept.organisation:
        yield Finding(
            Severity.NOTE,
            Text.of("keycloak.doctor_no_organisation"),
            Text.of("keycloak.mend_attribute", attribute="organisation"),
        )
    if not kept.language:
        yield Finding(Severity.NOTE, Text.of("keycloak.doctor_no_language"), Text.of("keycloak.mend_language"))
    if kept.marker and kept.organisation and kept.language:
        yield Finding(Severity.OK, Text.of("keycloak.doctor_attributes"))


def _seen(client: Client, path: str) -> Mapping[str, object] | None:
    """What may be read; None where a right is missing that we never demand."""
    try:
        return client.find(path)
    except NotAllowed:
        return None
