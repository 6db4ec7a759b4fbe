"""Silences that people make on pages and by command: who may silence what, when, for how long, and how it is called."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from provisioner.alerts.book import Book, Station
from provisioner.app.alerting.books import Books
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.pages.sensor_pages import bodies_of
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.alerts import Quiet
from provisioner.model.text import Text
from provisioner.registry.mistakes import suggestion
from provisioner.state import Audit, Within
from provisioner.state.alert_silences import AlertSilences
from provisioner.state.alerts import Alerts

LONGEST: Final = timedelta(days=30)
FARTHEST: Final = timedelta(days=366)
"""As far ahead can one be planned."""
LONGEST_REASON: Final = 200
ALL: Final = "all"


class WrongTime(Refused):
    """A silence can't be then. ``field``: what is wrong of it, ``begin`` or ``until``."""

    def __init__(self, field: str, text: Text) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be silenced, as a `Quiet` has it."""

    kind: str
    """``rule``, ``sensor``, ``body``, ``pair`` (a body and a rule), ``organisation`` or ``all``."""
    identity: str = ""
    rule: str = ""
    """Of a pair, whose ``identity`` is the body."""

    @classmethod
    def parse(cls, word: str) -> "Scope | None":
        """None: it is none."""
        kind, colon, identity = word.partition(":")
        if word == ALL:
            return cls(ALL)
        body, slash, rule = identity.partition("/rule:")
        if kind == "body" and slash:
            return cls("pair", body, rule) if body and rule else None
        return cls(kind, identity) if colon and identity and kind in _KINDS else None

    def __str__(self) -> str:
        if self.kind == "pair":
            return f"body:{self.identity}/rule:{self.rule}"
        return f"{self.kind}:{self.identity}" if self.identity else self.kind

    def called(self, book: Book) -> str:
        """The name of what it is about; its id where the registry has it no more."""
        if self.kind == "pair":
            return f"{Scope('rule', self.rule).called(book)} · {Scope('body', self.identity).called(book)}"
        registry, station = book.registry, book.station(self.identity) if self.kind == "sensor" else None
        if station is not None:
            return station.name
        named = {"rule": book.rules, "body": registry.bodies, "organisation": registry.organisations}.get(self.kind, {})
        found = named.get(self.identity)
        if found is None and self.kind == "sensor" and (sensor := registry.sensors.get(self.identity)) is not None:
            return sensor.place
        return getattr(found, "name", self.identity)

    def is_there(self, book: Book) -> bool:
        """Whether there is anything of the kind now."""
        registry = book.registry
        match self.kind:
            case "rule":
                return self.identity in book.rules
            case "body":
                return self.identity in registry.bodies
            case "pair":
                return self.identity in registry.bodies and self.rule in book.rules
            case "organisation":
                return self.identity in registry.organisations
            case "sensor":
                return book.station(self.identity) is not None or self.identity in registry.sensors
        return self.kind == ALL

    def concerned(self, book: Book) -> frozenset[str] | None:
        """The bodies that are told of it; None: whoever there is."""
        match self.kind:
            case "body" | "pair":
                return frozenset({self.identity})
            case "sensor":
                station = book.station(self.identity)
                return None if station is None else bodies_of(book, station)
            case "rule":
                rule = book.rules[self.identity]
                told = {
                    body
                    for sensor in book.registry.sensors.values()
                    if (one := _any_station(book, sensor.id)) is not None and rule.id in one.checks
                    for body in book.bodies(rule, one)
                }
                return frozenset(told | (set(rule.tells) & book.registry.bodies.keys()))
        return None


_KINDS: Final = ("rule", "sensor", "body", "organisation")


def _any_station(book: Book, entry: str) -> Station | None:
    """One of the devices that an entry stands for: all are watched by the same rules, and tell the same bodies."""
    return book.station(entry) or book.station(f"{entry}/*")


def _scopes(book: Book) -> Iterator[str]:
    """All that can be written, but pairs."""
    registry = book.registry
    ids = {"rule": book.rules, "sensor": registry.sensors, "body": registry.bodies}
    for kind, known in {**ids, "organisation": registry.organisations}.items():
        yield from (f"{kind}:{one}" for one in known)
    yield ALL


def may_silence(viewer: Viewer, scope: Scope, book: Book) -> bool:
    """Rangers everything; moderators what concerns bodies alone that they moderate."""
    if viewer.ranger:
        return True
    concerned, bodies = scope.concerned(book), book.registry.bodies
    if not concerned:
        return False
    return all(body in bodies and may(viewer, Right.SILENCE, body=bodies[body]) for body in concerned)


class Muting:
    """Silences of one network."""

    def __init__(self, site: Site, books: Books) -> None:
        self._site, self._books = site, books

    def mute(self, viewer: Viewer, word: str, lasts: timedelta, reason: str, begin: datetime | None = None) -> Quiet:
        """From now on, or from ``begin`` on: a window for maintenance.

        Raises `Forbidden`, `Refused` (`WrongTime` where the time is to blame), `SettingsError`, `StateError`.
        """
        book, scope = self._books.now(), Scope.parse(word)
        if scope is None or not scope.is_there(book):
            meant = suggestion(word, _scopes(book))
            mend = "" if meant is None else Text.of("registry.did_you_mean", suggestion=meant)
            raise Refused(Text.of("app.no_such_scope", scope=word, mend=mend))
        if not may_silence(viewer, scope, book):
            raise Forbidden
        now = self._site.clock.now()
        since, until = _window(now, begin, lasts)
        with self._site.database.writing() as connection:
            within = Within(connection)
            by = viewer.person or ""
            made = AlertSilences(within, self._site.network).add(
                str(scope), since, until, by, reason.strip()[:LONGEST_REASON]
            )
            Audit(within, self._site.network).note(now, viewer.actor, "muted_alerts", str(scope))
        return made

    def unmute(self, viewer: Viewer, silence: int) -> bool:
        """It is over now. False: it never began, and won't. Raises `Forbidden`, `SettingsError`, `StateError`."""
        book, now, network = self._books.now(), self._site.clock.now(), self._site.network
        with self._site.database.writing() as connection:
            within = Within(connection)
            silences = AlertSilences(within, network)
            found = next((one for one in silences.to_come(now) if one.id == silence), None)
            scope = None if found is None else Scope.parse(found.scope)
            if found is None or scope is None or not may_silence(viewer, scope, book):
                raise Forbidden
            silences.end(silence, now)
            Alerts(within, network).wake(now)
            Audit(within, network).note(now, viewer.actor, "unmuted_alerts", found.scope)
        return found.since <= now


def _window(now: datetime, begin: datetime | None, lasts: timedelta) -> tuple[datetime, datetime]:
    """Since when and until when. Raises `WrongTime`."""
    if begin is not None and begin < now.replace(second=0, microsecond=0):  # people write no seconds
        raise WrongTime("begin", Text.of("app.silence_in_the_past"))
    since = now if begin is None else max(begin, now)
    if since - now > FARTHEST:
        raise WrongTime("begin", Text.of("app.silence_too_far", days=FARTHEST.days))
    if lasts <= timedelta():
        raise WrongTime("until", Text.of("app.silence_ends_too_soon"))
    if lasts > LONGEST:
        raise WrongTime("until", Text.of("app.silence_too_long", days=LONGEST.days))
    return since, (begin or now) + lasts
