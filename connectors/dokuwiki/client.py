"""What is asked of a DokuWiki over its JSON-RPC (API 12 and later), and what its answers mean.

Every call is a POST; those that change nothing are named here and pass a closed gate. Observed on API 12 and 14:

- success is a ``result``; API 12 says 200 and ``error.code`` 0 also where nobody is logged in, without a result;
- 401 is what everybody gets whom the wiki does not know *now*: a wrong token, or a directory that is down;
- a page that does not exist is code 121; asked for its text the wiki answers with an empty one, or a template;
- ``savePage`` overwrites; an empty text deletes; a page that somebody edits is locked for a quarter of an hour (133);
- ``delAcl`` is always true, also where nothing was, in another spelling, or where the line can't be deleted.
"""

from collections.abc import Mapping
from typing import Final

from connectors.dokuwiki.register import Register
from connectors.dokuwiki.rights import ALL, NONE, READ, VALID, Rights, everything_in
from connectors.dokuwiki.settings import DokuwikiSettings
from connectors.kit.client import JsonClient, Refusal
from provisioner.model.errors import Garbled, OutcomeUnknown, Permanent, Transient
from provisioner.model.text import Text
from provisioner.transport.answer import Answer

API: Final = "/lib/exe/jsonrpc.php"
OFF: Final = -32605
"""Code of a wiki whose interface is switched off."""
LOCKED: Final = 133
MISSING: Final = "121"


