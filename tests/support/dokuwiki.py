"""A DokuWiki, real or emulated, with the people of its directory; and a workbench that looks over its own shoulder."""

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import requests
from pydantic import SecretStr

from connectors.dokuwiki.connector import DokuwikiConnector
from connectors.dokuwiki.emulator import SERVICE as EMULATED_SERVICE
from connectors.dokuwiki.emulator import DokuwikiEmulator, Person
from connectors.dokuwiki.settings import DokuwikiSettings
from connectors.kit.contract import Site
from provisioner.model.inventory import Inventory
from provisioner.model.ports import Interest
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Done, Step
from tests.support.dokuwiki_server import ADMINS, SERVICE, DokuwikiServer
from tests.support.slapd import ADMIN, BASE, PASSWORD, Slapd

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # see provisioner/transport/directory_line.py
    from ldap3 import MODIFY_ADD, Connection, Server

PEOPLE = ("anna", "berta")
"""Anna is in whatever group a test seats her in, Berta in none; both log in. A user None is whoever has no account."""


class Wiki(Protocol):
    """What tests need besides the connector."""

    @property
    def url(self) -> str: ...

    def token(self, user: str) -> str: ...

    def seat(self, user: str, group: str) -> None:
        """Put somebody into a group of the directory; it is made where it is not there."""
        ...

    def rename_group(self, before: str, after: str) -> None: ...

    def wipe(self) -> None: ...


class EmulatedWiki:
    """The emulator; its ``people`` stand for the directory."""

    def __init__(self, emulator: DokuwikiEmulator) -> None:
        self.emulator = emulator
        for user in PEOPLE:
            emulator.people[user] = Person(set(), f"token-of-{user}")

    @property
    def url(self) -> str:
        return self.emulator.url

    def token(self, user: str) -> str:
        return self.emulator.people[EMULATED_SERVICE if user == SERVICE else user].token

    def seat(self, user: str, group: str) -> None:
        self.emulator.people[user].groups.add(group)

    def rename_group(self, before: str, after: str) -> None:
        for person in self.emulator.people.values():
            if before in person.groups:
                person.groups = person.groups - {before} | {after}

    def wipe(self) -> None:
        fresh = DokuwikiEmulator()
        self.emulator.pages, self.emulator.acl = fresh.pages, fresh.acl
        for user in PEOPLE:
            self.emulator.people[user].groups = set()


class RealWiki:
    """A real one, with a real directory behind it."""

    def __init__(self, server: DokuwikiServer, slapd: Slapd) -> None:
        self.server = server
        self._line = Connection(Server(slapd.url), ADMIN, PASSWORD, auto_bind=True, raise_exceptions=True)
        for user in (SERVICE, *PEOPLE):
            attributes = {
                "cn": user.title(),
                "sn": "x",
                "mail": f"{user}@musterstadt.example",
                "userPassword": PASSWORD,
            }
            self._line.add(_person(user), "inetOrgPerson", attributes)
        self._line.add(_group(ADMINS), "groupOfNames", {"member": _person(SERVICE)})

    @property
    def url(self) -> str:
        return self.server.url

    def token(self, user: str) -> str:
        return self.server.token(user)

    def seat(self, user: str, group: str) -> None:
        if self._groups(f"(cn={group})"):
            self._line.modify(_group(group), {"member": [(MODIFY_ADD, [_person(user)])]})
        else:
            self._line.add(_group(group), "groupOfNames", {"member": [_person(user)]})

    def rename_group(self, before: str, after: str) -> None:
        self._line.modify_dn(_group(before), f"cn={after}")

    def wipe(self) -> None:
        self.server.wipe()
        for group in self._groups("(objectClass=groupOfNames)"):
            if group != _group(ADMINS):
                self._line.delete(group)

    def close(self) -> None:
        self._line.unbind()

    def _groups(self, which: str) -> list[str]:
        self._line.search(f"ou=groups,{BASE}", which, attributes=[])
        return [entry["dn"] for entry in self._line.response if entry["type"] == "searchResEntry"]


