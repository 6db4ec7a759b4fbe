"""Somebody's last day in the network, said through the service: what follows from it is the ladder's business."""

from datetime import date, timedelta
from typing import Final

from provisioner.app.joining.acting import Act, acting
from provisioner.app.joining.offices import rangers
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.text import Text

_FARTHEST: Final = timedelta(days=3 * 366)
"""A last day so far off is a slip of the pen."""
_A_DAY: Final = timedelta(days=1)


def end_stay(site: Site, pictures: Pictures, viewer: Viewer, person: str, day: date) -> bool:
    """``day`` is somebody's last one in the network: yesterday at the earliest, and then access ends at once.

    False: this very day was said before. An earlier one in the files counts more. Raises `Forbidden`, `Refused`,
    `StateError`, `SettingsError`.
    """
    with acting(site, pictures) as act:
        who = _whoever_may(act, viewer, person)
        if who.person == person:
            raise Refused(Text.of("app.own_stay"))
        today = act.picture.today
        if not today - _A_DAY <= day <= today + _FARTHEST:
            raise Refused(Text.of("app.last_day_out_of_range", first=today - _A_DAY, last=today + _FARTHEST))
        if (before := act.enrolments.all().endings.get(person)) is not None and before.leaves == day:
            return False
        _refuse_last_ranger(act, person)
        act.enrolments.end(person, day, who.actor, act.now)
        if day < today:
            act.sessions.end_all_of(person)
        act.follow(person, who.actor, "console")
        act.note(who.actor, "ended", f"person:{person}", day=day.isoformat())
    return True


def resume_stay(site: Site, pictures: Pictures, viewer: Viewer, person: str) -> bool:
    """Take back what `end_stay` said. False: nothing was said, or not here. Raises as `end_stay`."""
    with acting(site, pictures) as act:
        who = _whoever_may(act, viewer, person)
        if not act.enrolments.resume(person):
            return False
        act.follow(person, who.actor, "console")
        act.note(who.actor, "resumed", f"person:{person}")
    return True


def _refuse_last_ranger(act: Act, person: str) -> None:
    """Without rangers nobody approves anything: somebody has to follow before the last of them goes."""
    everybody = set(rangers(act.picture))
    if person in everybody and everybody - act.enrolments.all().endings.keys() <= {person}:
        raise Refused(Text.of("app.last_ranger"))


def _whoever_may(act: Act, viewer: Viewer, person: str) -> Viewer:
    who = act.who(viewer)
    known = person in act.picture.registry.people
    if not known or not may(who, Right.END_STAY, organisations=act.picture.organisations_of(person)):
        raise Forbidden
    return who
