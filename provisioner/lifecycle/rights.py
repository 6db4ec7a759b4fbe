"""Who may see and do what through the service. Pure: what somebody is, and what that allows, in one place.

Every page and every act asks `may`; the generated table of all routes and roles is checked against it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from provisioner.model.registry import Body, JoinMode

ADMIN_LINK: Final = "admin-link"
"""Who acts in the session of the first start, before anybody has a role."""

_NOWHERE: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at the pages of one network, with what they are there at this moment."""

    network: str
    person: str | None = None
    """Id in the registry; None: a newcomer, or whoever opened the link of the first start."""
    ranger: bool = False
    coordinator: bool = False
    administers: frozenset[str] = _NOWHERE
    """Ids of the organisations whose city administrator they are."""
    moderates: frozenset[str] = _NOWHERE
    """Ids of the bodies that they moderate; nobody moderates an archive."""
    member_of: frozenset[str] = _NOWHERE
    """Ids of the bodies they belong to, in whatever role."""
    guest: bool = False
    newcomer_address: str | None = None
    """The address of somebody who is nobody yet."""

    @property
    def actor(self) -> str:
        """What stands in the audit."""
        return self.person or ADMIN_LINK

    @property
    def is_newcomer(self) -> bool:
        """Whether all that they may do is to register."""
        return self.newcomer_address is not None


class Right(StrEnum):
    """What can be allowed. Of a body, a person or organisations where `may` is told of them; else of the page."""

    OVERVIEW = "overview"
    MATRIX = "matrix"  # city administrators: numbers only
    PLAN = "plan"
    HISTORY = "history"
    AUDIT = "audit"
    SAFETY = "safety"
    PEOPLE = "people"  # city administrators: their own organisations' only
    PERSON = "person"
    BODIES = "bodies"  # guests: their own only
    MEMBERS = "members"  # the names on a body's list
    JOIN = "join"  # at once where it is open, else by asking
    LEAVE = "leave"
    DECIDE = "decide"  # on requests to join
    CONFIRM = "confirm"  # a body's list: strike, confirm
    APPOINT = "appoint"
    MAIL = "mail"  # to all of a body
    INVITE = "invite"  # guests to a body's meetings
    ALERTS = "alerts"  # see what a body is told of its sensors, and take it on
    SILENCE = "silence"  # have alerts say nothing for a while
    CREATE_BODY = "create-body"
    CHANGE_BODY = "change-body"
    END_STAY = "end-stay"
    APPLY = "apply"  # approve plans, ask for syncs
    LETTERS = "letters"
    SENDERS = "senders"  # of sensors: how they are, what waits to be said
    SOURCES = "sources"
    LINKS = "links"


_READS_ALL: Final = frozenset({Right.OVERVIEW, Right.MATRIX, Right.PLAN, Right.HISTORY, Right.AUDIT, Right.SAFETY})
_RANGERS_ALONE: Final = frozenset({Right.APPLY, Right.LETTERS, Right.SENDERS})
_OF_ORGANISATIONS: Final = frozenset({Right.END_STAY, Right.SOURCES, Right.LINKS})
_OF_MODERATION: Final = frozenset({Right.DECIDE, Right.CONFIRM, Right.APPOINT})
_NEEDS_A_PERSON: Final = frozenset({Right.JOIN, Right.LEAVE})


def may(
    viewer: Viewer,
    right: Right,
    *,
    body: Body | None = None,
    organisations: frozenset[str] = _NOWHERE,
    person: str | None = None,
) -> bool:
    """Whether ``viewer`` has the right.

    ``body``: the one it is about; ``organisations``: those of the person, source or link it is about, or the lead of
    a body that is to be made; ``person``: whose page it is. Without them it is asked whether there is anything of the
    kind that they may: whether a page, a form, an entry of the menu is for them at all.
    """
    if right in _NEEDS_A_PERSON:
        return _may_come_and_go(viewer, right, body)
    if viewer.ranger:
        return True
    if viewer.person is None:
        return False
    if right is Right.BODIES:
        return not viewer.guest or body is None or body.id in viewer.member_of
    if right is Right.PERSON and person == viewer.person:
        return True
    if viewer.guest:
        return False
    return _may_with_an_office(viewer, right, body, organisations)


def _may_come_and_go(viewer: Viewer, right: Right, body: Body | None) -> bool:
    if viewer.person is None or viewer.guest:
        return False
    if right is Right.LEAVE:
        return bool(viewer.member_of) if body is None else body.id in viewer.member_of
    return body is None or body.join is not JoinMode.CLOSED


def _may_with_an_office(viewer: Viewer, right: Right, body: Body | None, organisations: frozenset[str]) -> bool:
    """Coordinators, city administrators, moderators and members."""
    if right in _RANGERS_ALONE:
        return False
    if right in _READS_ALL:
        return viewer.coordinator or (right is Right.MATRIX and bool(viewer.administers))
    if right in (Right.PEOPLE, Right.PERSON):
        concerned = bool(viewer.administers & organisations)
        return viewer.coordinator or concerned or (right is Right.PEOPLE and not organisations and _administers(viewer))
    if right in _OF_ORGANISATIONS:
        # Of several organisations all have to be theirs: nobody ends a stay, or says who is who, elsewhere.
        if right is Right.END_STAY:
            return bool(organisations) and organisations <= viewer.administers
        return _administers(viewer) and organisations <= viewer.administers
    if right is Right.CREATE_BODY:
        return viewer.coordinator or (_administers(viewer) and organisations <= viewer.administers)
    return _may_with_body(viewer, right, body)


def _may_with_body(viewer: Viewer, right: Right, body: Body | None) -> bool:
    if body is None:
        leads, moderates, belongs = _administers(viewer), bool(viewer.moderates), bool(viewer.member_of)
    else:
        leads = body.lead is not None and body.lead in viewer.administers
        moderates, belongs = body.id in viewer.moderates, body.id in viewer.member_of
    if right in _OF_MODERATION:
        return moderates or leads
    if right in (Right.MAIL, Right.INVITE, Right.SILENCE):
        return moderates
    if right is Right.ALERTS:
        return belongs or moderates
    if right is Right.CHANGE_BODY:
        return leads
    return right is Right.MEMBERS and (belongs or moderates or leads or viewer.coordinator)


def _administers(viewer: Viewer) -> bool:
    return bool(viewer.administers)
