"""Bodies that are made by form instead of in the registry's files, and changed and archived in the same way."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from itertools import count
from typing import Any, Final

from pydantic import TypeAdapter

from policies.keys import administrators_key, body_key, guests_key
from policies.names import transliterated
from provisioner.app.joining.acting import Act, acting, checked, cleaned_line
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.joining.viewing import is_guest
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.enrolments import SOURCE, EnrolledBody, EnrolledMembership, RequestState
from provisioner.model.messages import LetterKind
from provisioner.model.registry import Body, BodyKind, JoinMode, Period, Role
from provisioner.model.text import Text
from provisioner.registry.documents import BodyDocument
from provisioner.registry.shapes import Name, Purpose
from provisioner.registry.supplying import same_name
from provisioner.state import TiedTo, Within

_PREFIXES: Final = {BodyKind.PROJECT: "pg"}
"""What ids begin with; else with the kind."""
_FOR_RANGERS: Final = frozenset({BodyKind.PLENUM, BodyKind.STEERING, BodyKind.RANGERS})
"""Kinds that the network has once: no city makes another one."""
_LONGEST_ID: Final = 50
_BODIES_A_DAY: Final = 20
"""Of one person who is no ranger: each gets rooms in every target, which nobody but a ranger takes away again."""
_A_DAY: Final = timedelta(days=1)

_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)
_PURPOSE: Final[TypeAdapter[str]] = TypeAdapter(Purpose)


def make_body(
    site: Site,
    pictures: Pictures,
    viewer: Viewer,
    *,
    name: str,
    purpose: str = "",
    lead: str | None = None,
    join: JoinMode = JoinMode.APPROVAL,
    moderators: Collection[str] = (),
    kind: BodyKind = BodyKind.PROJECT,
) -> str:
    """A new body with its moderators; its id. Made again in the same way, it is the one that is there.

    Raises `Forbidden`, `Refused` (a name that is taken or can't be read, nobody to moderate), `StateError`,
    `SettingsError`.
    """
    with acting(site, pictures) as act:
        who = act.who(viewer)
        _refuse_lead(act, who, lead)
        if kind in _FOR_RANGERS and not who.ranger:
            raise Forbidden
        fields = _fields(name, purpose, lead, join, kind)
        if (twin := _namesake(act, fields["name"])) is not None:
            made = act.enrolments.all().bodies.get(twin.id)
            if made is not None and made.fields == {"id": twin.id, **fields}:
                return twin.id
            raise Refused(Text.of("app.body_name_taken", name=twin.name))
        people = sorted(set(moderators))
        _refuse_moderators(act, people)
        if not who.ranger and not act.attempts.count_one("body", who.actor, act.now, _BODIES_A_DAY, _A_DAY):
            raise Refused(Text.of("app.asked_too_often"))
        identity = _free_id(act, kind, fields["name"])
        act.enrolments.make_body(_body(identity, fields), who.actor, act.now)
        for person in people:
            period = Period(since=act.picture.today)
            act.enrolments.place(EnrolledMembership(person, identity, period, Role.MODERATOR, who.actor), act.now)
        act.follow(identity, who.actor, "console")
        act.note(who.actor, "made_body", f"body:{identity}", moderators=len(people))
    return identity


def change_body(
    site: Site,
    pictures: Pictures,
    viewer: Viewer,
    body: str,
    *,
    name: str,
    purpose: str,
    lead: str | None,
    join: JoinMode,
) -> bool:
    """What a body of the database is called, is for, who leads it and how one joins. False: nothing was otherwise.

    Raises as `make_body`; also `Refused` for a body of the files, and for one that is archived.
    """
    with acting(site, pictures) as act:
        who, found, before = _ours(act, viewer, body)
        if lead != found.lead:
            _refuse_lead(act, who, lead)
        changed = {**before, **_fields(name, purpose, lead, join, found.kind)}
        changed = {key: value for key, value in changed.items() if value is not None}
        if changed == before:
            return False
        twin = _namesake(act, changed["name"])
        if twin is not None and twin.id != body:
            raise Refused(Text.of("app.body_name_taken", name=twin.name))
        act.enrolments.change_body(body, _body(body, changed).fields)
        act.follow(body, who.actor, "console")
        act.note(who.actor, "changed_body", f"body:{body}")
    return True


def archive_body(site: Site, pictures: Pictures, viewer: Viewer, body: str) -> bool:
    """From today on a body of the database is no longer active; nothing is deleted. False: it was archived before.

    Whoever waits for an answer gets a no. Raises as `change_body`.
    """
    with acting(site, pictures) as act:
        found = act.body(body)
        if found.is_archived(act.picture.today) and may(act.who(viewer), Right.CHANGE_BODY, body=found):
            return False
        who, _, before = _ours(act, viewer, body)
        act.enrolments.change_body(body, {**before, "archived": act.picture.today.isoformat()})
        for request in act.requests.waiting(body):
            act.requests.decide(request.id, RequestState.DECLINED, who.actor, "", act.now)
            act.mail(LetterKind.DECLINED, request.person, {"request": request.id}, f"declined:{request.id}")
        act.follow(body, who.actor, "console")
        act.note(who.actor, "archived_body", f"body:{body}")
    return True


def _ours(act: Act, viewer: Viewer, body: str) -> tuple[Viewer, Body, dict[str, Any]]:
    """Who acts, the body, and its fields as they were made here."""
    who, found = act.who(viewer), act.body(body)
    if not may(who, Right.CHANGE_BODY, body=found):
        raise Forbidden
    made = act.enrolments.all().bodies.get(body)
    if made is None or found.origin is None or found.origin.file != SOURCE:
        raise Refused(Text.of("app.body_in_files", body=found.name))
    if found.is_archived(act.picture.today):
        raise Refused(Text.of("app.body_archived", body=found.name))
    return who, found, dict(made.fields)


def _fields(name: str, purpose: str, lead: str | None, join: JoinMode, kind: BodyKind) -> dict[str, Any]:
    """As a file would have them, without the id."""
    name = cleaned_line(name, _NAME, "app.body_name_unreadable")
    if not _letters(name):
        raise Refused(Text.of("app.body_name_unreadable"))
    purpose = checked(_PURPOSE, purpose.replace("\r\n", "\n").strip(), "app.body_purpose_unreadable")
    fields = {"name": name, "kind": str(kind), "purpose": purpose, "lead": lead, "join": str(join)}
    return {key: value for key, value in fields.items() if value is not None}


def _body(identity: str, fields: dict[str, Any]) -> EnrolledBody:
    """Read back once before it is kept: what could not be read would block it for good."""
    whole = {**fields, "id": identity}
    BodyDocument.model_validate(whole)
    return EnrolledBody(identity, whole)


def _refuse_lead(act: Act, who: Viewer, lead: str | None) -> None:
    """A city gives bodies to itself alone, and none to nobody."""
    if not may(who, Right.CREATE_BODY, organisations=frozenset() if lead is None else frozenset({lead})):
        raise Forbidden
    if lead is None and not (who.ranger or who.coordinator):
        raise Refused(Text.of("app.body_needs_lead"))
    organisation = act.picture.registry.organisations.get(lead or "")
    if lead is not None and (organisation is None or not organisation.period.holds(act.picture.today)):
        raise Refused(Text.of("app.lead_not_here"))


def _refuse_moderators(act: Act, people: list[str]) -> None:
    if not people:
        raise Refused(Text.of("app.body_needs_moderator"))
    known = act.picture.registry.people
    if any(not act.picture.active(person) or is_guest(known[person]) for person in people):
        raise Refused(Text.of("app.person_not_here"))


def _namesake(act: Act, name: str) -> Body | None:
    """A body that people could take for one of this name; archived ones count, for their rooms are still there."""
    wanted = _letters(name)
    return next((body for body in act.picture.registry.bodies.values() if _letters(body.name) == wanted), None)


def _letters(name: str) -> str:
    """What a name sounds like: letters and digits alone."""
    return re.sub(r"[^a-z0-9]+", "", transliterated(same_name("", name)).lower())


def _free_id(act: Act, kind: BodyKind, name: str) -> str:
    """The first id made of the name that nothing ever had: else a new body would get the rooms of an old one."""
    registry, enrolments = act.picture.registry, act.enrolments.all()
    known = registry.bodies.keys() | registry.blocked | enrolments.bodies.keys()
    known |= {place.body for place in enrolments.memberships}  # of a body that was taken out of the files
    return next(one for one in _ids(kind, name) if one not in known and not _has_rooms(act, one))


def _ids(kind: BodyKind, name: str) -> Iterator[str]:
    plain = re.sub(r"[^a-z0-9]+", "-", transliterated(name).lower()).strip("-")
    first = f"{_PREFIXES.get(kind, str(kind))}-{plain}"[:_LONGEST_ID].rstrip("-")
    yield first
    yield from (f"{first}-{number}" for number in count(2))


def _has_rooms(act: Act, identity: str) -> bool:
    tied = TiedTo(Within(act.connection), act.site.network, act.site.target_names())
    return bool(tied.find((body_key(identity), administrators_key(identity), guests_key(identity))))
