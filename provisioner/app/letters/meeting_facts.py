"""What is said of meetings: the reminder, judged once more in the moment in which it goes; what comes next."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from provisioner.app.letters.verdicts import NotNeeded, NotYet
from provisioner.app.meetings.agenda import date_at, next_date
from provisioner.app.meetings.reminding import leads_of
from provisioner.app.meetings.room_links import RoomLinks
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.messages.wording import Facts, Ours
from provisioner.model.errors import Transient
from provisioner.model.messages import Letter
from provisioner.model.registry import Body
from provisioner.model.text import Argument, Text

_OVER = "messages.meeting_over"
_A_MOMENT = timedelta(minutes=1)
"""Clocks are set by so much all the time; nobody minds a reminder so much earlier."""


def reminder_facts(site: Site, picture: Picture, letter: Letter, now: datetime) -> Facts:
    """Of the meeting as it stands in the registry now.

    Raises `NotNeeded`: it began, was moved or called off, the next reminder is due, or nobody wants any. `NotYet`: too
    early. `Transient`: the body's entry can't be read at the moment.
    """
    identity = letter.to.partition(":")[2]
    registry, leads = picture.registry, leads_of(picture)
    body = registry.bodies.get(identity)
    if body is None and (identity in registry.blocked or not registry.complete):
        raise Transient(Text.of("messages.not_now"))
    lead = timedelta(minutes=int(letter.about["minutes"]))
    starts = datetime.fromisoformat(str(letter.about["starts"]))
    found = None if body is None else date_at(picture, body, str(letter.about["series"]), starts)
    said_next = any(starts - one <= now for one in leads if one < lead)  # after a pause only the last one goes
    if body is None or found is None or lead not in leads or starts <= now or said_next:
        raise NotNeeded(_OVER)
    if now < starts - lead - _A_MOMENT:
        raise NotYet("messages.meeting_not_yet", starts - lead)
    lines = [] if found.planned is None else [Text.of("messages.meeting_moved", planned=found.planned)]
    if (room := RoomLinks(site).to(body.id, found.series.id)) is not None:
        lines.append(Text.of("messages.meeting_enter", url=Ours(room)))
    values: dict[str, Argument] = {
        "title": found.title,
        "starts": found.starts,
        "ends": f"{found.ends:%H:%M}",
    }
    return Facts(values=values, lines=tuple(lines))


def greeting_lines(site: Site, picture: Picture, body: Body, now: datetime) -> Iterator[Text]:
    """For somebody who just came: when the body meets next, and where."""
    following = next_date(picture, body, now)
    if following is not None:
        yield Text.of("messages.joined_next", starts=following.starts)
    room = RoomLinks(site).to(body.id)
    if room is not None:
        yield Text.of("messages.joined_room", url=Ours(room))
