"""Writing conferences: each write is a mail, so what is true already is looked for first and never written again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from connectors.jitsiadmin.client import NO_ROOM, NO_SERVER, NOT_IN_IT, Client, Conference
from connectors.jitsiadmin.conferences import ERASE, moment_of, objection, shown, start_of
from connectors.jitsiadmin.people import People
from connectors.jitsiadmin.people import objection as objection_to_address
from connectors.jitsiadmin.reading import ConferenceReader
from connectors.kit.answers import Refusal
from connectors.kit.batch import text_of
from provisioner.model.errors import LoginRefused, Permanent, TargetError
from provisioner.model.inventory import Present, Reading, Unreadable
from provisioner.model.ports import Clock, Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Step
from provisioner.model.text import Text

_MARGIN: Final = timedelta(hours=26)
"""By how much further than its start a conference is looked for among those to come: clocks and zones may differ."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A creation whose answer may be lost."""

    name: str
    start: datetime
    before: frozenset[str]
    """Ids of what was planned on the server just before."""


class ConferenceWriter:
    """Performs the steps."""

    def __init__(self, client: Client, reader: ConferenceReader, people: People, clock: Clock) -> None:
        self._client = client
        self._reader = reader
        self._people = people
        self._clock = clock
        self._zone = client.settings.zone
        self._attempts: dict[ResourceId, _Attempt] = {}

    def create(self, step: Step, resolve: Resolve) -> Done:
        """POST by the first who may organise it. Raises `OutcomeUnknown` for whatever is not a refusal in words."""
        start, minutes = self._when(step.payload, step.name)
        before = self._upcoming(start)
        self._attempts.pop(step.id, None)
        for email in self._linked(cast(Sequence[str], step.payload["organisers"]), resolve):
            if before is not None:
                self._attempts[step.id] = _Attempt(step.name, start, before)
            try:
                uid = self._client.create(email, self._local(start), minutes, step.name)
            except Refusal as refusal:
                if refusal.words != NO_SERVER:
                    raise
                continue  # named among those with a server, and not linked to it
            return Done(uid, uid, self._note(uid, start))
        raise Permanent(Text.of("jitsiadmin.no_organiser", name=step.name, server=self._client.settings.meeting_server))

    def look_up(self, identity: ResourceId) -> Reading:
        """Whether this run's own creation came to pass: among what is planned now and was not before.

        That it is not among them proves nothing: a slow server may make it still.
        """
        attempt = self._attempts.get(identity)
        name = identity.key if attempt is None else attempt.name
        unknown = Unreadable(Text.of("kit.perhaps_created", name=name))
        now = None if attempt is None else self._upcoming(attempt.start)
        if attempt is None or now is None:
            return unknown
        found = [self._client.find(uid) for uid in sorted(now - attempt.before)]
        ours = [one for one in found if one is not None and one.organiser and self._is(one, attempt)]
        return Present(self._reader.remote(ours[0])) if len(ours) == 1 else unknown

    def change(self, step: Step, found: Conference) -> Done:
        """PUT of all that it is, with what is new. The id, and so the invitation, stays the same."""
        after = cast(Mapping[FieldName, Value], step.payload)
        starts_at, minutes = after.get("starts_at"), after.get("minutes", found.minutes)
        start = start_of(found, self._zone) if starts_at is None else _moment(starts_at, step.name)
        name = str(after.get("name", found.name))
        if start is None or not isinstance(minutes, int):
            raise Permanent(Text.of("jitsiadmin.time_not_told", name=step.name, zone=self._zone.key))
        self._demand_plannable(name, start)
        try:
            self._client.change(found.uid, self._local(start), minutes, name)
        except Refusal as refusal:
            if refusal.words == NO_SERVER:
                lost = Text.of("jitsiadmin.organiser_lost", name=step.name, organiser=found.organiser)
                raise Permanent(lost, refusal.words) from refusal
            raise
        return Done(found.uid, found.uid)

    def end(self, step: Step, found: Conference | None) -> Done:
        """DELETE of what has not begun. What is over, or was called off there, needs nothing more."""
        uid = step.remote_id or ""
        if found is None or self._reader.has_begun(found):
            return Done(uid, note=Text.of("jitsiadmin.left_alone" if step.operation == ERASE else "jitsiadmin.gone"))
        try:
            self._client.call_off(uid)
        except Refusal as refusal:
            if refusal.words not in NO_ROOM:
                raise _in_our_words(refusal) from refusal
        self._reader.to_come.pop(uid, None)
        return Done(uid)

    def add(self, step: Step, uid: str, resolve: Resolve) -> Done:
        """POST of one person who is not in it yet."""
        email = self._email(text_of(step, "member"), resolve, step.name)
        found = self._reader.read(uid)
        if found is None:
            raise Permanent(Text.of("jitsiadmin.not_told", name=step.name))
        if self._reader.has_begun(found):
            raise Permanent(Text.of("jitsiadmin.begun"))
        if email not in found.people:
            self._add(uid, email)
        return Done(uid, uid)

    def remove(self, step: Step, found: Conference, resolve: Resolve) -> Done:
        """DELETE of one person. Whoever organises it still does: Jitsi-Admin knows no other way."""
        email = self._email(text_of(step, "member"), resolve, step.name)
        self._remove(found, email, step.name)
        note = Text.of("jitsiadmin.still_organises", name=step.name) if email == found.organiser else None
        return Done(found.uid, found.uid, note)

    def move(self, step: Step) -> Done:
        """Somebody's new address: into all conferences to come, and the old one out of them. Looked for before each.

        Where they organise, the old one stays: that follows when they log in there.
        """
        remote_id, email = step.remote_id or "", text_of(step, "email")
        _demand_usable(email)
        old = self._people.email_of(remote_id)
        stays = False
        for uid in [uid for uid, found in self._reader.to_come.items() if old in found.people]:
            found = self._reader.read(uid)
            if found is None or self._reader.has_begun(found) or old not in found.people:
                continue
            if old == found.organiser:
                stays = True
                continue
            if email not in found.people:
                self._add(uid, email)
            self._remove(found, old, found.name)
        self._people.remember(remote_id, email)
        return Done(remote_id, remote_id, Text.of("jitsiadmin.organiser_stays") if stays else None)

    def _linked(self, keys: Sequence[str], resolve: Resolve) -> Iterator[str]:
        """The addresses of those who may plan on our server, as far as Jitsi-Admin says. Asked for one by one."""
        for key in keys:
            try:
                email = self._people.email_of(resolve(ResourceId(Kind.ACCOUNT, key)))
            except KeyError:
                continue
            if email and self._client.settings.meeting_server in self._client.servers_of(email):
                yield email

    def _upcoming(self, start: datetime) -> frozenset[str] | None:
        """What is planned from now to after that start; None when it can't be told."""
        minutes = int((start + _MARGIN - self._clock.now()).total_seconds() // 60)
        try:
            return self._client.upcoming(minutes)
        except TargetError:
            return None

    def _is(self, found: Conference, attempt: _Attempt) -> bool:
        return found.name == attempt.name and start_of(found, self._zone) == attempt.start

    def _note(self, uid: str, start: datetime) -> Text | None:
        """What it says of its start, once: a server in another zone is noticed before somebody comes too late."""
        try:
            found = self._client.find(uid)
        except TargetError:
            return None
        if found is None or start_of(found, self._zone) == start:
            return None
        return Text.of("jitsiadmin.other_zone", seen=found.start, zone=self._zone.key)

    def _when(self, payload: Mapping[str, object], name: str) -> tuple[datetime, int]:
        minutes = payload.get("minutes")
        start = _moment(payload.get("starts_at"), name)
        if not isinstance(minutes, int) or minutes < 1:
            raise Permanent(Text.of("jitsiadmin.no_duration", name=name))
        self._demand_plannable(name, start)
        return start, minutes

    def _demand_plannable(self, name: str, start: datetime) -> None:
        why = objection(name)
        if why is None and start <= self._clock.now():
            why = Text.of("jitsiadmin.begun")
        if why is not None:
            raise Permanent(why)

    def _local(self, start: datetime) -> str:
        """Without a zone: with one Jitsi-Admin keeps the hours and loses the zone."""
        return shown(start, self._zone).partition(" ")[0]

    def _email(self, key: str, resolve: Resolve, name: str) -> str:
        email = self._people.email_of(resolve(ResourceId(Kind.ACCOUNT, key)))
        if not email:
            raise Permanent(Text.of("jitsiadmin.no_address", name=name))
        _demand_usable(email)
        return email

    def _add(self, uid: str, email: str) -> None:
        try:
            self._client.add(uid, email)
        except Refusal as refusal:
            raise _in_our_words(refusal) from refusal

    def _remove(self, found: Conference, email: str, name: str) -> None:
        """What was refused is looked at once more: of two accounts with one address the wrong one may be meant."""
        try:
            self._client.remove(found.uid, email)
        except Refusal as refusal:
            if refusal.words != NOT_IN_IT:
                raise _in_our_words(refusal) from refusal
            now = self._reader.read(found.uid)
            if now is None or email in now.people:
                raise Permanent(Text.of("jitsiadmin.not_taken_out", name=name, email=email)) from refusal


def _moment(starts_at: object, name: str) -> datetime:
    try:
        return moment_of(str(starts_at))
    except ValueError as error:
        raise Permanent(Text.of("jitsiadmin.no_start", name=name)) from error


def _demand_usable(email: str) -> None:
    why = objection_to_address(email)
    if why is not None:
        raise Permanent(why)


def _in_our_words(refusal: Refusal) -> TargetError:
    """Of a conference that was just read, "No Server found" can only mean the key."""
    return LoginRefused(Text.of("jitsiadmin.key_refused"), refusal.words) if refusal.words == NO_SERVER else refusal
