"""One act of somebody: looked at, decided and written down in one transaction, with all that follows from it.

What an act is judged by can't change before it is written: while it lasts nobody else decides anything in the network.
So two clicks, two browsers or a page from yesterday do no harm. If the process is killed, all of it was done, or
nothing.
"""

import re
import threading
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from policies.reasons import reasons_in_body
from provisioner.app.joining.offices import administrators, rangers
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Viewer
from provisioner.model.enrolments import EnrolledMembership
from provisioner.model.errands import Job
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.registry import Body, Person, Role
from provisioner.model.text import Text
from provisioner.registry.enrolling import struck
from provisioner.registry.shapes import Purpose
from provisioner.state import (
    Attempts,
    Audit,
    Confirmations,
    EnrolmentStore,
    Errands,
    Outbox,
    Requests,
    Sessions,
    Within,
)

LONGEST_WORD: Final = 1000
"""Characters of what people write to each other with a request."""

_ONE_AT_A_TIME: Final = threading.Lock()
"""Acts of one process wait for each other outside of the database: else those that wait could take all connections, of
which the act that goes on needs a second one."""

_WORDS: Final[TypeAdapter[str]] = TypeAdapter(Purpose)


@dataclass
class Act:
    """What an act is judged by and written to. All stores are in its transaction."""

    site: Site
    picture: Picture
    """As it is while the act lasts."""
    now: datetime
    connection: Connection

    def __post_init__(self) -> None:
        within, network = Within(self.connection), self.site.network
        self.enrolments = EnrolmentStore(within, network)
        self.requests = Requests(within, network)
        self.confirmations = Confirmations(within, network)
        self.sessions = Sessions(within, network)
        self.attempts = Attempts(within, network)
        self.audit = Audit(within, network)
        self._errands = Errands(within, network)
        self._outbox = Outbox(within, network, self.now)

    def who(self, viewer: Viewer) -> Viewer:
        """The same somebody with what they are now. Raises `Forbidden`: nobody any more, or of another network."""
        if viewer.network != self.site.network or viewer.is_newcomer:
            raise Forbidden
        if viewer.person is None:
            return viewer  # the link of the first start: there is nothing in the registry to look up
        found = viewer_for(self.picture, self.site.network, viewer.person)
        if found is None:
            raise Forbidden
        return found

    def body(self, identity: str) -> Body:
        """Raises `Forbidden` where there is none."""
        found = self.picture.registry.bodies.get(identity)
        if found is None:
            raise Forbidden
        return found

    def role_in(self, person: str, body: str) -> Role | None:
        """What somebody is in a body today; None: they don't belong to it."""
        return next((place.role for place in self.picture.places_of(person) if place.body.id == body), None)

    def is_by_rule(self, person: str, body: str) -> bool:
        """Whether somebody belongs to a body by one of its rules, and not by a decision."""
        return any(place.by_rule for place in self.picture.places_of(person) if place.body.id == body)

    def refuse_rule(self, person: str, body: Body, code: str) -> None:
        """Raise `Refused` with the rule by which somebody belongs to a body."""
        found = self.picture.registry.people[person]
        raise Refused(Text.of(code, rule=tuple(reasons_in_body(found, body, self.picture.belongings))))

    def place(self, membership: EnrolledMembership) -> None:
        """Decide about one person in one body, and see to it that targets follow."""
        self.enrolments.place(membership, self.now)
        self.follow(membership.person, membership.by)

    def strike(self, person: str, body: str, by: str) -> None:
        """From now on somebody no longer belongs to a body."""
        role = self.role_in(person, body) or Role.MEMBER
        self.place(EnrolledMembership(person, body, struck(self.picture.today), role, by))

    def follow(self, only: str, actor: str, cause: str = "enrolment") -> None:
        """Put down that what concerns ``only`` has to be carried out."""
        self._errands.add(Job.SYNC, cause, actor, self.now, only=only)

    def mail(self, kind: LetterKind, person: str, about: dict[str, str | int], once: str | None = None) -> bool:
        """A letter to a person; False: one with the same ``once`` was taken before."""
        return self._outbox.post(Letter(kind, Channel.MAIL, f"person:{person}", about, once))

    def note(self, actor: str, action: str, subject: str, **about: str | int) -> None:
        """A line of the audit."""
        self.audit.note(self.now, actor, action, subject, about)


@contextmanager
def acting(site: Site, pictures: Pictures) -> Iterator[Act]:
    """One transaction: all of it is kept, or, if the block raises, nothing. Raises `StateError`, `SettingsError`."""
    pictures.now(fresh=True)  # what takes long, before anybody has to wait for us
    with _ONE_AT_A_TIME, site.database.writing() as connection:
        EnrolmentStore(Within(connection), site.network).hold()
        yield Act(site, pictures.now(fresh=True), site.clock.now(), connection)


def deciders(picture: Picture, body: Body, but: Collection[str] = ()) -> list[str]:
    """Ids of those who decide for a body: its moderators; without any its lead's administrators, or the rangers."""
    moderators = [person.id for person in acting_moderators(picture, body.id)]
    for asked in (moderators, administrators(picture, body.lead), rangers(picture)):
        if found := in_order(set(asked) - set(but)):
            return found
    return []


def acting_moderators(picture: Picture, body: str) -> list[Person]:
    """A body's moderators who may decide: guests of the network may not."""
    return [one for one in picture.moderators_of(body) if not picture.belongings.is_guest(one.id)]


def refuse_last_moderator(picture: Picture, body: Body, going: Collection[str], viewer: Viewer) -> None:
    """Raise `Refused` when somebody takes themself off a list that nobody would moderate then."""
    moderators = {person.id for person in acting_moderators(picture, body.id)}
    if viewer.person in going and viewer.person in moderators and moderators <= set(going):
        raise Refused(Text.of("app.last_moderator", body=body.name))


def cleaned_words(text: str) -> str:
    """What somebody wrote to somebody, without spaces around it. Raises `Refused`: too long, or unseen letters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    text = re.sub(r"[ \t]+", " ", text)
    if len(text) > LONGEST_WORD:
        raise Refused(Text.of("app.word_too_long", limit=LONGEST_WORD))
    return checked(_WORDS, text, "app.word_unreadable")


def cleaned_line(text: str, shape: TypeAdapter[str], code: str) -> str:
    """A name or title in one line, with single spaces. Raises `Refused` with ``code`` when it has not this shape."""
    return checked(shape, " ".join(unicodedata.normalize("NFC", text).split()), code)


def checked(shape: TypeAdapter[str], text: str, code: str) -> str:
    """``text`` if it has this shape. Raises `Refused`."""
    try:
        return shape.validate_python(text, strict=True)
    except ValidationError:
        raise Refused(Text.of(code)) from None


def in_order(people: Iterable[str]) -> list[str]:
    """Each once, sorted: letters are posted in the same order every time."""
    return sorted(set(people))
