"""Servers whose certificates run out: doctor says so, and rangers are told in time."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.app.connectors import connector_type
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text
from provisioner.transport.certificate import expires

SOON: Final = timedelta(days=21)
"""Let's Encrypt's own tools renew 30 days before the end: what is nearer has been forgotten."""


def ending(site: Site, targets: list[str], time_zone: str) -> Iterator[tuple[str, date]]:
    """(target, last day) of the certificates that end soon. One handshake a target; never raises."""
    today = site.today(time_zone)
    for name in targets:
        try:
            settings = site.read_target(
                connector_type(str(site.section.targets[name].get("connector", "")), name), name
            )
        except SettingsError:
            continue  # said by whoever uses the target
        until = expires(str(getattr(settings, "url", "")), getattr(settings, "ca_file", None))
        if until is not None and (day := until.astimezone(ZoneInfo(time_zone)).date()) - today <= SOON:
            yield name, day


def examine_certificate(site: Site, target: str) -> Iterator[Finding]:
    """For doctor."""
    for _, day in ending(site, [target], "Europe/Berlin"):
        what = Text.of("app.certificate_ends", until=day)
        yield Finding(Severity.WARNING, what, Text.of("app.mend_certificate"))
