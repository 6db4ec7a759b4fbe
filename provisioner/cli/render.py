"""Plans and findings as people read them in a terminal, or as Markdown for a merge request."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.text import Text as Styled

from provisioner.app.planning import Planned, unread
from provisioner.model.changes import Adopt, Change, ChangeClass, Create, Join, Leave, Update, Verb
from provisioner.model.inventory import Unknown
from provisioner.model.plan import Notice, NoticeKind, Plan, Refusal, TargetPlan
from provisioner.model.registry import Registry
from provisioner.model.resources import FieldName, Kind, Value
from provisioner.model.text import Text
from provisioner.model.words import field_word, resource_word
from provisioner.texts import Catalogue, harmless

_ORDER = (Verb.CREATE, Verb.ADOPT, Verb.UPDATE, Verb.RESUME, Verb.JOIN, Verb.LEAVE, Verb.SUSPEND)
"""In which order changes are read: about the order in which they are made."""

NAMES_SHOWN = 6
"""How many members of a group are named before "and N more"."""

OBJECTS_SHOWN = 20
"""How many objects a guard names."""

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
    Verb.REGRADE: ("%", "yellow"),
    Verb.WRITE: ("*", "green"),
    Verb.ERASE: ("-", "red"),
}

_WORRYING = (NoticeKind.LOST, NoticeKind.DISPUTED, NoticeKind.PARTIAL, NoticeKind.BLOCKED)
"""Notices because of which not everything is as it should be, though nothing can be done about them here."""

Names = Callable[[str], str]
"""From an account's key to what a ranger calls the person."""


def nothing_to_do(plan: Plan) -> Text:
    """What to say of a plan without changes: not always is everything in order."""
    if unread(plan):
        return Text.of("cli.nothing_known")
    worrying = any(notice.kind in _WORRYING for part in plan.targets for notice in part.notices)
    return Text.of("cli.nothing_but_notices") if worrying or plan.refusals else Text.of("cli.nothing_to_do")


