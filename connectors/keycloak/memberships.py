"""Who is in which group and has which role: one request an edge, both ways idempotent. Never by replacing a list."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.keycloak.listing import Item
from connectors.keycloak.settings import PRODUCT
from connectors.kit.batch import Batch, text_of
from connectors.kit.paging import Listing
from provisioner.model.changes import Join, Leave
from provisioner.model.errors import Garbled, Uncertain
from provisioner.model.inventory import Complete, Partial, Roster, Scope
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, Kind, ResourceId
from provisioner.model.steps import Cost, Effects, Moved, Step, Verified
from provisioner.model.text import Text

LEAVE_GROUP: Final = "leave-group"
TAKE_ROLE: Final = "take-role"
LEAVES: Final = frozenset({LEAVE_GROUP, TAKE_ROLE})
"""Steps after which what was read of edges is brought up to date, and nothing else has changed."""

BY_ACCOUNT: Final = "account"
BY_CONTAINER: Final = "container"
"""What is read before a leave: the account's containers, or the container's members. Either tells the membership."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How edges of one kind of container are read."""

    kind: Kind
    members: Callable[[str], Listing | None]
    """Of a container; None: there is no such."""
    containers: Callable[[str], Mapping[str, Item] | None]
    """Of an account; None: there is no such."""


@dataclass(slots=True)
class Edges:
    """What was read right before a step, for the leaves that follow it on the same container or account."""

    reader: Reader
    _subject: tuple[str, str] | None = None
    _seen: frozenset[str] | None = None

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Whether the membership that a leave ends is still there. Raises `TargetError`."""
        account, container = resolve(step.refers[0]), step.remote_id or ""
        by = text_of(step, "read")
        subject, other = (container, account) if by == BY_CONTAINER else (account, container)
        if self._subject != (by, subject):
            self.forget()
            self._seen = self._read(by, subject)
            self._subject = (by, subject)
        if self._seen is None:
            return Moved(Text.of("kit.gone", name=step.name, product=PRODUCT))
        if other not in self._seen:
            return Moved(Text.of("keycloak.edge_gone", name=step.name))
        return Verified(None)

    def took_out(self, step: Step, account: str) -> None:
        """What is kept is brought up to date with a leave that was done."""
        if self._seen is not None:
            self._seen -= {account, step.remote_id or ""}

    def forget(self) -> None:
        """The next `verify` asks."""
        self._subject = self._seen = None

    def _read(self, by: str, subject: str) -> frozenset[str] | None:
        if by == BY_ACCOUNT:
            found = self.reader.containers(subject)
            return None if found is None else frozenset(found)
        listed = self.reader.members(subject)
        if listed is not None and listed.gap is not None:
            raise Garbled(listed.gap)
        return None if listed is None else frozenset(listed.items)


def roster_of(target: str, kind: Kind, container: str, listed: Listing | None) -> Roster:
    """From a list of members. One that moved all the time, or whose container is gone, proves nothing."""
    scope = Scope(target, kind, container)
    if listed is None:
        return Roster(Partial(scope, Text.of("kit.list_moved", count=1)))
    return Roster.of_accounts(listed.completeness(scope), frozenset(listed.items))


def rosters_about(
    target: str, kind: Kind, bound: frozenset[str], containers_of: Mapping[str, frozenset[str]], people: frozenset[str]
) -> dict[tuple[Kind, str], Roster]:
    """What a few accounts told of their containers, turned round: complete as far as these ``people`` (keys) go."""
    rosters: dict[tuple[Kind, str], Roster] = {}
    for container in bound.union(*containers_of.values()):
        inside = frozenset(account for account, theirs in containers_of.items() if container in theirs)
        rosters[kind, container] = Roster.of_accounts(Complete(Scope(target, kind, container, people)), inside)
    return rosters


def join_steps(batch: Batch, kind: Kind, operation: str) -> Iterator[Step]:
    """One an account that has to be put in by itself: who is made in this batch comes into groups with its POST."""
    for change in batch.of(kind):
        if not isinstance(change, Join):
            continue
        for account, remote_id in _accounts(change, batch):
            if remote_id is None and kind is Kind.GROUP:
                continue
            yield Step(
                target=change.target,
                operation=operation,
                id=account,
                name=change.name,
                changes=(change.digest(),),
                remote_id=remote_id,
                refers=(change.id,),
                effects=Effects(joins=(Edge(change.seats, account.key),)),
            )


def leave_steps(batch: Batch, kind: Kind, operation: str) -> Iterator[Step]:
    """Accounts out of containers, each if it is still in it when that is read again.

    Ordered so that what is read once serves as many as possible: a container's members where several leave it, an
    account's containers where it leaves several.
    """
    leaving = [
        (change, account, remote_id)
        for change in batch.of(kind)
        if isinstance(change, Leave)
        for account, remote_id in _accounts(change, batch)
        if remote_id is not None
    ]
    from_container = Counter(change.remote_id for change, _, _ in leaving)
    by_account = Counter(remote_id for _, _, remote_id in leaving)
    together: dict[tuple[str, str], list[tuple[Leave, ResourceId, str]]] = {}
    for one in leaving:
        container, remote_id = one[0].remote_id, one[2]
        crowd = from_container[container] > by_account[remote_id]
        together.setdefault((BY_CONTAINER, container) if crowd else (BY_ACCOUNT, remote_id), []).append(one)
    for (by, _), those in together.items():
        yield from _leaving(those, by, operation)


def _leaving(those: Sequence[tuple[Leave, ResourceId, str]], by: str, operation: str) -> Iterator[Step]:
    for number, (change, account, remote_id) in enumerate(those):
        yield Step(
            target=change.target,
            operation=operation,
            id=change.id,
            name=change.name,
            changes=(change.digest(),),
            remote_id=change.remote_id,
            payload={"account": remote_id, "read": by},
            refers=(account,),
            effects=Effects(leaves=(Edge(change.seats, account.key),)),
            expects_edge=Edge(change.seats, account.key),
            cost=Cost(requests=2 if number == 0 else 1),
        )


def leaver_of(step: Step, resolve: Resolve) -> str:
    """Remote id of the account that a leave takes out. Raises `Uncertain` for another one than the plan meant."""
    account = resolve(step.refers[0])
    if step.expects_edge is None or account != text_of(step, "account"):
        raise Uncertain(Text.of("kit.not_verified", name=step.name))
    return account


def _accounts(change: Join | Leave, batch: Batch) -> Iterator[tuple[ResourceId, str | None]]:
    for key in change.members:
        account = ResourceId(Kind.ACCOUNT, key)
        yield account, batch.remote_id(account)
