"""One directory as a source: the port `Source`. Reads everybody, or what changed, and says when it is not sure."""

from collections.abc import Iterator

from provisioner.model.ports import Clock, Finding, Gate
from provisioner.model.sources import SourceRead
from provisioner.sources.directory.changes import Changed, Mark, shown
from provisioner.sources.directory.doctor import examine
from provisioner.sources.directory.doubt import Doubt
from provisioner.sources.directory.looking import Looking
from provisioner.sources.directory.mapping import Sorted, without
from provisioner.sources.directory.settings import DirectorySettings
from provisioner.transport.directory import Search


class DirectorySource:
    """One directory. Never writes: nobody opens its gate."""

    def __init__(self, settings: DirectorySettings, gate: Gate, clock: Clock) -> None:
        self._settings = settings
        self._looking = Looking(settings, gate, clock)

    @property
    def shape(self) -> str:
        return self._settings.shape()

    def examine(self) -> Iterator[Finding]:
        return examine(self._looking)

    def read(self, mark: str = "") -> SourceRead:
        """Everybody; with a mark what changed, where that can be told for sure, else everybody all the same."""
        kept = Mark.unpack(mark, self.shape)
        try:
            self._looking.asking.check_base()
            changes = None if kept is None else self._changes(kept)
            return self._whole() if changes is None else changes
        except Doubt as doubt:
            return SourceRead((), gap=doubt.why)

    def close(self) -> None:
        self._looking.directory.close()

    def _whole(self) -> SourceRead:
        way, begun = self._looking.begin()
        looked = self._looking.look(way.attributes if way else ())
        kept = None
        if way is not None and begun is not None and looked.gap is None:
            kept = way.end(self._looking.directory, begun, looked.found.entries)
        return SourceRead(looked.people, looked.unusable, looked.gap, mark="" if kept is None else kept.pack())

    def _changes(self, mark: Mark) -> SourceRead | None:
        """None: only a whole reading can tell."""
        way = next((one for one in self._looking.ways if one.name == mark.way), None)
        if way is None:
            return None
        asked = self._looking.asking.search((*self._looking.mapping.attributes, *way.attributes))
        changed = way.changed(self._looking.directory, asked, mark)
        if changed is None:
            return None
        result = self._looking.mapping.sort(changed.entries)
        if self._looking.unrecognised(result) is not None:
            return None
        return self._as_read(changed, result, asked)

    def _as_read(self, changed: Changed, result: Sorted, asked: Search) -> SourceRead:
        unsaid = frozenset(
            name
            for name, attribute in self._settings.attributes.items()
            if result.people and name not in result.shown and not shown(self._looking.directory, asked, attribute)
        )
        return SourceRead(
            without(result.people, unsaid),
            result.unusable,
            whole=False,
            deleted=changed.deleted,
            present=changed.present,
            mark=changed.mark.pack(),
        )
