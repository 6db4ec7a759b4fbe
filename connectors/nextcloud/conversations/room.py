"""Conversations as a room of the connector; see `connectors.kit.rooms`."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.kit.batch import Batch, located
from connectors.kit.rooms import Room, Rosters, Staged, held_against
from connectors.nextcloud.client import PRODUCT, Client
from connectors.nextcloud.conversations import shape, steps
from connectors.nextcloud.conversations.reading import ConversationReader, reference_of
from connectors.nextcloud.conversations.shape import People
from connectors.nextcloud.conversations.steps import compile_conversations
from connectors.nextcloud.conversations.writing import SOURCES, ConversationWriter
from connectors.nextcloud.fresh import Fresh
from connectors.nextcloud.look import NextcloudLook
from provisioner.model.errors import LoginRefused, Permanent, TargetError, Uncertain
from provisioner.model.inventory import (
    Absent,
    Complete,
    Completeness,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unreadable,
)
from provisioner.model.ports import Clock, Resolve, Sought
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, ResourceId, Value, marker_of
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class _ReadChat(Verified):
    """A fresh read of the whole chat."""

    greeted: bool


class ConversationRoom(Room[NextcloudLook]):
    """The rooms that our account is in: it makes them, owns them, and stays in them.

    A roster tells the groups inside as (MEMBER, GROUP), **every** account inside as (MEMBER, ACCOUNT), moderators and
    our own account among them, and those who moderate as (MODERATOR, ACCOUNT) besides. A room that our account does
    not moderate is seen and not writable.
    """

    kind = Kind.CONVERSATION
    fields = shape.FIELDS
    operations = steps.OPERATIONS
    sharing = steps.SHARING

    def __init__(self, client: Client, target: str, url: str, clock: Clock) -> None:
        """``url``: what stands before ``/index.php`` in the browser."""
        self._scope = Scope(target, self.kind)
        self._url = url
        self._reader = ConversationReader(client)
        self._people: Fresh[People | None] = Fresh(clock)
        self._writer = ConversationWriter(client, self._reader, self._people)

    def objection(self, name: str) -> Text | None:
        """Why we make no room of this name."""
        return shape.objection(name)

    def canonical_name(self, name: str) -> str:
        """Names differ by case, and are not unique."""
        return shape.trimmed(name)

    def canonical(self, field: FieldName, value: Value) -> Value:
        """Texts are trimmed."""
        return shape.canonical(field, value)

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - a port's signature
        """With index.php, which every server knows; Talk's own links lack it where the server hides it."""
        return f"{self._url}/index.php/call/{remote_id}"

    def observe(self, look: NextcloudLook) -> tuple[Observation, Rosters]:
        """One request for all rooms, and one for the participants of each that somebody asked about."""
        self._reader.own_account(look.own.id)
        only = look.interest.only
        sought = None if only is None else [one for one in only if one.id.kind is self.kind]
        if sought is not None and not sought:
            return Observation(Complete(self._narrowed(sought))), {}
        listed = self._reader.rooms()
        found = {token: one for token, one in listed.by_token.items() if sought is None or _is_sought(one, sought)}
        scope = self._scope if sought is None else self._narrowed(sought)
        completeness: Completeness = Complete(scope)
        if listed.unreadable:
            completeness = Partial(scope, Text.of("nextcloud.conversations_unreadable", count=listed.unreadable))
        rosters: dict[tuple[Kind, str], Roster] = {
            (self.kind, token): self._roster(token, remote)
            for token, remote in found.items()
            if sought is not None or look.asks_for_members_of(remote, self.kind)
        }
        return Observation(completeness, found), rosters

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """See `connectors.nextcloud.conversations.steps`."""
        return compile_conversations(batch)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """The chat before a first message, the participants before an edge, the list of rooms before all else."""
        token = located(step, resolve)
        if step.operation == steps.GREET:
            greeted = self._reader.greeted(token, reference_of(step.id))
            return self._gone(step) if greeted is None else _ReadChat(None, greeted)
        if step.operation in steps.SHARING:
            return self._verify_people(step, token, step.expects_edge, resolve)
        remote = self._reader.room(token)
        if remote is not None and "fingerprint" in step.payload and remote.fingerprint != step.payload["fingerprint"]:
            return Moved(Text.of("nextcloud.conversation_replaced", name=step.name))
        if remote is not None and remote.writable is not None:
            raise Permanent(Text.of("nextcloud.conversation_not_ours", name=step.name))
        return held_against(step, remote, PRODUCT)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """See `connectors.nextcloud.conversations.writing`."""
        match step.operation:
            case steps.CREATE:
                return self._writer.create(step, resolve)
            case steps.SET:
                return self._writer.set(step, resolve)
            case steps.GREET:
                if not isinstance(verified, _ReadChat):
                    raise Uncertain(Text.of("kit.not_verified", name=step.name))
                return self._writer.greet(step, resolve, verified.greeted)
            case steps.INVITE:
                return self._writer.invite(step, resolve)
            case steps.PROMOTE:
                return self._writer.promote(step, resolve)
            case steps.DEMOTE:
                return self._writer.demote(step, resolve)
            case steps.REMOVE:
                return self._writer.remove(step, resolve)
            case steps.ERASE:
                return self._writer.erase(step, resolve)
        raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """By the mark alone, among the rooms that our account made: names are not unique, and others can copy a mark.

        Raises `TargetError`.
        """
        listed, marker = self._reader.rooms(), marker_of(identity)
        found = [one for token, one in listed.by_token.items() if one.marker == marker and token in listed.owned]
        if len(found) > 1:
            return Unreadable(Text.of("nextcloud.conversation_twice", name=name, count=len(found)))
        if found:
            return Present(found[0])
        if listed.unreadable:
            return Unreadable(Text.of("nextcloud.conversations_unreadable", count=listed.unreadable))
        return Absent()

    def forget(self) -> None:
        """The participants of the last room."""
        self._people.forget()

    def _verify_people(self, step: Step, token: str, edge: Edge | None, resolve: Resolve) -> Verified | Moved:
        people = self._people.read(token, lambda: self._reader.people(token))
        if people is None:
            return self._gone(step)
        if edge is not None:
            actor = resolve(ResourceId(edge.seats.member, edge.member))
            inside = people.find(SOURCES[edge.seats.member], actor)
            if inside is None or (edge.seats.role is EdgeRole.MODERATOR and not inside.moderates):
                return Moved(Text.of("nextcloud.edge_gone", name=actor, group=step.name))
        return Verified(None)

    def _gone(self, step: Step) -> Moved:
        return Moved(Text.of("kit.gone", name=step.name, product=PRODUCT))

    def _narrowed(self, sought: list[Sought]) -> Scope:
        return Scope(self._scope.target, self.kind, only=frozenset(one.id.key for one in sought))

    def _roster(self, token: str, remote: Remote) -> Roster:
        scope = Scope(self._scope.target, self.kind, token)
        try:
            people = self._reader.people(token)
        except LoginRefused:
            raise
        except TargetError as error:
            return Roster(Partial(scope, error.text))
        if people is None:
            return Roster(Partial(scope, Text.of("kit.gone", name=remote.name, product=PRODUCT)))
        return Roster(Complete(scope), people.members())


def _is_sought(remote: Remote, sought: list[Sought]) -> bool:
    return any(
        remote.remote_id == one.remote_id or remote.name == one.name or remote.marker == marker_of(one.id)
        for one in sought
    )
