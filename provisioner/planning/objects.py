"""Plans the objects of one kind: create, adopt, update, suspend, resume."""

from provisioner.model.bindings import Binding
from provisioner.model.changes import Adopt, ChangeClass, Create, Resume, Suspend, Update
from provisioner.model.inventory import Complete, Partial, Remote
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import FieldName, Kind, Resource, Value
from provisioner.model.rules import OnDrift
from provisioner.model.text import Text
from provisioner.planning.draft import Draft
from provisioner.planning.fields import Differing, FieldComparer, FieldDifferences
from provisioner.planning.matching import Candidate, Disputed, Matcher
from provisioner.planning.rosters import drift_class


class ObjectPlanner:
    """All objects of one kind in one target."""

    def __init__(self, kind: Kind, draft: Draft) -> None:
        self._kind = kind
        self._draft = draft
        self._observation = draft.inventory.of(kind)
        self._comparer = FieldComparer(kind, draft.capabilities)
        self._matcher = Matcher(kind, self._observation, draft.capabilities, self._owned(), self._protected())
        self._on_drift = drift_class(draft.rules.on_drift.get(kind, OnDrift.ASK))

    def _owned(self) -> frozenset[str]:
        """Remote ids that are bound already, by this network or by another one on the same server."""
        ties = self._draft.ties
        ours = {binding.remote_id for identity, binding in ties.bindings.items() if identity.kind is self._kind}
        return frozenset(ours | {remote_id for kind, remote_id in ties.foreign if kind == self._kind})

    def _protected(self) -> frozenset[str]:
        rules, own = self._draft.rules, self._draft.inventory.own_account
        names = set(rules.protected_accounts if self._kind is Kind.ACCOUNT else rules.protected_groups)
        if own and self._kind is Kind.ACCOUNT:
            names.add(own)
        return frozenset(self._draft.capabilities.canonical_name(self._kind, name) for name in names)

    def plan(self) -> None:
        """Add this kind's changes and notices to the draft."""
        draft = self._draft
        if isinstance(self._observation.completeness, Partial):
            draft.notice(NoticeKind.PARTIAL, None, str(self._kind), self._observation.completeness.why)
        pending = draft.ties.pending or {}
        for identity, wanted in draft.desired.resources.items():
            if identity.kind is not self._kind:
                continue
            binding = draft.ties.bindings.get(identity)
            if identity.key in draft.desired.blocked:
                draft.notice(NoticeKind.BLOCKED, identity, wanted.name, Text.of("planning.malformed"))
            elif binding is not None:
                self._plan_bound(wanted, binding)
            elif identity in pending:
                draft.notice(NoticeKind.WAITING, identity, wanted.name, Text.of("planning.outcome_unknown"))
            else:
                self._plan_new(wanted)
        if self._kind is Kind.ACCOUNT:
            self._plan_orphans()

    def _plan_bound(self, wanted: Resource, binding: Binding) -> None:
        remote = self._draft.bound(wanted.id, binding)
        if remote is None:
            return
        differences = self._comparer.compare(wanted, remote, binding.applied)
        if differences is not None:
            self._update(wanted, remote, differences, ChangeClass.AUTO)

    def _plan_new(self, wanted: Resource) -> None:
        draft, name = self._draft, wanted.name
        found = self._matcher.find(wanted)
        if isinstance(found, Disputed):
            draft.notice(NoticeKind.DISPUTED, wanted.id, name, found.why)
        elif isinstance(found, Candidate):
            self._adopt(wanted, found)
        elif wanted.fields.get("enabled") is False:
            return  # somebody who left without ever having had an account here
        elif (str(self._kind), draft.capabilities.canonical_name(self._kind, name)) in draft.ties.retired_names:
            draft.notice(NoticeKind.DISPUTED, wanted.id, name, Text.of("planning.retired", name=name))
        elif not wanted.created_by_us:
            draft.notice(NoticeKind.WAITING, wanted.id, name, Text.of("planning.waits_for_login"))
        elif (objection := draft.capabilities.objection(self._kind, name)) is not None:
            draft.notice(NoticeKind.BLOCKED, wanted.id, name, objection)
        elif isinstance(self._observation.completeness, Complete):
            self._create(wanted, self._observation.completeness)

    def _create(self, wanted: Resource, keys: Complete) -> None:
        """The wish goes into the change in this target's words: fields it has, values as it gives them back."""
        draft = self._draft
        modes, canonical = draft.capabilities.fields[self._kind], draft.capabilities.canonical
        fields: dict[FieldName, Value] = {
            name: canonical(self._kind, name, value) for name, value in wanted.fields.items() if name in modes
        }
        supported = Resource(wanted.id, wanted.name, fields, wanted.reason, wanted.needs)
        draft.remote_ids[wanted.id] = None
        draft.names[wanted.id] = wanted.name
        draft.changes.append(
            Create(
                target=draft.target,
                id=wanted.id,
                name=wanted.name,
                reason=wanted.reason,
                wanted=supported,
                keys=keys,
            )
        )

    def _adopt(self, wanted: Resource, found: Candidate) -> None:
        draft, remote = self._draft, found.remote
        draft.remote_ids[wanted.id] = remote.remote_id
        draft.names[wanted.id] = remote.name
        draft.newly_ours[wanted.id.key] = ChangeClass.QUEUED
        draft.changes.append(
            Adopt(
                target=draft.target,
                id=wanted.id,
                name=remote.name,
                reason=found.evidence,
                change_class=ChangeClass.QUEUED,
                remote=remote,
            )
        )
        under_its_name = Resource(wanted.id, remote.name, wanted.fields, wanted.reason)  # adopting never renames
        differences = self._comparer.compare(under_its_name, remote, {})
        if differences is not None:
            self._update(under_its_name, remote, differences, ChangeClass.QUEUED)

    def _update(
        self, wanted: Resource, remote: Remote, differences: FieldDifferences, change_class: ChangeClass
    ) -> None:
        draft = self._draft
        for name in differences.unwritable:
            why = Text.of("planning.unwritable", field=name, backend=remote.backend)
            draft.notice(NoticeKind.UNWRITABLE, wanted.id, remote.name, why)
        if differences.by_registry:
            self._change(wanted, remote, differences.by_registry, change_class, drift=False)
        if differences.by_drift and self._on_drift is not None:
            self._change(wanted, remote, differences.by_drift, self._on_drift, drift=True)
        elif differences.by_drift:
            why = Text.of("planning.kept", fields=", ".join(differences.by_drift))
            draft.notice(NoticeKind.KEPT, wanted.id, remote.name, why)

    def _change(
        self, wanted: Resource, remote: Remote, fields: Differing, change_class: ChangeClass, *, drift: bool
    ) -> None:
        draft = self._draft
        others = {name: pair for name, pair in fields.items() if name != "enabled"}
        if others:
            cause = "planning.changed_there" if drift else "planning.changed_here"
            draft.changes.append(
                Update(
                    target=draft.target,
                    id=wanted.id,
                    name=remote.name,
                    reason=Text.of(cause, fields=", ".join(others)),
                    change_class=change_class,
                    remote_id=remote.remote_id,
                    before={name: before for name, (before, _) in others.items()},
                    after={name: after for name, (_, after) in others.items()},
                    drift=drift,
                )
            )
        if "enabled" in fields:
            verb = Resume if fields["enabled"][1] else Suspend
            draft.changes.append(
                verb(
                    target=draft.target,
                    id=wanted.id,
                    name=remote.name,
                    reason=Text.of("planning.switched_there") if drift else wanted.reason,
                    change_class=change_class,
                    remote_id=remote.remote_id,
                )
            )

    def _plan_orphans(self) -> None:
        """Whoever vanished from the registry is suspended once a ranger has read it; nothing is deleted."""
        draft = self._draft
        for identity, binding in draft.ties.bindings.items():
            if identity.kind is not Kind.ACCOUNT or not draft.is_orphan(identity):
                continue
            remote = draft.bound(identity, binding)
            if remote is None or remote.fields.get("enabled") is not True:
                continue
            refused = draft.removal_refused(self._observation.completeness)
            if refused is not None:
                draft.notice(NoticeKind.PARTIAL, identity, binding.name, refused)
                continue
            draft.changes.append(
                Suspend(
                    target=draft.target,
                    id=identity,
                    name=remote.name,
                    reason=Text.of("planning.no_longer_in_registry"),
                    change_class=ChangeClass.QUEUED,
                    remote_id=remote.remote_id,
                )
            )
