"""Plans who joins and who leaves the containers of one target."""

from provisioner.model.changes import ChangeClass, Join, Leave
from provisioner.model.inventory import Partial, Roster
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.rules import OnDrift
from provisioner.model.text import Text
from provisioner.planning.draft import Draft
from provisioner.planning.rosters import NOBODY, Parting, compare

_STRICTNESS = (ChangeClass.AUTO, ChangeClass.QUEUED, ChangeClass.NAMED)


class EdgePlanner:
    """All containers of one target; runs after its accounts and containers are planned."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._present = frozenset(identity.key for identity in draft.remote_ids if identity.kind is Kind.ACCOUNT)
        self._keys = self._account_keys()
        self._rule = draft.rules.on_drift.get(Kind.GROUP, OnDrift.ASK)

    def _account_keys(self) -> dict[str, str]:
        """Remote id → key of every account that is ours, or becomes so by this plan."""
        draft = self._draft
        keys = {
            binding.remote_id: identity.key
            for identity, binding in draft.ties.bindings.items()
            if identity.kind is Kind.ACCOUNT
        }
        for identity, remote_id in draft.remote_ids.items():
            if identity.kind is Kind.ACCOUNT and remote_id is not None:
                keys[remote_id] = identity.key
        return keys

    def plan(self) -> None:
        """Add joins and leaves to the draft."""
        draft = self._draft
        for key in draft.desired.edges:
            identity = ResourceId(Kind.GROUP, key)
            if identity in draft.remote_ids and key not in draft.desired.login_writes:
                self._plan_container(identity)
        for identity, binding in draft.ties.bindings.items():
            if identity.kind is not Kind.GROUP or not draft.is_orphan(identity):
                continue
            if draft.bound(identity, binding) is not None:
                draft.notice(NoticeKind.ORPHAN, identity, binding.name, Text.of("planning.orphaned_container"))
                self._plan_container(identity)

    def _plan_container(self, identity: ResourceId) -> None:
        draft, keys = self._draft, self._keys
        remote_id = draft.remote_ids[identity]
        roster = None
        observed: frozenset[str] | set[str] = NOBODY
        if remote_id is not None:
            roster = draft.inventory.rosters.get(remote_id)
            if roster is None:
                draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], Text.of("planning.no_roster"))
                return
            observed = {keys[member] for member in roster.members if member in keys}
        applied = draft.ties.edges.get(identity.key, NOBODY)
        differences = compare(
            identity.key, draft.desired, self._present, observed, applied, self._rule, draft.newly_ours
        )
        floor = draft.newly_ours.get(identity.key, ChangeClass.AUTO)
        for parting in differences.joins:
            self._join(identity, parting, floor)
        if remote_id is not None and roster is not None:
            for parting in differences.leaves:
                self._leave(identity, remote_id, roster, parting, floor)
        for members, cause in ((differences.kept_missing, "kept_missing"), (differences.kept_extra, "kept_extra")):
            if members:
                why = Text.of(f"planning.{cause}", count=len(members))
                draft.notice(NoticeKind.KEPT, identity, draft.names[identity], why)

    def _join(self, identity: ResourceId, parting: Parting, floor: ChangeClass) -> None:
        draft = self._draft
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

    def _leave(
        self, identity: ResourceId, remote_id: str, roster: Roster, parting: Parting, floor: ChangeClass
    ) -> None:
        draft, evidence = self._draft, roster.completeness
        refused = draft.removal_refused(evidence)
        if refused is not None or isinstance(evidence, Partial):
            why = refused or Text.of("planning.no_roster")
            draft.notice(NoticeKind.PARTIAL, identity, draft.names[identity], why)
            return
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
