"""Accounts that another network on this server owns. They are borrowed: only who of them is in our groups is ours.

The first time, name or address lead to the account (see `provisioner.planning.matching`), and the address must be the
same. From then on it is known by its remote id; its address is still asked for, since nothing of it is ours.
"""

from provisioner.model.bindings import Binding
from provisioner.model.changes import ChangeClass
from provisioner.model.inventory import Remote, Unknown
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import Kind, Resource, ResourceId
from provisioner.model.text import Text
from provisioner.planning.draft import Draft
from provisioner.planning.sameness import is_replaced, reader_of


class Borrowing:
    """What is borrowed in one target."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._objects = draft.inventory.of(Kind.ACCOUNT).objects
        self._read = reader_of(draft.inventory.of(Kind.ACCOUNT))

    def borrow(self, wanted: Resource, remote: Remote) -> None:
        """Manage the memberships of this account, and nothing else of it."""
        draft = self._draft
        by_name = self._canonical(remote.name) == self._canonical(wanted.name)
        if not by_name and not self._has_edges(wanted.id):
            # By its address alone: over there people may be able to change that themselves. A ranger reads it once.
            draft.newly_ours[wanted.id] = ChangeClass.QUEUED
        self._lend(wanted.id, remote)
        draft.notice(NoticeKind.FOREIGN, wanted.id, remote.name, Text.of("planning.borrowed", name=remote.name))

    def is_anothers(self, wanted: Resource, remote: Remote) -> bool:
        """Whether this account is borrowed for somebody else in our registry, or was and is still in groups of ours."""
        draft = self._draft
        return any(
            known.remote_id == remote.remote_id
            and identity.kind is wanted.id.kind
            and identity != wanted.id
            and identity not in draft.ties.bindings
            and (identity in draft.desired.resources or self._has_edges(identity))
            for identity, known in draft.ties.borrowed.items()
        )

    def recall(self, wanted: Resource) -> bool:
        """Borrow what was borrowed before. False: it never was, is gone, or nobody owns it any more; look afresh."""
        known = self._draft.ties.borrowed.get(wanted.id)
        remote = self._objects.get(known.remote_id) if known is not None else None
        if known is None or remote is None or is_replaced(known, remote) or not self._is_of_others(remote):
            return False
        address, wish = self._read(remote, "email"), wanted.fields.get("email")
        same = isinstance(address, Unknown) or is_same_address(address, wish)
        if same and not self._is_untouchable(remote):
            self.borrow(wanted, remote)
        else:
            self._give_up(wanted.id, remote)
        return True

    def recall_those_without_entry(self) -> None:
        """Whoever vanished from the registry leaves our groups, once a ranger has read it."""
        draft = self._draft
        for identity, known in draft.ties.borrowed.items():
            remote = self._objects.get(known.remote_id)
            if remote is None or identity in draft.ties.bindings or not draft.is_orphan(identity):
                continue
            if not self._has_edges(identity):
                continue
            if is_replaced(known, remote) or not self._is_of_others(remote) or self._is_untouchable(remote):
                self._give_up(identity, remote)
            else:
                self._lend(identity, remote)

    def _lend(self, identity: ResourceId, remote: Remote) -> None:
        draft, known = self._draft, self._draft.ties.borrowed.get(identity)
        fingerprint = remote.fingerprint
        if not fingerprint and known is not None and known.remote_id == remote.remote_id:
            fingerprint = known.fingerprint  # this read does not tell it
        draft.borrowed[identity] = Binding(identity, remote.remote_id, remote.name, fingerprint, {})
        draft.remote_ids[identity] = remote.remote_id
        draft.names[identity] = remote.name

    def _give_up(self, identity: ResourceId, remote: Remote) -> None:
        why = Text.of("planning.borrowed_no_more", name=remote.name)
        self._draft.notice(NoticeKind.FOREIGN, identity, remote.name, why)

    def _is_of_others(self, remote: Remote) -> bool:
        return (str(Kind.ACCOUNT), remote.remote_id) in self._draft.ties.foreign

    def _is_untouchable(self, remote: Remote) -> bool:
        draft = self._draft
        return draft.is_own_account(Kind.ACCOUNT, remote) or draft.has_protected_name(Kind.ACCOUNT, remote.name)

    def _has_edges(self, identity: ResourceId) -> bool:
        """Whether we ever put it into a group, or agreed that it is in one."""
        return any(identity.key in members for members in self._draft.ties.edges.values())

    def _canonical(self, name: str) -> str:
        return self._draft.capabilities.canonical_name(Kind.ACCOUNT, name)


def is_same_address(one: object, other: object) -> bool:
    """Whether both are addresses, and the same in whatever case."""
    return isinstance(one, str) and isinstance(other, str) and one.casefold() == other.casefold() and bool(one)
