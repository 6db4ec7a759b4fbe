"""Notices that registry or policy changed on disk, and puts an errand down, once whoever edits seems to be done."""

import logging
from collections.abc import Callable
from typing import Final

from provisioner.app.site import Site
from provisioner.app.work.watched import Looks, content, last_seen, looks, note_seen
from provisioner.model.errands import Job
from provisioner.state import Errands, Within

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0
"""Seconds."""
ACTOR: Final = "watcher"


class Watcher:
    """One network's; `turn` again and again is the life of a loop. Changes made while nobody led are found, too."""

    def __init__(self, site: Site, added: Callable[[], None] = lambda: None) -> None:
        self._site, self._added = site, added
        self._before: Looks | None = None
        self._settled: Looks | None = None

    def turn(self) -> float:
        """Look once; seconds until the next look. Raises `SettingsError`, `StateError`."""
        now = looks(self._site)
        if now == self._before and now != self._settled:
            self._compare()
            self._settled = now
        self._before = now
        return LOOK_EVERY

    def _compare(self) -> None:
        site = self._site
        found = content(site)
        with site.database.writing() as connection:
            within = Within(connection)
            seen = last_seen(within, site.network)
            if found == seen:
                return
            note_seen(within, site.network, found)
            if seen is None:  # never synchronised: the schedule begins with that
                return
            Errands(within, site.network).add(Job.SYNC, "registry", ACTOR, site.clock.now())
        _log.info("registry changed", extra={"network": site.network})
        self._added()
