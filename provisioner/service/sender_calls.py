"""What senders call: ``POST /{network}/senders/{sender}``, answered 204 only when it is kept for good.

Whoever calls has the sender's secret, as Bearer or as the password of Basic (RFC 7617). 401 without credentials, 403
with others', 404 where there is no such sender or it may not call, 413 for more than is read. 503 while it is not kept
(yet): The Things Stack and ChirpStack try once, Alertmanager and Grafana again after a 5xx, and what comes twice counts
once (observed: see `provisioner.senders`). What can't be read is counted, and answered with 204 too: products take an
error for a fault of ours, and The Things Stack ends calling after some. Plain JSON is what people write by hand: they
are told with 422 what is wrong with it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.senders.hooks import caller_is_known
from provisioner.senders.parsing import REFUSALS, Parsed, parse
from provisioner.senders.receiving import Delivery
from provisioner.senders.settings import HookSettings
from provisioner.service.callers import TooLong, bounded_body

_log = logging.getLogger(__name__)

MOST_BYTES: Final = 1024 * 1024
_PATIENCE: Final = 30.0
"""Seconds until a caller is told to come again: whoever has less patience has hung up by then."""
_AGAIN: Final = {"Retry-After": "5"}
_BY_HAND: Final = "json"
"""The kind of sender whose messages people write themselves."""


@dataclass(frozen=True, slots=True)
class SenderDoor:
    """One sender that may call."""

    kind: str
    webhook: HookSettings
    offer: Callable[[Delivery], bool]
    """Has it taken in; False: there is no room at this moment."""
    refused: Callable[[str, str], None]
    """Counts what was not even read: (sender, why). Raises `StateError`."""
    say: Callable[[Text], str]
    """In the language of those who run it."""
    test: bool = False
    """What is marked as simulated counts."""

    def read(self, sender: str, payload: bytes, received: datetime) -> Parsed:
        """What the intake makes of it; nothing where nobody is told."""
        return parse(self.kind, payload, received, sender, test=self.test) if self.kind == _BY_HAND else Parsed()


Doors = Mapping[tuple[str, str], SenderDoor]
"""By network and sender."""


def router(doors: Doors, clock: Clock, prefix: str = "") -> APIRouter:
    """The route."""
    made = APIRouter()

    @made.post(f"{prefix}/{{network}}/senders/{{sender}}", include_in_schema=False)
    async def told(network: str, sender: str, request: Request, event: str = "") -> Response:
        door = doors.get((network, sender))
        if door is None:
            return Response(status_code=404)
        if "authorization" not in request.headers:
            asking = {"WWW-Authenticate": 'Basic realm="senders"'}
            return _told_why(401, door.say(Text.of("service.sender_secret_missing")), headers=asking)
        if not caller_is_known(door.webhook, request.headers):
            return _told_why(403, door.say(Text.of("service.sender_secret_wrong")))
        try:
            payload = await bounded_body(request, MOST_BYTES)
        except TooLong:
            await to_thread.run_sync(door.refused, sender, "too_big")
            return _told_why(413, door.say(REFUSALS["too_big"]))
        if not await _kept(door, clock, sender, payload, event[:_LONGEST_EVENT]):
            _log.warning("sender told to come again", extra={"network": network, "sender": sender})
            return Response(status_code=503, headers=_AGAIN)
        read = await to_thread.run_sync(door.read, sender, payload, clock.now())
        if read.refused is not None:
            return _told_why(422, door.say(REFUSALS[read.refused]), read.hint)
        return Response(status_code=204)

    return made


def _told_why(status: int, why: str, hint: str = "", headers: Mapping[str, str] | None = None) -> Response:
    told = {"detail": why} | ({"where": hint} if hint else {})
    return JSONResponse(told, status, headers)


_LONGEST_EVENT: Final = 40


async def _kept(door: SenderDoor, clock: Clock, sender: str, payload: bytes, event: str) -> bool:
    """Whether it was committed, or is settled in another way. Someone else's thread says so."""
    loop = asyncio.get_running_loop()
    kept: asyncio.Future[bool] = loop.create_future()

    def settled(done: bool) -> None:
        if not kept.done():
            kept.set_result(done)

    def settle(done: bool) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(settled, done)

    delivery = Delivery(sender, door.kind, payload, "", clock.now(), settle, event=event)
    if not door.offer(delivery):
        return False
    try:
        return await asyncio.wait_for(kept, _PATIENCE)
    except TimeoutError:
        return False
