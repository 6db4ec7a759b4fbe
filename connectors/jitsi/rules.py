"""The rules of Prosody's token plugins, as observed on Prosody 0.12 with the plugins of jitsi-meet. Pure.

Two stages: at login (signature, times, issuer, audience) and at the door of a room. Where the plugins break off, so do
these rules (`Why.HANGS`). `tests/jitsi/verdicts.tsv` holds what the real server said.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from json import loads
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm
from jwt.utils import base64url_decode
from pydantic import SecretStr

from connectors.jitsi.lua_pattern import found_by
from provisioner.model.meetings import Stage


class Why(StrEnum):
    """Why a token is refused, in the server's own words."""

    NO_TOKEN = "token required"  # noqa: S105 - a reason, no secret
    MALFORMED = "Invalid token"
    BAD_HEADER = "bad token format"
    TYPE = "Invalid typ"
    ALGORITHM = "Invalid or incorrect alg"
    NO_KID = "'kid' claim is missing"
    NO_RS = "'kid' claim only support with RS family"
    UNKNOWN_KEY = "could not obtain public key"
    SIGNATURE = "Invalid signature"
    EXP_TYPE = "exp must be number"
    NBF_TYPE = "nbf must be number"
    EXPIRED = "Not acceptable by exp"
    EARLY = "Not acceptable by nbf"
    NO_ISSUER = "'iss' claim is missing"
    ISSUER = "invalid 'iss' claim"
    NO_AUDIENCE = "'aud' claim is missing"
    AUDIENCE = "invalid 'aud' claim"
    NO_ROOM = "room claim is missing"
    NO_SUBJECT = "sub claim is missing"
    OTHER_ROOM = "Room does not match the room from token"
    OTHER_DOMAIN = "Room and token mismatched"
    OTHER_PATTERN = "Room name cannot be matched to the one from token."
    WILDCARD_ROOM = "Wildcard room in token not allowed"
    WILDCARD_SUBJECT = "Wildcard sub in token not allowed"
    PATTERN = "Regex support not allowed for token"
    HANGS = "timeout"  # the plugin breaks off, and whoever asks waits for ever


class Affiliation(StrEnum):
    """What somebody is in a room over there."""

    OWNER = "owner"
    MEMBER = "member"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a server is set up, as far as it decides about tokens."""

    secret: SecretStr | None = None
    """None: public keys are fetched, and tokens by secret refused."""
    keys: Mapping[str, bytes] = field(default_factory=dict)
    issuers: frozenset[str] = frozenset({"*"})
    audiences: frozenset[str] = frozenset({"*"})
    domain: str = "meet.jitsi"
    domain_verification: bool = False
    affiliations: bool = True
    """token_affiliation is loaded; else nobody is moderator by token."""
    no_wildcard: bool = False
    """token_no_wildcard is loaded."""
    lobby: bool = False
    """token_lobby_autostart is loaded: who does not pass the lobby waits in it."""
    allow_empty: bool = False
    """Whoever brings no token comes in."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A token that was refused."""

    stage: Stage
    why: Why


Claims = Mapping[str, Any]


def login(token: str | None, deployment: Deployment, now: datetime) -> Claims | Refused:
    """The first stage, before any room; its claims where it is passed (none where no token is asked for)."""
    if token is None:
        return {} if deployment.allow_empty else Refused(Stage.LOGIN, Why.NO_TOKEN)
    try:
        claims = _verified(token, deployment)
        for problem in _objections(claims, deployment, now.timestamp()):
            return Refused(Stage.LOGIN, problem)
    except _No as no:
        return Refused(Stage.LOGIN, no.why)
    return claims


