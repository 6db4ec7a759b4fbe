"""Gives meeting rooms other names, so that whoever lost access knows only a name that leads nowhere.

A meeting server looks at a token once, when its bearer comes in: expiry throws nobody out, and a pass that was made
before somebody left opens the room until it expires. So a room waits for another name from the moment at which somebody
who could enter can no longer, moderates no longer, or had an invitation withdrawn; when its name is as old as policy
allows; and when a ranger says so. Everybody enters by our link, so that nobody notices the other name.

But people who sit together under the old name must not be parted from those who come later. Therefore:

- While two or more are inside, by what the meeting server tells, the room keeps its name, however long that takes.
- When it tells that nobody is inside, the room gets its name: at once, or three minutes after somebody was let in last,
  who may still be on the way.
- One alone is most likely a forgotten window: for them a name waits as long as policy says (``rotate_latest_hours``).
- Where the server tells nothing at all, a room counts as empty when nobody was let in for four hours; and as policy
  says (the same hours) in any case, once nobody is on the way: there is nothing to go by then.
- On command nobody waits where nothing is known; while somebody is known to be inside, it waits as always.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from provisioner.app.applying import lock_servers
from provisioner.app.connectors import connector_type
from provisioner.app.meetings.doors import Opened, open_doors, standing_in
from provisioner.app.meetings.room_keys import body_of
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.model.errands import Job
from provisioner.model.meetings import Standing
from provisioner.model.resources import Kind
from provisioner.state import (
    Audit,
    BindingWriter,
    Errands,
    Gatherings,
    RoomAccess,
    RoomAccesses,
    RoomName,
    RoomNames,
    TiedTo,
    Transactions,
    Within,
)
from provisioner.state.tie_facts import Facts

ACCESS, GUEST, AGE, COMMAND = "access", "guest", "age", "command"
"""Why a room gets another name."""
ARRIVING: Final = timedelta(minutes=3)
"""Longer than from a click until the meeting server tells that somebody is inside, and than two notes lie apart."""
QUIET: Final = timedelta(hours=4)
"""Nobody meets for longer without anybody coming in; only asked where the server tells nothing."""
LOOK_AGAIN: Final = timedelta(minutes=5)
ACTOR: Final = "service"

_HASH_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of one room. ``waits_until``: it kept its name, and is looked at again then."""

    room: RoomName
    inside: int | None
    """How many were inside; None: nothing is known."""
    waits_until: datetime | None = None


def meeting_targets(site: Site) -> list[str]:
    """The network's targets that have meeting rooms. Raises `SettingsError`."""
    targets = site.section.targets
    return [name for name in targets if connector_type(str(targets[name].get("connector", "")), name).door is not None]


def make_due(transactions: Transactions, network: str, key: str, why: str, now: datetime) -> None:
    """A room waits for another name from now on, and is looked at soon. Of a room that nobody keeps: nothing."""
    if RoomAccesses(transactions, network).make_due(key, now, why):
        Errands(transactions, network).add(Job.ROOMS, "service", ACTOR, now)


def note_access(site: Site, picture: Picture, targets: Iterable[str] | None = None) -> None:
    """Compare who may enter with who could: where somebody lost access, or a name is old, the room is due.

    To be called after whatever may have changed it; done twice it does nothing. Raises `StateError`, `SettingsError`.
    """
    names = meeting_targets(site) if targets is None else list(targets)
    if not names:
        accesses = RoomAccesses(site.database, site.network)
        accesses.forget(accesses.all())
        return
    network, now = site.network, site.clock.now()
    days = picture.policy.meetings.rooms.rotate_days
    # Before anybody has to wait for us: a quarter of a second for 10,000 people in 20 bodies.
    now_heard = {
        (room.key, room.name): audience(picture, room) for room in RoomNames(site.database, network).all(names)
    }
    with site.database.writing() as connection:
        within = Within(connection)
        accesses = RoomAccesses(within, network)
        rooms, known = RoomNames(within, network).all(names), accesses.all()
        accesses.forget(known.keys() - {room.key for room in rooms})
        for room in rooms:
            current, before = now_heard.get((room.key, room.name)), known.get(room.key)
            if current is None:
                continue  # tied or renamed in this very moment
            if before is None:
                accesses.named(room.key, current, room.since)
                continue
            if before.audience != current:
                accesses.heard_by(room.key, current)
            if before.audience - current:
                make_due(within, network, room.key, ACCESS, now)
            elif days is not None and before.named_at + timedelta(days=days) <= now:
                make_due(within, network, room.key, AGE, now)


def rotate_due(
    site: Site, picture: Picture, doors_of: Callable[[Site], Opened] = open_doors, *, errands: Iterable[int] = ()
) -> list[Rotated]:
    """Give another name to every room that waits for one and may have it; the others are looked at again later.

    ``errands``: those that are being carried out by this. Raises `LockTaken`, `StateError`, `SettingsError`.
    """
    now, network = site.clock.now(), site.network
    accesses = RoomAccesses(site.database, network)
    due = accesses.due()
    if not due:
        return []
    doors = doors_of(site)
    names = {room.key: room for room in RoomNames(site.database, network).all(doors)}
    accesses.forget([access.key for access in due if access.key not in names])
    found = [
        _rotated(site, picture, doors, names[access.key], access.due_why, ACTOR)
        for access in due
        if access.key in names
    ]
    waiting = [one.waits_until for one in found if one.waits_until is not None]
    if waiting:
        _look_again(site, min(waiting), now, frozenset(errands))
    return found


