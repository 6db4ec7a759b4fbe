"""Mails about alerts: to whoever is not in the conversation, and to those whom a rule names.

Each goes into the outbox of letters in the transaction in which the saying is taken: so a mail server that is slow, or
down, holds up no conversation, and a conversation that fails holds up no mail.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from policies.membership import Belonging
from provisioner.app.alerting.glances import Glances
from provisioner.app.alerting.mouths import Floor
from provisioner.app.site import Site
from provisioner.model.alerts import SayingKind
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.state import Outbox, Said, Within

MEMBER, NAMED = "member", "named"
"""``why`` in a letter's ``about``: of the body, and not in its conversation; named by the rule."""
_MAILED: Final = frozenset({SayingKind.FIRST, SayingKind.WORSE, SayingKind.ESCALATED, SayingKind.ENDED})
"""What matters to somebody who reads mail: that it begins, gets worse, nobody cares, that it is over."""


class Letters:
    """Of one network. Used by one thread."""

    def __init__(self, site: Site, glances: Glances, floor: Floor) -> None:
        self._site, self._glances, self._floor = site, glances, floor

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

    def _outsiders(self, body: str) -> list[str]:
        """Members of the body who have no account where its conversation is; all of them where it has none."""
        members = self._glances.now().picture.belongings.of_bodies().get(body, Belonging()).members
        place = self._floor.place_of(body)
        return sorted(one for one in members if place is None or not self._floor.has_account(place, one))
