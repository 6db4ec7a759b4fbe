"""Puts a saying into words: first what happened and where, then what it means and what to do, then who has it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from provisioner.alerts import harmless
from provisioner.alerts.book import Book
from provisioner.alerts.states import SensorState
from provisioner.alerts.telling import Telling
from provisioner.model.alerts import AlertEnd, Rule, SayingKind
from provisioner.model.text import Text
from provisioner.texts import Catalogue

_FULL: Final = frozenset({SayingKind.FIRST, SayingKind.WORSE, SayingKind.ESCALATED, SayingKind.TEST})
"""What is read by people who may know nothing of it yet: with meaning, advice and links."""
CURRENT: Final = frozenset({SayingKind.GOES_ON, SayingKind.ESCALATED, SayingKind.GIVEN_BACK, SayingKind.BETTER})
"""What tells what is measured at this moment."""
_ASKS: Final = (_FULL - {SayingKind.TEST}) | {SayingKind.GOES_ON, SayingKind.GIVEN_BACK}
"""What ends with how to say "I have it"."""


def words(
    kind: SayingKind,
    about: Mapping[str, Any],
    rule: Rule | None,
    book: Book,
    say: Catalogue,
    *,
    answers: bool = True,
    markup: bool = True,
    latest: Mapping[str, SensorState] = MappingProxyType({}),
) -> str:
    """The message, in Markdown unless ``markup`` is false (mails). ``about``: a saying's facts.

    ``answers``: there is a bot that hears what people answer. ``rule`` None: it is not in the registry any more.
    ``latest``: states of the sensors that are named, for the values of this moment where it goes on.
    """
    telling = Telling(about, rule, book, say, latest=latest if kind in CURRENT else {}, markup=markup)
    lines = [_headline(kind, telling), *_body(kind, telling)]
    if kind in _FULL:
        lines += _advice(telling)
    if kind in _ASKS and answers and not telling.taken:
        lines += ["", say(Text.of("alerts.how_to_answer" if kind is not SayingKind.GOES_ON else "alerts.how_again"))]
    return "\n".join(lines)


def digest(
    sayings: Sequence[tuple[SayingKind, Mapping[str, Any], Rule | None]],
    book: Book,
    say: Catalogue,
    *,
    answers: bool = True,
    markup: bool = True,
) -> str:
    """Many words in one message, since they came at once: the worst first, of each alert how it stands now."""
    told: dict[object, tuple[SayingKind, Mapping[str, Any], Rule | None]] = {}
    for number, (kind, about, rule) in enumerate(sayings):
        if kind is SayingKind.ANSWER:
            continue
        about_what = (rule.id, kind in _PEOPLES) if rule is not None and kind is not SayingKind.TEST else number
        before = told.get(about_what)
        if before is None or before[1].get("now", 0.0) <= about.get("now", 0.0):
            told[about_what] = kind, about, rule
    tellings = [
        (kind, Telling(about, rule, book, say, latest={}, markup=markup)) for kind, about, rule in told.values()
    ]
    tellings.sort(key=lambda one: -one[1].rank)
    lines = [say(Text.of("alerts.digest", count=len(sayings)))]
    lines += [f"- {_headline(kind, telling)}" for kind, telling in tellings[:_MOST_LINES]]
    if len(tellings) > _MOST_LINES:
        lines.append(f"- {say(Text.of('alerts.and_more', count=len(tellings) - _MOST_LINES))}")
    if answers and any(kind in _ASKS for kind, _, _ in sayings):
        lines += ["", say(Text.of("alerts.how_digest"))]
    return "\n".join(lines)


_PEOPLES: Final = frozenset({SayingKind.TAKEN, SayingKind.GIVEN_BACK})
"""What people did; it stands beside how the alert is."""
_MOST_LINES: Final = 15


def _headline(kind: SayingKind, telling: Telling) -> str:
    say, name, where = telling.say, telling.name, telling.where()
    severity = telling.severity_word()
    match kind:
        case SayingKind.FIRST | SayingKind.MORE if telling.is_late:
            line = say(Text.of("alerts.head_late", name=name, severity=severity, where=where))
        case SayingKind.FIRST if telling.is_joined:
            line = say(Text.of("alerts.head_goes_on", name=name, severity=severity, where=where))
        case SayingKind.FIRST:
            line = say(Text.of("alerts.head_first", name=name, severity=severity, where=where))
        case SayingKind.MORE:
            line = say(Text.of("alerts.head_more", name=name, severity=severity, count=telling.count, new=telling.new))
        case SayingKind.WORSE:
            line = say(Text.of("alerts.head_worse", name=name, severity=severity, where=where))
        case SayingKind.BETTER:
            line = say(Text.of("alerts.head_better", name=name, severity=severity, where=where))
        case SayingKind.GOES_ON:
            line = say(Text.of("alerts.head_goes_on", name=name, severity=severity, where=where))
        case SayingKind.ESCALATED:
            line = say(Text.of("alerts.head_escalated", name=name, severity=severity, where=where))
        case SayingKind.ENDED if telling.about.get("end") == AlertEnd.UNHEARD:
            return f"❔ {say(Text.of('alerts.head_unheard', name=name, where=where))}"
        case SayingKind.ENDED:
            return f"✅ {say(Text.of('alerts.head_ended', name=name, where=where))}"
        case SayingKind.TAKEN:
            who, until = telling.taken_by(), telling.taken_until()
            return f"👍 {say(Text.of('alerts.taken', name=name, who=who, until=until))}"
        case SayingKind.GIVEN_BACK:
            who = telling.person(str(telling.about.get("by", "")))
            lapsed = bool(telling.about.get("lapsed"))
            code = "alerts.lapsed" if lapsed else "alerts.given_back"
            line = say(Text.of(code, name=name, who=who, where=where))
        case SayingKind.TEST:
            return f"🧪 {say(Text.of('alerts.head_test', name=name))}"
        case SayingKind.ANSWER | SayingKind.PICTURE:
            return harmless.advice(str(telling.about.get("text", "")))
    return f"{telling.sign} {line}"


def _body(kind: SayingKind, telling: Telling) -> list[str]:
    say = telling.say
    match kind:
        case SayingKind.FIRST if telling.is_late:
            return [*telling.measured(), say(Text.of("alerts.late", when=telling.since()))]
        case SayingKind.FIRST if telling.is_joined:
            joined = Text.of("alerts.joined", when=telling.since(), duration=telling.lasted())
            return [*telling.measured(), say(joined)]
        case SayingKind.FIRST | SayingKind.WORSE:
            return telling.measured()
        case SayingKind.MORE:
            return telling.measured(new_only=True)
        case SayingKind.BETTER | SayingKind.GIVEN_BACK:
            return telling.measured()[:1] if telling.count == 1 else []
        case SayingKind.GOES_ON:
            code = "alerts.after_silence" if telling.about.get("after_silence") else "alerts.goes_on"
            return [say(Text.of(code, duration=telling.lasted())), *telling.measured()]
        case SayingKind.ESCALATED:
            told = Text.of("alerts.escalated", duration=telling.waited(), told=telling.told_besides())
            return [say(told), *telling.measured()]
        case SayingKind.ENDED:
            return _ended(telling)
        case SayingKind.TEST:
            return [say(Text.of("alerts.test"))]
        case SayingKind.TAKEN | SayingKind.ANSWER | SayingKind.PICTURE:
            return []


def _ended(telling: Telling) -> list[str]:
    say, about = telling.say, telling.about
    lines = [say(Text.of("alerts.lasted", duration=telling.lasted(), since=telling.since(), until=telling.until()))]
    if peak := telling.peak():
        lines.append(peak)
    if about.get("untold"):
        lines.append(say(Text.of("alerts.untold")))
    if about.get("end") == AlertEnd.RULE_GONE:
        lines = [say(Text.of("alerts.rule_gone"))]
    if about.get("end") == AlertEnd.UNHEARD:
        lines = [say(Text.of("alerts.unheard", when=telling.unheard()))]
    return lines


def _advice(telling: Telling) -> list[str]:
    lines: list[str] = []
    rule = telling.rule
    if rule is not None and (meaning := harmless.advice(rule.meaning)):
        lines += ["", meaning]
    if rule is not None and (to_do := harmless.advice(rule.advice)):
        lines += [] if lines else [""]
        lines.append(f"{telling.bold(telling.say(Text.of('alerts.to_do')))} {to_do}")
    if links := telling.links():
        lines += ["", links]
    return lines
