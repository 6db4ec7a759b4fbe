"""Single pages whose whole text is ours: the one that leads to all spaces.

As of spaces, the address is made of the title once. The page is closed to strangers before its text is first saved.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.dokuwiki.client import Client
from connectors.dokuwiki.look import GroupNames, WikiLook
from connectors.dokuwiki.names import slug
from connectors.dokuwiki.pages import steps
from connectors.dokuwiki.readers import openness, seated
from connectors.dokuwiki.rights import ALL, NONE, Rights
from connectors.dokuwiki.wikitext import canonical, from_wiki, to_wiki
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, Rosters, Staged, held_against
from connectors.kit.steps import fields_of
from provisioner.model.errors import Permanent
from provisioner.model.inventory import (
    UNKNOWN,
    Absent,
    Complete,
    Observation,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unknown,
)
from provisioner.model.ports import Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text

FIELDS: Final[Mapping[FieldName, Mode]] = {"name": Mode.MANAGED, "open": Mode.MANAGED, "text": Mode.MANAGED}
_MARK: Final = "readi:"


class PageRoom(Room[WikiLook]):
    """Pages beside the spaces."""

    kind = Kind.WIKI_PAGE
    fields = FIELDS
    operations = steps.OPERATIONS

    def __init__(self, target: str, client: Client, names: GroupNames) -> None:
        self._target = target
        self._client = client
        self._names = names

    def objection(self, name: str) -> Text | None:
        """Titles of which no address can be made."""
        return None if slug(name) else Text.of("dokuwiki.nameless", name=name)

    def canonical_name(self, name: str) -> str:
        """Titles with the same address are one page over there."""
        return slug(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """A text as it comes back."""
        return canonical(value) if field == "text" and isinstance(value, str) else value

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - addresses never change
        """The page itself."""
        return self._client.settings.page_address(remote_id)

    def observe(self, look: WikiLook) -> tuple[Observation, Rosters]:
        """Two requests for each that is tied or wanted: others are nobody's business."""
        interest = look.interest
        wanted = {self._page(name) for kind, name in interest.names if kind is self.kind and slug(name)}
        asked = look.tied(self.kind) | wanted
        if interest.only is not None:
            sought = (one for one in look.sought(self.kind) if one.remote_id or slug(one.name))
            asked = frozenset(one.remote_id or self._page(one.name) for one in sought)
        found = (self._read(page, look.rights, interest.called.get((self.kind, page))) for page in sorted(asked))
        pages = {remote.remote_id: remote for remote in found if remote is not None}
        rosters = {(self.kind, page): self._roster(page, look.rights) for page in pages}
        return Observation(Complete(look.scope(self._target, self.kind)), pages), rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.dokuwiki.pages.steps`."""
        return steps.compiled(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read it, and hold it against what the plan saw."""
        page = located(step, resolve)
        return held_against(step, self._read(page, self._client.rights(), step.name), self._client.product)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:  # noqa: ARG002 - the port's
        """Do it. Raises `TargetError`."""
        opened = fields_of(step).get("open") is True
        if step.operation == steps.CREATE:
            page = self._page_of(step)
            self._client.close_to_all(page, open_=opened)
            return Done(page)
        page = located(step, resolve)
        if step.operation == steps.OPEN:
            self._client.close_to_all(page, open_=opened)
        elif step.operation == steps.WRITE:
            if self._client.rights().level(page) != NONE:
                self._client.grant(page, ALL, NONE)
            self._client.save(page, to_wiki(text_of(step, "text")), "")
        elif step.operation == steps.ERASE:
            self._client.close_to_all(page)  # the wiki keeps old versions
            if self._client.has(page):
                self._client.delete(page, "")
        return Done(page)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Under its name, if it is marked, or as empty as a creation that was cut short leaves it."""
        remote = self._read(self._page(name), self._client.rights(), None)
        if (
            remote is None
            or remote.marker not in ("", marker_of(identity))
            or (not remote.marker and remote.fields.get("text") is not None)
        ):
            return Absent()
        return Present(remote)

    def _roster(self, page: str, rights: Rights) -> Roster:
        evidence = Complete(Scope(self._target, self.kind, page))
        return Roster(evidence, seated(rights, page, self._client.settings.everybody, self._names))

    def _page(self, name: str) -> str:
        return self._client.settings.namespace(slug(name))

    def _page_of(self, step: Step) -> str:
        """Its address. Raises `Permanent` where a page stands there: nothing is overwritten."""
        page = self._client.settings.namespace(text_of(step, "slug"))
        text = self._client.page(page)
        if text is not None and _marker(from_wiki(text)) != marker_of(step.id):
            raise Permanent(Text.of("dokuwiki.taken", namespace=page))
        return page

    def _read(self, page: str, rights: Rights, called: str | None) -> Remote | None:
        """None: neither a page nor rights of its own."""
        text = self._client.page(page)
        if text is None and not rights.of(page):
            return None
        written = None if text is None else from_wiki(text)
        title: str | Unknown = UNKNOWN if called is None else called
        fields: dict[FieldName, Value | Unknown] = {
            "name": title,
            "open": openness(rights, page, self._client.settings.everybody),
            "text": written,
        }
        return Remote(page, called or page.rpartition(":")[2], fields, marker=_marker(written or ""))


def _marker(text: str) -> str:
    """The mark of ours in a text; it stands on a line of its own."""
    return next((line for line in text.splitlines() if line.startswith(_MARK)), "")
