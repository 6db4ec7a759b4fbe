"""From changes to the fewest writes, pure. An account is made with its groups, fields and quota in one POST.

Order: groups, accounts, joins, updates, leaves, then who is suspended and who comes back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from connectors.nextcloud import account_steps, groups, memberships
from connectors.nextcloud.account_steps import Manner
from provisioner.model.changes import Adopt, Change, Create, Join, Leave, Resume, Suspend, Update
from provisioner.model.ports import Resolve
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Step

PATCH_SINCE: Final = 34
"""The first major version that takes all fields of an account in one PATCH; before, each is a PUT of its own."""


def compile_steps(changes: Sequence[Change], resolve: Resolve, manner: Manner) -> list[Step]:
    """The steps of all changes, in a valid order. Raises `KeyError` for an account or group that nobody knows."""
    adopted = {change.id: change.remote.remote_id for change in changes if isinstance(change, Adopt)}
    created = {change.id for change in changes if isinstance(change, Create)}

    def known(identity: ResourceId) -> str:
        return adopted[identity] if identity in adopted else resolve(identity)

    digests = {id(change): change.digest() for change in changes}
    joins = _by_account(changes, Join)
    leaves = _by_account(changes, Leave)
    rooms: list[Step] = []
    people: list[Step] = []
    updates: list[Step] = []
    switches: list[Step] = []
    for change in changes:
        digest = digests[id(change)]
        if isinstance(change, Create) and change.id.kind is Kind.GROUP:
            rooms.append(groups.create_step(change, digest))
        elif isinstance(change, Create):
            into = [(join.id, digests[id(join)]) for join in joins.get(change.id.key, ())]
            people.append(account_steps.create_step(change, digest, into, manner))
        elif isinstance(change, Update) and change.id.kind is Kind.GROUP:
            updates.extend(groups.update_steps(change, digest))
        elif isinstance(change, Update):
            updates.extend(account_steps.update_steps(change, digest, manner.patches, manner.default_quota))
        elif isinstance(change, Suspend | Resume):
            left = tuple(leave.id for leave in leaves.get(change.id.key, ()))
            switches.append(account_steps.switch_step(change, digest, left))
    entering = [
        memberships.join_step(join, account, known(account), digests[id(join)])
        for join, account in _pairs(changes, Join)
        if account not in created
    ]
    leaving = [
        memberships.leave_step(leave, account, known(account), digests[id(leave)])
        for leave, account in _pairs(changes, Leave)
    ]
    return [*rooms, *people, *entering, *updates, *leaving, *switches]


def _pairs(changes: Collection[Change], kind: type[Join] | type[Leave]) -> Iterator[tuple[Join | Leave, ResourceId]]:
    for change in changes:
        if isinstance(change, kind):
            for key in change.members:
                yield change, ResourceId(Kind.ACCOUNT, key)


def _by_account(changes: Collection[Change], kind: type[Join] | type[Leave]) -> Mapping[str, list[Join | Leave]]:
    found: dict[str, list[Join | Leave]] = {}
    for change, account in _pairs(changes, kind):
        found.setdefault(account.key, []).append(change)
    return found
