"""People and conferences as rooms: the first ask nothing, the second one request for each that is ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.jitsiadmin import conferences, people
from connectors.jitsiadmin.client import PRODUCT, Client, Conference
from connectors.jitsiadmin.conferences import compile_conferences
from connectors.jitsiadmin.people import People, compile_people
from connectors.jitsiadmin.reading import ConferenceReader
from connectors.jitsiadmin.writing import ConferenceWriter
from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Look, Room, Rosters, Stage, Staged, held_against
from provisioner.model.errors import Uncertain
from provisioner.model.inventory import Absent, Observation, Reading
from provisioner.model.ports import Clock, Resolve
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class PeopleRoom(Room[Look]):
    """Addresses, each a tie alone."""

    kind = Kind.ACCOUNT
    operations = people.OPERATIONS

    def __init__(self, known: People, reader: ConferenceReader, writer: ConferenceWriter) -> None:
        self._known = known
        self._reader = reader
        self._writer = writer

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """The address."""
        return people.FIELDS

    def canonical(self, field: FieldName, value: Value) -> Value:
        """In small letters."""
        return people.canonical(field, value)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """No request."""
        return self._known.observe(look.interest), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One step a change. Mails are counted by who was in a conference when it was read."""
        for step in compile_people(list(batch.of(self.kind)), self._reader.attending()):
            yield Staged(Stage.ERASURES if step.operation == people.ERASE else Stage.ACCOUNTS, step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:  # noqa: ARG002 - a room's door
        """There is nothing over there to look at."""
        return Verified(None)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:  # noqa: ARG002 - a room's door
        """An id that we draw, or another address in the conferences to come."""
        if step.operation == people.CREATE:
            return self._known.create(text_of(step, "email"))
        if step.operation == people.MOVE:
            return self._writer.move(step)
        return Done(step.remote_id or "", note=people.left_behind(step.name))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - a room's door
        """Nothing was sent, so nothing is there."""
        return Absent()


@dataclass(frozen=True, slots=True)
class _Read(Verified):
    """A fresh read of a conference; None: it is not told any more."""

    found: Conference | None


class ConferenceRoom(Room[Look]):
    """Conferences on one Jitsi server, all of a series under one name."""

    kind = Kind.CONFERENCE
    operations = conferences.OPERATIONS

    def __init__(self, client: Client, target: str, clock: Clock, known: People) -> None:
        self._known = known
        self._zone = client.settings.zone
        self.reader = ConferenceReader(client, known, target, clock)
        self.writer = ConferenceWriter(client, self.reader, known, clock)

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """See `conferences.FIELDS`."""
        return conferences.FIELDS

    def objection(self, name: str) -> Text | None:
        """See `conferences.objection`."""
        return conferences.objection(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """The start in the server's own zone."""
        return conferences.canonical(field, value, self._zone)

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """One request for each that has not begun."""
        found = self.reader.observe(look.interest)
        look.revisions, look.inside = self.reader.revisions, self.reader.inside
        return found

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `conferences.compile_conferences`."""
        return compile_conferences(batch, self.reader.sizes())

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The conference, afresh. What has begun is never changed."""
        found = self.reader.read(located(step, resolve))
        if step.operation == conferences.ERASE:
            return _Read(None, found)
        if found is None:
            return Moved(Text.of("jitsiadmin.not_told", name=step.name))
        if self.reader.has_begun(found):
            return Moved(Text.of("jitsiadmin.begun"))
        if step.expects_edge is not None:
            member = resolve(ResourceId(Kind.ACCOUNT, step.expects_edge.member))
            if self._known.email_of(member) not in found.people:
                return Moved(Text.of("jitsiadmin.not_in_it", name=step.name))
        held = held_against(step, self.reader.remote(found), PRODUCT, unknown_may_differ=True)
        return held if isinstance(held, Moved) else _Read(held.remote, found)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Every write is a mail, or many."""
        found = verified.found if isinstance(verified, _Read) else None
        match step.operation:
            case conferences.CREATE:
                return self.writer.create(step, resolve)
            case conferences.ADD:
                return self.writer.add(step, located(step, resolve), resolve)
            case conferences.CALL_OFF | conferences.ERASE:
                return self.writer.end(step, found)
            case conferences.CHANGE if found is not None:
                return self.writer.change(step, found)
            case conferences.REMOVE if found is not None:
                return self.writer.remove(step, found, resolve)
        raise Uncertain(Text.of("kit.not_verified", name=step.name))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - a name tells nothing here
        """A conference of this very run alone, and only that it is there."""
        return self.writer.look_up(identity)
