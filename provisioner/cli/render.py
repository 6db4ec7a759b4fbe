"""Plans and findings as people read them in a terminal, or as Markdown for a merge request."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.text import Text as Styled

from provisioner.app.planning import unread
from provisioner.cli.changes import NAMES_SHOWN, ChangeText
from provisioner.cli.names import Names
from provisioner.model.changes import Change, ChangeClass, Create, Verb
from provisioner.model.plan import Notice, NoticeKind, Plan, Refusal, TargetPlan
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.model.words import resource_word
from provisioner.texts import Catalogue, harmless

_ORDER = (
    Verb.CREATE,
    Verb.ADOPT,
    Verb.UPDATE,
    Verb.RESUME,
    Verb.JOIN,
    Verb.REGRADE,
    Verb.LEAVE,
    Verb.SUSPEND,
    Verb.WRITE,
    Verb.ERASE,
)
"""In which order changes are read: about the order in which they are made."""

OBJECTS_SHOWN = 20
"""How many objects a guard names."""

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

_WORRYING = (NoticeKind.LOST, NoticeKind.DISPUTED, NoticeKind.PARTIAL, NoticeKind.BLOCKED, NoticeKind.AGE)
"""Notices because of which not everything is as it should be, though nothing can be done about them here."""


def nothing_to_do(plan: Plan) -> Text:
    """What to say of a plan without changes: not always is everything in order."""
    if unread(plan):
        return Text.of("cli.nothing_known")
    worrying = any(notice.kind in _WORRYING for part in plan.targets for notice in part.notices)
    return Text.of("cli.nothing_but_notices") if worrying or plan.refusals else Text.of("cli.nothing_to_do")


_KINDS = frozenset(map(str, Kind))


class PlanText:
    """Says a plan in one language."""

    def __init__(self, plan: Plan, say: Catalogue, names: Names) -> None:
        self._plan = plan
        self._say = say
        created = {change.id: change.name for change in plan.changes() if isinstance(change, Create)}
        self._changes = ChangeText(say, names, created)

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

    def changes(self) -> Iterator[tuple[Change, Styled]]:
        """Only the changes, each with its line behind its target's name."""
        for part in self._plan.targets:
            for change in _sorted(part.changes):
                yield change, Styled(f"  {part.target}", style="dim").append_text(self._change(change))

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
        if detail := self._changes.detail(change):
            line.append(f": {detail}")
        line.append(f"  ({self._say(change.reason)})", style="dim")
        if change.change_class is not ChangeClass.AUTO:
            line.append(f" [{self._tell(f'class_{change.change_class}')}]", style="magenta")
        return line

    def _notices(self, notices: Iterable[Notice]) -> Iterator[Styled]:
        for notice in notices:
            style = "blue" if notice.kind not in _WORRYING or notice.kind is NoticeKind.BLOCKED else "red"
            of_kind = notice.id is None and notice.name in _KINDS
            name = self._say(resource_word(Kind(notice.name))) if of_kind else notice.name
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
                yield Styled("  " + self._changes.listed(refusals[0].objects, OBJECTS_SHOWN))
            yield Styled("  " + self._tell("allow_with", word=word), style="dim")
        if len(by_word) > most:
            yield Styled(self._tell("more_refusals", count=len(by_word) - most), style="red")


def _escaped(line: str) -> str:
    """Names are data: none of them may become Markdown or HTML."""
    line = harmless(line)
    for character in "\\`*_[]<>#|~!&":
        line = line.replace(character, f"\\{character}")
    return line


def _sorted(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: _ORDER.index(change.verb))
