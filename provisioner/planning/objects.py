"""Plans the objects of one kind: create, adopt, borrow, update, suspend, resume."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from provisioner.model.bindings import Binding
from provisioner.model.changes import Adopt, ChangeClass, Create, Resume, Suspend, Update
from provisioner.model.inventory import Complete, Partial, Remote, Unknown
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import FieldName, Kind, Resource, Value
from provisioner.model.rules import OnDrift
from provisioner.model.text import Text
from provisioner.model.words import field_words
from provisioner.planning.addresses import Addresses
from provisioner.planning.borrowing import Borrowing
from provisioner.planning.draft import Draft
from provisioner.planning.fields import Differing, FieldComparer, FieldDifferences, unwritable
from provisioner.planning.matching import Candidate, Claims, Disputed, Likeness, Matcher, Theirs, dispute
from provisioner.planning.rosters import drift_class


class _Rename(NamedTuple):
    """Something tied that shall be called otherwise."""

    wanted: Resource
    remote: Remote
    names: tuple[Value | Unknown, Value]
    change_class: ChangeClass
    drift: bool


class ObjectPlanner:
    """All objects of one kind in one target."""

    def __init__(self, kind: Kind, draft: Draft) -> None:
        self._kind = kind
        self._draft = draft
        self._observation = draft.inventory.of(kind)
        self._comparer = FieldComparer(kind, draft.capabilities, self._observation)
        self._on_drift = drift_class(draft.rules.on_drift.get(kind, OnDrift.ASK))
        self._borrowing = Borrowing(draft)
        self._addresses = Addresses(draft)
        self._renames: list[_Rename] = []
        self._needed = self._seated() if kind is Kind.ACCOUNT and draft.capabilities.only_members else None

    def plan(self) -> None:
        """Add this kind's changes and notices to the draft."""
        draft = self._draft
        if isinstance(self._observation.completeness, Partial):
            draft.notice(NoticeKind.PARTIAL, None, str(self._kind), self._observation.completeness.why)
        pending = draft.ties.pending or {}
        new: list[Resource] = []
        for identity, wanted in draft.desired.resources.items():
            if identity.kind is not self._kind:
                continue
            binding = draft.ties.bindings.get(identity)
            if identity.key in draft.desired.blocked:
                draft.notice(NoticeKind.BLOCKED, identity, wanted.name, Text.of("planning.malformed"))
            elif binding is not None:
                self._plan_bound(wanted, binding)
            elif identity in pending:
                draft.notice(NoticeKind.WAITING, identity, wanted.name, self._why_pending(wanted))
            elif not self._borrowing.recall(wanted) and self._is_needed(wanted):
                new.append(wanted)
        for identity, binding in draft.ties.bindings.items():
            blocked = identity.key in draft.desired.blocked and identity not in draft.desired.resources
            if identity.kind is self._kind and blocked:
                draft.notice(NoticeKind.BLOCKED, identity, binding.name, Text.of("planning.malformed"))
        if self._kind is Kind.ACCOUNT:
            self._borrowing.recall_those_without_entry()
        if new or self._renames:
            self._plan_names(new)
        if self._kind is Kind.ACCOUNT:
            self._plan_orphans()

    def _seated(self) -> frozenset[str]:
        """Keys of the accounts that are to be in something that this target has."""
        there, edges = self._draft.capabilities.fields, self._draft.desired.edges
        wanted = (who for seats, who in edges.items() if seats.container.kind in there and seats.member is Kind.ACCOUNT)
        return frozenset[str]().union(*wanted)

    def _is_needed(self, wanted: Resource) -> bool:
        return self._needed is None or wanted.id.key in self._needed

    def _plan_bound(self, wanted: Resource, binding: Binding) -> None:
        remote = self._draft.bound(wanted.id, binding)
        if remote is None:
            return
        settled = wanted.id not in self._draft.ties.unsettled
        differences = self._comparer.compare(wanted, remote, binding, settled=settled)
        if differences is not None:
            self._update(wanted, remote, differences, ChangeClass.AUTO)

    def _plan_names(self, new: Sequence[Resource]) -> None:
        """What is new or renamed, all at once: two of them could mean the same object, or want the same name."""
        draft, matcher = self._draft, Matcher(self._kind, self._draft)
        matches = [(wanted, matcher.find(wanted)) for wanted in new]
        claims = Claims(found for _, found in matches)
        names: Counter[str] = Counter()
        if not self._is_alike:
            names.update(self._canonical_name(wanted) for wanted, found in matches if found is None)
            names.update(self._canonical_name(rename.wanted) for rename in self._renames)
        for wanted, found in matches:
            if isinstance(found, Disputed):
                draft.notice(NoticeKind.DISPUTED, wanted.id, wanted.name, found.why)
            elif (taken := self._addresses.objection(wanted)) is not None:
                draft.notice(NoticeKind.DISPUTED, wanted.id, wanted.name, taken)
            elif isinstance(found, Candidate | Theirs) and (
                not claims.has_the_best(found) or self._borrowing.is_anothers(wanted, found.remote)
            ):
                why = dispute(self._kind, "claimed_twice", found.remote.name)
                draft.notice(NoticeKind.DISPUTED, wanted.id, wanted.name, why)
            elif isinstance(found, Candidate):
                self._adopt(wanted, found)
            elif isinstance(found, Theirs):
                if isinstance(draft.evidence_about(wanted.id), Complete):  # else a better match may be unread
                    self._borrowing.borrow(wanted, found.remote)
            elif names[self._canonical_name(wanted)] > 1:
                why = dispute(self._kind, "wanted_twice", wanted.name)
                draft.notice(NoticeKind.DISPUTED, wanted.id, wanted.name, why)
            else:
                self._create(wanted)
        for rename in self._renames:
            self._rename(rename, matcher, wanted_twice=names[self._canonical_name(rename.wanted)] > 1)

    def _why_pending(self, wanted: Resource) -> Text:
        if self._observation.unlisted:
            return Text.of("planning.outcome_for_ranger", id=wanted.id.key, target=self._draft.target)
        return Text.of("planning.outcome_unknown")

    @property
    def _is_alike(self) -> bool:
        """Whether names of this kind say nothing but what people read."""
        return self._kind in self._draft.capabilities.alike

    def _canonical_name(self, wanted: Resource) -> str:
        return self._draft.capabilities.canonical_name(self._kind, wanted.name)

    def _rename(self, rename: _Rename, matcher: Matcher, *, wanted_twice: bool) -> None:
        draft, wanted, remote = self._draft, rename.wanted, rename.remote
        if isinstance(draft.evidence_about(wanted.id), Partial):
            return  # what could not be read may have this name
        why = matcher.objection_to_rename(wanted, draft.ties.bindings[wanted.id].name)
        if why is None and wanted_twice:
            why = dispute(self._kind, "wanted_twice", wanted.name)
        if why is not None:
            draft.notice(NoticeKind.DISPUTED, wanted.id, remote.name, why)
        elif not self._is_refused(wanted):
            self._change(wanted, remote, {"name": rename.names}, rename.change_class, drift=rename.drift)

    def _is_refused(self, wanted: Resource) -> bool:
        """Whether this name may never be given, or not over there; a notice says why."""
        draft, name = self._draft, wanted.name
        if not self._is_alike and (str(self._kind), self._canonical_name(wanted)) in draft.ties.retired_names:
            draft.notice(NoticeKind.DISPUTED, wanted.id, name, Text.of("planning.retired", name=name))
            return True
        if (objection := draft.capabilities.objection(self._kind, name)) is not None:
            draft.notice(NoticeKind.BLOCKED, wanted.id, name, objection)
            return True
        return False

    def _create(self, wanted: Resource) -> None:
        """Create it, if nothing speaks against it.

        The wish goes into the change in this target's words: fields it has, values as it gives them back.
        """
        draft, name, keys = self._draft, wanted.name, self._draft.evidence_about(wanted.id)
        modes, canonical = draft.capabilities.fields[self._kind], draft.capabilities.canonical
        if wanted.fields.get("enabled") is False:
            return  # somebody who left without ever having had an account here
        if self._is_refused(wanted):
            return
        if not wanted.created_by_us:
            draft.notice(NoticeKind.WAITING, wanted.id, name, Text.of("planning.waits_for_login"))
            return
        if isinstance(keys, Partial):
            return  # it may exist among what could not be read; the notice about the kind says so
        if wanted.id in draft.ties.borrowed:
            draft.notice(NoticeKind.FOREIGN, wanted.id, name, Text.of("planning.borrowed_lost", name=name))
            return
        if any(need not in draft.remote_ids for need in wanted.needs):
            draft.notice(NoticeKind.WAITING, wanted.id, name, Text.of("planning.waits_for_groups"))
            return  # a room without them would be nobody's, and a folder nobody could read
        fields: dict[FieldName, Value] = {
            field: canonical(self._kind, field, value) for field, value in wanted.fields.items() if field in modes
        }
        draft.remote_ids[wanted.id] = None
        draft.names[wanted.id] = name
        draft.changes.append(
            Create(
                target=draft.target,
                id=wanted.id,
                name=name,
                reason=wanted.reason,
                wanted=replace(wanted, fields=fields),
                keys=keys,
            )
        )

    def _adopt(self, wanted: Resource, found: Candidate) -> None:
        draft, remote = self._draft, found.remote
        if found.likeness is not Likeness.CHOSEN and isinstance(draft.evidence_about(wanted.id), Partial):
            return  # a better match may be among what could not be read
        # Of an account that the login makes under a known name, policy has said already that it shall be ours.
        known = not wanted.created_by_us and found.likeness is Likeness.NAME
        change_class = ChangeClass.AUTO if known else ChangeClass.QUEUED
        draft.remote_ids[wanted.id] = remote.remote_id
        draft.names[wanted.id] = remote.name
        draft.newly_ours[wanted.id] = change_class
        draft.changes.append(
            Adopt(
                target=draft.target,
                id=wanted.id,
                name=remote.name,
                reason=found.evidence,
                change_class=change_class,
                remote=remote,
            )
        )
        under_its_name = Resource(wanted.id, remote.name, wanted.fields, wanted.reason)  # adopting never renames
        differences = self._comparer.compare(under_its_name, remote, None)
        if differences is not None:
            self._update(under_its_name, remote, differences, change_class)

    def _update(
        self, wanted: Resource, remote: Remote, differences: FieldDifferences, change_class: ChangeClass
    ) -> None:
        draft = self._draft
        if not draft.desired.complete and differences.drop_losses():
            why = Text.of("planning.registry_incomplete")
            draft.notice(NoticeKind.PARTIAL, wanted.id, remote.name, why)
        if "email" in differences and (taken := self._addresses.objection(wanted)) is not None:
            differences.drop("email")
            draft.notice(NoticeKind.DISPUTED, wanted.id, remote.name, taken)
        for name in differences.unwritable:
            why = unwritable(wanted.id.kind, name, remote)
            draft.notice(NoticeKind.UNWRITABLE, wanted.id, remote.name, why)
        if "name" in differences.by_registry:
            # Under an account's name somebody logs in: it is never changed unattended.
            least = ChangeClass.QUEUED if self._kind is Kind.ACCOUNT else change_class
            self._renames.append(_Rename(wanted, remote, differences.by_registry.pop("name"), least, False))
        if "name" in differences.by_drift and self._on_drift is not None:
            names = differences.by_drift.pop("name")
            self._renames.append(_Rename(wanted, remote, names, self._on_drift, True))
        if differences.by_registry:
            self._change(wanted, remote, differences.by_registry, change_class, drift=False)
        if differences.by_drift and self._on_drift is not None:
            self._change(wanted, remote, differences.by_drift, self._on_drift, drift=True)
        elif differences.by_drift:
            why = Text.of("planning.kept", fields=field_words(differences.by_drift))
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
                    reason=Text.of(cause),
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
            if remote.writable is not None and "enabled" not in remote.writable:
                why = unwritable(identity.kind, "enabled", remote)
                draft.notice(NoticeKind.UNWRITABLE, identity, remote.name, why)
                continue
            refused = draft.removal_refused(draft.evidence_about(identity))
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
