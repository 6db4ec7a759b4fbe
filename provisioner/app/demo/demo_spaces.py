"""The demo's forum and wiki: what a body has there, and who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.dokuwiki.emulator import DokuwikiEmulator
from connectors.nodebb.emulator import NodeBBEmulator
from policies.desire import body_key
from policies.keys import person_key
from provisioner.app.sandbox import Sandboxes
from provisioner.app.site import Site
from provisioner.model.bindings import Binding
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import Bindings

Bound = Mapping[ResourceId, Binding]
_STRANGER = 0
"""The forum's number for whoever is not logged in."""


@dataclass(frozen=True, slots=True)
class SeenSpaces:
    """A body's category and space, as they are found over there."""

    category: str
    """With the one that it stands below."""
    topic: tuple[str, ...]
    """The lines of what stands first in it, as they are shown."""
    page: str
    """The address of the space's first page."""
    remote_ids: tuple[str, str]
    """Of category and space: they stay whatever else changes."""


class DemoSpaces:
    """``forum`` and ``wiki`` with what is ours there."""

    def __init__(self, forum: tuple[NodeBBEmulator, Bound], wiki: tuple[DokuwikiEmulator, Bound]) -> None:
        (self._forum, self._in_forum), (self._wiki, self._in_wiki) = forum, wiki

    def seen(self, body: str) -> SeenSpaces:
        """Of a body that has both."""
        cid, space = self._category(body), self._space(body)
        with self._forum.lock:
            world = self._forum.world
            category = world.categories[cid]
            above = [world.categories[category.parent].fields["name"]] if category.parent else []
            first = next(topic for topic in world.topics.values() if topic.cid == cid and topic.pinned)
            return SeenSpaces(
                category=" / ".join([*above, category.fields["name"]]),
                topic=(first.title, *(line for line in first.content.splitlines() if not line.startswith("[//]:"))),
                page=next(page for page in self._wiki.pages.below(space) if page.count(":") == space.count(":") + 1),
                remote_ids=(str(cid), space),
            )

    def readers(self, body: str, person: str) -> tuple[bool, bool]:
        """Whether a stranger reads category or space, and whether this person reads both."""
        cid, page = self._category(body), self.seen(body).page
        group = self._in_wiki[ResourceId(Kind.GROUP, body_key(body))].name
        uid = int(self._in_forum[ResourceId(Kind.ACCOUNT, person_key(person))].remote_id)
        with self._forum.lock, self._wiki.lock:
            world, acl = self._forum.world, self._wiki.acl
            in_forum = [world.may("topics:read", who, cid) for who in (_STRANGER, uid)]
            in_wiki = [bool(acl.level(page, None, ())), bool(acl.level(page, person, ("user", group)))]
        return in_forum[0] or in_wiki[0], in_forum[1] and in_wiki[1]

    def _category(self, body: str) -> int:
        return int(self._in_forum[ResourceId(Kind.FORUM_CATEGORY, body_key(body))].remote_id)

    def _space(self, body: str) -> str:
        return self._in_wiki[ResourceId(Kind.WIKI_SPACE, body_key(body))].remote_id


def spaces_of(site: Site, sandboxes: Sandboxes) -> DemoSpaces:
    """The NodeBB and the DokuWiki among these emulators."""
    found: dict[str, Bound] = {}
    names = [NodeBBEmulator.name, DokuwikiEmulator.name]
    with site.targets(names) as targets:
        for target in targets:
            found[target.name] = Bindings(site.database).ties(site.network, target.name, target.server).bindings
    emulators = {sandbox.name: getattr(sandbox, "emulator", None) for sandbox in sandboxes.running}
    forum, wiki = (emulators[name] for name in names)
    assert isinstance(forum, NodeBBEmulator)  # noqa: S101 - the demo plays with both
    assert isinstance(wiki, DokuwikiEmulator)  # noqa: S101
    return DemoSpaces((forum, found[names[0]]), (wiki, found[names[1]]))
