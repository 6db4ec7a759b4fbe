"""What people say to the bot: a word of the few that it knows, in German or English."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class CommandKind(StrEnum):
    TAKE = "take"
    BACK = "back"
    MUTE = "mute"
    UNMUTE = "unmute"
    STATUS = "status"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Command:
    kind: CommandKind
    lasting: timedelta | None = None
    """Of TAKE and MUTE: for how long; None: as long as is usual."""


LONGEST: Final = timedelta(days=14)
"""Whatever is asked for."""
USUAL_MUTE: Final = timedelta(hours=2)

_WORDS: Final[dict[str, CommandKind]] = {
    **dict.fromkeys(("übernehme", "übernehmen", "uebernehme", "uebernehmen", "ubernehme", "take"), CommandKind.TAKE),
    **dict.fromkeys(("gib ab", "gebe ab", "abgeben", "back", "give back"), CommandKind.BACK),
    **dict.fromkeys(("stumm", "stummschalten", "mute"), CommandKind.MUTE),
    **dict.fromkeys(("laut", "unmute"), CommandKind.UNMUTE),
    "status": CommandKind.STATUS,
    **dict.fromkeys(("hilfe", "help"), CommandKind.HELP),
}
_TIMED: Final = frozenset({CommandKind.TAKE, CommandKind.MUTE})
_UNITS: Final = {"m": 60, "h": 3600, "d": 86400}
_TIME: Final = re.compile(
    r"(?:(?:für|for)\s+)?([0-9]{1,4})\s*"
    r"(?:(m|min|minuten?|minutes?)|(h|std|stunden?|hours?)|(d|t|tage?|tagen|days?))\.?",
    re.IGNORECASE,
)
_END: Final = ".!? "
_ASKED: Final = 200
"""Letters; who writes more does not give a command."""


def understood(text: str, names: Collection[str], *, answers_ours: bool = False) -> Command | None:
    """The command; None: these words are not for us.

    ``names`` are what the bot is called besides `bot`. Without an ``@`` before one of them words are for us only when
    they answer one of our messages. The name alone asks for help. Whatever follows a
    command that is no time makes it no command at all.
    """
    if len(text) > _ASKED:
        return None
    said = " ".join(_seen(text).split())
    spoken = _after_name(said, names)
    if spoken is None:
        if not answers_ours:
            return None
        return _command(said.rstrip(_END).lower())
    spoken = spoken.lstrip(",: ").rstrip(_END).lower()
    return _command(spoken) if spoken else Command(CommandKind.HELP)


def _seen(text: str) -> str:
    """Without signs that nobody sees: our own messages have one behind each ``@``, and people copy from them."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def _after_name(said: str, names: Collection[str]) -> str | None:
    for name in sorted({"bot", *names}, key=len, reverse=True):
        for called in (f'@"{name}"', f"@{name}"):
            if said.lower().startswith(called.lower()):
                rest = said[len(called) :]
                if not rest or not (rest[0].isalnum() or rest[0] in "-_@"):
                    return rest
    return None


def _command(spoken: str) -> Command | None:
    for words, kind in _WORDS.items():
        if spoken == words:
            return Command(kind)
        if kind in _TIMED and spoken.startswith(f"{words} "):
            lasting = _time(spoken[len(words) + 1 :])
            return None if lasting is None else Command(kind, lasting)
    return None


def _time(said: str) -> timedelta | None:
    found = _TIME.fullmatch(said.strip())
    if found is None:
        return None
    unit = "m" if found[2] else "h" if found[3] else "d"
    lasting = timedelta(seconds=int(found[1]) * _UNITS[unit])
    return min(lasting, LONGEST) if lasting else None
