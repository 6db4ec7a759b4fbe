"""How often a series takes place, in words for people who wonder whether to join."""

from typing import Final

from provisioner.calendars.rules import WEEKDAYS, canonical_rule, parts_of
from provisioner.model.registry import MeetingSeries
from provisioner.model.text import Text

PLACES: Final = {"1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last"}


def rhythm(series: MeetingSeries) -> Text | None:
    """ "alle 2 Wochen dienstags um 10:00 Uhr"; None for a single date and for what no short sentence says."""
    if series.rule is None:
        return None
    start, time = series.first, f"{series.first:%H:%M}"
    parts = dict(parts_of(canonical_rule(series.rule, start.date())))
    frequency, interval = parts.pop("FREQ"), int(parts.pop("INTERVAL", "1"))
    often = "_every" if interval > 1 else ""
    days = parts.get("BYDAY", "").split(",")
    if frequency == "WEEKLY" and set(parts) <= {"BYDAY", "WKST"}:
        names = days if days != [""] else [WEEKDAYS[start.weekday()]]
        words = tuple(Text.of(f"calendars.on_{day.lower()}") for day in names)
        return Text.of(f"calendars.weekly{often}", count=interval, days=words, time=time)
    place, day = days[0][:-2], days[0][-2:]
    if frequency == "MONTHLY" and set(parts) == {"BYDAY"} and len(days) == 1 and place in PLACES:
        nth, name = Text.of(f"calendars.{PLACES[place]}"), Text.of(f"calendars.day_{day.lower()}")
        return Text.of(f"calendars.monthly{often}", count=interval, place=nth, day=name, time=time)
    if frequency == "MONTHLY" and not parts:
        return Text.of(f"calendars.monthly_number{often}", count=interval, number=str(start.day), time=time)
    return None
