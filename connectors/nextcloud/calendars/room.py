"""Calendars of bodies as a room of the connector; see `connectors.kit.rooms`.

Only calendars with our mark in their address are ever looked at: the account's own ("personal", birthdays) and whatever
somebody made by hand are nobody's business here.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from connectors.kit.batch import Batch, located, text_of
from connectors.kit.rooms import Room, Rosters, Staged, erased_already, held_against
from connectors.nextcloud.accounts.shape import Own
from connectors.nextcloud.calendars import shape, steps
from connectors.nextcloud.calendars.dav import CalDav, Calendar
from connectors.nextcloud.client import PRODUCT, Client
from connectors.nextcloud.look import NextcloudLook
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import Permanent, RateLimited
from provisioner.model.inventory import (
    Absent,
    Complete,
    Observation,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Ledger, Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class CalendarRoom(Room[NextcloudLook]):
    """The calendars that our account made, each shared with groups that read it."""

    kind = Kind.CALENDAR
    fields = shape.CALENDAR_FIELDS
    operations = steps.CALENDAR_OPERATIONS

    def __init__(
        self, client: Client, target: str, settings: NextcloudSettings, ledger: Ledger, own: Callable[[], Own]
    ) -> None:
        """``own`` reads our technical account (one request, then remembered)."""
        self._client = client
        self._target = target
        self._settings = settings
        self._ledger = ledger
        self._own = own
        self._dav: CalDav | None = None

    @property
    def dav(self) -> CalDav:
        """The account's calendars; who the account is, is asked once."""
        if self._dav is None:
            self._dav = CalDav(self._client, self._own().id)
        return self._dav

    def objection(self, name: str) -> Text | None:
        """Why we make no calendar of this name."""
        return shape.objection_to_calendar(name)

    def canonical_name(self, name: str) -> str:
        """Kept letter by letter; several may have the same."""
        return name

    def canonical(self, field: FieldName, value: Value) -> Value:  # noqa: ARG002 - a port's signature
        """Kept letter by letter."""
        return value

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - a port's signature
        """The calendar app, which shows all calendars that somebody has; an address for one alone there is not."""
        return f"{self._settings.url}/index.php/apps/calendar"

    def observe(self, look: NextcloudLook) -> tuple[Observation, Rosters]:
        """All of ours with whom they are shared with: one request, whatever their number."""
        narrow, sought = look.interest.only is not None, look.sought(self.kind)
        meetings = look.sought(Kind.MEETING)
        scope = Scope(self._target, self.kind, only=frozenset(one.id.key for one in sought) if narrow else None)
        if narrow and not sought and not meetings:
            return Observation(Complete(scope)), {}
        self._dav = CalDav(self._client, look.own.id)
        found = {address: one for address, one in self._dav.all().items() if shape.marker_of_calendar(address)}
        look.calendars = {address: one.revision for address, one in found.items()}
        if narrow:
            tied, marks = {one.remote_id for one in sought}, {marker_of(one.id) for one in sought}
            found = {
                address: one
                for address, one in found.items()
                if address in tied or shape.marker_of_calendar(address) in marks
            }
        objects = {address: _remote(one) for address, one in found.items()}
        rosters = {(self.kind, address): self._roster(one) for address, one in found.items()}
        return Observation(Complete(scope), objects), rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nextcloud.calendars.steps`."""
        return steps.compile_calendars(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The calendar with whom it is shared with."""
        calendar = self.dav.all().get(located(step, resolve))
        if calendar is None:
            # What is to be erased and is gone already is done; anything else has moved.
            return Verified(None) if step.operation == steps.ERASE else held_against(step, None, PRODUCT)
        edge = step.expects_edge
        if edge is not None:
            actor = resolve(ResourceId(edge.seats.member, edge.member))
            inside = shape.members_of(calendar.shares).get((edge.seats.role, edge.seats.member), frozenset())
            if actor not in inside:
                return Moved(Text.of("nextcloud.edge_gone", name=actor, group=step.name))
        return held_against(step, _remote(calendar), PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write."""
        if step.operation == steps.CREATE:
            return self._create(step)
        address = located(step, resolve)
        principals = [shape.group_principal(resolve(group)) for group in step.refers]
        match step.operation:
            case steps.RENAME:
                name = text_of(step, "name")
                self._refuse(name)
                self.dav.rename(address, name)
            case steps.SHARE:
                self._counted(steps.SHARE_BUCKET, lambda: self.dav.share(address, let_in=principals))
            case steps.UNSHARE:
                self._counted(steps.SHARE_BUCKET, lambda: self.dav.share(address, shut_out=principals))
            case steps.ERASE:
                if verified is None or verified.remote is None:
                    return erased_already(step, PRODUCT)
                self.dav.delete_calendar(address)
            case _:
                raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))
        return Done(address)

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By the mark alone: names are not unique. Raises `TargetError`."""
        marker = marker_of(identity)
        found = [one for at, one in self.dav.all().items() if shape.marker_of_calendar(at) == marker]
        if len(found) > 1:
            return Unreadable(Text.of("nextcloud.calendar_twice", name=name, count=len(found)))
        return Present(_remote(found[0])) if found else Absent()

    def limits(self) -> Mapping[str, tuple[int, float]]:
        """Writes that the server counts, in so many seconds."""
        window = self._settings.calendar_window
        return {
            steps.CREATE_BUCKET: (self._settings.calendar_limit, window),
            steps.SHARE_BUCKET: (self._settings.share_limit, window),
        }

    def _create(self, step: Step) -> Done:
        name = text_of(step, "name")
        self._refuse(name)
        dav = self.dav
        for address in shape.addresses_of(step.id):
            if self._counted(steps.CREATE_BUCKET, partial(dav.create, address, name)):
                return Done(address)
        raise Permanent(Text.of("nextcloud.calendar_addresses_taken", name=name))

    def _refuse(self, name: str) -> None:
        why = self.objection(name)
        if why is not None:
            raise Permanent(why)

    def _counted(self, bucket: str, write: Callable[[], bool | None]) -> bool | None:
        limit, window = self.limits()[bucket]
        self._ledger.acquire(bucket, limit, window)
        try:
            return write()
        except RateLimited:
            self._ledger.exhausted(bucket, limit, window)
            raise

    def _roster(self, calendar: Calendar) -> Roster:
        scope = Scope(self._target, self.kind, calendar.address)
        return Roster(Complete(scope), shape.members_of(calendar.shares))


def _remote(calendar: Calendar) -> Remote:
    marker = shape.marker_of_calendar(calendar.address)
    return Remote(calendar.address, calendar.name, {"name": calendar.name}, marker=marker)
