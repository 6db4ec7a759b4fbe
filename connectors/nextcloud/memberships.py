"""Who is in which group: one request an edge, both ways idempotent. Never by replacing a list."""

from typing import Final

from connectors.nextcloud.client import CLOUD, Client, segment
from provisioner.model.changes import Join, Leave
from provisioner.model.errors import Uncertain
from provisioner.model.ports import Resolve
from provisioner.model.resources import Edge, ResourceId
from provisioner.model.steps import Cost, Done, Effects, Step
from provisioner.model.text import Text

JOIN: Final = "join"
LEAVE: Final = "leave"


def join_step(join: Join, account: ResourceId, user_id: str, digest: str) -> Step:
    """An account that exists into a group, which this plan may create."""
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


def leave_step(leave: Leave, account: ResourceId, user_id: str, digest: str) -> Step:
    """An account out of a group, if it is still in it when it is read again."""
    return Step(
        target=leave.target,
        operation=LEAVE,
        id=leave.id,
        name=leave.name,
        changes=(digest,),
        remote_id=leave.remote_id,
        payload={"userid": user_id},
        refers=(account,),
        effects=Effects(leaves=(Edge(leave.seats, account.key),)),
        expects_edge=Edge(leave.seats, account.key),
        cost=Cost(requests=2),
    )


def join(client: Client, step: Step, resolve: Resolve) -> Done:
    """POST of one group. Unknown group 400/102, unknown account 400/103, the admin group 400/104: `OcsRefusal`."""
    user_id = step.remote_id or ""
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
