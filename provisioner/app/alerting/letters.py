"""Mails about alerts: to whoever is not in the conversation, and to those whom a rule names.

Each goes into the outbox of letters in the transaction in which the saying is taken: so a mail server that is slow, or
down, holds up no conversation, and a conversation that fails holds up no mail.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from policies.keys import person_key
from provisioner.app.alerting.glances import Glances
from provisioner.app.alerting.mouths import Floor
from provisioner.app.picture import Picture
from provisioner.app.site import Site
from provisioner.model.alerts import SayingKind
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.resources import Kind
from provisioner.state import Outbox, Said, TiedTo, Within

MEMBER, NAMED = "member", "named"
"""``why`` in a letter's ``about``: of the body, and not in its conversation; named by the rule."""
_MAILED: Final = frozenset({SayingKind.FIRST, SayingKind.WORSE, SayingKind.ESCALATED, SayingKind.ENDED})
"""What matters to somebody who reads mail: that it begins, gets worse, nobody cares, that it is over."""
_REMEMBERED: Final = 60.0
"""Seconds for which it is known who has no account."""


class Letters:
    """Of one network. Used by one thread."""

    def __init__(self, site: Site, glances: Glances, floor: Floor) -> None:
        self._site, self._glances, self._floor = site, glances, floor
        self._outside: dict[str, tuple[Picture, float, tuple[str, ...]]] = {}

    def post(self, within: Within, said: Said, now: datetime) -> None:
        """What is about to be said for the first time, with all that was gathered into it. Raises `StateError`."""
        for one in (said, *said.gathered):
            if one.kind in _MAILED and not one.tries:
                self._put(within, one, self._outsiders(one.body), MEMBER, now)
                self._put(within, one, one.people, NAMED, now)

    def post_to_all(self, within: Within, said: Said, now: datetime) -> None:
        """It can't be said where the body reads: so by mail to everybody, once each. Raises `StateError`."""
        members = [one.person.id for one in self._glances.now().picture.members_of(said.body)]
        for one in (said, *said.gathered):
            if one.kind in _MAILED:
                self._put(within, one, members, MEMBER, now)

    def _put(self, within: Within, said: Said, people: Iterable[str], why: str, now: datetime) -> None:
        outbox = Outbox(within, self._site.network, now)
        for person in people:
            about: dict[str, str | int] = {"saying": said.id, "why": why}
            outbox.post(Letter(LetterKind.ALERT, Channel.MAIL, f"person:{person}", about, f"alert:{said.id}:{person}"))

    def _outsiders(self, body: str) -> tuple[str, ...]:
        """Members of the body who have no account where its conversation is; all of them where it has none."""
        picture, clock = self._glances.now().picture, self._site.clock.monotonic()
        known = self._outside.get(body)
        if known is not None and known[0] is picture and 0 <= clock - known[1] < _REMEMBERED:
            return known[2]
        members = [one.person.id for one in picture.members_of(body)]
        place = self._floor.place_of(body)
        if place is not None and members:
            tied = TiedTo(self._site.database, self._site.network, [place.target])
            found = tied.find([person_key(one) for one in members], (Kind.ACCOUNT,))
            inside = {one.binding.id.key for one in found}
            members = [one for one in members if person_key(one) not in inside]
        self._outside[body] = picture, clock, tuple(members)
        return tuple(members)
