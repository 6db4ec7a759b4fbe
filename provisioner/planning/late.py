"""Texts that link objects to each other: planned last, once it is known where everything will be.

What an object is called and where it stands over all targets decides them, so the caller gathers `addresses_after` of
every target first and hands them to `with_late_texts`. What is created has no address before apply: then texts that
link to it are planned all the same, and resolved when they are written.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import Final

from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Adopt, Change, ChangeClass, Create, Update, Write
from provisioner.model.inventory import Inventory, Remote, Unknown
from provisioner.model.plan import NoticeKind, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, FieldName, Kind, LateText, Mode, Resource, ResourceId, Value
from provisioner.model.rules import OnDrift, PlanningRules
from provisioner.model.text import Text
from provisioner.model.words import field_words
from provisioner.planning.draft import Draft
from provisioner.planning.fields import unwritable
from provisioner.planning.rosters import drift_class
from provisioner.planning.sameness import is_replaced, reader_of

Address = Callable[[ResourceId], str | None]

IDENTIFIERS: Final[frozenset[FieldName]] = frozenset({"login_id"})
"""Fields that hold another object's id, not a text: they carry no marker, and one that is not known empties nothing."""


def addresses_after(
    part: TargetPlan, ties: Ties, capabilities: Capabilities, inventory: Inventory | None = None
) -> dict[ResourceId, str]:
    """Where people open what is tied or adopted, under the names that it has once the unattended changes are made.

    What is created is not in it. ``inventory``: as of now, so that what somebody renamed is found under its new name.
    Accounts are found where people log in with them alone (see `Capabilities.address`).
    """
    known = {identity: (binding.remote_id, binding.name) for identity, binding in ties.bindings.items()}
    if inventory is not None:
        for identity, binding in ties.bindings.items():
            remote = inventory.of(identity.kind).objects.get(binding.remote_id)
            if remote is not None:
                known[identity] = remote.remote_id, remote.name
    for change in part.changes:
        if isinstance(change, Adopt):
            known[change.id] = change.remote.remote_id, change.remote.name
    for change in part.changes:
        name = change.after.get("name") if isinstance(change, Update) else None
        if isinstance(name, str) and change.change_class is ChangeClass.AUTO and change.id in known:
            known[change.id] = known[change.id][0], name
    found = {
        identity: capabilities.address(identity.kind, remote_id, name)
        for identity, (remote_id, name) in known.items()
        if identity.kind is not Kind.ACCOUNT or capabilities.holds_login
    }
    return {identity: address for identity, address in found.items() if address is not None}


def with_late_texts(
    part: TargetPlan,
    desired: Desired,
    inventory: Inventory,
    ties: Ties,
    capabilities: Capabilities,
    rules: PlanningRules,
    address: Address,
    coming: Set[ResourceId] = frozenset(),
) -> TargetPlan:
    """The same part of a plan with its `Write`s, and what is to be said about texts. Pure.

    ``address``: of everything in every target, as `addresses_after` tells; None: it has none, or none yet.
    ``coming``: what this plan makes unattended in other targets, and where it will have an address then.
    """
    draft = Draft(desired, inventory, ties, capabilities, rules)
    planner = _LatePlanner(draft, part, address, coming)
    for resource in desired.resources.values():
        if resource.late:
            planner.plan(resource)
    written = draft.finished()
    notices = sorted((*part.notices, *written.notices), key=lambda notice: (notice.id or ("", ""), notice.kind))
    return replace(part, changes=(*part.changes, *written.changes), notices=tuple(notices))


