"""The settings of docker-jitsi-meet that fit this connector's, with the traps closed.

As its files of August 2026 have them (prosody/rootfs/defaults, jicofo/rootfs/defaults): a variable that is not set
means what the comments in them say, which is not always what is safe.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from connectors.jitsi.settings import JitsiSettings
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text

MUC_MODULES: Final = ("token_affiliation", "token_lobby_autostart", "token_lobby_bypass", "token_no_wildcard")
"""In the order in which they are loaded. All of them come with the image."""
_HARMLESS: Final = re.compile(r"[A-Za-z0-9._~+/=:-]*")
"""What a secret may hold: it is put between the quotes of a program as it is."""
_USUAL_DOMAIN: Final = "meet.jitsi"

Say = Callable[[Text], str]


@dataclass(frozen=True, slots=True)
class Ours:
    """What the server has to know of this service."""

    address: str
    """Of the network's pages, without a slash at the end: https://service.example/network."""
    events: SecretStr | None = None
    """By which the server is known when it tells who comes and goes; None: it tells nothing."""
    reservations: SecretStr | None = None
    """The part of the path under which it asks whether a room is open; None: rooms are always open."""


def deployment(settings: JitsiSettings, ours: Ours, say: Say, *, with_secrets: bool = False) -> str:
    """Lines for the file .env, each with why. Without secrets these are left for somebody to fill in.

    Raises `SettingsError` where the secret can't be read, or holds what the image can't take.
    """
    blocks = []
    for why, values in _blocks(settings, ours, with_secrets=with_secrets):
        lines = [f"{name}={value}" for name, value in values.items()]
        blocks.append("\n".join([_comment("#", why, say), *lines]))
    return "\n\n".join([_comment("#", Text.of("jitsi.env_head"), say), *blocks]) + "\n"


def event_component(settings: JitsiSettings, ours: Ours, say: Say, *, with_secrets: bool = False) -> str | None:
    """The file readi-events.cfg.lua for ``prosody/config/conf.d``; None where the server shall tell nothing.

    Its module comes with the image, in a folder of another name: it has to be copied.
    """
    if ours.events is None:
        return None
    secret = _shown("api_headers", ours.events, with_secrets=with_secrets)
    domain = settings.domain
    return f"""{_comment("--", Text.of("jitsi.env_component"), say)}
Component "events.{domain}" "event_sync_component"
    muc_component = "muc.{domain}"
    breakout_component = "breakout.{domain}"
    muc_mapper_domain_base = "{domain}"
    api_prefix = "{ours.address}"
    api_headers = {{ ["Authorization"] = "Bearer {secret}" }}
"""


def _blocks(settings: JitsiSettings, ours: Ours, *, with_secrets: bool) -> Iterator[tuple[Text, dict[str, str]]]:
    domain = settings.domain
    yield Text.of("jitsi.env_address"), {"PUBLIC_URL": settings.url}
    if domain != _USUAL_DOMAIN:
        parts = {"AUTH": "auth", "MUC": "muc", "INTERNAL_MUC": "internal-muc", "HIDDEN": "hidden"}
        inner = {f"XMPP_{name}_DOMAIN": f"{part}.{domain}" for name, part in parts.items()}
        yield (
            Text.of("jitsi.env_domain"),
            {"XMPP_DOMAIN": domain, **inner, "XMPP_GUEST_DOMAIN": settings.guest_domain},
        )
    yield Text.of("jitsi.env_tokens"), {"ENABLE_AUTH": "1", "AUTH_TYPE": "jwt", "JWT_ALLOW_EMPTY": "0"}
    yield Text.of("jitsi.env_guests"), {"ENABLE_GUESTS": "0"}
    names = {
        "JWT_APP_ID": settings.issuer,
        "JWT_ACCEPTED_ISSUERS": settings.issuer,
        "JWT_ACCEPTED_AUDIENCES": settings.audience,
        "JWT_ENABLE_DOMAIN_VERIFICATION": "1" if settings.domain_verification else "0",
    }
    yield Text.of("jitsi.env_names"), names
    if settings.keys is not None:
        signing = {"JWT_SIGN_TYPE": "RS256", "JWT_APP_SECRET": "", "JWT_ASAP_KEYSERVER": f"{ours.address}/keys"}
        yield Text.of("jitsi.env_keys"), signing
    else:
        secret = _shown("JWT_APP_SECRET", settings.shared_secret(), with_secrets=with_secrets)
        signing = {"JWT_SIGN_TYPE": "HS256", "JWT_ASAP_KEYSERVER": "", "JWT_APP_SECRET": secret}
        where = "secret" if settings.secret_file is None else str(settings.secret_file)
        yield Text.of("jitsi.env_secret", where=where), signing
    yield Text.of("jitsi.env_owners"), {"JICOFO_ENABLE_AUTH": "0", "ENABLE_AUTO_OWNER": "0"}
    modules = MUC_MODULES if settings.lobby else tuple(name for name in MUC_MODULES if "lobby" not in name)
    lobby = {"ENABLE_LOBBY": "1", "XMPP_MODULES": "persistent_lobby"} if settings.lobby else {}
    yield Text.of("jitsi.env_modules"), {"XMPP_MUC_MODULES": ",".join(modules), **lobby}
    yield Text.of("jitsi.env_login"), {"TOKEN_AUTH_URL": f"{ours.address}/room?room={{room}}&state={{state}}"}
    if ours.reservations is not None:
        path = _shown("PROSODY_RESERVATION_REST_BASE_URL", ours.reservations, with_secrets=with_secrets)
        asked = {"PROSODY_RESERVATION_REST_BASE_URL": f"{ours.address}/reservations/{path}"}
        yield Text.of("jitsi.env_reservations"), {"PROSODY_RESERVATION_ENABLED": "1", **asked}
    else:
        yield Text.of("jitsi.env_no_reservations"), {"PROSODY_RESERVATION_ENABLED": "0"}


def _comment(sign: str, text: Text, say: Say) -> str:
    return "\n".join(f"{sign} {line}" for line in say(text).splitlines())


def _shown(name: str, secret: SecretStr, *, with_secrets: bool) -> str:
    """The secret where it is asked for; it has to come out of the image's templates as it is."""
    if not with_secrets:
        return "…"
    value = secret.get_secret_value()
    if not _HARMLESS.fullmatch(value):
        raise SettingsError(Text.of("jitsi.env_unfit", name=name))
    return value
