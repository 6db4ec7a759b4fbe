"""What is said of an alert, to whom and when.

The first word is said at once, what gets worse, too. Further sensors are gathered and said in one word. It is repeated
while nobody has it; then escalated. What quiet hours put off is said in the morning, what a silence kept back at its
end, if it still goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from provisioner.alerts.alert_states import AlertState
from provisioner.alerts.book import Book
from provisioner.alerts.facts import RANK, facts
from provisioner.alerts.hours import EVERY_DAY, Window
from provisioner.alerts.moments import aware, reached
from provisioner.alerts.quieting import Quieted
from provisioner.model.alerts import AlertEnd, AlertSeverity, Escalation, Rate, Rule, SayingKind, Threshold

_LONGEST_GATHERING: Final = 600.0
"""Seconds: each further word about more sensors waits twice as long as the one before, up to this."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing to be said in the conversation of the alert's body."""

    kind: SayingKind
    about: Mapping[str, Any]
    """Facts, as JSON: `provisioner.alerts.wording` makes words of them."""
    bodies: tuple[str, ...] = ()
    """Bodies to be told besides the alert's own."""
    people: tuple[str, ...] = ()
    """By mail."""
    calls: bool = False
    """Everybody in the conversation is called."""
    silent: bool = False
    """It is written, and nobody's telephone makes a sound."""
    not_before: datetime | None = None
    picture: bool = False
    """A chart of the last hours follows."""


@dataclass(frozen=True, slots=True)
class Advanced:
    state: AlertState
    severity: AlertSeverity
    """The worst of the sensors that it goes on for; of one that is over the worst there was."""
    due: datetime | None
    """When it has to be looked at again although nothing happened."""
    closed: AlertEnd | None = None
    sayings: tuple[Saying, ...] = ()


