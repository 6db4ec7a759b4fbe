"""Who may open which room: tokens are made here, for one person, one room and a few minutes.

What is made here is what `connectors.jitsi.judging` calls accepted without a warning, and nothing else: never without
an end, never for all rooms, never for more than an hour. A token holds a display name and an opaque id, no
more of a person: whoever is in the room sees both.
"""

import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from jwt import PyJWS
from pydantic import SecretStr

from connectors.jitsi.judging import judge
from connectors.jitsi.names import ROOM_PREFIX, backend_safe, display_name, in_fragment, is_room, title
from connectors.jitsi.rules import Deployment
from connectors.jitsi.settings import JitsiSettings
from connectors.jitsi.signing import signer_of
from provisioner.model.errors import Permanent
from provisioner.model.meetings import Allowance, Entrant, Pass, Standing, Verdict
from provisioner.model.text import Text

LONGEST_TOKEN: Final = 2000
"""Bytes. From 10.9 kB on the server never answers (observed); proxies in front of it cut earlier."""
_EARLIER: Final = 10
"""Seconds that a token is good before it is made: the server forgives no clock that is behind ours (observed)."""
_USUAL_LIFE: Final = 300
"""Seconds."""
_SWITCHED_OFF: Final = ("livestreaming", "outbound-call", "recording", "sip-outbound-call", "transcription")
"""What a client offers to everybody unless a token says something about it: switched off by name."""
_OPAQUE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class JitsiDoor:
    """See `provisioner.model.meetings.MeetingDoor`. Shared by threads; a new key in the folder is seen at once."""

    def __init__(self, settings: JitsiSettings) -> None:
        self._settings = settings
        self._signer = signer_of(settings)
        self._jws = PyJWS()
        self._own_host = urlsplit(settings.url).hostname or ""

    @property
    def address(self) -> str:
        """Scheme and host, as the settings have them."""
        return self._settings.url

    def new_room(self) -> str:
        """``re-`` and 128 random bits."""
        return f"{ROOM_PREFIX}{secrets.token_hex(16)}"

    def admit(self, room: str, title: str, entrant: Entrant, now: datetime) -> Pass:
        """A pass for this person and room alone.

        Raises `Permanent` for what is no room, an id that is not opaque, a visitor to a room that is not public and a
        token that would be too long; `SettingsError` where secret or keys can't be read.
        """
        room = self._checked(room, entrant)
        allowed = entrant.allowed or _usual(entrant.standing)
        begun = int(now.timestamp())
        expires = begun + min(allowed.seconds, self._settings.lifetime)
        key = self._signer.current(now)
        claims = {
            "aud": self._settings.audience,
            "iss": self._settings.issuer,
            "sub": self._settings.tenant or self._settings.domain,
            "room": room,
            "iat": begun,
            "nbf": begun - _EARLIER,
            "exp": expires,
            "context": {"user": _user(entrant, allowed), "features": _features(allowed)},
        }
        payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {} if key.kid is None else {"kid": key.kid}
        token = self._jws.encode(payload, key.material, key.algorithm, {"typ": "JWT", **headers})
        if len(token) > LONGEST_TOKEN:
            raise Permanent(Text.of("jitsi.token_long", size=len(token), most=LONGEST_TOKEN))
        until = datetime.fromtimestamp(expires, now.tzinfo)
        return Pass(SecretStr(token), SecretStr(self._address(room, title, token)), until)

    def judge(self, token: str, room: str, now: datetime) -> Verdict:
        """What a server that is set up as the settings say would do with this token. Asks nobody.

        ``room``: a name or an address. Raises `SettingsError` where secret or keys can't be read.
        """
        _, tenant, name = self._place(room)
        return judge(token, backend_safe(name), self._deployment(), now, tenant)

    def is_public(self, room: str) -> bool:
        """Whether everybody may enter: by the host that it is on, or by its name. ``room``: a name or an address.

        What is called like rooms of bodies is one, however that is written: these are never public.
        """
        public = self._settings.public
        host, _, written = self._place(room)
        ours, name = host == self._own_host, backend_safe(written)
        if ours and name.startswith(ROOM_PREFIX):
            return False
        return host in public.hosts or (ours and public.prefix is not None and name.startswith(public.prefix))

    def published_keys(self) -> Mapping[str, bytes]:
        """Public keys by id, in PEM; none where a secret signs. Raises `SettingsError`."""
        return self._signer.published()

    def room_told(self, name: str) -> str | None:
        """The server puts the tenant in front, in brackets (``mod_muc_domain_mapper``); other tenants are not ours."""
        tenant = "" if self._settings.tenant is None else f"[{self._settings.tenant}]"
        plain = name.removeprefix(tenant)
        return plain if name.startswith(tenant) and not plain.startswith("[") else None

    def _place(self, room: str) -> tuple[str, str | None, str]:
        """Host, tenant and room of an address; a name alone is a room of this server."""
        try:
            parts = urlsplit(room) if "://" in room else None
        except ValueError:
            parts = None
        if parts is None:
            return self._own_host, self._settings.tenant, room
        tenant, _, name = parts.path.strip("/").rpartition("/")
        return parts.hostname or "", tenant or None, name

    def _checked(self, room: str, entrant: Entrant) -> str:
        safe = backend_safe(room) if self.is_public(room) else room
        if not is_room(safe):
            raise Permanent(Text.of("jitsi.no_room"))
        if not _OPAQUE.fullmatch(entrant.id):
            raise Permanent(Text.of("jitsi.id_not_opaque"))
        if entrant.standing is Standing.VISITOR and not self.is_public(safe):
            raise Permanent(Text.of("jitsi.not_public"))
        return safe

    def _address(self, room: str, text: str, token: str) -> str:
        tenant = "" if self._settings.tenant is None else f"/{self._settings.tenant}"
        subject = title(text)
        more = f"&config.subject={in_fragment(subject)}" if subject else ""
        return f"{self._settings.url}{tenant}/{room}#jwt={in_fragment(token)}{more}"

    def _deployment(self) -> Deployment:
        settings = self._settings
        return Deployment(
            secret=None if settings.keys else settings.shared_secret(),
            keys=self._signer.published(),
            issuers=frozenset({settings.issuer}),
            audiences=frozenset({settings.audience}),
            domain=settings.domain,
            domain_verification=settings.domain_verification,
            lobby=settings.lobby,
        )


def _user(entrant: Entrant, allowed: Allowance) -> dict[str, str | bool]:
    return {
        "id": entrant.id,
        "name": display_name(entrant.name),
        "moderator": entrant.standing is Standing.MODERATOR,
        "lobby_bypass": allowed.passes_lobby,
    }


def _features(allowed: Allowance) -> dict[str, bool]:
    return {name: name in allowed.features for name in sorted({*_SWITCHED_OFF, *allowed.features})}


def _usual(standing: Standing) -> Allowance:
    """What somebody gets of whom policy says nothing."""
    return Allowance(_USUAL_LIFE, standing is not Standing.GUEST, frozenset())
