"""Plans who joins and who leaves the containers of one target, and whose rights in them change."""

from collections.abc import Mapping
from typing import Final

from provisioner.model.changes import ChangeClass, Join, Leave, Regrade, Verb
from provisioner.model.inventory import Complete, Level, Partial, Roster
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import EdgeRole, Kind, ResourceId
from provisioner.model.rules import OnDrift
from provisioner.model.text import Text
from provisioner.planning.draft import KINDS, Draft
from provisioner.planning.grades import compare_grades
from provisioner.planning.rooms import compare_room
from provisioner.planning.rosters import GRADED, SORTS, Case, Differences, Members, Move, compare_seats, drift_class

CONTAINERS: Final = tuple(kind for kind in KINDS if kind in SORTS)
"""In the order in which they are planned: who comes and goes with a group is known before conversations are."""

_STRICTNESS = (ChangeClass.AUTO, ChangeClass.QUEUED, ChangeClass.NAMED)


class EdgePlanner:
    """All containers of one target; runs after the objects of every kind are planned."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._members: Mapping[Kind, Members] = {}
        self._going: dict[str, dict[ChangeClass, set[str]]] = {}
        """Group key → the accounts that this plan takes out of it, by class."""

    def plan(self) -> None:
        """Add joins, leaves and regrades to the draft."""
        draft = self._draft
        orphans = self._orphans()
        self._take_as_there()
        self._members = {kind: members_of(kind, draft) for kind in (Kind.ACCOUNT, Kind.GROUP)}
        for kind in CONTAINERS:
            for identity in list(draft.remote_ids):
                if identity.kind is not kind or identity in draft.desired.login_writes:
                    continue
                if identity in draft.desired.resources or identity in draft.ties.assumed:
                    self._plan_container(identity, draft.newly_ours.get(identity, ChangeClass.AUTO))
                elif identity in orphans:
                    self._plan_container(identity, ChangeClass.QUEUED)

    def _orphans(self) -> frozenset[ResourceId]:
        """Containers of ours that nobody wants any more, and that are there."""
        draft, found = self._draft, set()
        for identity, binding in draft.ties.bindings.items():
            if identity.kind is Kind.ACCOUNT or identity.kind not in draft.capabilities.fields:
                continue
            if draft.is_orphan(identity) and draft.bound(identity, binding) is not None:
                draft.notice(NoticeKind.ORPHAN, identity, binding.name, Text.of("planning.orphaned_container"))
                found.add(identity)
        return frozenset(found)

    def _take_as_there(self) -> None:
        """Containers that were not looked at, but for who of a few is in them: these few are planned all the same."""
        draft = self._draft
        containers = {seats.container for seats in draft.desired.edges}
        for identity in containers & draft.ties.assumed.keys() - draft.remote_ids.keys():
            binding = draft.ties.assumed[identity]
            told = (identity.kind, binding.remote_id) in draft.inventory.rosters
            if told and not draft.is_untouchable(binding):
                draft.remote_ids[identity] = binding.remote_id
                draft.names[identity] = binding.name

    def _plan_container(self, identity: ResourceId, floor: ChangeClass) -> None:
        """``floor``: the least class of anything that happens to this container."""
        draft = self._draft
        remote_id = draft.remote_ids[identity]
        roster: Roster | None = None
        if remote_id is not None:
            roster = draft.inventory.rosters.get((identity.kind, remote_id))
            if roster is None and (identity.kind, remote_id) in draft.inventory.resting:
                return
            if roster is None:
                draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], Text.of("planning.no_roster"))
                return
        differences = self._differences(identity, roster)
        if remote_id is not None and roster is not None:
            if differences.moves and self._is_read_only(identity, remote_id):
                return
            self._take_away(identity, remote_id, roster, differences, floor)
        for move in differences.moves:
            if move.before is None and move.role is not None:
                self._join(identity, move, move.role, floor)
        for cause, members in differences.kept.items():
            why = Text.of(f"planning.{cause}", count=len(members))
            draft.notice(NoticeKind.KEPT, identity, draft.names[identity], why)

    def _differences(self, identity: ResourceId, roster: Roster | None) -> Differences:
        draft, kind = self._draft, identity.kind
        on_drift = drift_class(draft.rules.on_drift.get(kind, OnDrift.ASK))
        case = Case(identity, draft.desired, draft.ties, roster, self._members, on_drift)
        if kind in GRADED:
            return compare_grades(case, Kind.GROUP, adopted=identity in draft.newly_ours)
        if kind is Kind.CONVERSATION:
            found = compare_seats(case, EdgeRole.MEMBER, Kind.GROUP)
            found += compare_room(case, found, draft.inventory, self._going)
            return found
        found = Differences()
        for role, member in SORTS[kind]:
            found += compare_seats(case, role, member)
        return found

    def _is_read_only(self, identity: ResourceId, remote_id: str) -> bool:
        """Whether nothing at all of it can be written: then a directory behind the product keeps its members, too."""
        draft = self._draft
        remote = draft.inventory.of(identity.kind).objects.get(remote_id)
        if remote is None or remote.writable is None or remote.writable:
            return False
        why = Text.of("planning.members_unwritable", name=remote.name)
        draft.notice(NoticeKind.UNWRITABLE, identity, remote.name, why)
        return True

    def _take_away(
        self, identity: ResourceId, remote_id: str, roster: Roster, differences: Differences, floor: ChangeClass
    ) -> None:
        """Leaves and regrades, on the evidence of everybody who is in it."""
        draft, evidence = self._draft, roster.completeness
        moves = [(move, move.before) for move in differences.moves if move.before is not None]
        if isinstance(evidence, Complete) and evidence.level < Level.FIELDS:
            evidence = Partial(evidence.scope, Text.of("planning.no_roster"))
        if isinstance(evidence, Partial):
            draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], evidence.why)
        elif moves and (refused := draft.removal_refused(evidence)) is not None:
            draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], refused)
        else:
            for move, before in moves:
                self._leave_or_regrade(identity, remote_id, evidence, move, before, floor)

    def _join(self, identity: ResourceId, move: Move, role: EdgeRole, floor: ChangeClass) -> None:
        draft = self._draft
        draft.changes.append(
            Join(
                target=draft.target,
                id=identity,
                name=draft.names[identity],
                reason=_reason(move),
                change_class=draft.held(Verb.JOIN, _stricter(move.change_class, floor)),
                members=tuple(sorted(move.members)),
                role=role,
                member=move.member,
            )
        )

    def _leave_or_regrade(
        self,
        identity: ResourceId,
        remote_id: str,
        evidence: Complete,
        move: Move,
        before: EdgeRole,
        floor: ChangeClass,
    ) -> None:
        draft = self._draft
        verb = Verb.LEAVE if move.role is None else Verb.REGRADE
        change_class = draft.held(verb, _stricter(move.change_class, floor))
        if identity.kind is Kind.GROUP:
            self._going.setdefault(identity.key, {}).setdefault(change_class, set()).update(move.members)
        if move.role is None:
            draft.changes.append(
                Leave(
                    target=draft.target,
                    id=identity,
                    name=draft.names[identity],
                    reason=_reason(move),
                    change_class=change_class,
                    members=tuple(sorted(move.members)),
                    remote_id=remote_id,
                    edges=evidence,
                    source_complete=draft.desired.complete,
                    role=before,
                    member=move.member,
                )
            )
        else:
            draft.changes.append(
                Regrade(
                    target=draft.target,
                    id=identity,
                    name=draft.names[identity],
                    reason=_reason(move),
                    change_class=change_class,
                    members=tuple(sorted(move.members)),
                    before=before,
                    role=move.role,
                    remote_id=remote_id,
                    edges=evidence,
                    source_complete=draft.desired.complete,
                    member=move.member,
                )
            )


def members_of(kind: Kind, draft: Draft) -> Members:
    """Whoever is ours, or becomes so by this plan, or is not looked at. A lost one is not among them."""
    there = {identity.key: at for identity, at in draft.remote_ids.items() if identity.kind is kind}
    keys = {remote_id: key for key, remote_id in there.items() if remote_id is not None}
    for identity, binding in draft.ties.assumed.items():
        if identity.kind is kind and identity.key not in there and not draft.is_untouchable(binding):
            keys.setdefault(binding.remote_id, identity.key)
    waiting = frozenset(
        identity.key
        for identity, change_class in draft.newly_ours.items()
        if identity.kind is kind and change_class is not ChangeClass.AUTO
    )
    return Members(frozenset(there.keys() | set(keys.values())), keys, waiting)


def _reason(move: Move) -> Text:
    return Text.of(f"planning.{move.cause}", count=len(move.members))


def _stricter(*classes: ChangeClass) -> ChangeClass:
    return max(classes, key=_STRICTNESS.index)
