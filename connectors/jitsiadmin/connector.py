"""One Jitsi-Admin as the core sees it: conferences on one Jitsi server, and the addresses of who is in them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from connectors.batch import Batch, located, text_of
from connectors.jitsiadmin import conferences, people
from connectors.jitsiadmin.client import Client, Conference
from connectors.jitsiadmin.conferences import compile_conferences
from connectors.jitsiadmin.doctor import examine
from connectors.jitsiadmin.people import People, compile_people
from connectors.jitsiadmin.reading import ConferenceReader
from connectors.jitsiadmin.settings import JitsiAdminSettings
from connectors.jitsiadmin.writing import ConferenceWriter
from provisioner.model.changes import Change
from provisioner.model.errors import Permanent, Uncertain
from provisioner.model.inventory import Absent, Epoch, Inventory, Observation, Reading, Unknown
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, Resolve, Wiring
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import field_word

KINDS = frozenset({Kind.ACCOUNT, Kind.CONFERENCE})


@dataclass(frozen=True, slots=True)
class _Read(Verified):
    """A fresh read of a conference; None: it is not told any more."""

    found: Conference | None


class JitsiAdminConnector:
    """A target that is a Jitsi-Admin; see `provisioner.model.ports.Connector`."""

    def __init__(self, target: str, settings: JitsiAdminSettings, wiring: Wiring) -> None:
        self._target = target
        self._settings = settings
        self._wiring = wiring
        self._client = Client(settings, wiring.gate, wiring.clock)
        self._people = People(target)
        self._reader = ConferenceReader(self._client, self._people, target, wiring.clock)
        self._writer = ConferenceWriter(self._client, self._reader, self._people, wiring.clock)

    def capabilities(self) -> Capabilities:
        """Addresses, and conferences, all of a series under one name."""
        return Capabilities(
            fields={Kind.ACCOUNT: people.FIELDS, Kind.CONFERENCE: conferences.FIELDS},
            objection=_objection,
            canonical=self._canonical,
            alike=frozenset({Kind.CONFERENCE}),
            only_members=True,
            unique_emails=True,
            left_behind=people.left_behind,
        )

    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`, sends the key to no stranger."""
        return examine(self._settings, self._client, self._wiring)

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        """One request for each of our conferences that has not begun; none for people. Raises `LoginRefused`."""
        observations: dict[Kind, Observation] = {Kind.ACCOUNT: self._people.observe(interest)}
        if Kind.CONFERENCE not in kinds:
            return Inventory(self._target, observations)
        observations[Kind.CONFERENCE], rosters = self._reader.observe(interest)
        return Inventory(
            self._target,
            {kind: found for kind, found in observations.items() if kind in kinds},
            rosters,
            revisions=self._reader.revisions,
            inside=self._reader.inside,
        )

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """People first, then conferences; whose tie ends goes last. Mails are counted by who was in it when read."""
        batch = Batch(changes, resolve)
        of_people = list(compile_people(list(batch.of(Kind.ACCOUNT)), self._reader.attending()))
        return [
            *(step for step in of_people if step.operation != people.ERASE),
            *compile_conferences(batch, self._reader.sizes()),
            *(step for step in of_people if step.operation == people.ERASE),
        ]

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's conference afresh, typed, and hold it against what the plan saw. Raises `TargetError`."""
        if step.operation not in (conferences.CHANGE, conferences.CALL_OFF, conferences.REMOVE, conferences.ERASE):
            raise Permanent(Text.of("jitsiadmin.unknown_operation", operation=step.operation))
        found = self._reader.read(located(step, resolve))
        if step.operation == conferences.ERASE:
            return _Read(None, found)
        if found is None:
            return Moved(Text.of("jitsiadmin.not_told", name=step.name))
        if self._reader.has_begun(found):
            return Moved(Text.of("jitsiadmin.begun"))
        remote = self._reader.remote(found)
        if step.expects_edge is not None:
            member = resolve(ResourceId(Kind.ACCOUNT, step.expects_edge.member))
            if self._people.email_of(member) not in found.people:
                return Moved(Text.of("jitsiadmin.not_in_it", name=step.name))
        for field, expected in (step.expects or {}).items():
            seen = remote.name if field == "name" else remote.fields.get(field)
            if seen != expected and not isinstance(seen, Unknown):
                return Moved(Text.of("jitsiadmin.field_moved", name=step.name, field=field_word(field)))
        return _Read(remote, found)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`."""
        match step.operation:
            case people.CREATE:
                return self._people.create(text_of(step, "email"))
            case people.MOVE:
                return self._writer.move(step)
            case people.ERASE:
                return Done(step.remote_id or "", note=people.left_behind(step.name))
            case conferences.CREATE:
                return self._writer.create(step, resolve)
            case conferences.ADD:
                return self._writer.add(step, located(step, resolve), resolve)
        if not isinstance(verified, _Read):
            raise Uncertain(Text.of("jitsiadmin.not_verified", name=step.name))
        found = verified.found
        if step.operation in (conferences.CALL_OFF, conferences.ERASE):
            return self._writer.end(step, found)
        if found is not None and step.operation == conferences.CHANGE:
            return self._writer.change(step, found)
        if found is not None and step.operation == conferences.REMOVE:
            return self._writer.remove(step, found, resolve)
        raise Permanent(Text.of("jitsiadmin.unknown_operation", operation=step.operation))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - a name tells nothing here
        """A conference of this very run alone, and only that it is there. Raises `TargetError`."""
        return Absent() if identity.kind is Kind.ACCOUNT else self._writer.look_up(identity)

    def leave_epoch(self, epoch: Epoch) -> None:
        """Nothing: Jitsi-Admin has no place that is ours alone and that nobody sees."""

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _canonical(self, kind: Kind, field: FieldName, value: Value) -> Value:
        if kind is Kind.ACCOUNT:
            return people.canonical(field, value)
        return conferences.canonical(field, value, self._settings.zone) if kind is Kind.CONFERENCE else value


def _objection(kind: Kind, name: str) -> Text | None:
    return conferences.objection(name) if kind is Kind.CONFERENCE else None
