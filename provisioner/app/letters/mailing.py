"""A mail to all members, or all moderators, of a body: one to each, so that nobody sees another's address."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.text import Text
from provisioner.state import Attempts, Audit, Outbox, Within

if TYPE_CHECKING:
    from provisioner.app.picture import Picture

To = Literal["members", "moderators"]

LONGEST_SUBJECT: Final = 150
LONGEST_TEXT: Final = 5_000
"""Characters, both."""

_A_DAY: Final = timedelta(days=1)
_OF_ONE_WRITER: Final = 10
"""Mails a day to all bodies together: who leads a city's bodies can make some more, and put anybody into them."""


def mail_body(
    site: Site,
    picture: "Picture",
    viewer: Viewer | None,
    body: str,
    subject: str,
    text: str,
    to: To = "members",
    *,
    show_address: bool = False,
    actor: str = "command",
) -> int:
    """Post one letter to each of them; how many.

    ``viewer``: who writes; None: ``actor``, at the command line. ``show_address``: the writer's address stands in the
    text, for answers. Raises `Forbidden`, `Refused` (too long, too often, nobody there), `StateError`.
    """
    found = picture.registry.bodies.get(body)
    if found is None or (viewer is not None and not may(viewer, Right.MAIL, body=found)):
        raise Forbidden
    subject, text = " ".join(subject.split()), text.replace("\r\n", "\n").strip()
    if not subject or not text:
        raise Refused(Text.of("app.mail_empty"))
    if len(subject) > LONGEST_SUBJECT or len(text) > LONGEST_TEXT:
        raise Refused(Text.of("app.mail_too_long", subject=LONGEST_SUBJECT, text=LONGEST_TEXT))
    people = [one.person for one in picture.members_of(body)] if to == "members" else picture.moderators_of(body)
    if not people:
        raise Refused(Text.of("app.mail_nobody"))
    now, limit = site.clock.now(), picture.policy.mails.to_body_a_day
    writer = viewer.person if viewer is not None else None
    shown = int(show_address)
    about: dict[str, str | int] = {"body": body, "subject": subject, "text": text, "show_address": shown}
    if writer is not None:
        about["writer"] = writer
    with site.database.writing() as connection:
        within = Within(connection)
        if not limit or not Attempts(within, site.network).count_one("mail-body", body, now, limit, _A_DAY):
            raise Refused(Text.of("app.mail_too_often", limit=limit))
        if viewer is not None and not viewer.ranger and not _may_write_more(within, site, viewer, now):
            raise Refused(Text.of("app.mails_too_many", limit=_OF_ONE_WRITER))
        outbox = Outbox(within, site.network, now)
        for person in people:
            outbox.post(Letter(LetterKind.TO_BODY, Channel.MAIL, f"person:{person.id}", about))
        who = actor if viewer is None else viewer.actor
        Audit(within, site.network).note(now, who, "mailed", f"body:{body}", {"count": len(people), "to": to})
    return len(people)


def _may_write_more(within: Within, site: Site, viewer: Viewer, now: datetime) -> bool:
    return Attempts(within, site.network).count_one("mail-writer", viewer.actor, now, _OF_ONE_WRITER, _A_DAY)
