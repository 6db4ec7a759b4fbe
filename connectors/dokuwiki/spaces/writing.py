"""Steps of spaces, done: each may be repeated, and none lets a stranger read for a moment."""

from typing import Final

from connectors.dokuwiki.client import Client
from connectors.dokuwiki.look import Fresh, GroupNames
from connectors.dokuwiki.names import numbered
from connectors.dokuwiki.readers import openness
from connectors.dokuwiki.register import Register
from connectors.dokuwiki.rights import ALL, LEVELS, NONE, Rights, everything_in, role_of
from connectors.dokuwiki.spaces import steps
from connectors.dokuwiki.wikitext import to_wiki
from connectors.kit.batch import located, text_of
from connectors.kit.rooms import fresh, held_against
from connectors.kit.steps import fields_of, member_of
from provisioner.model.errors import Permanent
from provisioner.model.inventory import Remote
from provisioner.model.ports import Resolve
from provisioner.model.resources import EdgeRole
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

MOST_NAMESAKES: Final = 20
"""How many spaces of ours may have had the same title at some time."""


class Writer:
    """Writes to namespaces and their rights."""

    def __init__(self, client: Client, names: GroupNames) -> None:
        self._client = client
        self._names = names

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read all rights, and hold the space's against what the plan saw. Raises `TargetError`."""
        namespace = located(step, resolve)
        rights = self._client.rights()
        everybody = self._client.settings.everybody
        scope = everything_in(namespace)
        if step.expects_edge is not None:
            levels = rights.spellings(scope, f"@{self._group(step, resolve)}").values()
            if not levels or role_of(max(levels)) is not step.expects_edge.seats.role:
                return Moved(Text.of("dokuwiki.edge_moved", name=step.name))
        held = held_against(
            step, Remote(namespace, step.name, {"open": openness(rights, scope, everybody)}), "DokuWiki"
        )
        return held if isinstance(held, Moved) else Fresh(held.remote, rights)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. Raises `TargetError`."""
        if step.operation == steps.CREATE:
            return Done(self._create(step))
        namespace = located(step, resolve)
        scope = everything_in(namespace)
        match step.operation:
            case steps.GRANT:
                self._client.grant(scope, f"@{self._group(step, resolve)}", _level(step))
            case steps.REGRADE:
                self._regrade(step, scope, fresh(step, verified, Fresh).rights, resolve)
            case steps.REVOKE:
                self._revoke(scope, self._group(step, resolve), fresh(step, verified, Fresh).rights)
            case steps.OPEN:
                self._client.close_to_all(scope, open_=fields_of(step).get("open") is True)
            case steps.BEGIN:
                return self._begin(step, namespace, fresh(step, verified, Fresh).rights)
            case steps.ERASE:
                self._erase(namespace, fresh(step, verified, Fresh).rights)
            case steps.RENAME:
                pass  # the title is ours to remember; addresses stay
        return Done(namespace)

    def _create(self, step: Step) -> str:
        """Note whose it is, close it, and say where it is. What was cut short before is taken up again."""
        key, rights, register = step.id.key, self._client.rights(), self._client.register()
        namespace = register.namespace_of(key)
        if namespace is None:
            namespace = self._free(text_of(step, "slug"), rights, register)
            self._client.note(register.with_space(namespace, key), rights)
        self._client.close_to_all(everything_in(namespace), open_=fields_of(step).get("open") is True)
        return namespace

    def _free(self, name: str, rights: Rights, register: Register) -> str:
        """A namespace that nothing is in. Others of ours that were called so at some time keep theirs.

        Raises `Permanent` for one that is somebody else's: perhaps it is meant, and that a ranger has to say.
        """
        for number in range(1, MOST_NAMESAKES):
            namespace = self._client.settings.namespace(numbered(name, number))
            if namespace in register.spaces:
                continue
            if not rights.inside(namespace) and not self._client.pages_in(namespace):
                return namespace
            if number == 1:
                break
        raise Permanent(Text.of("dokuwiki.taken", namespace=self._client.settings.namespace(name)))

    def _regrade(self, step: Step, scope: str, rights: Rights, resolve: Resolve) -> None:
        """The new level in, and whatever other spelling of the group stands there out."""
        group = f"@{self._group(step, resolve)}"
        self._client.grant(scope, group, _level(step))
        others = [who for who in rights.spellings(scope, group) if who != group]
        for who in others:
            self._client.revoke(scope, who)
        if others:
            self._demand_gone(scope, others, group[1:])

    def _revoke(self, scope: str, group: str, rights: Rights) -> None:
        lines = list(rights.spellings(scope, f"@{group}"))
        for who in lines:
            self._client.revoke(scope, who)
        self._demand_gone(scope, lines, group)

    def _demand_gone(self, scope: str, lines: list[str], group: str) -> None:
        """The wiki says yes to every removal. Raises `Permanent` for a line that stands there still."""
        now = self._client.rights().of(scope)
        if any(who in now for who in lines):
            raise Permanent(Text.of("dokuwiki.not_deleted", name=group, scope=scope))

    def _begin(self, step: Step, namespace: str, rights: Rights) -> Done:
        """The first page, where there is none yet. A space that strangers read is closed before anything is saved."""
        scope, page = everything_in(namespace), self._client.settings.first_page(namespace)
        if rights.level(scope) != NONE:
            self._client.grant(scope, ALL, NONE)
        if self._client.has(page):
            return Done(namespace, note=Text.of("dokuwiki.has_begun", name=step.name))
        everybody = f"@{self._client.settings.everybody}"
        whole = rights.of(scope).get(everybody, NONE)
        if rights.of(page) and (rights.level(page) != NONE or rights.level(page, everybody) > whole):
            raise Permanent(Text.of("dokuwiki.page_open", page=page))
        self._client.save(page, to_wiki(text_of(step, "text")), "")
        return Done(namespace)

    def _erase(self, namespace: str, rights: Rights) -> None:
        """Pages and files go; the namespace stays closed for good, since the wiki keeps their old versions."""
        scope = everything_in(namespace)
        self._client.close_to_all(scope)
        for page in self._client.pages_in(namespace):
            self._client.delete(page, "")
        for file in self._client.files_in(namespace):
            self._client.delete_file(file)
        everybody = f"@{self._client.settings.everybody}"
        lines = [who for who in rights.of(scope) if who not in (ALL, everybody)]
        for who in lines:
            self._client.revoke(scope, who)
        self._client.note(self._client.register().without(namespace), self._client.rights())

    def _group(self, step: Step, resolve: Resolve) -> str:
        """What the step's group is called by now."""
        return self._names.of(member_of(step, resolve))


def _level(step: Step) -> int:
    return LEVELS[EdgeRole(text_of(step, "role"))]
