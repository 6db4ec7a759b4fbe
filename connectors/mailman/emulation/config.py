"""A list's configuration: what each style makes of it, and what values are taken. From a real Mailman 3.3.8."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.mailman.emulation.refusing import Refused

STYLES: Final[Mapping[str, str]] = {
    "legacy-announce": "Announce only mailing list style.",
    "legacy-default": "Ordinary discussion mailing list style.",
    "private-default": "Discussion mailing list style with private archives.",
}
DEFAULT_STYLE: Final = "legacy-default"


def words(text: str) -> tuple[str, ...]:
    """Those that stand in it."""
    return tuple(text.split())


LANGUAGES: Final = words(
    """
    ar ast bg ca cs da de el en es et eu fi fr gl he hr hu ia it ja ko lt nl no pl pt pt_BR ro ru sk sl sr sv
    tr uk vi zh_CN zh_TW
    """
)

_ACTIONS: Final = ("hold", "reject", "discard", "accept", "defer")
_POLICIES: Final = ("open", "confirm", "moderate", "confirm_then_moderate")
_ENUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "archive_policy": ("never", "private", "public"),
    "default_member_action": _ACTIONS,
    "default_nonmember_action": _ACTIONS,
    "dmarc_mitigate_action": ("no_mitigation", "munge_from", "wrap_message", "reject", "discard"),
    "member_roster_visibility": ("moderators", "members", "public"),
    "subscription_policy": _POLICIES,
    "unsubscription_policy": _POLICIES,
}
_READ_ONLY: Final = frozenset(
    {"bounces_address", "created_at", "digest_last_sent_at", "fqdn_listname", "join_address", "last_post_at"}
    | {"leave_address", "list_name", "mail_host", "next_digest_number", "no_reply_address", "owner_address", "post_id"}
    | {"posting_address", "request_address", "usenet_watermark", "volume"}
)
_NUMBERS: Final = frozenset({"max_message_size", "max_num_recipients", "max_days_to_hold"})


def of_style(name: str, host: str, style: str, made: str) -> dict[str, Any]:
    """The whole configuration of a new list."""
    announces, private = style == "legacy-announce", style == "private-default"
    shown = name.capitalize()
    address = f"{name}@{host}"
    return {
        "acceptable_aliases": [],
        "accept_these_nonmembers": [],
        "admin_immed_notify": True,
        "admin_notify_mchanges": False,
        "administrivia": True,
        "advertised": not private,
        "allow_list_posts": not announces,
        "anonymous_list": False,
        "archive_policy": "private" if private else "public",
        "archive_rendering_mode": "text",
        "autorespond_owner": "none",
        "autorespond_postings": "none",
        "autorespond_requests": "none",
        "autoresponse_grace_period": "90d",
        "autoresponse_owner_text": "",
        "autoresponse_postings_text": "",
        "autoresponse_request_text": "",
        "bounces_address": f"{name}-bounces@{host}",
        "bounce_info_stale_after": "7d",
        "bounce_notify_owner_on_bounce_increment": False,
        "bounce_notify_owner_on_disable": True,
        "bounce_notify_owner_on_removal": True,
        "bounce_score_threshold": 5,
        "bounce_you_are_disabled_warnings": 3,
        "bounce_you_are_disabled_warnings_interval": "7d",
        "collapse_alternatives": True,
        "convert_html_to_plaintext": False,
        "created_at": made,
        "default_member_action": "defer",
        "default_nonmember_action": "hold",
        "description": "",
        "digest_last_sent_at": None,
        "digest_send_periodic": True,
        "digest_size_threshold": 30.0,
        "digest_volume_frequency": "monthly",
        "digests_enabled": True,
        "display_name": shown,
        "discard_these_nonmembers": [],
        "dmarc_mitigate_action": "no_mitigation",
        "dmarc_mitigate_unconditionally": False,
        "dmarc_moderation_notice": "",
        "dmarc_wrapped_message_text": "",
        "emergency": False,
        "filter_action": "discard",
        "filter_content": False,
        "filter_extensions": [],
        "filter_types": [],
        "first_strip_reply_to": None if private else False,
        "forward_unrecognized_bounces_to": "administrators",
        "fqdn_listname": address,
        "gateway_to_mail": False,
        "gateway_to_news": False,
        "hold_these_nonmembers": [],
        "include_rfc2369_headers": True,
        "info": "",
        "join_address": f"{name}-join@{host}",
        "last_post_at": None,
        "leave_address": f"{name}-leave@{host}",
        "linked_newsgroup": "",
        "list_name": name,
        "mail_host": host,
        "max_message_size": 40,
        "max_num_recipients": 10,
        "max_days_to_hold": 0,
        "member_roster_visibility": "moderators",
        "moderator_password": None,
        "newsgroup_moderation": "none",
        "next_digest_number": 1,
        "nntp_prefix_subject_too": True,
        "no_reply_address": f"noreply@{host}",
        "owner_address": f"{name}-owner@{host}",
        "pass_types": [],
        "pass_extensions": [],
        "personalize": "none",
        "post_id": 1,
        "posting_address": address,
        "posting_pipeline": "default-posting-pipeline",
        "preferred_language": "en",
        "process_bounces": True,
        "reject_these_nonmembers": [],
        "reply_goes_to_list": None if private else "no_munging",
        "reply_to_address": None if private else "",
        "request_address": f"{name}-request@{host}",
        "require_explicit_destination": True,
        "respond_to_post_requests": True,
        "send_goodbye_message": True,
        "send_welcome_message": True,
        "subject_prefix": f"[{shown}] ",
        "subscription_policy": "confirm_then_moderate" if private else "confirm",
        "unsubscription_policy": "confirm",
        "usenet_watermark": None,
        "volume": 1,
    }


def taken(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they will be kept. Raises `Refused` for the whole request as soon as one can't be."""
    for name in wanted:
        if name not in config:
            raise Refused(400, f"Unknown attribute: {name}")
        if name in _READ_ONLY:
            raise Refused(400, f"Read-only attribute: {name}")
    if wanted.get("preferred_language", "en") not in LANGUAGES:
        raise Refused(400, "Unexpected parameters: preferred_language")
    kept: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in sorted(wanted.items()):
        try:
            kept[name] = _converter(name, config[name])(value)
        except ValueError as why:
            wrong.append(f'Invalid Parameter "{name}": {why}.')
    if wrong:
        raise Refused(400, " ".join(wrong))
    return kept


