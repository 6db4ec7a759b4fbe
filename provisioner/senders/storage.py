"""The Storage Integration of The Things Stack: what was sent while nobody listened."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from provisioner.model.errors import Garbled
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.senders.settings import StorageSettings
from provisioner.senders.things_stack_api import ThingsStackApi

AT_ONCE: Final = 2_000
"""Uplinks of one answer: 3 to 8 MB."""
BATCH: Final = 500
"""Uplinks handed on together."""


class _Line(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _Stamp(msgspec.Struct):
    received_at: str


_LINE: Final = msgspec.json.Decoder(_Line)
_STAMP: Final = msgspec.json.Decoder(_Stamp)


class Storage:
    """One application's. Not shared between threads."""

    def __init__(self, settings: StorageSettings, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        """``settings``: with their files read (`provisioner.senders.secrets`)."""
        self._path = f"/as/applications/{settings.application}/packages/storage/uplink_message"
        self._api = ThingsStackApi(settings.url, settings.key, clock, settings.ca_file)
        self._url = settings.url
        self._at_once = at_once

    def fill(self, after: datetime, before: datetime) -> Iterator[list[bytes]]:
        """What the application server received between two moments, oldest first, as messages for `parse`.

        Asked for in pages that begin where the last one ended: by moment and not by continuation token, of which is
        not documented how HTTP gives it. At the seam an uplink can come twice. It ends with a page that brings
        nothing new, or what was not asked for: a server may answer with fewer than that.

        Raises `TargetError`; what was handed on before stays good.
        """
        cursor, end = _written(after), _written(before)
        while True:
            asked: dict[str, str | int] = {
                "after": cursor,
                "before": end,
                "limit": self._at_once,
                "order": "received_at",
            }
            found = self._results(self._api.read(self._path, asked).body)
            for begin in range(0, len(found), BATCH):
                yield found[begin : begin + BATCH]
            if not found:
                return
            newest = self._stamp(found[-1])
            if newest == cursor or not self._moment(cursor) <= self._moment(newest) < before:
                return
            cursor = newest

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._api.close()

    def _results(self, body: bytes) -> list[bytes]:
        """One JSON object a line. Raises `Garbled` for anything else, and where it broke off with an error."""
        found = []
        for line in body.splitlines():
            if not line.strip():
                continue
            try:
                read = _LINE.decode(line)
            except (ValueError, RecursionError) as error:
                raise self._garbled("not a line of JSON") from error
            if read.error or not read.result:
                raise self._garbled(bytes(read.error)[:300].decode("utf-8", "replace"))
            found.append(bytes(read.result))
        return found

    def _stamp(self, uplink: bytes) -> str:
        try:
            return _STAMP.decode(uplink).received_at
        except (ValueError, RecursionError) as error:
            raise self._garbled("no received_at") from error

    def _moment(self, stamp: str) -> datetime:
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError as error:
            raise self._garbled("received_at is no moment") from error
        if moment.tzinfo is None:
            raise self._garbled("received_at is no moment")
        return moment

    def _garbled(self, detail: str) -> Garbled:
        return Garbled(Text.of("senders.stack_garbled", url=self._url), detail)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
