"""Looks up what a letter is about in the moment in which it is sent, and whether it still is about anything.

One-time links are made here: they are kept hashed, and stand nowhere but in the mail.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, cast, get_args

from policies.membership import affiliations_today
from provisioner.alerts.book import Book
from provisioner.app.joining.deciding import make_decision_link
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.letters.alert_facts import alert_facts
from provisioner.app.letters.meeting_facts import greeting_lines, reminder_facts
from provisioner.app.letters.notice_facts import notice_facts, weekly_facts
from provisioner.app.letters.page_links import page
from provisioner.app.letters.verdicts import NotNeeded
from provisioner.app.letters.welcome_facts import welcome_facts
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.lifecycle.days import ending_of
from provisioner.lifecycle.rights import Right, may
from provisioner.lifecycle.succession import Office
from provisioner.messages.wording import Facts, Ours
from provisioner.model.enrolments import JoinRequest, RequestState
from provisioner.model.errors import Transient
from provisioner.model.messages import Letter, LetterKind
from provisioner.model.ports import Clock
from provisioner.model.registry import Body, Person
from provisioner.model.text import Argument, Text
from provisioner.state import Confirmations, EnrolmentStore, Links, Purpose, Requests
from provisioner.texts import Language

_GONE = "messages.recipient_gone"
_MOOT = "messages.moot"
_DECIDED = "messages.decided"


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a mail goes."""

    address: str
    name: str
    language: Language


def language_of(picture: Picture, person: Person | None = None) -> Language:
    """Somebody's own, else the network's, as far as we speak it; else German."""
    for wish in (person.language if person is not None else None, picture.registry.language):
        if wish in get_args(Language):
            return cast(Language, wish)
    return "de"


def organisation_name(picture: Picture, person: Person) -> str:
    """The name of somebody's first organisation; "" of a guest without any."""
    holding = affiliations_today(person, picture.registry, picture.today)
    return picture.registry.organisations[holding[0].organisation].name if holding else ""


