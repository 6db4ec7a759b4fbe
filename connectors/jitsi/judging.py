"""What a server would do with a token, in words, and what is unsafe about a token that it accepts. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from connectors.jitsi.rules import (
    Affiliation,
    Claims,
    Deployment,
    Refused,
    Why,
    affiliation_of,
    enter,
    login,
    part,
    passes_lobby,
    pattern_is_meant,
    user_of,
)
from connectors.jitsi.settings import LONGEST_LIFE
from provisioner.model.meetings import Stage, Standing, Verdict
from provisioner.model.text import Text


def judge(token: str | None, room: str, deployment: Deployment, now: datetime, tenant: str | None = None) -> Verdict:
    """What becomes of somebody who comes with this token, or None, to this room. Never raises for what is in it.

    ``room``: as it stands in addresses and claims, see `connectors.jitsi.names.backend_safe`. Somebody who has to wait
    in the lobby is accepted, as a guest.
    """
    claims = login(token, deployment, now)
    if isinstance(claims, Refused):
        return Verdict(claims.stage, sentence(claims.why))
    refused = enter(claims, room, tenant, deployment)
    if refused is not None:
        return Verdict(refused.stage, sentence(refused.why))
    waits = deployment.lobby and not passes_lobby(claims)
    standing = Standing.GUEST if waits else _STANDINGS[affiliation_of(claims, deployment)]
    warnings = () if token is None else tuple(_warnings(claims, deployment, now, tenant))
    return Verdict(Stage.ACCEPTED, _ACCEPTED[standing], standing, warnings)


def sentence(why: Why) -> Text:
    """Why a token is refused, for people."""
    return _REFUSED[why]


_STANDINGS: Final[Mapping[Affiliation, Standing]] = {
    Affiliation.OWNER: Standing.MODERATOR,
    Affiliation.MEMBER: Standing.MEMBER,
    Affiliation.NONE: Standing.VISITOR,
}
_ACCEPTED: Final[Mapping[Standing, Text]] = {
    Standing.MODERATOR: Text.of("jitsi.accepted_moderator"),
    Standing.MEMBER: Text.of("jitsi.accepted_member"),
    Standing.GUEST: Text.of("jitsi.accepted_waiting"),
    Standing.VISITOR: Text.of("jitsi.accepted_visitor"),
}
_REFUSED: Final[Mapping[Why, Text]] = {
    Why.NO_TOKEN: Text.of("jitsi.refused_no_token"),
    Why.MALFORMED: Text.of("jitsi.refused_malformed"),
    Why.BAD_HEADER: Text.of("jitsi.refused_malformed"),
    Why.TYPE: Text.of("jitsi.refused_type"),
    Why.ALGORITHM: Text.of("jitsi.refused_algorithm"),
    Why.NO_KID: Text.of("jitsi.refused_no_kid"),
    Why.NO_RS: Text.of("jitsi.refused_algorithm"),
    Why.UNKNOWN_KEY: Text.of("jitsi.refused_unknown_key"),
    Why.SIGNATURE: Text.of("jitsi.refused_signature"),
    Why.EXP_TYPE: Text.of("jitsi.refused_time_type"),
    Why.NBF_TYPE: Text.of("jitsi.refused_time_type"),
    Why.EXPIRED: Text.of("jitsi.refused_expired"),
    Why.EARLY: Text.of("jitsi.refused_early"),
    Why.NO_ISSUER: Text.of("jitsi.refused_issuer"),
    Why.ISSUER: Text.of("jitsi.refused_issuer"),
    Why.NO_AUDIENCE: Text.of("jitsi.refused_audience"),
    Why.AUDIENCE: Text.of("jitsi.refused_audience"),
    Why.NO_ROOM: Text.of("jitsi.refused_no_room"),
    Why.NO_SUBJECT: Text.of("jitsi.refused_no_subject"),
    Why.OTHER_ROOM: Text.of("jitsi.refused_other_room"),
    Why.OTHER_DOMAIN: Text.of("jitsi.refused_other_domain"),
    Why.OTHER_PATTERN: Text.of("jitsi.refused_other_room"),
    Why.WILDCARD_ROOM: Text.of("jitsi.refused_wildcard"),
    Why.WILDCARD_SUBJECT: Text.of("jitsi.refused_wildcard"),
    Why.PATTERN: Text.of("jitsi.refused_wildcard"),
    Why.HANGS: Text.of("jitsi.refused_hangs"),
}


def _warnings(claims: Claims, deployment: Deployment, now: datetime, tenant: str | None) -> Iterator[Text]:
    """What is unsafe about a token although it is accepted, and what somebody who made it may have meant otherwise."""
    ends = claims.get("exp", False)
    if ends is False:
        yield Text.of("jitsi.unsafe_no_end")
    elif not ends <= now.timestamp() + LONGEST_LIFE:  # also for what is no number to reckon with: NaN, 10 ** 400
        yield Text.of("jitsi.unsafe_long", hours=LONGEST_LIFE // 3600)
    if claims["room"] in ("*", False):
        yield Text.of("jitsi.unsafe_all_rooms")
    elif pattern_is_meant(claims) and deployment.domain_verification:
        yield Text.of("jitsi.unsafe_pattern")
    if claims["sub"] == "*":
        yield Text.of("jitsi.unsafe_all_tenants")
    elif claims["sub"] != (tenant or deployment.domain) and not deployment.domain_verification:
        yield Text.of("jitsi.unsafe_subject")
    user = user_of(claims)
    if "email" in user:
        yield Text.of("jitsi.unsafe_email")
    if part(part(claims, "context"), "room").get("lobby_autostart") is False:
        yield Text.of("jitsi.unsafe_lobby_off")
    if affiliation_of(claims, deployment) is not Affiliation.OWNER and _asks_to_lead(claims):
        yield Text.of("jitsi.moderator_unheard")
    if deployment.lobby and user.get("moderator") in (True, "true") and not passes_lobby(claims):
        yield Text.of("jitsi.moderator_waits")


def _asks_to_lead(claims: Claims) -> bool:
    """Whether a claim of this name stands where the server does not look for it, or in a form that it does not take."""
    places = (claims, part(claims, "context"), user_of(claims))
    return any(place.get("moderator") in (True, 1, "1", "true") for place in places) or (
        user_of(claims).get("role") == "moderator"
    )