def _person(user: str) -> str:
    return f"uid={user},ou=people,{BASE}"


def _group(name: str) -> str:
    return f"cn={name},ou=groups,{BASE}"


class WikiBench(Site):
    """A connector on a wiki. ``after_writes`` is called when a write is done: before the next one, and after a step."""

    def __init__(self, wiki: Wiki, **settings: Any) -> None:
        self.wiki = wiki
        token = SecretStr(wiki.token(SERVICE))
        self.settings = DokuwikiSettings(url=wiki.url, token=token, **settings)
        self.names: dict[ResourceId, str] = {}
        self.after_writes: Callable[[], None] = lambda: None
        super().__init__(lambda target, wiring: DokuwikiConnector(target, self.settings, wiring))
        really = self.gate.check

        def check(method: str) -> None:
            really(method)
            self.after_writes()

        self.gate.check = check  # type: ignore[method-assign]

    def another(self) -> "WikiBench":
        other = WikiBench(self.wiki)
        other.ids, other.names = dict(self.ids), dict(self.names)
        self._others.append(other)
        return other

    def perform(self, step: Step) -> Done:
        done = super().perform(step)
        name = step.effects.fields.get("name")
        if isinstance(name, str):
            self.names[step.id] = name
        self.after_writes()
        return done

    def interest(self, **more: Any) -> Interest:
        """As a run has it: with what everything was called at the last apply."""
        bound = frozenset((identity.kind, remote_id) for identity, remote_id in self.ids.items())
        called = {(one.kind, self.ids[one]): name for one, name in self.names.items() if one in self.ids}
        keys = {(identity.kind, remote_id): identity.key for identity, remote_id in self.ids.items()}
        return Interest(**{"bound": bound, "called": called, "keys": keys, **more})

    def observe(self, kinds: Any = None, interest: Interest | None = None) -> Inventory:
        asked = interest or self.interest()
        return self.connector.observe(kinds or self.kinds, replace(asked, called=self.interest().called))

    def begin(self, identity: ResourceId, text: str) -> None:
        """A space's first page, as the last part of a run writes it."""
        self.apply(self.write(identity, self.remote(identity), "first_page", text))

    # --- by hand, beside the connector ---------------------------------------------------------------------------

    def rpc(self, method: str, caller: str | None = SERVICE, /, **arguments: Any) -> requests.Response:
        """As somebody with a token does it, or a stranger."""
        headers = {} if caller is None else {"Authorization": f"Bearer {self.wiki.token(caller)}"}
        url = f"{self.wiki.url}/lib/exe/jsonrpc.php/{method}"
        return requests.post(url, json=arguments, headers=headers, timeout=30)

    def do(self, method: str, /, **arguments: Any) -> Any:
        """As a superuser; it has to work."""
        answer = self.rpc(method, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def reads(self, page: str, user: str | None) -> bool:
        """Whether somebody gets the page's text, by the interface or in a browser. Both have to say the same."""
        text = self.do("core.getPage", page=page)
        assert text, f"{page} is empty: nothing is proved"
        told = self.rpc("core.getPage", user, page=page)
        by_interface = told.status_code == 200 and told.json().get("result") == text
        headers = {} if user is None else {"Authorization": f"Bearer {self.wiki.token(user)}"}
        asked = {"id": page, "do": "export_xhtmlbody"}
        shown = requests.get(f"{self.wiki.url}/doku.php", asked, headers=headers, timeout=30)
        assert (_words(text) in shown.text) == by_interface, shown.text
        return by_interface

    def pages(self) -> list[str]:
        """All pages, the register too."""
        return sorted(one["id"] for one in self.do("core.listPages", namespace="", depth=0))


def _words(text: str) -> str:
    """Some words of a text that no markup cuts."""
    return max(re.findall(r"[\w ,.]+", text), key=len).strip()[:25]


def group(key: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{key}")


def space(key: str) -> ResourceId:
    return ResourceId(Kind.WIKI_SPACE, f"body:{key}")


INDEX = ResourceId(Kind.WIKI_PAGE, "bodies:index")
