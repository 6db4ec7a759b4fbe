"""Coming into bodies and going out of them: by oneself, by a moderator's word, by a moderator's list."""

from datetime import timedelta
from typing import Final

from provisioner.app.joining.acting import Act, acting, cleaned_words, deciders, refuse_last_moderator
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.joining.viewing import is_guest
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.enrolments import EnrolledMembership, JoinRequest, RequestState
from provisioner.model.messages import LetterKind
from provisioner.model.registry import Body, JoinMode, Period, Role
from provisioner.model.text import Text

_REQUESTS_A_DAY: Final = 30
"""Of one person: more is no interest, but a nuisance to moderators."""
_JOINS_A_DAY: Final = 60
"""Of one person: each makes targets work, and who comes and goes all day would keep them busy for everybody."""
_A_DAY: Final = timedelta(days=1)


class Places:
    """Acts of one network. Safe for many threads.

    Each is one transaction and can be repeated: what is done already is not done again. All raise `Forbidden` (no
    right to it, or there is no such thing), `Refused` (not as things are now), `StateError`, `SettingsError`.
    """

    def __init__(self, site: Site, pictures: Pictures) -> None:
        self._site = site
        self._pictures = pictures

    def join(self, viewer: Viewer, body: str) -> bool:
        """Join an open body, at once. False: they belong to it already."""
        with acting(self._site, self._pictures) as act:
            person, found = _comer(act, viewer, body)
            if act.role_in(person, body) is not None:
                return False
            if found.join is JoinMode.APPROVAL:
                raise Refused(Text.of("app.join_by_asking", body=found.name))
            if not act.attempts.count_one("join", person, act.now, _JOINS_A_DAY, _A_DAY):
                raise Refused(Text.of("app.asked_too_often"))
            for request in _waiting_of(act, person, body):
                act.requests.decide(request.id, RequestState.WITHDRAWN, person, "", act.now)
            act.place(EnrolledMembership(person, body, Period(since=act.picture.today), Role.MEMBER, person))
            act.note(person, "joined", f"body:{body}")
        return True

    def ask(self, viewer: Viewer, body: str, word: str) -> int:
        """Ask to join; the request's number. Asked again, it is the one that waits already."""
        with acting(self._site, self._pictures) as act:
            person, found = _comer(act, viewer, body)
            if act.role_in(person, body) is not None:
                raise Refused(Text.of("app.belongs_already", body=found.name))
            if found.join is JoinMode.OPEN:
                raise Refused(Text.of("app.join_without_asking", body=found.name))
            for waiting in _waiting_of(act, person, body):
                return waiting.id
            if not act.attempts.count_one("join-request", person, act.now, _REQUESTS_A_DAY, _A_DAY):
                raise Refused(Text.of("app.asked_too_often"))
            request = act.requests.ask(person, body, cleaned_words(word), act.now)
            if request is None:
                raise Refused(Text.of("app.asked_already"))
            for decider in deciders(act.picture, found, but=(person,)):
                act.mail(LetterKind.REQUEST, decider, {"request": request}, f"request:{request}:{decider}")
            act.note(person, "asked", f"body:{body}", request=request)
        return request

    def withdraw(self, viewer: Viewer, request: int) -> bool:
        """Take one's own request back. False: it was already. Raises `Refused` when somebody decided on it."""
        with acting(self._site, self._pictures) as act:
            who, found = act.who(viewer), act.requests.get(request)
            if found is None or who.person is None or found.person != who.person:
                raise Forbidden
            if found.state is RequestState.WITHDRAWN:
                return False
            _refuse_decided(act, found)
            act.requests.decide(request, RequestState.WITHDRAWN, who.actor, "", act.now)
            act.note(who.actor, "withdrew", f"body:{found.body}", request=request)
        return True

    def decide(self, viewer: Viewer, request: int, approve: bool, answer: str = "") -> bool:
        """Say yes or no. False: this very person said just this before.

        Raises `Refused` when somebody decided on it already, with who did, and for a yes that comes too late.
        """
        with acting(self._site, self._pictures) as act:
            return decide_one(act, act.who(viewer), request, approve, answer)

    def leave(self, viewer: Viewer, body: str) -> bool:
        """Leave a body. False: they don't belong to it (any more)."""
        with acting(self._site, self._pictures) as act:
            who, found = act.who(viewer), act.body(body)
            if who.person is None or who.guest:
                raise Forbidden
            if act.role_in(who.person, body) is None:
                return False
            if act.is_by_rule(who.person, body):
                act.refuse_rule(who.person, found, "app.belongs_by_rule")
            refuse_last_moderator(act.picture, found, (who.person,), who)
            act.strike(who.person, body, who.person)
            act.note(who.person, "left", f"body:{body}")
        return True

    def strike(self, viewer: Viewer, body: str, person: str) -> bool:
        """Take somebody off a body's list; they are told. False: they don't belong to it (any more)."""
        with acting(self._site, self._pictures) as act:
            who, found = act.who(viewer), act.body(body)
            if not may(who, Right.CONFIRM, body=found):
                raise Forbidden
            refuse_last_moderator(act.picture, found, (person,), who)
            return strike_one(act, who, found, person)

    def appoint(self, viewer: Viewer, body: str, person: str, role: Role) -> bool:
        """Give somebody a role in a body, which they then belong to. False: they have it already."""
        with acting(self._site, self._pictures) as act:
            who, found = act.who(viewer), act.body(body)
            if not may(who, Right.APPOINT, body=found):
                raise Forbidden
            _refuse_archived(act, found)
            if not act.picture.active(person):
                raise Refused(Text.of("app.person_not_here"))
            if (role is Role.GUEST) is not is_guest(act.picture.registry.people[person]) or role not in _IN_BODIES:
                raise Refused(Text.of("app.role_not_for_guests" if role is not Role.GUEST else "app.role_for_guests"))
            if (had := act.role_in(person, body)) is role:
                return False
            if had is Role.MODERATOR:
                refuse_last_moderator(act.picture, found, (person,), who)
                if person in _moderators_by_rule(act, found):
                    act.refuse_rule(person, found, "app.moderates_by_rule")
            act.place(EnrolledMembership(person, body, Period(since=act.picture.today), role, who.actor))
            for request in _waiting_of(act, person, body):
                act.requests.decide(request.id, RequestState.APPROVED, who.actor, "", act.now)
                act.mail(LetterKind.APPROVED, person, {"request": request.id}, f"approved:{request.id}")
            act.note(who.actor, "appointed", f"person:{person}", body=body, role=str(role))
        return True


