"""From the roles of a login to the roles that people have in the registry: the policy's names read backwards."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from policies.document import Policy
from provisioner.app.importing.drawn import DrawnPerson, LeftOut
from provisioner.model.inventory import Complete, Inventory
from provisioner.model.ports import Capabilities
from provisioner.model.registry import Role
from provisioner.model.resources import Kind
from provisioner.model.text import Text

_OF_PEOPLE: Final = frozenset(
    {Role.RANGER, Role.COORDINATOR, Role.CITY_ADMINISTRATOR, Role.DIGITAL_GUIDE, Role.STUDENT}
)
"""What somebody is in the network or an organisation; other roles come from the bodies that somebody is in."""


def draw_roles(
    inventory: Inventory, capabilities: Capabilities, policy: Policy, people: Collection[DrawnPerson]
) -> Iterator[LeftOut]:
    """Give people the roles whose names over there the policy has; every other role that anybody has is left out.

    Of those that nobody could ever get from us (the one that everybody has, those that administer) nothing is said.
    """
    observed = inventory.of(Kind.ROLE)
    if not isinstance(observed.completeness, Complete):
        return
    counts = Counter(policy.login.roles.values())
    meant = {name: role for role, name in policy.login.roles.items() if counts[name] == 1 and role in _OF_PEOPLE}
    for remote in sorted(observed.objects.values(), key=lambda one: one.name):
        roster = inventory.rosters.get((Kind.ROLE, remote.remote_id))
        members = frozenset() if roster is None else roster.accounts
        role = meant.get(remote.name)
        if role is not None:
            for person in people:
                if person.account in members:
                    person.roles.append(role)
        elif members and remote.name not in counts and capabilities.objection(Kind.ROLE, remote.name) is None:
            yield LeftOut(Kind.ROLE, remote.name, remote.name, Text.of("app.import_role"))
