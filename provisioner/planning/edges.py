"""Plans who joins and who leaves the containers of one target."""

from provisioner.model.changes import ChangeClass, Join, Leave
from provisioner.model.inventory import Complete, Partial, Remote
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import Kind, ResourceId, Seats
from provisioner.model.rules import OnDrift
from provisioner.model.text import Text
from provisioner.planning.draft import Draft
from provisioner.planning.rosters import NOBODY, Parting, RosterDifferences, Seen, compare

_STRICTNESS = (ChangeClass.AUTO, ChangeClass.QUEUED, ChangeClass.NAMED)


class EdgePlanner:
    """All containers of one target; runs after its accounts and containers are planned."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        accounts = {identity.key: at for identity, at in draft.remote_ids.items() if identity.kind is Kind.ACCOUNT}
        self._present = frozenset(accounts)
        self._keys = {remote_id: key for key, remote_id in accounts.items() if remote_id is not None}
        """Remote id → key of every account that is ours, or becomes so by this plan. A lost one is not among them."""
        self._rule = draft.rules.on_drift.get(Kind.GROUP, OnDrift.ASK)

    def plan(self) -> None:
        """Add joins and leaves to the draft."""
        draft = self._draft
        for seats in draft.desired.edges:
            identity = seats.container
            if identity in draft.remote_ids and identity not in draft.desired.login_writes:
                self._plan_container(identity, draft.newly_ours.get(identity.key, ChangeClass.AUTO))
        for identity, binding in draft.ties.bindings.items():
            if identity.kind is not Kind.GROUP or not draft.is_orphan(identity):
                continue
            if draft.bound(identity, binding) is not None:
                draft.notice(NoticeKind.ORPHAN, identity, binding.name, Text.of("planning.orphaned_container"))
                self._plan_container(identity, ChangeClass.QUEUED)

    def _plan_container(self, identity: ResourceId, floor: ChangeClass) -> None:
        """``floor``: the least class of anything that happens to this container."""
        draft = self._draft
        remote_id = draft.remote_ids[identity]
        if remote_id is None:
            self._join_all(identity, self._differences(identity, Seen(NOBODY, NOBODY)), floor)
            return
        roster = draft.inventory.rosters.get((identity.kind, remote_id))
        if roster is None:
            draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], Text.of("planning.no_roster"))
            return
        evidence, keys = roster.completeness, self._keys
        seen = Seen(
            now={keys[member] for member in roster.accounts if member in keys},
            applied=draft.ties.edges.get(Seats(identity), NOBODY),
            whole=isinstance(evidence, Complete),
        )
        differences = self._differences(identity, seen)
        if (differences.joins or differences.leaves) and self._is_read_only(identity, remote_id):
            return
        if isinstance(evidence, Partial):
            draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], evidence.why)
        elif differences.leaves and (refused := draft.removal_refused(evidence)) is not None:
            draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], refused)
        else:
            for parting in differences.leaves:
                self._leave(identity, remote_id, evidence, parting, floor)
        self._join_all(identity, differences, floor)

    def _differences(self, identity: ResourceId, seen: Seen) -> RosterDifferences:
        draft = self._draft
        return compare(Seats(identity), draft.desired, self._present, seen, self._rule, draft.newly_ours)

    def _is_read_only(self, identity: ResourceId, remote_id: str) -> bool:
        """Whether nothing at all of it can be written: then a directory behind the product keeps its members, too."""
        draft = self._draft
        remote: Remote = draft.inventory.of(identity.kind).objects[remote_id]
        if remote.writable is None or remote.writable:
            return False
        draft.notice(
            NoticeKind.UNWRITABLE, identity, remote.name, Text.of("planning.members_unwritable", name=remote.name)
        )
        return True

    def _join_all(self, identity: ResourceId, differences: RosterDifferences, floor: ChangeClass) -> None:
        draft = self._draft
        for parting in differences.joins:
            draft.changes.append(
                Join(
                    target=draft.target,
                    id=identity,
                    name=draft.names[identity],
                    reason=Text.of(f"planning.{parting.cause}", count=len(parting.members)),
                    change_class=_stricter(parting.change_class, floor),
                    members=tuple(sorted(parting.members)),
                )
            )
        for members, cause in ((differences.kept_missing, "kept_missing"), (differences.kept_extra, "kept_extra")):
            if members:
                why = Text.of(f"planning.{cause}", count=len(members))
                draft.notice(NoticeKind.KEPT, identity, draft.names[identity], why)

    def _leave(
        self, identity: ResourceId, remote_id: str, evidence: Complete, parting: Parting, floor: ChangeClass
    ) -> None:
        draft = self._draft
        draft.changes.append(
            Leave(
                target=draft.target,
                id=identity,
                name=draft.names[identity],
                reason=Text.of(f"planning.{parting.cause}", count=len(parting.members)),
                change_class=_stricter(parting.change_class, floor),
                members=tuple(sorted(parting.members)),
                remote_id=remote_id,
                edges=evidence,
                source_complete=draft.desired.complete,
            )
        )


def _stricter(*classes: ChangeClass) -> ChangeClass:
    return max(classes, key=_STRICTNESS.index)
