"""Which bodies hear of an alert, also when the registry comes to name others while it goes on.

Each body has an alert of its own. One that is named later is told what goes on in a first word of its own; one that is
named no more hears nothing but the end of what it was told. Only who watches the clock moves alerts so: others may have
read another state of the registry.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from provisioner.alerts.alert_states import AlertState, Member
from provisioner.alerts.book import Book
from provisioner.model.alerts import Happened

NOBODY: Final = ""
"""In place of a body: the rule tells nobody that there is. The alert is kept and shown, and said nowhere."""

Alert = tuple[str, str]
"""(body, rule)."""


def hearers(book: Book, turn: Happened, going_on: Mapping[Alert, AlertState]) -> list[str]:
    """Bodies that a turn concerns: those told of it now, and those that were told when it began."""
    before = [
        body
        for (body, rule), state in going_on.items()
        if rule == turn.rule and (member := state.members.get(turn.sensor)) and not (member.apart and member.ended)
    ]
    rule = book.rules.get(turn.rule)
    if rule is None:
        return before
    told = book.bodies(rule, book.station(turn.sensor)) or (NOBODY,)
    return list(dict.fromkeys([*told, *before]))


def missed(book: Book, going_on: Mapping[Alert, AlertState]) -> dict[Alert, dict[str, Member]]:
    """What goes on by the alerts of others and is in no alert of a body that the registry names for it."""
    found: dict[Alert, dict[str, Member]] = {}
    for (_, name), state in going_on.items():
        rule = book.rules.get(name)
        if rule is None:
            continue
        for sensor, member in state.members.items():
            if member.ended or not book.watches(name, sensor):
                continue
            bodies = book.bodies(rule, book.station(sensor))
            for body in bodies or (() if book.is_unread(name, sensor) else (NOBODY,)):
                own = going_on.get((body, name))
                theirs = own.members.get(sensor) if own is not None else None
                if theirs is None or theirs.ended:
                    found.setdefault((body, name), {}).setdefault(sensor, member)
    return found


def join(state: AlertState, members: Mapping[str, Member]) -> None:
    """They are told at the next look as what had begun before."""
    for sensor, member in members.items():
        fresh = {"told": "", "worst": member.severity, "late": False, "apart": False, "joined": True}
        about = dict(member.about)
        state.members[sensor] = msgspec.structs.replace(member, **fresh, about=about)


def set_apart(book: Book, rule: str, body: str, state: AlertState) -> bool:
    """Mark of what this body is told no more, and forget what it was not told yet.

    Of what it is told again it is told as if it had never heard of it. False: nothing is left, and it knows of nothing.
    """
    back: list[str] = []
    for sensor, member in state.members.items():
        apart = not book.tells(rule, sensor, body)
        if member.apart and not apart:
            member.told = ""
            if not member.ended:
                member.joined = True
                back.append(sensor)
        member.apart = apart
    if back and all(member.ended or member.apart or sensor in back for sensor, member in state.members.items()):
        state.first_at = state.gathering_until = 0.0
        state.told, state.taken, state.hushed = "", None, False
    never = [
        sensor
        for sensor, member in state.members.items()
        if member.apart and not member.ended and (not member.told or body == NOBODY)
    ]
    if len(never) == len(state.members):
        return False
    for sensor in never:
        del state.members[sensor]
    return True