def rotate_body(
    site: Site, picture: Picture, body: str, actor: str, doors_of: Callable[[Site], Opened] = open_doors
) -> list[Rotated]:
    """Other names for all rooms of a body, by a ranger's word; those in which somebody sits wait for it.

    Empty: it has none. Raises `LockTaken`, `StateError`, `SettingsError`.
    """
    now, network, doors = site.clock.now(), site.network, doors_of(site)
    note_access(site, picture, doors)
    found: list[Rotated] = []
    for room in RoomNames(site.database, network).all(doors):
        if body_of(room.key) == body:
            one = _rotated(site, picture, doors, room, COMMAND, actor)
            if one.waits_until is not None:
                make_due(site.database, network, room.key, COMMAND, now)
            found.append(one)
    return found


def audience(picture: Picture, room: RoomName) -> frozenset[str]:
    """Hashes of who may enter, and once more of who moderates.

    They are keyed with the room's name, so that nothing can be read from them once it has another one.
    """
    body = picture.registry.bodies.get(body_of(room.key) or "")
    if body is None or body.is_archived(picture.today):
        return frozenset()
    found: set[str] = set()
    for person in picture.belongings.of_bodies()[body.id].members:
        standing = standing_in(picture, person, body)
        if standing is not None:
            found.add(_hash(room.name, person))
        if standing is Standing.MODERATOR:
            found.add(_hash(room.name, f"{person}\0moderator"))
    return frozenset(found)


def waits_until(access: RoomAccess, inside: int | None, now: datetime, latest: timedelta) -> datetime | None:
    """Until when a room that is due keeps its name, before it is looked at again; None: no longer. See above."""
    passed, since = access.passed_at, access.due_since or now
    if passed is not None and passed > now + ARRIVING:  # by a clock that was ahead
        passed = None
    if passed is not None and now < passed + ARRIVING:
        return passed + ARRIVING
    if inside is not None and inside > 1:
        return now + LOOK_AGAIN
    if inside == 0 or now >= since + latest:
        return None
    if inside == 1:
        return min(now + LOOK_AGAIN, since + latest)
    quiet = None if passed is None else passed + QUIET
    return None if quiet is None or now >= quiet else min(quiet, since + latest)


def _rotated(site: Site, picture: Picture, doors: Opened, room: RoomName, why: str, actor: str) -> Rotated:
    """Tie the room to another name, if it may have one: with all that follows from it, in one transaction.

    Under the server's lock; whoever lets people into a room that waits notes it first and then looks up its name (see
    `Doors`), so that it can't change between the two.
    """
    network, now = site.network, site.clock.now()
    latest = timedelta(hours=picture.policy.meetings.rooms.rotate_latest_hours)
    with ExitStack() as stack:
        [target] = stack.enter_context(site.targets([room.target]))
        lock = lock_servers(site, [target], stack)[target.server]
        site.ties_log.check()
        with lock.writing() as connection:
            within = Within(connection)
            accesses = RoomAccesses(within, network)
            access, inside = accesses.held(room.key), Gatherings(within, network).inside(room.key, now)
            tied = TiedTo(within, network, [room.target]).find([room.key], [Kind.MEETING_ROOM])
            if access is None or not tied or tied[0].binding.remote_id != room.name:
                return Rotated(room, inside)  # untied or renamed meanwhile: what was decided was about another name
            # Where nothing is known, somebody who says so knows better.
            waits = waits_until(access, inside, now, timedelta(0) if why == COMMAND and inside is None else latest)
            if waits is not None:
                return Rotated(room, inside, waits)
            # No epoch of its own: that would cost a write in every target, for a name that none of them keeps.
            facts = Facts(connection, run=None, raises_epoch=False)
            fresh = replace(room, name=doors[room.target].new_room(), since=now)
            writer = BindingWriter(connection, network, room.target, target.server, facts)
            writer.bind(replace(tied[0].binding, remote_id=fresh.name, fingerprint=""), now)
            accesses.named(room.key, audience(picture, fresh), now)
            Audit(within, network).note(now, actor, "renamed_room", f"body:{body_of(room.key)}", {"why": why})
            facts.note()
        site.ties_log.keep()
    return Rotated(room, inside)


def _look_again(site: Site, when: datetime, now: datetime, doing: frozenset[int]) -> None:
    """One errand is enough, however many rooms wait."""
    errands = Errands(site.database, site.network)
    others = [one for one in errands.all() if one.job is Job.ROOMS and one.id not in doing]
    if not any((one.not_before or one.created) <= when for one in others):
        errands.add(Job.ROOMS, "service", ACTOR, now, not_before=when)


def _hash(room: str, who: str) -> str:
    key = room.encode()[: hashlib.blake2b.MAX_KEY_SIZE]
    return urlsafe_b64encode(hashlib.blake2b(who.encode(), key=key, digest_size=_HASH_BYTES).digest()).decode()
