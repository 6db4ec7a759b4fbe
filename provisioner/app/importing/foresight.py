"""What the first plan after an import will show: made in memory from the very files that will be written."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from policies.desire import desire
from policies.document import Policy
from provisioner.app.planning import desired_in
from provisioner.app.site import planning_rules
from provisioner.model.bindings import Ties
from provisioner.model.changes import Join, Leave, Update, Verb
from provisioner.model.inventory import Inventory
from provisioner.model.plan import NoticeKind, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.registry import Registry
from provisioner.model.resources import FieldName, Kind
from provisioner.model.text import Text
from provisioner.model.words import field_word
from provisioner.planning.guards import GuardInput, refusals
from provisioner.planning.planner import plan_target

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Expected:
    """Something beside adoptions that the first plan will hold, and how to avoid it."""

    verb: Verb
    kind: Kind
    field: FieldName | None
    count: int
    """Objects; of joins and leaves the memberships."""
    what: Text


@dataclass(frozen=True, slots=True)
class Foresight:
    """The first plan in numbers."""

    adoptions: Mapping[Kind, int]
    expected: tuple[Expected, ...]
    unwritable: int
    """Fields that differ, and that the account's or group's own backend does not let us write."""
    unclear: tuple[Text, ...]
    """Why some of what was drawn up will not be adopted."""
    refusals: tuple[Text, ...]
    """Guards that will refuse to apply it as a whole."""


def foresee(
    registry: Registry, policy: Policy, today: date, inventory: Inventory, ties: Ties, capabilities: Capabilities
) -> Foresight:
    """Plan for ``registry`` as `readi plan` will. Pure."""
    desired, rules = desired_in(capabilities, desire(registry, policy, today)), planning_rules(policy)
    plan = plan_target(desired, inventory, ties, capabilities, rules)
    adoptions = Counter(change.id.kind for change in plan.changes if change.verb is Verb.ADOPT)
    refused = refusals([GuardInput(plan, ties, inventory)], desired, rules.guards, "", frozenset())
    notices = [notice for notice in plan.notices if notice.kind is not NoticeKind.UNWRITABLE]
    return Foresight(
        adoptions=adoptions,
        expected=tuple(_expected(plan)),
        unwritable=len(plan.notices) - len(notices),
        unclear=tuple(notice.why for notice in notices),
        refusals=tuple(refusal.why for refusal in refused),
    )


def _expected(plan: TargetPlan) -> Iterable[Expected]:
    names: defaultdict[tuple[Verb, Kind, FieldName | None], list[str]] = defaultdict(list)
    counts: Counter[tuple[Verb, Kind, FieldName | None]] = Counter()
    for change in plan.changes:
        if change.verb is Verb.ADOPT:
            continue
        fields: tuple[FieldName | None, ...] = tuple(change.after) if isinstance(change, Update) else (None,)
        for field in fields:
            key = (change.verb, change.id.kind, field)
            names[key].append(change.name)
            counts[key] += len(change.members) if isinstance(change, Join | Leave) else 1
    for (verb, kind, field), count in sorted(counts.items(), key=lambda item: tuple(map(str, item[0]))):
        named = names[verb, kind, field]
        shown = ", ".join(sorted(named)[:_NAMED]) + (", …" if len(named) > _NAMED else "")
        yield Expected(verb, kind, field, count, _said(verb, kind, field, count, shown))


def _said(verb: Verb, kind: Kind, field: FieldName | None, count: int, names: str) -> Text:
    if verb is Verb.JOIN:
        return Text.of("app.import_expect_join", count=count, names=names)
    if verb is not Verb.UPDATE:
        return Text.of("app.import_expect_other", count=count, names=names)
    if kind is Kind.ACCOUNT and field == "quota":
        return Text.of("app.import_expect_quota", count=count, names=names)
    if kind is Kind.ACCOUNT and field == "display_name":
        return Text.of("app.import_expect_display_name", count=count, names=names)
    return Text.of("app.import_expect_field", field=field_word(field) if field else "", count=count, names=names)
