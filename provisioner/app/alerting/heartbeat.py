"""A sign of life: an address of the operator's choice is called as long as all is well, and not when it isn't.

Somebody else's service then notices what we could tell nobody: that the bridge stands still.
"""

import logging
from collections.abc import Callable
from typing import Final

from pydantic import SecretStr

from provisioner.app.bridge_settings import HeartbeatSettings
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError, TargetError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded

_log = logging.getLogger(__name__)

_TIMEOUT: Final = 10.0
_LONGEST_ADDRESS: Final = 1_000


class Heartbeat:
    """Of one network. ``is_well``: whether there is nothing that somebody should look at."""

    def __init__(self, site: Site, settings: HeartbeatSettings, is_well: Callable[[], bool]) -> None:
        self._site, self._settings, self._is_well = site, settings, is_well
        self._every = float(settings.every_seconds)

    def turn(self) -> float:
        """Call it, or not; seconds until the next time. What the address answers is not looked at.

        The address may be a secret: neither it nor what was said of it is logged. While its file can't be read
        nobody is called, and all else goes on.
        """
        if not self._is_well():
            _log.warning("heartbeat withheld", extra={"network": self._site.network})
            return self._every
        session = self._site.reading_session(timeout=_TIMEOUT)
        try:
            session.call("GET", heartbeat_address(self._site, self._settings).get_secret_value())
        except SettingsError as error:
            _log.error("heartbeat without an address", extra={"network": self._site.network, "why": error.text.code})
        except TargetError as error:
            _log.warning("heartbeat not heard", extra={"network": self._site.network, "why": error.text.code})
        finally:
            session.close()
        return self._every


def heartbeat_address(site: Site, settings: HeartbeatSettings) -> SecretStr:
    """Raises `SettingsError` for a file that can't be read, and where no address is named at all."""
    if settings.url is not None:
        return SecretStr(settings.url)
    if settings.url_file is None:
        raise SettingsError(Text.of("app.heartbeat_nowhere", network=site.network))
    path = site.home / settings.url_file
    try:
        return SecretStr(read_bounded(path, _LONGEST_ADDRESS).decode().strip())
    except (OSError, UnicodeDecodeError):
        raise SettingsError(Text.of("app.heartbeat_unreadable", file=str(path))) from None
