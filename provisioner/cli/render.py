"""Plans and findings as people read them in a terminal, or as Markdown for a merge request."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from rich.text import Text as Styled

from provisioner.model.changes import Adopt, Change, ChangeClass, Create, Join, Leave, Update, Verb
from provisioner.model.inventory import Unknown
from provisioner.model.plan import Notice, NoticeKind, Plan, Refusal, TargetPlan
from provisioner.model.registry import Registry
from provisioner.model.resources import FieldName, Value
from provisioner.model.text import Text
from provisioner.texts import Catalogue

_ORDER = (Verb.CREATE, Verb.ADOPT, Verb.UPDATE, Verb.RESUME, Verb.JOIN, Verb.LEAVE, Verb.SUSPEND)
"""In which order changes are read: about the order in which they are made."""

NAMES_SHOWN = 6
"""How many members of a group are named before "and N more"."""

NOTHING = "\N{EN DASH}"
"""Stands for a value that there isn't."""

_SIGNS: dict[Verb, tuple[str, str]] = {
    Verb.CREATE: ("+", "green"),
    Verb.ADOPT: ("=", "cyan"),
    Verb.UPDATE: ("~", "yellow"),
    Verb.SUSPEND: ("!", "red"),
    Verb.RESUME: ("^", "green"),
    Verb.JOIN: (">", "green"),
    Verb.LEAVE: ("<", "red"),
}

Names = Callable[[str], str]
"""From an account's key to what a ranger calls the person."""


class PersonNames:
    """`Names` from a registry: "person:p-1" → "Erika Muster"; what is no person's key comes back as it is."""

    def __init__(self, registry: Registry) -> None:
        self._people = registry.people

    def __call__(self, key: str) -> str:
        person = self._people.get(key.removeprefix("person:")) if key.startswith("person:") else None
        return person.display_name if person is not None else key


class PlanText:
    """Says a plan in one language."""

    def __init__(self, plan: Plan, say: Catalogue, names: Names) -> None:
        self._plan = plan
        self._say = say
        self._names = names

    def lines(self) -> Iterator[Styled]:
        """The whole plan for a terminal."""
        for part in self._plan.targets:
            yield Styled(part.target, style="bold")
            if part.error is not None:
                yield Styled(f"  {self._tell('target_unreadable')} {self._say(part.error)}", style="red")
                continue
            for change in _sorted(part.changes):
                yield self._change(change)
            yield from self._notices(part.notices)
            yield Styled(f"  {self._cost(part)}", style="dim")
        yield Styled(self.summary(), style="bold")
        for refusal in self._plan.refusals:
            yield from self.refusal(refusal)

    def changes(self) -> Iterator[Styled]:
        """Only the changes, each behind its target's name."""
        for part in self._plan.targets:
            for change in _sorted(part.changes):
                yield Styled(f"  {part.target}", style="dim").append_text(self._change(change))

    def markdown(self) -> Iterator[str]:
        """The whole plan for a merge request or a mail."""
        yield f"# {self._tell('plan_title', network=self._plan.network, digest=self._plan.digest()[:12])}"
        yield ""
        yield self.summary()
        for refusal in self._plan.refusals:
            yield ""
            yield "> **" + self._say(refusal.why) + f"** `--allow {refusal.word}`"
        for part in self._plan.targets:
            yield ""
            yield f"## {_escaped(part.target)}"
            yield ""
            if part.error is not None:
                yield self._say(part.error)
                continue
            for change in _sorted(part.changes):
                yield f"- {_escaped(self._change(change).plain.strip())}"
            for line in self._notices(part.notices):
                yield f"- {_escaped(line.plain.strip())}"
            yield ""
            yield f"_{self._cost(part)}_"

    def summary(self) -> str:
        """One sentence: how many changes of which class."""
        if self._plan.is_empty():
            return self._tell("nothing_to_do")
        counts = Counter(change.change_class for change in self._plan.changes())
        return self._tell(
            "summary",
            changes=counts.total(),
            auto=counts[ChangeClass.AUTO],
            queued=counts[ChangeClass.QUEUED],
            named=counts[ChangeClass.NAMED],
        )

    def _tell(self, code: str, **arguments: str | int | float) -> str:
        return self._say(Text.of(f"cli.{code}", **arguments))

    def _change(self, change: Change) -> Styled:
        sign, colour = _SIGNS[change.verb]
        kind = self._tell(f"kind_{change.id.kind}")
        line = Styled(f"  {sign} ", style=colour)
        line.append(f"{kind} ", style="dim")
        line.append(change.name)
        if detail := self._detail(change):
            line.append(f": {detail}")
        line.append(f"  ({self._say(change.reason)})", style="dim")
        if change.change_class is not ChangeClass.AUTO:
            line.append(f" [{self._tell(f'class_{change.change_class}')}]", style="magenta")
        return line

    def _detail(self, change: Change) -> str:
        if isinstance(change, Update):
            pairs = ((self._field(name), change.before[name], after) for name, after in change.after.items())
            return ", ".join(f"{name} {self._value(before)} → {self._value(after)}" for name, before, after in pairs)
        if isinstance(change, Join | Leave):
            shown = [self._names(member) for member in change.members[:NAMES_SHOWN]]
            rest = len(change.members) - len(shown)
            return ", ".join(shown) + (f" {self._tell('and_more', count=rest)}" if rest else "")
        if isinstance(change, Create | Adopt):
            return self._names(change.id.key) if change.id.key.startswith("person:") else ""
        return self._names(change.id.key)

    def _field(self, name: FieldName) -> str:
        return self._tell(f"field_{name}")

    def _value(self, value: Value | Unknown) -> str:
        if value is None or isinstance(value, Unknown):
            return NOTHING
        if isinstance(value, bool):
            return self._tell("yes" if value else "no")
        return f"“{value}”" if isinstance(value, str) else self._say(Text.of("cli.number", number=value))

    def _notices(self, notices: Iterable[Notice]) -> Iterator[Styled]:
        for notice in notices:
            style = "red" if notice.kind in (NoticeKind.LOST, NoticeKind.DISPUTED, NoticeKind.PARTIAL) else "blue"
            line = Styled(f"  ? {notice.name}: ", style=style)
            line.append(self._say(notice.why), style="")
            yield line

    def _cost(self, part: TargetPlan) -> str:
        if not part.changes:
            return self._tell("in_order")
        cost = self._tell("cost", requests=part.cost.requests, mails=part.cost.mails)
        if part.minutes:
            cost += " " + self._tell(
                "cost_minutes", minutes=round(part.minutes), writes=sum(part.cost.limited.values())
            )
        return cost

    def refusal(self, refusal: Refusal) -> Iterator[Styled]:
        """A guard's no: the objects, the limit, and the words that let exactly this plan through."""
        yield Styled(self._tell("refused") + " " + self._say(refusal.why), style="bold red")
        if refusal.objects:
            yield Styled("  " + ", ".join(self._names(name) for name in refusal.objects[:20]))
        if len(refusal.objects) > 20:
            yield Styled("  " + self._tell("and_more", count=len(refusal.objects) - 20))
        yield Styled("  " + self._tell("allow_with", word=refusal.word))


def _escaped(line: str) -> str:
    """Names are data: none of them may become Markdown or HTML."""
    for character in "\\`*_[]<>#|~!":
        line = line.replace(character, f"\\{character}")
    return line


def _sorted(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: _ORDER.index(change.verb))
