"""What was tried on the real server for each row of verdicts.tsv: who came with which token to which room."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from connectors.jitsi.emulation.calling import Call, Reply
from connectors.jitsi.emulation.reservation_caller import ReservationCaller
from connectors.jitsi.emulation.rooms import Guests, Rooms, Setup
from connectors.jitsi.rules import Deployment
from provisioner.emulation import VirtualClock

SECRET: Final = "0123456789abcdef0123456789abcdef-for-tests"
KID: Final = "key-1"
ROOM: Final = "ag-klima"
GUEST: Final = "guest.meet.jitsi"
MAIN: Final = "meet.jitsi"
CLOCK: Final = VirtualClock()
NOW: Final = int(CLOCK.now().timestamp())
_GONE: Final = object()


@cache
def key() -> tuple[str, bytes]:
    """A private key and its public half, both in PEM."""
    private = rsa.generate_private_key(65_537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode(), public


def token(
    changes: Mapping[str, Any] | None = None,
    *,
    user: Mapping[str, Any] | None = None,
    secret: str = SECRET,
    algorithm: str = "HS256",
    kid: str | None = None,
    header: Mapping[str, Any] | None = None,
) -> str:
    """A good token with ``changes``; the value `_GONE` leaves a claim out."""
    claims: dict[str, Any] = {"aud": "jitsi", "iss": "readi", "sub": MAIN, "room": ROOM, "exp": NOW + 900}
    claims["context"] = {"user": {"id": "a1", "name": "Max", **(user or {})}}
    claims = {name: value for name, value in {**claims, **(changes or {})}.items() if value is not _GONE}
    headers = {"typ": "JWT", **({"kid": kid} if kid else {}), **(header or {})}
    return signed(json.dumps(claims).encode(), headers, secret, algorithm)


def signed(payload: bytes, header: Mapping[str, Any], secret: str, algorithm: str) -> str:
    """By hand: pyjwt refuses what some of these cases are about."""
    parts = [encoded(json.dumps({**header, "alg": algorithm}).encode()), encoded(payload)]
    content = ".".join(parts).encode()
    method = jwt.get_algorithm_by_name(algorithm)
    prepared = secret.encode() if algorithm.startswith("HS") else method.prepare_key(secret)
    return ".".join([*parts, encoded(method.sign(content, prepared))])


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_key(changes: Mapping[str, Any] | None = None, *, kid: str | None = KID, algorithm: str = "RS256") -> str:
    return token(changes, secret=key()[0], algorithm=algorithm, kid=kid)


@dataclass(frozen=True)
class Try:
    """Somebody comes. ``before``: who came before, and stays."""

    token: str | None
    room: str = ROOM
    tenant: str | None = None
    host: str = MAIN
    name: str = "Max"
    password: str | None = None
    before: tuple["Try", ...] = ()
    setup: Callable[[Setup], Setup] = field(default=lambda setup: setup)


def tampered() -> str:
    head, _, rest = token().partition(".")
    return (
        f"{head}.{encoded(json.dumps({'aud': 'jitsi', 'iss': 'readi', 'room': '*'}).encode())}.{rest.partition('.')[2]}"
    )


def unsigned() -> str:
    header = encoded(b'{"typ":"JWT","alg":"none"}')
    return f"{header}.{token().split('.')[1]}."


def untyped() -> str:
    return signed(json.dumps({"room": ROOM}).encode(), {}, SECRET, "HS256")


def garbage_header() -> str:
    return f"{encoded(b'{kid: garbage')}.{by_key().partition('.')[2]}"


def without_focus(setup: Setup) -> Setup:
    return replace(setup, focus=False)


OFF: Final = {"moderator": True}
PASS: Final = {"lobby_bypass": True}

HS256: Final[dict[str, Try]] = {
    "baseline": Try(token()),
    "other room": Try(token(), "ag-verkehr"),
    "no token": Try(None),
    "expired (1s ago)": Try(token({"exp": NOW - 1})),
    "no exp at all": Try(token({"exp": _GONE})),
    "exp as string": Try(token({"exp": str(NOW + 900)})),
    "nbf +60s": Try(token({"nbf": NOW + 60})),
    "nbf -10s": Try(token({"nbf": NOW - 10})),
    "nbf +2s (skew)": Try(token({"nbf": NOW + 2})),
    "iat +3600 (future)": Try(token({"iat": NOW + 3600})),
    "wrong aud (aud list default *)": Try(token({"aud": "other"})),
    "aud missing": Try(token({"aud": _GONE})),
    "aud as list [jitsi]": Try(token({"aud": ["jitsi"]})),
    "wrong iss": Try(token({"iss": "other"})),
    "iss missing": Try(token({"iss": _GONE})),
    "wrong sub": Try(token({"sub": "evil"})),
    "sub missing": Try(token({"sub": _GONE})),
    "sub *": Try(token({"sub": "*"})),
    "room missing": Try(token({"room": _GONE})),
    "room *": Try(token({"room": "*"})),
    "room * into other": Try(token({"room": "*"}), "ag-verkehr"),
    "room list": Try(token({"room": [ROOM]})),
    "wrong signature": Try(token(secret="another-secret-of-more-than-32-bytes")),
    "tampered payload": Try(tampered()),
    "alg none": Try(unsigned()),
    "HS512": Try(token(secret="another-secret-of-more-than-32-bytes", algorithm="HS512")),
    "HS512 same secret": Try(token(algorithm="HS512")),
    "typ header missing": Try(untyped()),
    "garbage": Try("garbage"),
    "context missing": Try(token({"context": _GONE})),
    "kid header present (ignored HS)": Try(token(kid=KID)),
    "claim AG-Klima, room AG-Klima url": Try(token({"room": "AG-Klima"})),
    "claim ag-klima, URL AG-KLIMA": Try(token(), "AG-KLIMA"),
    "claim 'Über uns' raw, url same": Try(token({"room": "Über uns"}), "%c3%bcber%20uns"),
    "claim 'über uns' raw, url same": Try(token({"room": "über uns"}), "%c3%bcber%20uns"),
    "claim backend-safe %c3%bcber%20uns": Try(token({"room": "%c3%bcber%20uns"}), "%c3%bcber%20uns"),
    "claim %C3%9Cber%20uns (upper enc of Ü)": Try(token({"room": "%C3%9Cber%20uns"}), "%c3%bcber%20uns"),
    "claim %C3%BCber%20uns (upper hex of ü)": Try(token({"room": "%C3%BCber%20uns"}), "%c3%bcber%20uns"),
    "claim room with ']' suffix trick: room 'x]ag-klima'": Try(token(), "x]ag-klima"),
    "claim a_b": Try(token({"room": "a_b"}), "a_b"),
    "claim with dot a.b": Try(token({"room": "a.b"}), "a.b"),
    "raw utf8 room node über": Try(token({"room": "über"}), "über"),
    "no moderator claim": Try(token()),
    "context.user.moderator=True": Try(token(user={"moderator": True})),
    "context.user.moderator='true'": Try(token(user={"moderator": "true"})),
    "context.user.moderator=1": Try(token(user={"moderator": 1})),
    "context.user.moderator=False": Try(token(user={"moderator": False})),
    "context.user.role='moderator'": Try(token(user={"role": "moderator"})),
    "root claim moderator=True (Jitsi-Admin position 0)": Try(token({"moderator": True})),
    "context.moderator=True": Try(token({"context": {"moderator": True}})),
    "moderator + features recording=false": Try(
        token({"context": {"user": {"moderator": True}, "features": {"recording": False}}})
    ),
    "sub=meet.jitsi url /musterstadt/ag-klima": Try(token(), tenant="musterstadt"),
    "regex room (domver off)": Try(token({"room": "ag-.*", "context": {"room": {"regex": True}}})),
    "exp=+3s": Try(token({"exp": NOW + 3})),
    "new member while it runs": Try(token(), before=(Try(token()),)),
    "room=123 int": Try(token({"room": 123}), "123"),
    "member first": Try(token()),
    "moderator second": Try(token(user=OFF), before=(Try(token()),)),
    "kicked member re-enters with same token": Try(token(), before=(Try(token()), Try(token()))),
    "exp datetime": Try(token({"exp": NOW + 900})),
    "exp float": Try(token({"exp": NOW + 900.5})),
    "exp==now": Try(token({"exp": NOW})),
    "as generated (moderator at root)": Try(token({"moderator": True, "aud": "jitsi_admin"})),
    "with position 1": Try(token({"aud": "jitsi_admin"}, user=OFF)),
    "join without focus": Try(token(), setup=without_focus),
} | {
    f"context.user.affiliation='{word}'": Try(token(user={"affiliation": word}))
    for word in ("owner", "moderator", "teacher", "member", "admin")
}

DOMVER: Final[dict[str, Try]] = {
    "sub meet.jitsi": Try(token()),
    "sub MEET.JITSI": Try(token({"sub": "MEET.JITSI"})),
    "sub evil": Try(token({"sub": "evil"})),
    "sub *": Try(token({"sub": "*"})),
    "sub https://meet.jitsi": Try(token({"sub": "https://meet.jitsi"})),
    "sub with https:// + domver": Try(token({"sub": "https://meet.example"})),
    "other room": Try(token(), "ag-verkehr"),
    "room *": Try(token({"room": "*"})),
    "tenant: sub=musterstadt, url /musterstadt/ag-klima": Try(token({"sub": "musterstadt"}), tenant="musterstadt"),
    "tenant: sub=meet.jitsi, url /musterstadt/ag-klima": Try(token(), tenant="musterstadt"),
    "tenant: sub=musterstadt, url /andere/ag-klima": Try(token({"sub": "musterstadt"}), tenant="andere"),
    "tenant: sub=musterstadt, url /ag-klima": Try(token({"sub": "musterstadt"})),
    "regex room ag-.* regex=true": Try(token({"room": "ag-.*", "context": {"room": {"regex": True}}})),
    "regex room ag-.* into 'bg-x'": Try(token({"room": "ag-.*", "context": {"room": {"regex": True}}}), "bg-x"),
    "x]ag-klima trick": Try(token(), "x]ag-klima"),
    "upper room claim AG-Klima": Try(token({"room": "AG-Klima"})),
}

ASAP: Final[dict[str, Try]] = {
    "RS256 + kid": Try(by_key()),
    "RS256 other room": Try(by_key(), "ag-verkehr"),
    "RS256 no kid": Try(by_key(kid=None)),
    "RS256 unknown kid": Try(by_key(kid="key-2")),
    "RS256 expired": Try(by_key({"exp": NOW - 1})),
    "HS256 shared secret": Try(token()),
    "HS256 signed, kid": Try(token(kid=KID)),
    "alg confusion (HS256 with public key)": Try(token(secret=key()[1].decode(), kid=KID)),
    "RS512 + kid": Try(by_key(algorithm="RS512")),
    "ES256-ish garbage kid header": Try(garbage_header()),
}

FULL: Final[dict[str, Try]] = {
    "aud jitsi": Try(token()),
    "aud jitsi_admin": Try(token({"aud": "jitsi_admin"})),
    "aud [jitsi]": Try(token({"aud": ["jitsi"]})),
    "aud *": Try(token({"aud": "*"})),
    "iss jitsi-admin": Try(token({"iss": "jitsi-admin"})),
    "room * (no_wildcard)": Try(token({"room": "*"})),
    "sub * (no_wildcard)": Try(token({"sub": "*"})),
    "reservation denied": Try(token({"room": "denied"}), "denied"),
    "reservation conflict->GET": Try(token({"room": "conflict"}), "conflict"),
    "reservation wrong name reply": Try(token({"room": "wrong"}), "wrong"),
    "reservation pw-room (member, no pw)": Try(token({"room": "pw-room"}), "pw-room"),
    "reservation pw-room with password": Try(token({"room": "pw-room"}), "pw-room", password="sesam"),
    "reservation pw-room moderator, no pw": Try(token({"room": "pw-room"}, user=OFF), "pw-room"),
    "reservation lobby-room plain member": Try(token({"room": "lobby-room"}), "lobby-room"),
    "reservation lobby-room moderator": Try(token({"room": "lobby-room"}, user=OFF), "lobby-room"),
    "reservation lobby-room lobby_bypass": Try(token({"room": "lobby-room"}, user=PASS), "lobby-room"),
    "reservation lobby-room bypass+moderator": Try(token({"room": "lobby-room"}, user={**PASS, **OFF}), "lobby-room"),
    "reservation lobby-room guest": Try(None, "lobby-room", host=GUEST),
    "reservation lobby-room guest no name": Try(None, "lobby-room", host=GUEST, name=""),
    "umlaut room reserv": Try(token({"room": "%c3%bcber%20uns"}), "%c3%bcber%20uns"),
    "guest in normal room": Try(None, host=GUEST, before=(Try(token()),)),
    "guest, room not existing yet": Try(None, host=GUEST),
}

CASES: Final[dict[tuple[str, str], Try]] = {
    **{("hs256", name): case for name, case in HS256.items()},
    **{("domver", name): case for name, case in DOMVER.items()},
    **{("asap", name): case for name, case in ASAP.items()},
    **{("jwks", name): case for name, case in ASAP.items() if name != "RS256 unknown kid"},
    **{("full", name): case for name, case in FULL.items()},
    ("noaff", "moderator=True"): Try(token(user=OFF)),
    ("noaff", "no claim"): Try(token()),
    ("gdom", "gdom guest (domain verification on)"): Try(None, host=GUEST),
    ("gdom", "gdom member"): Try(token()),
    ("gdomal", "gdomal guest (allowlist)"): Try(None, host=GUEST),
    ("gdomal", "gdomal guest WITH token other room"): Try(token({"room": "other"}), host=GUEST),
    ("gres", "gres guest denied room"): Try(None, "denied", host=GUEST),
    ("gres", "gres guest ok room"): Try(None, host=GUEST),
    ("guests", "guest first"): Try(None, host=GUEST),
    ("guests", "member joins (host arrives)"): Try(token(), before=(Try(None, host=GUEST),)),
    ("guests", "guest after host"): Try(None, host=GUEST, before=(Try(token()),)),
    ("guests", "guest with expired token"): Try(token({"exp": NOW - 1}), host=GUEST, before=(Try(token()),)),
    ("empty", "no token on main vhost"): Try(None),
    ("empty", "expired token"): Try(token({"exp": NOW - 1})),
    ("empty", "wrong room token"): Try(token({"room": "other"})),
    ("empty", "no token other room"): Try(None, "ag-verkehr"),
    ("lobby", "first: plain member"): Try(token()),
    ("lobby", "moderator no bypass"): Try(token(user=OFF)),
    ("lobby", "moderator+bypass"): Try(token(user={**OFF, **PASS})),
    ("lobby", "member bypass"): Try(token(user=PASS)),
    ("lobby", "member no bypass"): Try(token()),
    ("lobby", "guest"): Try(None, host=GUEST, before=(Try(token(user={**OFF, **PASS})),)),
    ("lobby", "guest first"): Try(None, host=GUEST),
    ("lobby", "guest without name"): Try(None, host=GUEST, name=""),
}


def deployment(profile: str) -> Deployment:
    """How the server was set up for the rows of a profile."""
    plain = Deployment(SecretStr(SECRET), issuers=frozenset({"readi"}))
    by_name: dict[str, Mapping[str, Any]] = {
        "noaff": {"affiliations": False},
        "domver": {"domain_verification": True},
        "gdom": {"domain_verification": True},
        "gdomal": {"domain_verification": True},
        "asap": {"secret": None, "keys": {KID: key()[1]}},
        "jwks": {"secret": None, "keys": {KID: key()[1]}},
        "full": {
            "issuers": frozenset({"readi", "jitsi-admin"}),
            "audiences": frozenset({"jitsi"}),
            "no_wildcard": True,
        },
        "empty": {"allow_empty": True},
        "lobby": {"lobby": True},
    }
    by_name["hs256"] = {"issuers": frozenset({"readi"})}
    return replace(plain, **by_name.get(profile, {}))


GUESTS: Final[Mapping[str, Guests]] = {
    **dict.fromkeys(("full", "gdom", "gres", "lobby"), Guests.OPEN),
    "gdomal": Guests.LISTED,
    "guests": Guests.WAIT,
}


def rooms(profile: str, case: Try) -> Rooms:
    setup = Setup(deployment(profile), GUESTS.get(profile, Guests.NONE), reservations_for_guests=profile == "gres")
    reserving = profile in ("full", "gres")
    caller = ReservationCaller("https://ours.example", CLOCK, send=reservations) if reserving else None
    return Rooms(case.setup(setup), CLOCK, reservations=caller)


def reservations(call: Call) -> Reply:
    """The service that was asked when the rows were observed."""
    room = (
        dict(pair.split("=") for pair in call.body.decode().split("&"))["name"].replace("%25", "%") if call.body else ""
    )
    granted = {"id": 1, "mail_owner": "x", "start_time": "2099-01-01T10:00:00.000Z", "duration": 3600}
    if room == "denied":
        return Reply(403, b'{"message": "Too early"}')
    if room == "conflict":
        return Reply(409, b'{"conflict_id": "77"}')
    name = {"wrong": "another", "": "conflict"}.get(room, room)
    more = {"pw-room": {"password": "sesam"}, "lobby-room": {"lobby": True}}.get(room, {})
    return Reply(200, json.dumps({**granted, "name": name, **more}).encode())
