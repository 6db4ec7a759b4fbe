"""Moments as people of the network read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from provisioner.texts import Language


def shown_moment(moment: float, zone: ZoneInfo, language: Language) -> str:
    """Seconds since 1970 as ``Mo., 5. Jan., 14:00``: it is read today or in a few days."""
    local = datetime.fromtimestamp(moment, zone)
    day = format_date(local, "EEE, d. MMM" if language == "de" else "EEE, d MMM", locale=language)
    return f"{day}, {format_time(local, 'HH:mm', locale=language)}"