def enter(claims: Claims, room: str, tenant: str | None, deployment: Deployment) -> Refused | None:
    """The second stage, at the door of a room. ``claims``: as `login` gave them; none: without a token."""
    if not claims:
        unasked = deployment.allow_empty or not deployment.domain_verification
        return None if unasked else Refused(Stage.ROOM, Why.OTHER_PATTERN)
    try:
        found = _wildcard(claims) if deployment.no_wildcard else None
        found = found or _other_room(claims, room, tenant, deployment)
        if found is None and (deployment.affiliations or deployment.lobby) and _breaks(_in_context(claims, "user")):
            raise _No
    except _No as no:
        found = no.why
    return None if found is None else Refused(Stage.ROOM, found)


def affiliation_of(claims: Claims, deployment: Deployment) -> Affiliation:
    """What somebody is in the room, once inside."""
    if not claims or not deployment.affiliations:
        return Affiliation.NONE
    user = user_of(claims)
    leads = user.get("affiliation") in ("owner", "moderator", "teacher") or user.get("moderator") in ("true",)
    return Affiliation.OWNER if leads or user.get("moderator") is True else Affiliation.MEMBER


def passes_lobby(claims: Claims) -> bool:
    """Only ``true`` itself counts, not the word."""
    return user_of(claims).get("lobby_bypass") is True


def user_of(claims: Claims) -> Mapping[str, Any]:
    """``context.user``, where it is an object."""
    return part(part(claims, "context"), "user")


def pattern_is_meant(claims: Claims) -> bool:
    """Whether the room is a pattern of rooms (``context.room.regex``)."""
    return part(part(claims, "context"), "room").get("regex") in (True, "true")


class _No(Exception):
    """A refusal, on its way out."""

    def __init__(self, why: Why = Why.HANGS) -> None:
        self.why = why


_SEGMENT: Final = re.compile(r"[^\\.]+")


def _verified(token: str, deployment: Deployment) -> Claims:
    """The claims of a token that is signed as it should be. Raises `_No`."""
    segments = _SEGMENT.findall(token)
    problem = _key_problem(segments, token, deployment) if deployment.secret is None else None
    if problem is not None:
        raise _No(problem)
    header, claims = (_json(segments[0]), _json(segments[1])) if len(segments) == 3 else (_NOTHING, _NOTHING)
    if header is _NOTHING or claims is _NOTHING:
        raise _No(Why.MALFORMED)
    header = header if isinstance(header, Mapping) else {}
    if header.get("typ") != "JWT":
        raise _No(Why.TYPE)
    if header.get("alg") != ("RS256" if deployment.secret is None else "HS256"):
        raise _No(Why.ALGORITHM)
    if not _is_signed(segments, header, deployment):
        raise _No(Why.SIGNATURE)
    if not isinstance(claims, Mapping):
        raise _No
    return claims


def _key_problem(segments: list[str], token: str, deployment: Deployment) -> Why | None:
    """What is asked before the key is fetched, which is before anything else."""
    if "." not in token or not segments:
        return Why.MALFORMED
    header = _json(segments[0])
    if not isinstance(header, Mapping):
        return Why.BAD_HEADER
    if header.get("kid") is None:
        return Why.NO_KID
    if not str(header.get("alg", "")).startswith("RS"):
        return Why.NO_RS
    return None if str(header["kid"]) in deployment.keys else Why.UNKNOWN_KEY


def _is_signed(segments: list[str], header: Mapping[str, Any], deployment: Deployment) -> bool:
    content = f"{segments[0]}.{segments[1]}".encode()
    try:
        signature = base64url_decode(segments[2])
        if deployment.secret is not None:
            key = deployment.secret.get_secret_value().encode()
            return HMACAlgorithm(HMACAlgorithm.SHA256).verify(content, key, signature)
        public = load_pem_public_key(deployment.keys[str(header["kid"])])
        return isinstance(public, RSAPublicKey) and RSAAlgorithm(RSAAlgorithm.SHA256).verify(content, public, signature)
    except ValueError:
        return False


