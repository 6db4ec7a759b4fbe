"""Which gateways are connected to a Things Stack: it tells nobody of its own accord, and is asked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from provisioner.model.errors import Garbled
from provisioner.model.ports import Clock
from provisioner.model.sensors import GatewayNews
from provisioner.model.text import Text
from provisioner.senders.settings import GatewaySettings
from provisioner.senders.things_stack_api import ThingsStackApi

AT_ONCE: Final = 100
"""Gateways of one question."""
_PATH: Final = "/gs/gateways/connection/stats"


class GatewayWatch:
    """Some gateways of one server. Not shared between threads."""

    def __init__(self, sender: str, settings: GatewaySettings, clock: Clock) -> None:
        """``settings``: with their files read (`provisioner.senders.secrets`)."""
        self._sender = sender
        self._settings = settings
        self._clock = clock
        self._api = ThingsStackApi(settings.url, settings.key, clock, settings.ca_file)

    def look(self) -> list[GatewayNews]:
        """How each of them is now: the answer leaves out what is not connected.

        An answer that is not the product's, or a refusal, concludes nothing of any: raises `TargetError`. One id that
        the key may not ask about refuses the whole question (read in TTS 3.35's source).
        """
        ids = self._settings.ids
        return [one for begin in range(0, len(ids), AT_ONCE) for one in self._look(ids[begin : begin + AT_ONCE])]

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._api.close()

    def _look(self, ids: tuple[str, ...]) -> list[GatewayNews]:
        answer = self._api.ask(_PATH, {"gateway_ids": [{"gateway_id": one} for one in ids]})
        entries = answer.get("entries", {})  # left out where nothing is connected, as all that is empty
        if not isinstance(entries, dict) or set(answer) - {"entries"}:
            raise Garbled(Text.of("senders.stack_garbled", url=self._settings.url))
        now = self._clock.now()
        return [GatewayNews(self._sender, one.lower(), _is_online(entries.get(one)), now) for one in ids]


def _is_online(stats: object) -> bool:
    """A server with a registry keeps those that went, with the moment at which they did."""
    if not isinstance(stats, Mapping):
        return False
    gone, come = _moment(stats.get("disconnected_at")), _moment(stats.get("connected_at"))
    return gone is None or (come is not None and come > gone)


def _moment(said: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
