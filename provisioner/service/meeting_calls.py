"""What a meeting server calls: how many come and go, and whether a room is open.

Off unless the network's settings say how the server is known. It sends from a machine of ours, in the background and
without a browser: no cookie, no form of ours. What it asks is explained in `provisioner.app.meetings.events` and
`provisioner.app.meetings.reserving`.

- ``POST /{network}/events/room/created``, ``…/room/destroyed``, ``…/occupant/joined``, ``…/occupant/left``: with
  ``Authorization: Bearer <secret>`` (Prosody's ``api_headers``). 403 without it. An event that is none is a 400, which
  Prosody does not send again; so is one that does not say of itself that it happened just now.
- ``POST /{network}/reservations/<secret>/conference`` and ``GET``, ``DELETE …/conference/<id>``: from addresses that
  are named in the settings; whoever lacks either of the two finds no such page. docker-jitsi-meet has no setting for
  headers here, so that the secret stands in the path; paths are written to no log of ours.
"""

import hmac
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final
from urllib.parse import parse_qs

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from provisioner.app.meetings.events import NoEvent
from provisioner.app.meetings.gatherings import Listener
from provisioner.app.meetings.reserving import Reserving, Shut
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.gatherings import Told
from provisioner.service.callers import TooLong, bounded_body, long_secret_of
from provisioner.state.reservations import Reservation
from provisioner.texts import Catalogue

_log = logging.getLogger(__name__)

EVENTS: Final[Mapping[str, Told]] = {
    "room/created": Told.CREATED,
    "room/destroyed": Told.DESTROYED,
    "occupant/joined": Told.JOINED,
    "occupant/left": Told.LEFT,
}
"""By the end of the path."""
MOST_BYTES: Final = 1024 * 1024
"""Of one event. That a room was closed takes some 200 bytes for each who ever came in."""
_MOST_FORM: Final = 16 * 1024
_JSON: Final = "application/json"
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_LONGEST_NAME: Final = 1_023
"""Letters of a room's name: XMPP allows as many bytes."""


@dataclass(frozen=True, slots=True)
class _Door:
    """Who may ask for reservations, and who answers."""

    secret: SecretStr
    callers: tuple[IPv4Network | IPv6Network, ...]
    reserving: Reserving
    catalogue: Catalogue

    def lets_in(self, word: str, address: str) -> bool:
        """Whether both are right; the word is compared in constant time."""
        known = hmac.compare_digest(word.encode(), self.secret.get_secret_value().encode())
        try:
            caller = ip_address(address)
        except ValueError:
            return False
        if caller.version == 6 and caller.ipv4_mapped is not None:
            caller = caller.ipv4_mapped
        return known and any(caller in allowed for allowed in self.callers)


def router(sites: Mapping[str, Site], pictures: Mapping[str, Pictures], prefix: str = "") -> APIRouter:
    """The routes. Raises `SettingsError`, `StateError`."""
    made = APIRouter()
    _take_events(made, sites, prefix)
    _take_reservations(made, sites, pictures, prefix)
    return made


def _take_events(made: APIRouter, sites: Mapping[str, Site], prefix: str) -> None:
    listeners = {
        name: (secret, Listener(site))
        for name, site in sites.items()
        if (secret := long_secret_of(site.section.meetings.events, site, "meetings.events")) is not None
    }

    @made.post(f"{prefix}/{{network}}/events/{{of}}/{{what}}", include_in_schema=False)
    async def told(network: str, of: str, what: str, request: Request) -> Response:
        known, event = listeners.get(network), EVENTS.get(f"{of}/{what}")
        if known is None or event is None:
            return Response(status_code=404)
        secret, listener = known
        offered, expected = request.headers.get("authorization", ""), f"Bearer {secret.get_secret_value()}"
        if not hmac.compare_digest(offered.encode(), expected.encode()):
            return Response(status_code=403)
        if _media_type(request) != _JSON:
            return Response(status_code=415)
        try:
            body = await bounded_body(request, MOST_BYTES)
            is_new = await to_thread.run_sync(listener.hear, event, body)
        except TooLong:
            return Response(status_code=413)
        except NoEvent:
            _log.warning("meeting event refused", extra={"network": network, "told": str(event)})
            return Response(status_code=400)
        _log.debug("meeting event", extra={"network": network, "told": str(event), "is_new": is_new})
        return Response(status_code=204)


def _take_reservations(
    made: APIRouter, sites: Mapping[str, Site], pictures: Mapping[str, Pictures], prefix: str
) -> None:
    doors: dict[str, _Door] = {}
    for name, site in sites.items():
        settings = site.section.meetings.reservations
        secret = long_secret_of(settings, site, "meetings.reservations")
        if settings is not None and secret is not None:
            reserving, catalogue = Reserving(site, pictures[name], settings), Catalogue(site.settings.language)
            doors[name] = _Door(secret, settings.callers, reserving, catalogue)
    path = f"{prefix}/{{network}}/reservations/{{word}}/conference"

    def door_for(network: str, word: str, request: Request) -> _Door | None:
        door, client = doors.get(network), request.client
        return door if door is not None and door.lets_in(word, client.host if client else "") else None

    @made.post(path, include_in_schema=False)
    async def reserve(network: str, word: str, request: Request) -> Response:
        door = door_for(network, word, request)
        if door is None:
            return Response(status_code=404)
        try:
            form = _form(await bounded_body(request, _MOST_FORM))
        except TooLong:
            return Response(status_code=413)
        name, owner = form.get("name", ""), form.get("mail_owner", "")
        if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
            return Response(status_code=400)
        try:
            opened = await to_thread.run_sync(door.reserving.open, name)
        except Shut as shut:
            return JSONResponse({"message": door.catalogue(shut.why)}, 403)
        return JSONResponse(_answer(opened, owner))

    @made.get(f"{path}/{{number}}", include_in_schema=False)
    def look(network: str, word: str, number: str, request: Request) -> Response:
        door = door_for(network, word, request)
        found = door.reserving.get(int(number)) if door is not None and _NUMBER.fullmatch(number) else None
        return Response(status_code=404) if found is None else JSONResponse(_answer(found, ""))

    @made.delete(f"{path}/{{number}}", include_in_schema=False)
    def give_up(network: str, word: str, number: str, request: Request) -> Response:
        door = door_for(network, word, request)
        is_closed = door is not None and _NUMBER.fullmatch(number) and door.reserving.close(int(number))
        return Response(status_code=204 if is_closed else 404)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _form(body: bytes) -> dict[str, str]:
    """The first of each; nothing of one that is none."""
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=20, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _answer(opened: Reservation, owner: str) -> dict[str, str | int]:
    """``owner``: whatever was sent, which is kept nowhere; Prosody wants to have one.

    Of an id that is a number Prosody makes ``1.0`` in the path of DELETE (observed on 0.12.3 with Lua 5.4).
    """
    return {
        "id": str(opened.id),
        "name": opened.name,
        "mail_owner": owner,
        "start_time": _written(opened.starts),
        "duration": max(int((opened.ends - opened.starts).total_seconds()), 0),
    }


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
