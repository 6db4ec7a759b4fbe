"""When Talk's bot called last, as doctor reads it.

Talk tells a bot also of what we say ourselves, while we say it (observed on Talk 22). So who said something and was not
called has a bot that does not reach us: its address is wrong, its secret is another one, or something is in between.
"""

import threading
from datetime import datetime, timedelta
from typing import Final

from provisioner.app.site import Site
from provisioner.state import Meta

_NAME: Final = "bridge.bot_called"
_EVERY: Final = timedelta(minutes=1)


class CallsNoted:
    """Of one network. A call itself writes nothing: Talk lets whoever posts wait for its end."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._called, self._noted = threading.Event(), datetime.min.replace(tzinfo=site.clock.now().tzinfo)

    def called(self) -> bool:
        """It called, with the right signature; True when `note` is to be called soon."""
        if abs(self._site.clock.now() - self._noted) < _EVERY:
            return False
        self._called.set()
        return True

    def note(self) -> None:
        """Put down what is not yet. Raises `StateError`."""
        if not self._called.is_set():
            return
        now = self._site.clock.now()
        Meta(self._site.database).put(self._site.network, _NAME, now.isoformat())
        self._called.clear()
        self._noted = now


def last_call(site: Site) -> datetime | None:
    """To the minute; None: it never did. Raises `StateError`."""
    known = Meta(site.database).get(site.network, _NAME)
    return None if known is None else datetime.fromisoformat(known)