class Lookup:
    """Of one network, as it is now."""

    def __init__(self, site: Site, picture: Picture, clock: Clock) -> None:
        self._site = site
        self._picture = picture
        self._clock = clock

    def recipient(self, letter: Letter) -> Recipient:
        """Raises `NotNeeded`: there is no such person any more. `Transient`: not yet."""
        kind, _, name = letter.to.partition(":")
        if kind == "address":
            return Recipient(name, "", language_of(self._picture))
        if kind != "person":
            raise ValueError(kind)
        person = self._picture.registry.people.get(name)
        if person is None:
            if EnrolmentStore(self._site.database, self._site.network).person(name) is not None:
                raise Transient(Text.of("messages.not_known_yet"))
            raise NotNeeded(_GONE)
        if not self._picture.active(name) and letter.kind is not LetterKind.LEAVING:
            raise NotNeeded(_GONE)
        return Recipient(person.email, person.display_name, language_of(self._picture, person))

    def facts(self, letter: Letter, language: Language, name: str = "") -> Facts:
        """Raises `NotNeeded`, `NotYet`, `Transient`; `KeyError`, `ValueError` for a letter that lacks something."""
        picture = self._picture
        contact = picture.policy.joining.contact
        found = self._by_kind(letter, language)
        return replace(found, language=language, network=picture.registry.name, name=name, contact=contact)

    def _by_kind(self, letter: Letter, language: Language) -> Facts:
        kind, about = letter.kind, letter.about
        match kind:
            case LetterKind.LOGIN_LINK:
                return self._login_link(letter)
            case LetterKind.WELCOME:
                return welcome_facts(self._site, self._picture, _id(letter), self._page("me"), self._clock.now())
            case LetterKind.JOINED:
                return self._joined(self._body(_id(letter)), self._person(str(about["person"])))
            case LetterKind.REQUEST | LetterKind.REQUEST_REMINDER:
                return self._request(letter, self._decided(letter, RequestState.WAITING))
            case LetterKind.APPROVED | LetterKind.DECLINED:
                state = RequestState.APPROVED if kind is LetterKind.APPROVED else RequestState.DECLINED
                return self._answer(self._decided(letter, state))
            case LetterKind.CONFIRM | LetterKind.CONFIRM_REMINDER | LetterKind.CONFIRM_ESCALATED:
                return self._confirm(letter, self._body(str(about["body"])))
            case LetterKind.STRUCK:
                return self._struck(letter, self._body(str(about["body"])))
            case LetterKind.LEAVING:
                return self._leaving(letter)
            case LetterKind.SUCCESSOR:
                return self._successor(self._body(str(about["body"])), str(about["office"]), _day(letter, "vacant_on"))
            case LetterKind.HAND_OVER:
                return Facts(values={"count": int(about["count"])}, link=self._page("leavers"))
            case LetterKind.GUEST_ENDS:
                guest = self._person(str(about["guest"]))
                values: dict[str, Argument] = {"guest": guest.display_name, "until": _day(letter, "until")}
                homes = self._picture.organisations_of(guest.id)
                sees = self._may(letter, Right.PERSON, organisations=homes, person=guest.id)
                return Facts(values=values, link=self._page("people", guest.id) if sees else "")
            case LetterKind.TO_BODY:
                return self._to_body(letter, self._body(str(about["body"])))
            case LetterKind.MEETING_REMINDER:
                return reminder_facts(self._site, self._picture, letter, self._clock.now())
            case LetterKind.ALERT:
                return alert_facts(self._site, self._book, letter, language)
            case LetterKind.NOTICE:
                return notice_facts(self._site, about)
            case LetterKind.WEEKLY:
                return weekly_facts(self._site, about)

    @cached_property
    def _book(self) -> Book:
        return Book.of(self._picture.registry, self._picture.policy.alerts)

    def _login_link(self, letter: Letter) -> Facts:
        minutes, links = self._picture.policy.joining.link_minutes, Links(self._site.database, self._site.network)
        word = links.make(Purpose.LOGIN, _id(letter), self._clock.now(), timedelta(minutes=minutes))
        return Facts(values={"minutes": minutes}, link=self._page("link", word))

    def _joined(self, body: Body, person: Person) -> Facts:
        if not any(place.body.id == body.id for place in self._picture.places_of(person.id)):
            raise NotNeeded(_MOOT)
        lines = tuple(greeting_lines(self._site, self._picture, body, self._clock.now()))
        organisation = organisation_name(self._picture, person)
        if not organisation:
            return Facts(variant="alone", values={"person": person.display_name}, lines=lines)
        return Facts(values={"person": person.display_name, "organisation": organisation}, lines=lines)

    def _decided(self, letter: Letter, state: RequestState) -> JoinRequest:
        found = Requests(self._site.database, self._site.network).get(int(letter.about["request"]))
        if found is None or found.state is not state:
            raise NotNeeded(_DECIDED)
        return found

    def _request(self, letter: Letter, request: JoinRequest) -> Facts:
        body, person = self._body(request.body), self._person(request.person)
        days = self._picture.policy.joining.decision_days
        self._demand(letter, Right.DECIDE, body)
        values: dict[str, Argument] = {
            "body": body.name,
            "person": person.display_name,
            "organisation": organisation_name(self._picture, person) or person.email.rpartition("@")[2],
            "asked": request.asked_at.date(),
            "days": days,
        }
        word = make_decision_link(self._site, request.id, _id(letter), self._clock.now(), timedelta(days=days))
        link = self._page("link", word)
        return Facts(values=values, writer=person.display_name, quote=request.word, link=link)

    def _answer(self, request: JoinRequest) -> Facts:
        body = self._body(request.body)
        known = self._picture.registry.people.get(request.decided_by or "")
        approved = request.state is RequestState.APPROVED
        return Facts(
            values={"body": body.name},
            writer="" if known is None else known.display_name,
            quote=request.answer,
            link=self._page("bodies", body.id) if approved else self._page("bodies"),
        )

    def _confirm(self, letter: Letter, body: Body) -> Facts:
        asked = Confirmations(self._site.database, self._site.network).of_body(body.id)
        if not any(one.done_at is None for one in asked):
            raise NotNeeded(_DECIDED)
        self._demand(letter, Right.CONFIRM, body)
        values: dict[str, Argument] = {"body": body.name, "count": len(self._picture.members_of(body.id))}
        return Facts(values=values, link=self._page("bodies", body.id, "confirm"))

    def _struck(self, letter: Letter, body: Body) -> Facts:
        if any(place.body.id == body.id for place in self._picture.places_of(_id(letter))):
            raise NotNeeded(_MOOT)
        sees = self._may(letter, Right.BODIES, body=body)
        return Facts(values={"body": body.name}, link=self._page("bodies", body.id) if sees else self._page("me"))

    def _successor(self, body: Body, office: str, vacant_on: date) -> Facts:
        """Moderators are named on the page of members; who leads a body may stand in the registry's files."""
        where = ("members",) if office == Office.MODERATION else ()
        values: dict[str, Argument] = {"body": body.name, "vacant_on": vacant_on}
        return Facts(variant=office, values=values, link=self._page("bodies", body.id, *where))

    def _leaving(self, letter: Letter) -> Facts:
        stage = str(letter.about["stage"])
        person = self._person(_id(letter))
        if stage in ("soon", "tomorrow"):
            last_day, ending = _day(letter, "last_day"), ending_of(person, self._picture.registry)
            if ending is None or ending.day != last_day:
                raise NotNeeded(_MOOT)
            return Facts(variant=stage, values={"last_day": last_day})
        if self._picture.active(person.id):
            raise NotNeeded(_MOOT)
        if "erasable_on" not in letter.about:
            return Facts(variant=stage)
        day = _day(letter, "erasable_on")
        below = (Text.of("messages.leaving_then", erasable_on=day),) if stage == "ended" else ()
        return Facts(variant=stage, values={"erasable_on": day}, below=below)

    def _to_body(self, letter: Letter, body: Body) -> Facts:
        if not any(place.body.id == body.id for place in self._picture.places_of(_id(letter))):
            raise NotNeeded(_MOOT)
        about = letter.about
        writer = self._picture.registry.people.get(str(about.get("writer", "")))
        lines: tuple[Text, ...] = ()
        if writer is not None and about.get("show_address"):
            lines = (Text.of("messages.answer_to", address=writer.email),)
        return Facts(
            values={"body": body.name},
            subject=str(about["subject"]),
            writer="" if writer is None else writer.display_name,
            quote=str(about["text"]),
            below=lines,
            link=self._page("bodies", body.id),
        )

    def _demand(self, letter: Letter, right: Right, body: Body) -> None:
        """Who has no longer to decide learns no names."""
        if not self._may(letter, right, body=body):
            raise NotNeeded(_GONE)

    def _may(self, letter: Letter, right: Right, **concerned: Any) -> bool:
        """Whether a page opens for the recipient; ``concerned``: see `provisioner.lifecycle.rights.may`."""
        viewer = viewer_for(self._picture, self._site.network, _id(letter))
        return viewer is not None and may(viewer, right, **concerned)

    def _person(self, identity: str) -> Person:
        person = self._picture.registry.people.get(identity)
        if person is None:
            raise NotNeeded(_MOOT)
        return person

    def _body(self, identity: str) -> Body:
        body = self._picture.registry.bodies.get(identity)
        if body is None:
            raise NotNeeded(_MOOT)
        return body

    def _page(self, *parts: str | int) -> Ours:
        return Ours(page(self._site, *parts))


def _id(letter: Letter) -> str:
    return letter.to.partition(":")[2]


def _day(letter: Letter, name: str) -> date:
    return date.fromisoformat(str(letter.about[name]))
