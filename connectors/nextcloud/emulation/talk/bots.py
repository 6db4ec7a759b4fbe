"""Talk's bots: a moderator enables them in a room; they sign what they say. Observed on Talk 22."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import NULL, OcsError
from connectors.nextcloud.emulation.talk.chat import MAX_MESSAGE
from connectors.nextcloud.emulation.talk.events import url_hash
from connectors.nextcloud.emulation.talk.rooms import APP, mine, refuse
from connectors.nextcloud.emulation.talk.state import BOT_DISABLED, BOT_ENABLED, BOT_FIXED, Bot, Room

BOT = "/apps/spreed/api/v1/bot"
MAX_FAILURES = 10
"""More than this in half an hour lock an address out, also with good messages (observed)."""
FAILURE_SECONDS = 30 * 60
MIN_RANDOM = 32


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", f"{BOT}/admin", app=APP)(list_installed)
    route("GET", f"{BOT}/{{token:[a-z0-9]+}}", app=APP)(list_bots)
    route("POST", f"{BOT}/{{token:[a-z0-9]+}}/{{bot_id:[0-9]+}}", app=APP, confirm=False)(enable)
    route("DELETE", f"{BOT}/{{token:[a-z0-9]+}}/{{bot_id:[0-9]+}}", app=APP, confirm=False)(disable)
    route("POST", f"{BOT}/{{token:[a-z0-9]+}}/message", "public", app=APP, confirm=False)(say)


def list_installed(call: Call) -> Any:
    """All bots with their addresses, for administrators only."""
    if not call.is_admin:
        raise OcsError(403, "Logged in account must be an admin")
    return [
        {
            "id": bot.id,
            "name": bot.name,
            "description": bot.description,
            "error_count": bot.errors,
            "features": bot.features,
            "last_error_date": 0,
            "last_error_message": None,
            "state": bot.state,
            "url": bot.url,
            "url_hash": url_hash(bot),
        }
        for bot in call.world.talk.bots.values()
    ]


def list_bots(call: Call) -> Any:
    """All bots, and whether they are enabled here; fixed ones only where they are (read)."""
    room, _ = mine(call, moderator=True)
    bots = call.world.talk.bots.values()
    return [_view(room, bot) for bot in bots if bot.state != BOT_FIXED or bot.id in room.bots]


def enable(call: Call) -> Any:
    """Enable a bot: 201, and 200 when it was already."""
    room, _ = mine(call, moderator=True)
    bot = _bot(call)
    if bot.id not in room.bots:
        call.world.talk.enable_bot(room, bot)
        call.code = 201
    return _view(room, bot)


def disable(call: Call) -> Any:
    """Disable a bot, as often as one likes."""
    room, _ = mine(call, moderator=True)
    bot = _bot(call)
    call.world.talk.disable_bot(room, bot)
    return _view(room, bot)


def say(call: Call) -> Any:
    """A signed message: HMAC-SHA256 over the random header and the text, not over the body. No id comes back."""
    talk, text = call.world.talk, call.arguments.text("message")
    horizon = call.world.now() - FAILURE_SECONDS
    talk.bot_failures = [moment for moment in talk.bot_failures if moment >= horizon]
    if len(talk.bot_failures) >= MAX_FAILURES:
        raise OcsError(429, "Reached maximum delay")
    if not text.strip():
        raise OcsError(400, "", NULL)
    room = talk.rooms.get(call.places["token"])
    bot = None if room is None else _signed(call, room, text)
    if room is None or bot is None:
        talk.bot_failures.append(call.world.now())
        raise OcsError(401, "", NULL)
    if len(text) > MAX_MESSAGE:
        raise OcsError(413, "", NULL)
    talk.say(room, "bots", f"bot-{url_hash(bot)}", text.strip(), reference=call.arguments.text("referenceId", ""))
    call.code = 201
    return None


def _signed(call: Call, room: Room, text: str) -> Bot | None:
    random = call.request_headers.get("x-nextcloud-talk-bot-random", "")
    sent = call.request_headers.get("x-nextcloud-talk-bot-signature", "").lower()
    if len(random) < MIN_RANDOM:
        raise OcsError(400, "", NULL)
    for number in sorted(room.bots):
        bot = call.world.talk.bots[number]
        right = hmac.new(bot.secret.encode(), (random + text).encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(right, sent):
            return bot
    return None


def _bot(call: Call) -> Bot:
    bot = call.world.talk.bots.get(int(call.places["bot_id"]))
    if bot is None or bot.state != BOT_ENABLED:
        raise refuse("bot")
    return bot


def _view(room: Room, bot: Bot) -> dict[str, Any]:
    here = BOT_FIXED if bot.state == BOT_FIXED else BOT_ENABLED
    state = here if bot.id in room.bots else BOT_DISABLED
    return {"id": bot.id, "name": bot.name, "description": bot.description, "state": state}
