"""What doctor asks about calendars: whether we can keep and share them, and how fast."""

from collections.abc import Iterator
from typing import Final

from connectors.nextcloud.accounts.shape import Own
from connectors.nextcloud.calendars.dav import CalDav
from connectors.nextcloud.calendars.shape import marker_of_calendar
from connectors.nextcloud.client import Client
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text

_USUAL: Final = (10, 3600.0)
"""Calendars that a server lets an account make, as it comes."""


def examine_calendars(settings: NextcloudSettings, client: Client, own: Own) -> Iterator[Finding]:
    """One request, no writes. Raises `LoginRefused`."""
    try:
        found = CalDav(client, own.id).all()
    except LoginRefused:
        raise
    except TargetError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("nextcloud.mend_calendars"))
        return
    ours = sum(bool(marker_of_calendar(address)) for address in found)
    yield Finding(Severity.OK, Text.of("nextcloud.may_keep_calendars", count=ours))
    if client.told_by("files_sharing").get("api_enabled") is False:
        yield Finding(Severity.ERROR, Text.of("nextcloud.may_not_share"), Text.of("nextcloud.mend_may_not_share"))
    if (settings.calendar_limit, settings.calendar_window) == _USUAL:
        minutes = round(settings.calendar_window / 60)
        said = Text.of(
            "nextcloud.calendar_limit", limit=settings.calendar_limit, shares=settings.share_limit, minutes=minutes
        )
        yield Finding(Severity.NOTE, said, Text.of("nextcloud.mend_calendar_limit"))