class _LatePlanner:
    """The texts of one target."""

    def __init__(self, draft: Draft, part: TargetPlan, address: Address, coming: Set[ResourceId]) -> None:
        self._draft = draft
        self._address = address
        self._coming = coming
        self._first: dict[ResourceId, Change] = {
            change.id: change for change in part.changes if isinstance(change, Create | Adopt)
        }
        self._waiting = frozenset(
            change.id for change in self._first.values() if change.change_class is not ChangeClass.AUTO
        )
        """What is linked to only once a ranger agreed to adopt or create it."""

    def plan(self, wanted: Resource) -> None:
        """All texts of one object; nothing where it is not there, or not known to be the one that is meant."""
        draft = self._draft
        modes = draft.capabilities.fields.get(wanted.id.kind, {})
        texts = {name: text for name, text in wanted.late.items() if modes.get(name) in _WRITTEN}
        if not texts or wanted.id.key in draft.desired.blocked:
            return
        first, binding = self._first.get(wanted.id), draft.ties.bindings.get(wanted.id)
        if isinstance(first, Create):
            for name, text in texts.items():
                self._write(wanted, name, text, None, None, first.name, first.change_class)
        elif isinstance(first, Adopt):
            self._compare(wanted, texts, modes, first.remote, None, first.change_class)
        elif binding is not None:
            remote = draft.inventory.of(wanted.id.kind).objects.get(binding.remote_id)
            if remote is not None and not is_replaced(binding, remote) and not draft.is_untouchable(binding):
                self._compare(wanted, texts, modes, remote, binding, ChangeClass.AUTO)

    def _compare(
        self,
        wanted: Resource,
        texts: Mapping[FieldName, LateText],
        modes: Mapping[FieldName, Mode],
        remote: Remote,
        binding: Binding | None,
        floor: ChangeClass,
    ) -> None:
        """Of an object that exists. ``binding`` None: this plan adopts it."""
        draft, kind = self._draft, wanted.id.kind
        read = reader_of(draft.inventory.of(kind))
        applied: Mapping[FieldName, Value] = binding.applied if binding is not None else {}
        settled = wanted.id not in draft.ties.unsettled
        for name, text in texts.items():
            if modes[name] is Mode.ONCE and (binding is None or name in applied):
                continue  # it had its one time, be it before us
            last = draft.capabilities.canonical(kind, name, applied[name]) if name in applied else None
            seen = read(remote, name) if modes[name] is Mode.MANAGED else last
            change_class = self._class(wanted, name, text, seen)
            if change_class is None or isinstance(seen, Unknown):
                continue
            if remote.writable is not None and name not in remote.writable:
                why = unwritable(wanted.id.kind, name, remote)
                draft.notice(NoticeKind.UNWRITABLE, wanted.id, remote.name, why)
                continue
            drift = settled and ((name in applied and seen != last) or _is_theirs(wanted, name, modes[name], seen))
            if drift:
                rule = drift_class(draft.rules.on_drift.get(kind, OnDrift.ASK))
                if rule is None:
                    why = Text.of("planning.kept", fields=field_words([name]))
                    draft.notice(NoticeKind.KEPT, wanted.id, remote.name, why)
                    continue
                change_class = rule
            change_class = max(change_class, floor, key=_STRICTNESS.index)
            self._write(wanted, name, text, remote.remote_id, seen, remote.name, change_class, drift=drift)

    def _class(self, wanted: Resource, name: FieldName, text: LateText, seen: Value | Unknown) -> ChangeClass | None:
        """None: it is written as it should be. What differs only once something is adopted waits with that."""
        new = {identity for identity in text.links() if self._is_new(identity)}
        if self._differs(wanted, name, text, seen, self._address_now) or new - self._waiting:
            return ChangeClass.AUTO
        return ChangeClass.QUEUED if new or self._differs(wanted, name, text, seen, self._address) else None

    def _is_new(self, identity: ResourceId) -> bool:
        if identity in self._coming and self._address(identity) is None:
            return True
        return isinstance(self._first.get(identity), Create)

    def _differs(
        self, wanted: Resource, name: FieldName, text: LateText, seen: Value | Unknown, address: Address
    ) -> bool:
        written = self._draft.capabilities.canonical(wanted.id.kind, name, text.written(address))
        unknown = not written and name in IDENTIFIERS
        return not unknown and (written or None) != (seen or None)

    def _address_now(self, identity: ResourceId) -> str | None:
        return None if identity in self._waiting else self._address(identity)

    def _write(
        self,
        wanted: Resource,
        name: FieldName,
        text: LateText,
        remote_id: str | None,
        before: Value,
        called: str,
        change_class: ChangeClass,
        *,
        drift: bool = False,
    ) -> None:
        draft = self._draft
        address = self._address_now if change_class is ChangeClass.AUTO else self._address
        draft.changes.append(
            Write(
                target=draft.target,
                id=wanted.id,
                name=called,
                reason=Text.of("planning.changed_there" if drift else "planning.text_with_links"),
                change_class=change_class,
                field=name,
                text=text,
                before=before,
                written=text.written(address),
                remote_id=remote_id,
                drift=drift,
            )
        )


def _is_theirs(wanted: Resource, name: FieldName, mode: Mode, seen: Value | Unknown) -> bool:
    """Somebody else's text, be it older than our tie: whatever text we write over there carries our marker."""
    marked = isinstance(seen, str) and wanted.marker in seen.splitlines()
    return mode is Mode.MANAGED and bool(seen) and not marked and name not in IDENTIFIERS


_WRITTEN = (Mode.MANAGED, Mode.WRITE_ONLY, Mode.ONCE)
_STRICTNESS = (ChangeClass.AUTO, ChangeClass.QUEUED, ChangeClass.NAMED)
