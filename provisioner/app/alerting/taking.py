"""Taking an alert on, and giving it back: on pages and by command. In Talk the same is a reaction or a word."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from provisioner.alerts.alerting import decode_alert
from provisioner.alerts.book import Book
from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.books import Books
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.pages.alert_pages import told_of
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.text import Text
from provisioner.state import Within
from provisioner.state.alerts import AlertRow, Alerts

_ROUNDED: Final = 3600
"""Seconds: a moment at a full hour does not tell when somebody said so."""


class Taking:
    """Of one network. ``told``: called after a commit with something to say."""

    def __init__(self, site: Site, books: Books, told: Callable[[], None] = lambda: None) -> None:
        self._site, self._books, self._told = site, books, told

    def take_on(self, viewer: Viewer, alert: int) -> datetime:
        """Until when they have it. Raises `Forbidden`, `Refused` when it is over, `SettingsError`, `StateError`."""
        book, now = self._books.now(), self._site.clock.now()
        until = taken_until(now, timedelta(hours=book.policy.taken_hours))
        with self._site.database.writing() as connection:
            within = Within(connection)
            self._known(Alerts(within, self._site.network), book, viewer, alert)
            if viewer.person is None:
                raise Refused(Text.of("app.alert_needs_person"))
            if not Alarms(within, self._site.network, book, now).take_on(alert, viewer.person, until):
                raise Refused(Text.of("app.alert_is_over"))
        self._told()
        return until

    def give_back(self, viewer: Viewer, alert: int) -> None:
        """By who has it, or moderates the body, or is a ranger. Raises as `take_on`."""
        book, now = self._books.now(), self._site.clock.now()
        with self._site.database.writing() as connection:
            within = Within(connection)
            row = self._known(Alerts(within, self._site.network), book, viewer, alert)
            taken, body = decode_alert(row.about).taken, book.registry.bodies.get(row.body)
            oversees = viewer.ranger or (body is not None and may(viewer, Right.SILENCE, body=body))
            if taken is not None and taken.by != viewer.person and not oversees:
                raise Refused(Text.of("app.alert_not_yours"))
            if not Alarms(within, self._site.network, book, now).give_back(alert):
                raise Refused(Text.of("app.alert_is_over"))
        self._told()

    def _known(self, alerts: Alerts, book: Book, viewer: Viewer, alert: int) -> AlertRow:
        row = alerts.get(alert)
        if row is None or not may_see(viewer, row, book):
            raise Forbidden
        return row


def may_see(viewer: Viewer, row: AlertRow, book: Book) -> bool:
    """Whether they are told of it, or are rangers."""
    bodies = book.registry.bodies
    return viewer.ranger or any(
        body in bodies and may(viewer, Right.ALERTS, body=bodies[body]) for body in told_of(row)
    )


def taken_until(now: datetime, lasts: timedelta) -> datetime:
    """At the full hour that follows: nothing is kept of the moment in which somebody reacted."""
    seconds = -(-(now + lasts).timestamp() // _ROUNDED) * _ROUNDED
    return datetime.fromtimestamp(seconds, UTC)