_IN_BODIES: Final = frozenset({Role.MEMBER, Role.MODERATOR, Role.GUEST})


def decide_one(act: Act, who: Viewer, request: int, approve: bool, answer: str, **about: str) -> bool:
    """Within an act: say yes or no to a request. ``about``: what else the audit is told. As `Places.decide`."""
    wanted, found = RequestState.APPROVED if approve else RequestState.DECLINED, act.requests.get(request)
    body = None if found is None else act.picture.registry.bodies.get(found.body)
    if found is None or not (may(who, Right.DECIDE, body=body) if body is not None else who.ranger):
        raise Forbidden
    if found.state is wanted and found.decided_by == who.actor:
        return False
    _refuse_decided(act, found)
    if approve:
        _let_in(act, found, body, who.actor)
    act.requests.decide(request, wanted, who.actor, cleaned_words(answer), act.now)
    kind = LetterKind.APPROVED if approve else LetterKind.DECLINED
    act.mail(kind, found.person, {"request": request}, f"{kind}:{request}")
    act.note(who.actor, str(wanted), f"person:{found.person}", request=request, body=found.body, **about)
    return True


def strike_one(act: Act, who: Viewer, body: Body, person: str) -> bool:
    """Within an act of somebody who may: take one off the list. False: they don't belong to it."""
    if act.role_in(person, body.id) is None:
        return False
    if act.is_by_rule(person, body.id):
        act.refuse_rule(person, body, "app.stricken_by_rule")
    act.strike(person, body.id, who.actor)
    if person != who.person:
        # Once a day, however often somebody is put on a list and struck from it.
        act.mail(LetterKind.STRUCK, person, {"body": body.id}, f"struck:{body.id}:{person}:{act.picture.today}")
    act.note(who.actor, "struck", f"person:{person}", body=body.id)
    return True


def _comer(act: Act, viewer: Viewer, body: str) -> tuple[str, Body]:
    """Who wants to come in, and where: both are checked."""
    who, found = act.who(viewer), act.body(body)
    if who.person is None or who.guest:
        raise Forbidden
    _refuse_archived(act, found)
    if found.join is JoinMode.CLOSED and act.role_in(who.person, body) is None:
        raise Refused(Text.of("app.body_closed", body=found.name))
    return who.person, found


def _waiting_of(act: Act, person: str, body: str) -> list[JoinRequest]:
    return [one for one in act.requests.waiting(body) if one.person == person]


def _let_in(act: Act, request: JoinRequest, body: Body | None, by: str) -> None:
    """What a yes brings about, unless it is too late for it."""
    if body is None:
        raise Refused(Text.of("app.body_gone"))
    _refuse_archived(act, body)
    if body.join is JoinMode.CLOSED:
        raise Refused(Text.of("app.body_closed", body=body.name))
    found = act.picture.registry.people.get(request.person)
    if found is None or not act.picture.active(request.person) or is_guest(found):
        raise Refused(Text.of("app.asker_gone"))
    if act.role_in(request.person, body.id) is None:
        period = Period(since=act.picture.today)
        act.place(EnrolledMembership(request.person, body.id, period, Role.MEMBER, by))


def _refuse_decided(act: Act, request: JoinRequest) -> None:
    """Once it is decided, it stays so: whoever comes later is told by whom."""
    if request.state is RequestState.WAITING:
        return
    if request.state is RequestState.WITHDRAWN:
        raise Refused(Text.of("app.request_withdrawn"))
    by = act.picture.registry.people.get(request.decided_by or "")
    name = request.decided_by or "" if by is None else by.display_name
    code = "app.request_approved" if request.state is RequestState.APPROVED else "app.request_declined"
    raise Refused(Text.of(code, by=name))


def _refuse_archived(act: Act, body: Body) -> None:
    if body.is_archived(act.picture.today):
        raise Refused(Text.of("app.body_archived", body=body.name))


def _moderators_by_rule(act: Act, body: Body) -> set[str]:
    chosen = (one for one in body.selectors if one.as_role is Role.MODERATOR)
    return set().union(*map(act.picture.belongings.selected, chosen))