class Client(JsonClient[DokuwikiSettings]):
    """One wiki, as a superuser."""

    product = "DokuWiki"
    api = API
    asks = frozenset(
        {
            *("/core.getAPIVersion", "/core.getWikiVersion", "/core.getWikiTime", "/core.whoAmI"),
            *("/core.getPage", "/core.getPageInfo", "/core.listPages", "/core.listMedia", "/plugin.acl.listAcls"),
        }
    )

    # --- reading -----------------------------------------------------------------------------------------------

    def told(self, method: str, **arguments: object) -> object:
        """The result of a method that changes nothing. Raises `TargetError`."""
        return _result(self.ask(f"/{method}", arguments))

    def rights(self) -> Rights:
        """The whole access control list; superusers alone may ask. Raises `TargetError`."""
        value = self.told("plugin.acl.listAcls")
        if value == []:  # as PHP writes an empty map
            return Rights({})
        lines = {scope: _levels(users) for scope, users in value.items()} if isinstance(value, dict) else None
        if lines is None or any(users is None for users in lines.values()):
            raise self._odd("plugin.acl.listAcls")
        return Rights({scope: users for scope, users in lines.items() if users is not None})

    def has(self, page: str) -> bool:
        """Whether a page exists. Raises `TargetError`."""
        try:
            self.told("core.getPageInfo", page=page)
        except Refusal as refusal:
            if self.is_gone(refusal):
                return False
            raise
        return True

    def page(self, page: str) -> str | None:
        """A page's text; None: there is no such page. Raises `TargetError`."""
        if not self.has(page):
            return None
        text = self.told("core.getPage", page=page)
        if not isinstance(text, str):
            raise self._odd("core.getPage")
        return text

    def pages_in(self, namespace: str) -> list[str]:
        """All pages of a namespace and below. Raises `TargetError`."""
        return self._ids("core.listPages", namespace)

    def files_in(self, namespace: str) -> list[str]:
        """All uploaded files of a namespace and below. Raises `TargetError`."""
        return self._ids("core.listMedia", namespace)

    def register(self) -> Register:
        """What we noted. Raises `TargetError`."""
        return Register.read(self.page(self.settings.register_page) or "")

    # --- writing -----------------------------------------------------------------------------------------------

    def grant(self, scope: str, who: str, level: int) -> None:
        """Let a group (or everybody) do this there; a line that stands there is replaced. May be repeated.

        Raises `Permanent` for a level that the wiki would take and never let go of again, and `TargetError`.
        """
        if level not in VALID:
            raise Permanent(Text.of("dokuwiki.no_level", level=level))
        self._do("plugin.acl.addAcl", scope=scope, user=who, level=level)

    def revoke(self, scope: str, who: str) -> None:
        """Take a line out, in exactly this spelling. That it worked is not what the answer says: read again."""
        self._do("plugin.acl.delAcl", scope=scope, user=who)

    def save(self, page: str, text: str, summary: str) -> None:
        """Overwrite a page, or make it. Raises `Permanent` for an empty text, which would delete it; `TargetError`."""
        if not text.strip():
            raise Permanent(Text.of("dokuwiki.empty_page", page=page))
        self._do("core.savePage", page=page, text=text, summary=summary, isminor=True)

    def delete(self, page: str, summary: str) -> None:
        """Delete a page; its history stays in the wiki's attic."""
        self._do("core.savePage", page=page, text="", summary=summary, isminor=True)

    def delete_file(self, file: str) -> None:
        """Delete an uploaded file."""
        self._do("core.deleteMedia", media=file)

    def note(self, register: Register, rights: Rights) -> None:
        """Save the register, in a place that is closed before. ``rights``: as they are now."""
        place = everything_in(self.settings.own_namespace)
        if rights.level(place, f"@{self.settings.everybody}") != NONE:
            self.close_to_all(place)
        self.save(self.settings.register_page, register.written(), "readi")

    def close_to_all(self, scope: str, *, open_: bool = False) -> None:
        """No stranger reads it; ``open_``: whoever logs in does. Strangers are shut out first."""
        self.grant(scope, ALL, NONE)
        self.grant(scope, f"@{self.settings.everybody}", READ if open_ else NONE)

    # --- what the answers mean ---------------------------------------------------------------------------------

    def words(self, answer: Answer) -> str | None:
        """The code and the sentence of an error."""
        error = answer.value.get("error") if isinstance(answer.value, dict) else None
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            return None
        return f"{error.get('code')} {error['message']}"

    def is_gone(self, refusal: Refusal) -> bool:
        """Asked for a page that does not exist."""
        return refusal.words.partition(" ")[0] == MISSING

    def succeeded(self, answer: Answer, method: str) -> bool:  # noqa: ARG002 - all are POSTs
        """There is a result, and the wiki calls it one."""
        return answer.status == 200 and isinstance(answer.value, dict) and "result" in answer.value

    def judge(self, answer: Answer, method: str, path: str) -> None:
        """As the kit does, but for what may pass by itself: a directory that is down, somebody who edits the page."""
        code = _code(answer)
        if answer.status == 401 and code is not None:
            raise Transient(Text.of("dokuwiki.does_not_know_us"), f"HTTP 401 {code}")
        if code == LOCKED:
            raise Transient(Text.of("dokuwiki.page_locked"), f"HTTP {answer.status} {code}")
        if code == OFF:
            raise Permanent(Text.of("dokuwiki.switched_off"), f"HTTP {answer.status} {code}")
        super().judge(answer, method, path)

    def _do(self, method: str, **arguments: object) -> None:
        written = self.write("POST", f"/{method}", arguments)
        if _result(written.value) is not True and method != "core.deleteMedia":
            raise OutcomeUnknown(Text.of("dokuwiki.not_done", method=method))

    def _ids(self, method: str, namespace: str) -> list[str]:
        value = self.told(method, namespace=namespace, depth=0)
        ids = [one.get("id") for one in value if isinstance(one, dict)] if isinstance(value, list) else None
        if ids is None or not isinstance(value, list) or len(ids) != len(value):
            raise self._odd(method)
        return [one for one in ids if isinstance(one, str)]

    def _odd(self, method: str) -> Garbled:
        return Garbled(Text.of("kit.garbled", path=method, product=self.product))


def _result(value: object) -> object:
    return value.get("result") if isinstance(value, dict) else None


def _code(answer: Answer) -> int | None:
    error = answer.value.get("error") if isinstance(answer.value, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else None


def _levels(users: object) -> Mapping[str, int] | None:
    """The lines of one scope; numbers come as texts. None: this is none."""
    if not isinstance(users, dict):
        return None
    found = {who: level for who, level in ((who, _number(level)) for who, level in users.items()) if level is not None}
    return found if len(found) == len(users) else None


def _number(level: object) -> int | None:
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    return int(level) if isinstance(level, str) and level.isascii() and level.isdigit() and len(level) < 6 else None