def boolean(value: Any) -> bool:
    """lazr's ``as_boolean``."""
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("true", "yes", "1", "on", "enabled", "enable"):
        return True
    if word in ("false", "no", "0", "off", "disabled", "disable"):
        return False
    raise ValueError(f"Invalid boolean value: {value}")


def _converter(name: str, now: Any) -> Callable[[Any], Any]:
    if name == "description":
        return _single_line
    if name in _ENUMS:
        return lambda value: _one_of(value, _ENUMS[name])
    if name in _NUMBERS:
        return _natural
    return boolean if isinstance(now, bool) else str if isinstance(now, str) else lambda value: value


def _single_line(value: Any) -> str:
    if "\n" in str(value):
        raise ValueError(f"This value must be a single line: {value}")
    return str(value)


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError(f"Accepted Values are: {', '.join(words)}")
    return str(value)


def _natural(value: Any) -> int:
    number = int(value)
    if number < 0:
        raise ValueError(f"Expected a non-negative integer: {number}")
    return number


_LOCAL: Final = re.compile(r"[-0-9a-z!#$%&'*+./=?@_`{}~]+", re.IGNORECASE)
_HOST_PART: Final = re.compile(r"[a-z0-9][-a-z0-9]*", re.IGNORECASE)


def is_address(email: Any) -> bool:
    """Whether Mailman takes it for one: no umlauts, no quotes, a domain of at least two parts."""
    if not isinstance(email, str):
        return False
    user, at, host = email.rpartition("@")
    parts = host.split(".")
    return bool(at and _LOCAL.fullmatch(user)) and len(parts) > 1 and all(map(_HOST_PART.fullmatch, parts))