class PersonNames:
    """`Names` from a registry: "person:p-1" → "Erika Muster"; who is not in it goes by the account's name.

    ``accounts``: key → user id. What is no person's key comes back as it is.
    """

    def __init__(self, registry: Registry, accounts: Mapping[str, str] | None = None) -> None:
        self._people = registry.people
        self._accounts = accounts or {}

    @classmethod
    def of(cls, planned: Planned) -> "PersonNames":
        """From all that a plan was made of."""
        accounts: dict[str, str] = {}
        for view in planned.views.values():
            known = (*view.ties.borrowed.items(), *view.ties.bindings.items())
            accounts |= {identity.key: binding.name for identity, binding in known}
        return cls(planned.inputs.loaded.registry, accounts)

    def __call__(self, key: str) -> str:
        person = self._people.get(key.removeprefix("person:")) if key.startswith("person:") else None
        return person.display_name if person is not None else self._accounts.get(key, key)


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
        yield from self.refusals()

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
            yield f"> **{_escaped(self._say(refusal.why))}** `--allow {harmless(refusal.word).replace('`', '')}`"
        for part in self._plan.targets:
            yield ""
            yield f"## {_escaped(part.target)}"
            yield ""
            if part.error is not None:
                yield _escaped(self._say(part.error))
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
            return self._say(nothing_to_do(self._plan))
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
        kind = self._say(resource_word(change.id.kind))
        line = Styled().append(f"  {sign} ", style=colour)
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
            fields = change.after.items()
            return ", ".join(f"{self._field(name)} {self._change_of(name, change, after)}" for name, after in fields)
        if isinstance(change, Join | Leave):
            return self._listed(change.members, NAMES_SHOWN)
        if isinstance(change, Create | Adopt):
            return self._names(change.id.key) if change.id.key.startswith("person:") else ""
        called = self._names(change.id.key)
        return "" if called == change.name else called  # who is in no registry any more has no other name

    def _change_of(self, name: FieldName, change: Update, after: Value) -> str:
        return f"{shown_value(name, change.before[name], self._say)} → {shown_value(name, after, self._say)}"

    def _field(self, name: FieldName) -> str:
        return self._say(field_word(name))

    def _notices(self, notices: Iterable[Notice]) -> Iterator[Styled]:
        for notice in notices:
            style = "red" if notice.kind in (NoticeKind.LOST, NoticeKind.DISPUTED, NoticeKind.PARTIAL) else "blue"
            name = notice.name if notice.id is not None else self._say(resource_word(Kind(notice.name)))
            line = Styled(f"  ? {name}: ", style=style)
            line.append(self._say(notice.why), style="")
            yield line

    def _cost(self, part: TargetPlan) -> str:
        if not part.changes:
            return self._tell("no_changes" if part.notices else "in_order")
        cost = self._tell("cost", requests=part.cost.requests, mails=part.cost.mails)
        if part.minutes:
            cost += " " + self._tell(
                "cost_minutes", minutes=round(part.minutes), writes=sum(part.cost.limited.values())
            )
        return cost

    def refusals(self, most: int = 1_000) -> Iterator[Styled]:
        """The guards' no: the objects, the limit, and the words that let exactly this plan through.

        What one word lets through is said together; after ``most`` words it is only said how many more there are.
        """
        by_word: dict[str, list[Refusal]] = {}
        for refusal in self._plan.refusals:
            by_word.setdefault(refusal.word, []).append(refusal)
        for word, refusals in list(by_word.items())[:most]:
            for number, refusal in enumerate(refusals[:NAMES_SHOWN]):
                sentence = self._say(refusal.why)
                yield Styled(f"{self._tell('refused')} {sentence}" if number == 0 else f"  {sentence}", style="red")
            if len(refusals) > NAMES_SHOWN:
                yield Styled("  " + self._tell("and_more", count=len(refusals) - NAMES_SHOWN), style="red")
            if len(refusals) == 1 and refusals[0].objects:
                yield Styled("  " + self._listed(refusals[0].objects, OBJECTS_SHOWN))
            yield Styled("  " + self._tell("allow_with", word=word), style="dim")
        if len(by_word) > most:
            yield Styled(self._tell("more_refusals", count=len(by_word) - most), style="red")

    def _listed(self, keys: Sequence[str], most: int) -> str:
        shown = ", ".join(self._names(key) for key in keys[:most])
        return f"{shown} {self._tell('and_more', count=len(keys) - most)}" if len(keys) > most else shown


def _escaped(line: str) -> str:
    """Names are data: none of them may become Markdown or HTML."""
    line = harmless(line)
    for character in "\\`*_[]<>#|~!&":
        line = line.replace(character, f"\\{character}")
    return line


def _sorted(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: _ORDER.index(change.verb))


def shown_value(name: str, value: Value | Unknown, say: Catalogue) -> str:
    """A field's value as people write it: sizes with their unit, yes and no, texts in quotes."""
    if name == "quota" and not isinstance(value, Unknown):
        return _shown_quota(value, say)
    if value is None or isinstance(value, Unknown):
        return NOTHING
    if isinstance(value, bool):
        return say(Text.of("cli.yes" if value else "cli.no"))
    return say(Text.of("cli.quoted", text=value) if isinstance(value, str) else Text.of("cli.number", number=value))


def _shown_quota(value: Value, say: Catalogue) -> str:
    """Bytes in the largest unit that fits; Nextcloud's -3 is no end, None is the target's own default."""
    if not isinstance(value, int) or isinstance(value, bool):
        return say(Text.of("cli.quota_default"))
    if value < 0:
        return say(Text.of("cli.quota_unlimited"))
    size, unit = float(value), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return say(Text.of("cli.quota", size=round(size, 1), unit=_UNITS[unit]))


_UNITS = ("B", "KB", "MB", "GB", "TB")
