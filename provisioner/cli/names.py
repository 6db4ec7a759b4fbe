"""What people call the people and groups that plans and findings speak of by their keys."""

from collections.abc import Callable, Iterable, Mapping

from provisioner.app.looking import Drifted
from provisioner.app.observing import MEMBER_KINDS, names_tied
from provisioner.app.planning import Planned
from provisioner.app.reports import PlanReport
from provisioner.model.bindings import Ties
from provisioner.model.changes import Adopt, Create
from provisioner.model.registry import Registry

Names = Callable[[str], str]
"""From the key of an account or a group to what a ranger calls it."""


class PersonNames:
    """`Names` from a registry: "person:p-1" → "Erika Muster"; who is not in it goes by the account's name.

    ``called``: key → the name of the account or group over there. Other keys come back as they are.
    """

    def __init__(self, registry: Registry, called: Mapping[str, str] | None = None) -> None:
        self._people = registry.people
        self._called = called or {}

    @classmethod
    def of(cls, planned: Planned) -> "PersonNames":
        """From all that a plan was made of, and what it makes."""
        called = {
            change.id.key: change.name
            for change in planned.plan.changes()
            if isinstance(change, Create | Adopt) and change.id.kind in MEMBER_KINDS
        }
        called |= names_tied(view.known for view in planned.views.values())
        return cls(planned.inputs.loaded.registry, called)

    @classmethod
    def of_drift(cls, registry: Registry, drifted: Drifted) -> "PersonNames":
        """From all that was compared."""
        return cls(registry, drifted.names)

    @classmethod
    def of_saved(cls, registry: Registry, report: PlanReport, everywhere: Iterable[Ties]) -> "PersonNames":
        """From a saved plan, and what is tied by now."""
        changes = (change for target in report.targets for change in target.changes)
        called = {change.id: change.name for change in changes if change.kind in MEMBER_KINDS}
        return cls(registry, called | names_tied(everywhere))

    def __call__(self, key: str) -> str:
        person = self._people.get(key.removeprefix("person:")) if key.startswith("person:") else None
        return person.display_name if person is not None else self._called.get(key, key)
