"""What the bot answers to commands; put into words in the moment in which it is said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from provisioner.alerts.alerting import decode_alert
from provisioner.alerts.book import Book
from provisioner.alerts.facts import facts
from provisioner.alerts.wording import words
from provisioner.app.alerting.times import shown_moment
from provisioner.app.letters.page_links import page
from provisioner.app.site import Site
from provisioner.messages.plain import plain
from provisioner.model.alerts import Quiet, SayingKind
from provisioner.model.text import Text
from provisioner.state import Alerts, AlertSilences, Said
from provisioner.texts import Catalogue

MOST_LINES: Final = 10


class Answer(StrEnum):
    """Which answer; ``answer`` in a saying's ``about``."""

    HELP = "help"
    STATUS = "status"
    NOTHING_OPEN = "nothing_open"
    OVER = "over"
    NOT_YOURS = "not_yours"
    MUTED = "muted"
    MUTED_ONE = "muted_one"
    UNMUTED = "unmuted"
    NOT_MUTED = "not_muted"
    STRANGER = "stranger"


def about_answer(kind: Answer, reply_to: int, until: datetime | None = None) -> dict[str, Any]:
    """A saying's ``about``."""
    about: dict[str, Any] = {"answer": str(kind), "reply_to": reply_to}
    return about if until is None else {**about, "until": until.timestamp()}


def answer(site: Site, book: Book, say: Catalogue, said: Said) -> str:
    """The words. Raises `StateError`; `ValueError`, `KeyError` for what is no answer."""
    kind = Answer(said.about["answer"])
    if kind is Answer.STATUS:
        return _status(site, book, say, said.body)
    text = Text(f"alerting.answer_{kind}", _until(said.about, book, say))
    return say(text)


def _until(about: Mapping[str, Any], book: Book, say: Catalogue) -> dict[str, str]:
    if "until" not in about:
        return {}
    return {"until": shown_moment(float(about["until"]), book.zone, say.language)}


def _status(site: Site, book: Book, say: Catalogue, body: str) -> str:
    """What goes on in a body: the worst first, with who has it; and until when it is muted."""
    rows = Alerts(site.database, site.network).going_on(bodies=[body])
    now = site.clock.now()
    quiets = AlertSilences(site.database, site.network).active(now)
    lines = []
    for row in sorted(rows, key=lambda row: (-row.severity.rank, row.id))[:MOST_LINES]:
        state = decode_alert(row.about)
        shown = {key: member for key, member in state.members.items() if not member.ended}
        told = facts(state, now.timestamp(), shown, row.severity.value)
        line = words(SayingKind.GOES_ON, told, book.rules.get(row.rule), book, say).partition("\n")[0]
        by = state.taken.by if state.taken is not None and state.taken.until > now.timestamp() else ""
        person = book.registry.people.get(by)
        if person is not None:
            line = f"{line} {say(Text.of('alerting.answer_status_taken', who=plain(person.display_name)))}"
        muted = [one for one in quiets if one.scope in (f"body:{body}/rule:{row.rule}", f"rule:{row.rule}")]
        if muted:
            line = f"{line} {say(Text.of('alerting.answer_status_muted', until=_latest(muted, book, say)))}"
        lines.append(f"- {line}")
    if not lines:
        parts = [say(Text.of("alerting.answer_nothing_open"))]
    else:
        parts = [say(Text.of("alerting.answer_status", count=len(rows))), *lines]
    if len(rows) > MOST_LINES:
        more = Text.of("alerting.answer_status_more", count=len(rows) - MOST_LINES, link=page(site, "alerts"))
        parts.append(say(more))
    muted = [one for one in quiets if one.scope in (f"body:{body}", "all")]
    if muted:
        parts.append(say(Text.of("alerting.answer_muted_until", until=_latest(muted, book, say))))
    return "\n".join(parts)


def _latest(quiets: Sequence[Quiet], book: Book, say: Catalogue) -> str:
    return shown_moment(max(one.until for one in quiets).timestamp(), book.zone, say.language)
