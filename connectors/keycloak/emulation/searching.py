"""Which users a query finds. The rules, odd as some are, observed on Keycloak 26.4 with H2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from connectors.keycloak.emulation.state import Realm, User

Test = Callable[[User], bool]

_PAIR = re.compile(r'(?:"(?P<quoted_key>[^"]*)"|(?P<key>[^\s:"]+)):(?:"(?P<quoted>[^"]*)"|(?P<value>[^\s"]+))')
_FIELDS: Mapping[str, Callable[[User], str | None]] = {
    "username": lambda user: user.username,
    "email": lambda user: user.email,
    "firstName": lambda user: user.first_name,
    "lastName": lambda user: user.last_name,
}


def pairs(text: str) -> dict[str, str]:
    """The `key:value` pairs of `q`; a key told twice keeps its last value, what is no pair is ignored."""
    found = _PAIR.finditer(text)
    return {one["quoted_key"] or one["key"] or "": one["quoted"] or one["value"] or "" for one in found}


def like(text: str) -> re.Pattern[str]:
    """What finds this text in lower-case names: nobody takes the meaning from what SQL reads as wildcards."""
    parts = (".*" if part == "%" else "." if part == "_" else re.escape(part) for part in text.lower())
    return re.compile("".join(parts), re.DOTALL)


def find(realm: Realm, query: Mapping[str, str], *, counting: bool = False) -> list[User]:
    """By user name. ``counting``: as `users/count` understands the query, which knows less than the list."""
    search = query.get("search")
    if search is not None and search.startswith("id:"):
        wanted = [search[3:].strip()] if counting else search[3:].split()
        return [realm.users[one] for one in wanted if one in realm.users]
    tests: list[Test] = []
    everybody = False
    if search is not None:
        tests += [_word(word) for word in search.split()]
        tests += _switches(query)
    else:
        fields = {name: query[name] for name in _FIELDS if query.get(name)} | pairs(query.get("q", ""))
        exact = query.get("exact", "").lower() == "true"
        if counting:
            asked: tuple[str, ...] = ("emailVerified", "enabled")
        else:
            asked = ("emailVerified", "enabled", "idpAlias", "idpUserId", "exact")
            tests += _linked(query)
        tests += [_field(name, value, exact) for name, value in fields.items()]
        tests += _switches(query)
        # Asked for anything but words, the server shows the accounts of clients, too.
        everybody = bool(fields) or any(query.get(name) for name in asked)
    users = (user for user in realm.users.values() if everybody or not user.service_account)
    return sorted((user for user in users if all(test(user) for test in tests)), key=lambda user: user.username)


def _word(word: str) -> Test:
    """One word of `search`: the beginning of a field, anything with stars, the whole of it in quotation marks."""
    word = word.lower()
    if len(word) >= 2 and word[0] == word[-1] == '"':
        return lambda user: word[1:-1] in _texts(user)
    # A word that ends in a percent sign is taken for one that has its wildcard already, although it means itself.
    end = "" if word.endswith("%") else ".*"
    expression = re.compile("".join(".*" if part == "*" else re.escape(part) for part in word) + end, re.DOTALL)
    return lambda user: any(expression.fullmatch(text) for text in _texts(user))


def _texts(user: User) -> list[str]:
    return [text.lower() for field in _FIELDS.values() if (text := field(user)) is not None]


def _field(name: str, value: str, exact: bool) -> Test:
    value = value.lower()
    if name not in _FIELDS:
        return lambda user: value in [one.lower() for one in user.attributes.get(name, ())]
    read = _FIELDS[name]
    if exact:
        return lambda user: (read(user) or "").lower() == value
    expression = like(value)
    return lambda user: expression.search((read(user) or "").lower()) is not None


def _switches(query: Mapping[str, str]) -> list[Test]:
    tests: list[Test] = []
    if word := query.get("enabled"):
        enabled = word.lower() == "true"
        tests.append(lambda user: user.enabled is enabled)
    if word := query.get("emailVerified"):
        verified = word.lower() == "true"
        tests.append(lambda user: user.email_verified is verified)
    return tests


def _linked(query: Mapping[str, str]) -> list[Test]:
    alias, remote = query.get("idpAlias"), query.get("idpUserId")
    if not alias and not remote:
        return []
    return [
        lambda user: any(
            (not alias or name == alias) and (not remote or link.user_id == remote) for name, link in user.links.items()
        )
    ]
