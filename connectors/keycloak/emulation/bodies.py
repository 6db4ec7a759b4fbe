"""JSON bodies as the server reads them: unknown fields refused, numbers taken for words, words for truth values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        raise TypeError(value)
    return json.dumps(value)


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str) and value.strip().lower() in {"true", "false", ""}:
        return None if not value.strip() else value.strip().lower() == "true"
    raise TypeError(value)


def _number(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError(value)


def _words(value: Any) -> list[str | None] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError(value)
    return [_text(item) for item in value]


def _lenient(value: Any) -> dict[str, list[str]] | None:
    """A user's attributes: a lone value becomes a list, what is no object is nothing (observed)."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return {}
    told: dict[str, list[str]] = {}
    for name, given in value.items():
        items = given if isinstance(given, list) else [given]
        told[name] = [
            text for item in items if (text := "" if isinstance(item, dict | list) else _text(item)) is not None
        ]
    return told


def _strict(value: Any) -> dict[str, list[str]] | None:
    """A group's or role's attributes: lists only."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError(value)
    return {name: [item for item in _words(given) or [] if item is not None] for name, given in value.items()}


def _policy(value: Any) -> str | None:
    if value in (None, "ENABLED", "ADMIN_EDIT", "ADMIN_VIEW"):
        return None if value is None else str(value)
    raise TypeError(value)


def _anything(value: Any) -> Any:
    return value


def _list_of(representation: str) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise TypeError(value)
        return [_bind(representation, item) for item in value]

    return take


_LINK = {"identityProvider": _text, "userId": _text, "userName": _text}
_ROLE = {
    "id": _text,
    "name": _text,
    "description": _text,
    "composite": _flag,
    "clientRole": _flag,
    "containerId": _text,
    "attributes": _strict,
    "scopeParamRequired": _flag,
    "composites": _anything,
}
_GROUP = {
    "id": _text,
    "name": _text,
    "description": _text,
    "path": _text,
    "parentId": _text,
    "subGroupCount": _number,
    "subGroups": _anything,
    "attributes": _strict,
    "realmRoles": _words,
    "clientRoles": _anything,
    "access": _anything,
}
_USER = {
    "id": _text,
    "username": _text,
    "firstName": _text,
    "lastName": _text,
    "email": _text,
    "emailVerified": _flag,
    "attributes": _lenient,
    "userProfileMetadata": _anything,
    "enabled": _flag,
    "self": _text,
    "origin": _text,
    "createdTimestamp": _number,
    "totp": _flag,
    "federationLink": _text,
    "serviceAccountClientId": _text,
    "credentials": _anything,
    "disableableCredentialTypes": _words,
    "requiredActions": _words,
    "federatedIdentities": _list_of("FederatedIdentityRepresentation"),
    "realmRoles": _words,
    "clientRoles": _anything,
    "clientConsents": _anything,
    "notBefore": _number,
    "applicationRoles": _anything,
    "socialLinks": _anything,
    "groups": _words,
    "access": _anything,
}
_CREDENTIAL = {"id": _text, "type": _text, "value": _text, "temporary": _flag, "userLabel": _text}
_PROFILE = {"attributes": _anything, "groups": _anything, "unmanagedAttributePolicy": _policy}

_FIELDS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "UserRepresentation": _USER,
    "GroupRepresentation": _GROUP,
    "RoleRepresentation": _ROLE,
    "FederatedIdentityRepresentation": _LINK,
    "CredentialRepresentation": _CREDENTIAL,
    "UPConfig": _PROFILE,
}


def read(takes: str, body: bytes) -> Any:
    """The body as that representation; None when there is none.

    Raises JSONDecodeError for what is no JSON, TypeError for values of another type, LookupError with the server's
    words for an unknown field.
    """
    if not body.strip():
        return None
    try:
        # What follows the first value is not looked at (observed).
        value = json.JSONDecoder().raw_decode(body.decode().lstrip())[0]
    except UnicodeDecodeError as problem:
        raise json.JSONDecodeError(str(problem), "", 0) from None
    if value is None:
        return None
    if takes == "words":
        return _words(value)
    return _list_of(takes[:-2])(value) if takes.endswith("[]") else _bind(takes, value, len(body))


def _bind(representation: str, value: Any, length: int = 0) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(value)
    fields = _FIELDS[representation]
    for name in value:
        if name not in fields:
            where = f"line 1 column {length}"
            raise LookupError(
                f'Invalid json representation for {representation}. Unrecognized field "{name}" at {where}.'
            )
    return {name: fields[name](item) for name, item in value.items()}
