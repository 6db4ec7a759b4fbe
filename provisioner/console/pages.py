"""Puts pages together: everything escaped, sentences in the visitor's language, paths of this network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from provisioner.app.connectors import text_packages
from provisioner.console.assets import asset_query
from provisioner.console.deps import Visit
from provisioner.console.navigation import navigation
from provisioner.model.text import Argument, Text
from provisioner.texts import Catalogue, Language

_SAID: Final = "said"
_TEN_MINUTES: Final = 600


@cache
def templates() -> Environment:
    """All templates. What is put into them is escaped, and what is missing is a mistake of ours."""
    return Environment(
        loader=PackageLoader("provisioner.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def catalogue(language: Language) -> Catalogue:
    """All sentences of one language."""
    return Catalogue(language, text_packages())


@dataclass(frozen=True)
class Speech:
    """What templates say and how they write it: one language, one time zone."""

    language: Language
    zone: str = "Europe/Berlin"

    def t(self, code: str, **arguments: Argument) -> str:
        """A sentence of the console's own: ``t("log_in")`` is ``console.log_in``."""
        return self.say(Text.of(f"console.{code}", **arguments))

    def say(self, text: Text) -> str:
        """Any text, of whatever room."""
        return catalogue(self.language)(text)

    def day(self, day: date) -> str:
        """ "22.11.2026"."""
        return format_date(day, "medium", locale=self.language)

    def moment(self, at: datetime) -> str:
        """Day and time of day for the network's people, however it was kept."""
        return format_datetime(at, "short", tzinfo=ZoneInfo(self.zone), locale=self.language)

    def span(self, starts: datetime, ends: datetime) -> str:
        """Weekday, day and times of a meeting; of what is near, hence without its year."""
        first, last = (one.astimezone(ZoneInfo(self.zone)) for one in (starts, ends))
        day = format_skeleton("MMMMEd", first, locale=self.language)
        return self.t("span", day=day, starts=f"{first:%H:%M}", ends=f"{last:%H:%M}")

    def number(self, number: float) -> str:
        """ "10.000"."""
        return format_decimal(number, locale=self.language)


def render(visit: Visit, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page, or a part of one, as an answer."""
    registry = visit.picture.registry
    speech = Speech(visit.language, registry.time_zone)
    said = None if visit.is_fragment else visit.request.cookies.get(visit.network.cookie(_SAID))
    if said is not None:
        visit.set_cookies[_SAID] = None
    if visit.new_cookie:
        visit.set_cookies["form"] = visit.cookie
    page = templates().get_template(template)
    shared = {
        "visit": visit,
        "viewer": visit.viewer,
        "network_name": registry.name,
        "today": visit.picture.today,
        "url": visit.network.path,
        "asset": partial(_asset, visit.network.base),
        "navigation": navigation(visit),
        "csrf": visit.csrf,
        "said": said if said in SAID else None,
        **_spoken(speech),
    }
    answer = HTMLResponse(page.render({**shared, **context}), status)
    answer.headers["Content-Language"] = visit.language
    answer.headers["Vary"] = "Cookie, Accept-Language, HX-Request"
    put_cookies(visit, answer)
    return answer


def render_plain(language: Language, template: str, base: str, *, status: int, **context: Any) -> HTMLResponse:
    """A page of no network: only what every page has."""
    shared = {"base": base, "asset": partial(_asset, base), **_spoken(Speech(language))}
    return HTMLResponse(templates().get_template(template).render({**shared, **context}), status)


def go(visit: Visit, *parts: str | int, said: str | None = None) -> Response:
    """Send the browser to another page of this network, where ``said`` (a code of `SAID`) is shown."""
    return go_to(visit, visit.network.path(*parts), said=said)


def go_to(visit: Visit, path: str, *, said: str | None = None) -> Response:
    """The same with a path that is ours (see `Network.is_ours`)."""
    if said is not None:
        visit.set_cookies[_SAID] = said
    answer = RedirectResponse(path, 303)
    put_cookies(visit, answer)
    return answer


def put_cookies(visit: Visit, answer: Response) -> None:
    """Those that the visit changes."""
    for of, value in visit.set_cookies.items():
        put_cookie(visit, answer, of, value, None if of == "form" else _TEN_MINUTES)


def put_cookie(visit: Visit, answer: Response, of: str, value: str | None, seconds: int | None) -> None:
    """One cookie, for this network alone. ``value`` None: taken away; ``seconds`` None: until the browser ends."""
    network = visit.network
    answer.set_cookie(
        network.cookie(of),
        value or "",
        max_age=seconds if value is not None else 0,
        path=network.base,
        secure=network.secure,
        httponly=True,
        samesite="lax",
    )


def _asset(base: str, name: str) -> str:
    return f"{base}/static/{name}?{asset_query(name)}"


def _spoken(speech: Speech) -> Mapping[str, Any]:
    names = ("t", "say", "day", "moment", "span", "number")
    return {"language": speech.language, **{name: getattr(speech, name) for name in names}}


SAID: Final = frozenset(
    {
        "logged_out",
        *("registered", "joined", "asked", "left", "withdrawn"),
        *("approved", "declined", "struck", "appointed", "confirmed", "mailed"),
        *("asked_look", "asked_sync", "plan_approved", "plan_rejected", "letter_again", "letter_given_up"),
        *("stay_ended", "stay_resumed", "body_changed", "body_archived"),
        *("confirmed_link", "rejected_link", "accepted_news"),
        *("room_opened", "room_closed", "guest_withdrawn", "feed_ended"),
        *("alert_taken", "alert_given_back", "muted", "unmuted", "muting_planned", "muting_called_off"),
    }
)
"""What can be said on the page after a form: ``said_<code>`` in the texts."""
