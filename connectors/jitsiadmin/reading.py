"""Reading conferences: one request for each that is tied and has not begun. Nobody else's are ever looked at.

Jitsi-Admin lists the ids of what is planned on a server, and all else about it to everybody who knows an id; we ask for
ours alone. What has begun is over for us: it is read once more at most, and never changed.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connectors.jitsiadmin.client import Client, Conference
from connectors.jitsiadmin.conferences import FIELDS, fields_of, start_of
from connectors.jitsiadmin.people import People
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import UNKNOWN, Complete, Observation, Partial, Remote, Roster, Scope
from provisioner.model.ports import Clock, Interest, Known
from provisioner.model.resources import Kind
from provisioner.model.text import Text

Rosters = dict[tuple[Kind, str], Roster]
Memory = dict[tuple[Kind, str], str]

OVER: Final = "begun"
"""What is remembered of a conference that has begun, so that it is asked for no more."""

_KIND: Final = Kind.CONFERENCE


class ConferenceReader:
    """The conferences that are ours. Remembers who was in which, for as long as the connector is open."""

    def __init__(self, client: Client, people: People, target: str, clock: Clock) -> None:
        self._client = client
        self._people = people
        self._target = target
        self._clock = clock
        self._zone = client.settings.zone
        self.to_come: dict[str, Conference] = {}
        """Those that had not begun at the last look, by their ids."""
        self.revisions: Memory = {}
        """What the last look leaves to the next, with ``inside``."""
        self.inside: dict[tuple[Kind, str], tuple[Remote, ...]] = {}

    def observe(self, interest: Interest) -> tuple[Observation, Rosters]:
        """One request for each conference that has not begun. What can't be read of one is its own trouble.

        New names are always free: conferences are not told apart by them, and nobody's is ever taken for ours.
        Raises `LoginRefused`.
        """
        tied = {remote_id for kind, remote_id in interest.bound if kind is _KIND}
        only = looked_at = None
        if interest.only is not None:
            sought = [one for one in interest.only if one.id.kind is _KIND]
            only = frozenset(one.id.key for one in sought)
            looked_at = {one.remote_id for one in sought if one.remote_id is not None}
            people = frozenset(one.id.key for one in interest.only if one.id.kind is Kind.ACCOUNT)
            tied = tied | looked_at if people else looked_at
        self.revisions, self.inside = {}, {}
        objects: dict[str, Remote] = {}
        rosters: Rosters = {}
        for uid in sorted(tied):
            whole = looked_at is None or uid in looked_at
            remote, roster = self._look(uid, interest, None if whole else people)
            rosters[_KIND, uid] = roster
            if whole:
                objects[uid] = remote
        return Observation(Complete(Scope(self._target, _KIND, only=only)), objects, unlisted=True), rosters

    def read(self, uid: str) -> Conference | None:
        """One conference, fresh; None when it is not told, or was called off. Raises `TargetError`."""
        found = self._client.find(uid)
        return None if found is None or not found.organiser else found

    def has_begun(self, found: Conference) -> bool:
        """Whether it is too late to change anything."""
        start = start_of(found, self._zone)
        return start is not None and start <= self._clock.now()

    def remote(self, found: Conference) -> Remote:
        """What may be said of it; nothing of one that has begun can be written."""
        writable = frozenset[str]() if self.has_begun(found) else frozenset(FIELDS)
        return Remote(found.uid, found.name, fields_of(found, self._zone), found.uid, writable=writable)  # type: ignore[arg-type]

    def attending(self) -> Mapping[str, int]:
        """In how many conferences to come an address is, as of the last look; where it organises, it stays."""
        return Counter(email for found in self.to_come.values() for email in found.people if email != found.organiser)

    def sizes(self) -> Mapping[str, int]:
        """How many people are in each."""
        return {uid: len(found.people) for uid, found in self.to_come.items()}

    def _look(self, uid: str, interest: Interest, only: frozenset[str] | None) -> tuple[Remote, Roster]:
        scope = Scope(self._target, _KIND, uid, only)
        called = interest.called.get((_KIND, uid), uid)
        known = interest.known.get((_KIND, uid))
        if known is not None and known.revision == OVER:
            self._keep(uid, known.objects)
            return self._closed(uid, called, known), Roster(Partial(scope, Text.of("jitsiadmin.begun")))
        try:
            found = self.read(uid)
        except LoginRefused:
            raise
        except TargetError as error:
            return self._closed(uid, called), Roster(Partial(scope, error.text))
        if found is None:
            return self._closed(uid, called), Roster(Partial(scope, Text.of("jitsiadmin.not_told", name=called)))
        remote = self.remote(found)
        if self.has_begun(found):
            self._keep(uid, (replace(remote, writable=None),))
        else:
            self.to_come[uid] = found
        members = self._people.at(found.people)
        return remote, Roster.of_accounts(Complete(scope), members)

    def _closed(self, uid: str, called: str, known: Known | None = None) -> Remote:
        """It was there; what it is now is not told, and nothing about it can be written."""
        for remote in known.objects if known is not None else ():
            return Remote(uid, remote.name, remote.fields, uid, writable=frozenset())
        return Remote(uid, called, {"starts_at": UNKNOWN, "minutes": UNKNOWN}, uid, writable=frozenset())

    def _keep(self, uid: str, objects: tuple[Remote, ...]) -> None:
        self.revisions[_KIND, uid] = OVER
        self.inside[_KIND, uid] = objects
