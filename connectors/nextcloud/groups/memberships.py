"""Who is in which group: one request an edge, both ways idempotent. Never by replacing a list."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.kit.batch import located
from connectors.nextcloud.client import CLOUD, Client, segment
from provisioner.model.changes import Join, Leave
from provisioner.model.errors import Uncertain
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, ResourceId
from provisioner.model.steps import Cost, Done, Effects, Step
from provisioner.model.text import Text

JOIN: Final = "join"
LEAVE: Final = "leave"

READ_ACCOUNT: Final = "account"
READ_GROUP: Final = "group"
"""What is read before a leave: the account's groups, or the group's members. Either tells the membership."""


def join_step(join: Join, account: ResourceId, user_id: str | None, digest: str) -> Step:
    """An account into a group, which this plan may create; so may it the account (``user_id`` None) before."""
    return Step(
        target=join.target,
        operation=JOIN,
        id=account,
        name=join.name,
        changes=(digest,),
        remote_id=user_id,
        refers=(join.id,),
        effects=Effects(joins=(Edge(join.seats, account.key),)),
    )


@dataclass(frozen=True, slots=True)
class Leaving:
    """One membership to end."""

    change: Leave
    account: ResourceId
    user_id: str
    digest: str


def leave_steps(leaving: Sequence[Leaving]) -> Iterator[Step]:
    """Accounts out of groups, each if it is still in it when that is read again.

    Ordered so that what is read once serves as many as possible: a group's members where several leave it, an
    account's groups where it leaves several.
    """
    from_group = Counter(one.change.remote_id for one in leaving)
    by_account = Counter(one.user_id for one in leaving)
    together: dict[tuple[str, str], list[Leaving]] = {}
    for one in leaving:
        group = one.change.remote_id
        crowd = from_group[group] > by_account[one.user_id]
        together.setdefault((READ_GROUP, group) if crowd else (READ_ACCOUNT, one.user_id), []).append(one)
    for (read, _), those in together.items():
        for number, one in enumerate(those):
            yield _leave_step(one, read, Cost(requests=2 if number == 0 else 1))


def _leave_step(leaving: Leaving, read: str, cost: Cost) -> Step:
    leave, account = leaving.change, leaving.account
    return Step(
        target=leave.target,
        operation=LEAVE,
        id=leave.id,
        name=leave.name,
        changes=(leaving.digest,),
        remote_id=leave.remote_id,
        payload={"userid": leaving.user_id, "read": read},
        refers=(account,),
        effects=Effects(leaves=(Edge(leave.seats, account.key),)),
        expects_edge=Edge(leave.seats, account.key),
        cost=cost,
    )


def join(client: Client, step: Step, resolve: Resolve) -> Done:
    """POST of one group. Unknown group 400/102, unknown account 400/103, the admin group 400/104: `OcsRefusal`."""
    user_id = located(step, resolve)
    group = resolve(step.refers[0])
    client.write("POST", f"{CLOUD}/users/{segment(user_id)}/groups", {"groupid": group})
    return Done(user_id)


def leave(client: Client, step: Step, resolve: Resolve) -> Done:
    """DELETE of one group. The group's id goes in the body: in a query an unescaped "&" left another group."""
    group = step.remote_id or ""
    user_id = resolve(step.refers[0])
    if step.expects_edge is None or user_id != step.payload.get("userid"):
        raise Uncertain(Text.of("nextcloud.edge_not_verified", group=group))
    client.write("DELETE", f"{CLOUD}/users/{segment(user_id)}/groups", {"groupid": group})
    return Done(group)