def _objections(claims: Claims, deployment: Deployment, now: float) -> Iterator[Why]:
    """In the order in which the server asks. JSON's null is something to it, false is nothing where it asks "if"."""
    now = math.floor(now)  # os.time
    ends, begins = claims.get("exp", False), claims.get("nbf", False)
    if ends is not False and not _is_number(ends):
        yield Why.EXP_TYPE
    elif begins is not False and not _is_number(begins):
        yield Why.NBF_TYPE
    elif ends is not False and now >= ends:
        yield Why.EXPIRED
    elif begins is not False and now < begins:
        yield Why.EARLY
    elif "iss" not in claims:
        yield Why.NO_ISSUER
    elif not _is_among(claims["iss"], deployment.issuers):
        yield Why.ISSUER
    elif "aud" not in claims:
        yield Why.NO_AUDIENCE
    elif not _is_among(claims["aud"], deployment.audiences):
        yield Why.AUDIENCE
    elif "room" not in claims:
        yield Why.NO_ROOM
    elif "sub" not in claims:
        yield Why.NO_SUBJECT
    elif "context" in claims and (claims["context"] is False or _breaks(claims["context"])):
        raise _No


def _wildcard(claims: Claims) -> Why | None:
    if claims["room"] == "*":
        return Why.WILDCARD_ROOM
    if claims["sub"] == "*":
        return Why.WILDCARD_SUBJECT
    if _breaks(_in_context(claims, "room")):
        raise _No
    return Why.PATTERN if pattern_is_meant(claims) else None


def _other_room(claims: Claims, room: str, tenant: str | None, deployment: Deployment) -> Why | None:
    node = room.lower() if tenant is None else f"[{tenant}]{room}".lower()
    wanted = claims["room"]
    wanted = _lower(wanted) if isinstance(wanted, str) else wanted
    if deployment.domain_verification:
        return _other_domain(claims, node, wanted, deployment)
    if wanted is False or wanted in (node, "*"):
        return None
    return None if node.endswith(f"]{_text(wanted)}") else Why.OTHER_ROOM


def _other_domain(claims: Claims, node: str, wanted: object, deployment: Deployment) -> Why | None:
    """Domain verification: tenant and domain have to fit as well, and the room may be a pattern."""
    told = re.fullmatch(r"\[([^\]]+)\](.+)", node, re.DOTALL)
    target_tenant, target = (told.group(1), told.group(2)) if told else (None, node)
    room: object = target if wanted == "*" else wanted
    if wanted is None or (wanted != "*" and _breaks(_in_context(claims, "room"))):
        raise _No
    if wanted != "*" and pattern_is_meant(claims):
        room = found_by(_text(wanted), target)
    if room is None or room is False:
        return Why.OTHER_PATTERN
    subject = _lower(_text(claims["sub"]))
    if target_tenant is None:
        fits = subject in ("*", deployment.domain) and _text(room) == node
    else:
        fits = f"[{target_tenant if subject == '*' else subject}]{_text(room)}" == node
    return None if fits else Why.OTHER_DOMAIN


def _in_context(claims: Claims, name: str) -> object:
    """A part of ``context``; False for none."""
    return part(claims, "context").get(name, False)


def _breaks(value: object) -> bool:
    """Whether Lua breaks off when it looks for something in this. Lists and texts have nothing in them, to it."""
    return value is not False and not isinstance(value, Mapping | list | str)


def _text(value: object) -> str:
    """What Lua joins to a text: texts and numbers."""
    if isinstance(value, str):
        return value
    if not _is_number(value):
        raise _No
    return str(value)


def _lower(text: str) -> str:
    """As Lua's string.lower: A to Z alone."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_among(claim: object, accepted: frozenset[str]) -> bool:
    return "*" in accepted or (isinstance(claim, str) and claim in accepted)


def part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of this name in an object; an empty one where there is none."""
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}


_NOTHING: Final = object()


def _json(segment: str) -> object:
    try:
        value: object = loads(base64url_decode(segment))
    except (ValueError, RecursionError):
        return _NOTHING
    return value
