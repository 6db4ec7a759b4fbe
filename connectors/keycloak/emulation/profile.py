"""The user profile: which attributes there are, what may stand in them, and what becomes of the others.

Rules, their words and the order in which values are given up observed on Keycloak 26.4.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from connectors.keycloak.emulation.state import User

Policy = Literal["ENABLED", "ADMIN_EDIT", "ADMIN_VIEW"] | None
"""What becomes of attributes that the profile does not name; None: they are dropped without a word."""
Given = dict[str, list[str]]
"""Values by attribute, those of the fields (username, email, firstName, lastName) among them."""

FIELDS = ("username", "email", "firstName", "lastName")
LONGEST = 2048
_KEPT = frozenset({"LDAP_ID", "LDAP_ENTRY_DN", "createTimestamp", "modifyTimestamp"})
"""Attributes that an import writes and nobody else."""

_USERNAME = re.compile(r"[^<>&\"'\s$%!#?§,;:*~/\\|^=\[\]{}()`\x00-\x1f\x7f]+")
_PERSON = re.compile(r"[^<>&\"$%!#?§;*~/\\|^=\[\]{}()\x00-\x1f\x7f]+")
_LATIN = re.compile(r"[\x00-\u024f\u1e00-\u1eff\u2000-\u206f]+")
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]"
_LABEL = r"[a-z0-9\u0080-\uffff](?:[a-z0-9\u0080-\uffff-]*[a-z0-9\u0080-\uffff])?"
_LOCAL = rf"(?:{_ATOM}+(?:\.{_ATOM}+)*|\"[^\"@]+\")"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f.:]+\])"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_LOCAL}@{_DOMAIN}", re.IGNORECASE)

_BOTH = {"view": ["admin", "user"], "edit": ["admin", "user"]}
_DEFAULT = {
    "attributes": [
        {
            "name": "username",
            "displayName": "${username}",
            "validations": {
                "length": {"min": 3, "max": 255},
                "username-prohibited-characters": {},
                "up-username-not-idn-homograph": {},
            },
            "permissions": _BOTH,
            "multivalued": False,
        },
        *(
            {
                "name": name,
                "displayName": "${" + name + "}",
                "validations": validations,
                "required": {"roles": ["user"]},
                "permissions": _BOTH,
                "multivalued": False,
            }
            for name, validations in (
                ("email", {"email": {}, "length": {"max": 255}}),
                ("firstName", {"length": {"max": 255}, "person-name-prohibited-characters": {}}),
                ("lastName", {"length": {"max": 255}, "person-name-prohibited-characters": {}}),
            )
        ),
    ],
    "groups": [
        {
            "name": "user-metadata",
            "displayHeader": "User metadata",
            "displayDescription": "Attributes, which refer to user metadata",
        }
    ],
}

Problem = dict[str, Any]
"""One refused value, as the server words it."""


def problem(field: str, message: str, *params: Any) -> Problem:
    return {"field": field, "errorMessage": message, "params": [field, *params]}


class Profile:
    """A realm's user profile. `config` is what `GET users/profile` tells."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = copy.deepcopy(_DEFAULT)

    @property
    def policy(self) -> Policy:
        policy: Policy = self.config.get("unmanagedAttributePolicy")
        return policy

    def allow(self, policy: Policy) -> None:
        """Set the policy for attributes that are not declared."""
        self.config.pop("unmanagedAttributePolicy", None)
        if policy is not None:
            self.config["unmanagedAttributePolicy"] = policy

    def declare(self, name: str, *, multivalued: bool = False) -> None:
        """Add an attribute that administrators alone see and edit."""
        permissions = {"view": ["admin"], "edit": ["admin"]}
        described = {"name": name, "displayName": name, "permissions": permissions, "multivalued": multivalued}
        self.config["attributes"].append(described)

    @property
    def declared(self) -> Mapping[str, dict[str, Any]]:
        return {attribute["name"]: attribute for attribute in self.config["attributes"]}

    def visible(self, user: User) -> Given:
        """The attributes that are told of a user; the others stay in the database unseen."""
        shown = self.declared
        everything = self.policy is not None
        return {
            name: list(values)
            for name, values in user.attributes.items()
            if everything or name in shown or (user.federation is not None and name in _KEPT)
        }

    def problems(self, given: Given, user: User | None, *, rename: bool) -> list[Problem]:
        """What is wrong with these values for a new user (None) or an existing one."""
        return list(self._problems(given, user, rename))

    def _problems(self, given: Given, user: User | None, rename: bool) -> Iterator[Problem]:
        declared = self.declared
        now = {} if user is None else values_of(user)
        for name, values in given.items():
            changed = values != now.get(name, [])
            if name in _KEPT and changed and name in now:
                yield problem(name, "updateReadOnlyAttributesRejectedMessage")
                continue
            if name not in declared and self.policy is None:
                continue
            if user is not None and name == "username" and changed and not rename:
                yield problem(name, "error-user-attribute-read-only")
            elif user is not None and user.federation is not None and changed and name in declared:
                yield problem(name, "error-user-attribute-read-only")
                continue
            if name in _KEPT and changed:
                yield problem(name, "updateReadOnlyAttributesRejectedMessage")
            elif len(values) > 1 and name in declared and not declared[name].get("multivalued"):
                yield problem(name, "error-invalid-multivalued-size", 0, 1)
            else:
                yield from _wrong(name, values, declared.get(name, {}).get("validations", {}))

    def store(self, user: User, given: Given, *, replace: bool) -> None:
        """Write the attributes (not the fields). ``replace``: what is missing is given up, as far as it is in reach."""
        if user.federation is not None:
            return
        reach = set(given) if self.policy is None or not replace else set(given) | set(user.attributes)
        if replace:
            reach |= set(self.declared)
        for name in reach - set(FIELDS) - _KEPT:
            if name not in self.declared and (
                self.policy is None or (self.policy == "ADMIN_VIEW" and name not in given)
            ):
                continue
            values = [value for value in given.get(name, []) if value]
            if values:
                user.attributes[name] = values
            else:
                user.attributes.pop(name, None)

    def metadata(self, *, rename: bool) -> dict[str, Any]:
        """The description that lists of users carry along with every user."""
        described = []
        for attribute in self.config["attributes"]:
            validators = {
                name: {"ignore.empty.value": True, **settings}
                for name, settings in attribute.get("validations", {}).items()
            }
            if not attribute.get("multivalued"):
                validators["multivalued"] = {"max": "1"}
            name = attribute["name"]
            described.append(
                {
                    "name": name,
                    "displayName": attribute.get("displayName") or ("${" + name + "}" if name in FIELDS else name),
                    "required": name == "username",
                    "readOnly": name == "username" and not rename,
                    "validators": validators,
                    "multivalued": bool(attribute.get("multivalued")),
                }
            )
        return {"attributes": described, "groups": self.config.get("groups", [])}


def values_of(user: User) -> Given:
    """All values of a user, those of the fields among them."""
    fields = zip(FIELDS, (user.username, user.email, user.first_name, user.last_name), strict=True)
    return {**{name: [value] for name, value in fields if value}, **user.attributes}


def _wrong(name: str, values: list[str], rules: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    for value in values:
        if not value:
            continue
        limits = rules.get("length", {})
        if "min" in limits and not limits["min"] <= len(value) <= limits["max"]:
            yield problem(name, "error-invalid-length", limits["min"], limits["max"])
        elif "max" in limits and len(value) > limits["max"]:
            yield problem(name, "error-invalid-length-too-long", None, limits["max"])
        elif len(value) > LONGEST:
            yield problem(name, "error-invalid-length", 0, LONGEST)
        if "email" in rules and not _EMAIL.fullmatch(value):
            yield problem(name, "error-invalid-email", value)
        if "person-name-prohibited-characters" in rules and not _PERSON.fullmatch(value):
            yield problem(name, "error-person-name-invalid-character")
        if "username-prohibited-characters" in rules and not (_USERNAME.fullmatch(value) and _LATIN.fullmatch(value)):
            yield problem(name, "error-username-invalid-character")