class Speaking:
    """One look at an alert: what is said now, and when to look again."""

    def __init__(self, book: Book, rule: str, state: AlertState, now: datetime, quieted: Quieted) -> None:
        self._policy = book.policy
        self._rule: Rule | None = book.rules.get(rule)
        self._state = state
        self._now = now.timestamp()
        self._sayings: list[Saying] = []
        self._dues: list[float] = []
        quiet = book.policy.quiet
        self._night = Window(book.zone, EVERY_DAY, quiet.begin, quiet.end) if quiet.begin != quiet.end else None
        self._open = {key: member for key, member in state.members.items() if not member.ended}
        heard = {key: member for key, member in self._open.items() if not member.apart}
        untils = {key: quieted(key) for key in (heard if self._open else state.members)}
        self._quiet_until = [until.timestamp() for until in untils.values() if until is not None]
        self._loud = {key: member for key, member in heard.items() if untils[key] is None}
        self._severity = max((member.severity for member in self._loud.values()), key=RANK.__getitem__, default="")
        self._worst = max((member.severity for member in self._open.values()), key=RANK.__getitem__, default="")

    def done(self) -> Advanced:
        """Say what there is to say, and sum up."""
        state = self._state
        if not self._open:
            return self._end()
        if self._quiet_until:
            self._dues += self._quiet_until
        if not self._loud:
            state.hushed = state.hushed or bool(self._quiet_until)
            if state.taken is not None and self._reached(state.taken.until):
                state.taken = None
                state.waiting_since = self._now
        elif (morning := self._put_off(self._severity)) is not None:
            if not state.first_at:
                state.put_off = True
            if self._wants() or self._news():
                self._dues.append(morning)
            else:
                self._plan()
        else:
            self._speak()
            self._plan()
        severity = AlertSeverity(self._worst)
        due = min((due for due in self._dues if not self._reached(due)), default=None)
        return Advanced(
            state,
            severity,
            None if due is None else aware(due),
            sayings=tuple(self._sayings),
        )

    def say(
        self,
        kind: SayingKind,
        *,
        new: Sequence[str] = (),
        bodies: Sequence[str] = (),
        people: Sequence[str] = (),
        calls: bool = False,
        silent: bool = False,
        **more: Any,
    ) -> None:
        """One word, about the sensors that are not quiet."""
        shown = self._loud or self._open
        self._sayings.append(
            Saying(
                kind,
                facts(self._state, self._now, shown, self._severity or self._worst, new, **more),
                tuple(bodies or self._state.bodies),
                tuple(people),
                calls,
                silent,
                picture=kind in (SayingKind.FIRST, SayingKind.WORSE) and self._has_picture(),
            )
        )

    def release(self, *, lapsed: bool) -> None:
        """Nobody has it any more, and that is said."""
        state = self._state
        by = state.taken.by if state.taken else ""
        state.taken = None
        state.waiting_since = state.said_at = self._now
        self.say(SayingKind.GIVEN_BACK, by=by, lapsed=lapsed)

    def _reached(self, moment: float) -> bool:
        return reached(self._now, moment)

    def _wants(self) -> SayingKind | None:
        """What would be said of it now if people may be told."""
        state = self._state
        if not state.first_at:
            return SayingKind.FIRST
        if RANK[self._severity] > RANK[state.told]:
            return SayingKind.WORSE
        if RANK[self._worst] < RANK[state.told]:
            return SayingKind.BETTER
        if state.taken is not None and self._reached(state.taken.until):
            return SayingKind.GIVEN_BACK
        if state.hushed:
            return SayingKind.GOES_ON
        if self._news() and state.gathering_until and self._reached(state.gathering_until):
            return SayingKind.MORE
        repeat = self._repeat_at()
        return SayingKind.GOES_ON if repeat is not None and self._reached(repeat) else None

    def _speak(self) -> None:
        state = self._state
        if state.hushed:
            state.waiting_since = self._now  # who silenced it has the whole time again before it goes further
        kind = self._wants()
        if kind is SayingKind.GOES_ON:
            self._escalate()  # which says that it goes on, too
            kind = self._wants()
        if kind is not None:
            self._say_one(kind)
        elif self._news() and not state.gathering_until:
            longest = max(_LONGEST_GATHERING, float(self._policy.group_seconds))
            state.gathering_until = self._now + min(self._policy.group_seconds * 2.0**state.mores, longest)
            if not self._policy.group_seconds:
                self._say_one(SayingKind.MORE)
        self._escalate()

    def _say_one(self, kind: SayingKind) -> None:
        state = self._state
        before, new = state.told, self._news()
        state.repeats += kind is SayingKind.GOES_ON
        if kind is SayingKind.GIVEN_BACK:
            self.release(lapsed=True)
        else:
            from_severity = self._policy.call_from
            worse = kind in (SayingKind.FIRST, SayingKind.WORSE)
            calls = worse and from_severity is not None and RANK[self._severity] >= from_severity.rank
            after = state.hushed and kind is SayingKind.GOES_ON
            silent = kind is SayingKind.BETTER
            self.say(kind, new=new, calls=calls, silent=silent, before=before, after_silence=after)
        if not state.first_at:
            state.first_at = state.waiting_since = self._now
        for member in self._loud.values():
            if RANK[member.severity] > RANK[member.told]:
                member.told = member.severity
        state.told = self._worst if kind is SayingKind.BETTER else self._severity
        if RANK[state.told] > RANK[state.worst_told]:
            state.worst_told = state.told
        state.said_at, state.gathering_until = self._now, 0.0
        state.mores = state.mores + 1 if kind is SayingKind.MORE else 0 if kind is SayingKind.GOES_ON else state.mores
        state.hushed = state.put_off = False

    def _escalate(self) -> None:
        state = self._state
        steps: list[Escalation] = []
        while (step := self._next_escalation()) is not None and self._reached(self._escalation_at(step)):
            steps.append(step)
            state.escalated += 1
        if not steps:
            return
        bodies = list(dict.fromkeys(body for step in steps for body in step.bodies))
        people = list(dict.fromkeys(person for step in steps for person in step.people))
        told: dict[str, Any] = {"bodies": bodies, "people": len(people)}
        self.say(SayingKind.ESCALATED, bodies=bodies, people=people, calls=self._policy.escalate_calls, told=told)
        state.bodies = list(dict.fromkeys([*state.bodies, *bodies]))
        state.people = list(dict.fromkeys([*state.people, *people]))
        state.said_at = self._now

    def _end(self) -> Advanced:
        state = self._state
        gone = all(member.gone for member in state.members.values())
        unheard = max(member.unheard for member in state.members.values())
        end = AlertEnd.UNHEARD if unheard else AlertEnd.CLEARED
        if gone or self._rule is None:
            end = AlertEnd.RULE_GONE
        worst = max((member.worst for member in state.members.values()), key=RANK.__getitem__)
        ended = max(member.ended for member in state.members.values())
        named = not all(member.apart for member in state.members.values())
        if state.worst_told or (state.put_off and named and not self._quiet_until and end is AlertEnd.CLEARED):
            waits = [*self._quiet_until]
            if (morning := self._put_off(state.worst_told or worst)) is not None:
                waits.append(morning)
            self._sayings.append(
                Saying(
                    SayingKind.ENDED,
                    facts(
                        state,
                        self._now,
                        state.members,
                        worst,
                        ended=ended,
                        end=end.value,
                        unheard=unheard,
                        untold=not state.worst_told,
                    ),
                    tuple(state.bodies),
                    tuple(state.people),
                    silent=worst == AlertSeverity.INFO,
                    not_before=aware(max(waits)) if waits else None,
                )
            )
        return Advanced(state, AlertSeverity(worst), None, end, tuple(self._sayings))

    def _plan(self) -> None:
        """When there will be something to say, if nothing happens before."""
        state = self._state
        if state.taken is not None:
            self._dues.append(state.taken.until)
        if state.gathering_until:
            self._dues.append(state.gathering_until)
        if (repeat := self._repeat_at()) is not None:
            self._dues.append(repeat)
        if (step := self._next_escalation()) is not None and state.first_at:
            self._dues.append(self._escalation_at(step))

    def _news(self) -> list[str]:
        return [key for key, member in self._loud.items() if RANK[member.severity] > RANK[member.told]]

    def _repeat_at(self) -> float | None:
        if self._state.taken is not None or self._rule is None:
            return None
        repeat = self._rule.repeat or self._policy.repeat.of(AlertSeverity(self._severity))
        return None if repeat is None else self._state.said_at + repeat.total_seconds()

    def _next_escalation(self) -> Escalation | None:
        if self._state.taken is not None or self._rule is None:
            return None
        steps = sorted(self._rule.escalations, key=lambda step: step.after)
        return steps[self._state.escalated] if self._state.escalated < len(steps) else None

    def _escalation_at(self, step: Escalation) -> float:
        return self._state.waiting_since + step.after.total_seconds()

    def _put_off(self, severity: str) -> float | None:
        """The end of the quiet hours where they hold for this severity; None: people may be told."""
        up_to = self._policy.quiet.up_to
        if self._night is None or up_to is None or RANK[severity] > up_to.rank or not self._night.holds(self._now):
            return None
        return self._night.next_end(self._now)

    def _has_picture(self) -> bool:
        if self._rule is None or not isinstance(self._rule.test, Threshold | Rate):
            return False  # there is no one quantity to draw
        wanted = self._rule.picture
        if wanted is None:
            return self._policy.picture and self._severity == AlertSeverity.CRITICAL
        return wanted
