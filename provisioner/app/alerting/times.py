"""Moments as people of the network read and write them."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from provisioner.app.joining.refusing import Refused
from provisioner.model.text import Text
from provisioner.texts import Language

_WRITTEN: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M")
"""What browsers send for a field of date and time, and what people write where a browser has no such field."""


def shown_moment(moment: float, zone: ZoneInfo, language: Language) -> str:
    """Seconds since 1970 as ``Mo., 5. Jan., 14:00``: it is read today or in a few days."""
    local = datetime.fromtimestamp(moment, zone)
    day = format_date(local, "EEE, d. MMM" if language == "de" else "EEE, d MMM", locale=language)
    return f"{day}, {format_time(local, 'HH:mm', locale=language)}"


def written_moment(written: str, zone: ZoneInfo, *, later: bool = False) -> datetime | None:
    """What somebody wrote, in UTC; None: nothing. ``later`` as `moment_of` has it. Raises `Refused`."""
    text = " ".join(written.split())
    if not text:
        return None
    for form in _WRITTEN:
        try:
            local = datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
        return moment_of(local, later=later)
    raise Refused(Text.of("app.not_a_moment"))


def moment_of(local: datetime, *, later: bool = False) -> datetime:
    """What clocks of its time zone show, in UTC; ``later``: of the hour that comes twice in autumn the second one.

    Raises `Refused` where the clocks never show it (the hour that summer time leaves out), or UTC has no such year.
    """
    try:
        moment = local.replace(fold=int(later)).astimezone(UTC)
        shown = moment.astimezone(local.tzinfo)
    except OverflowError:
        raise Refused(Text.of("app.not_a_moment")) from None
    if shown.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Refused(Text.of("app.no_such_hour", then=f"{local + timedelta(hours=1):%H:%M}"))
    return moment
