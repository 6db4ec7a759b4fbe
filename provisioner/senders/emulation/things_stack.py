"""An emulated Things Stack v3: its Storage Integration, its gateways' connections, and whom it tells of uplinks.

Written from the documentation and the source of TTS 3.35: answers of the storage are lines of JSON, an error's body has
``code`` and ``message``, gateways that are not connected are left out.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from provisioner.emulation import Credentials, Emulator, MethodNotAllowed, NoSuchPath, Request, Response, RouteTable
from provisioner.model.ports import Clock
from provisioner.senders.emulation.devices import EmulatedDevice, stamp
from provisioner.senders.emulation.telling import Tell

KEY: Final = "NNSXS.EMULATED-KEY-WORTH-NOTHING"
_STORAGE: Final = "/api/v3/as/applications/{application}/packages/storage/uplink_message"
_GATEWAYS: Final = "/api/v3/gs/gateways/connection/stats"
_PERMISSION_DENIED, _UNAUTHENTICATED, _INVALID, _NOT_FOUND = 7, 16, 3, 5


class ThingsStackEmulator(Emulator):
    """One server. Devices are made by `device`, and send by `send`; gateways are switched by `connected`."""

    name: ClassVar[str] = "things-stack"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        application: str = "messnetz",
        keeps: timedelta = timedelta(hours=24),
        most: int = 10_000,
    ) -> None:
        """``keeps``: how long the storage does; ``most``: more it tells in no answer, whatever was asked for."""
        super().__init__(clock=clock, port=port, credentials=Credentials(token=KEY))
        self.application = application
        self.gateways: dict[str, bool] = {"gtw1": True}
        """Whose status the key may read, and which are connected."""
        self.listeners: list[Tell] = []
        self._keeps = keeps
        self._most = most
        self._stored: list[tuple[str, bytes]] = []
        self._devices: dict[str, EmulatedDevice] = {}
        self._routes: RouteTable[Any] = RouteTable()
        self._routes.add("GET", _STORAGE, self._storage)
        self._routes.add("POST", _GATEWAYS, self._connections)

    def device(self, device_id: str, eui: str, gateways: tuple[str, ...] = ("gtw1",)) -> EmulatedDevice:
        """The device of that id; made when there is none."""
        made = EmulatedDevice(device_id, eui, self.application, gateways)
        return self._devices.setdefault(device_id, made)

    def send(
        self, device: EmulatedDevice, values: Mapping[str, Any], *, heard: bool = True, simulated: bool = False
    ) -> bytes:
        """The device sends now: it is stored, and unless not ``heard`` (nobody listens) told. The message."""
        return self.send_at(self.clock.now(), device, values, heard=heard, simulated=simulated)

    def send_at(
        self,
        at: datetime,
        device: EmulatedDevice,
        values: Mapping[str, Any],
        *,
        heard: bool = True,
        simulated: bool = False,
    ) -> bytes:
        """The same at a moment of the past."""
        with self.lock:
            said = json.dumps(device.uplink(at, values, simulated=simulated), separators=(",", ":")).encode()
            entry = (_sortable(at), said)
            self._stored.insert(bisect_right(self._stored, entry), entry)
        if heard:
            self.tell(device, said)
        return said

    def join(self, device: EmulatedDevice) -> None:
        """The device joins anew, and listeners are told."""
        self.tell(device, json.dumps(device.join(self.clock.now())).encode())

    def tell(self, device: EmulatedDevice, message: bytes) -> None:
        """Once, to everybody who listens."""
        for tell in self.listeners:
            tell(self.application, device.device_id, message)

    def only_asks(self, request: Request) -> bool:
        """A question about gateways is a POST."""
        return request.path == _GATEWAYS

    def handle(self, request: Request) -> Response:
        """As `Emulator`."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, _UNAUTHENTICATED, "error:pkg/auth:unauthenticated (unauthenticated)")
        try:
            route, places = self._routes.find(request.method, request.path)
        except (NoSuchPath, MethodNotAllowed):
            return _error(404, _NOT_FOUND, "Not Found")
        answer: Response = route.handler(request, **places)
        return answer

    def _storage(self, request: Request, application: str) -> Response:
        if application != self.application:
            words = f"error:pkg/auth/rights:insufficient_application_rights (no rights for `{application}`)"
            return _error(403, _PERMISSION_DENIED, words)
        query = dict(request.query)
        try:
            after = _asked(query.get("after"), self.clock.now() - self._keeps)
            before = _asked(query.get("before"), self.clock.now())
            limit = min(int(query.get("limit", self._most)), self._most)
        except ValueError as problem:
            return _error(400, _INVALID, f"error:pkg/errors:invalid_argument ({problem})")
        first = max(after, _sortable(self.clock.now() - self._keeps))
        begin, end = (bisect_left(self._stored, (moment, b"")) for moment in (first, before))
        found = [message for _, message in self._stored[begin:end]]
        if query.get("order") == "-received_at":
            found.reverse()
        lines = b"".join(b'{"result":%b}\n' % message for message in found[:limit])
        return Response(200, lines, "text/event-stream")

    def _connections(self, request: Request) -> Response:
        try:
            asked = [one["gateway_id"] for one in json.loads(request.body)["gateway_ids"]]
        except (ValueError, KeyError, TypeError):
            return _error(400, _INVALID, "error:pkg/errors:invalid_argument (gateway_ids)")
        if not set(asked) <= set(self.gateways):
            words = "error:pkg/auth/rights:insufficient_gateway_rights (insufficient rights)"
            return _error(403, _PERMISSION_DENIED, words)
        now = stamp(self.clock.now())
        entries = {one: {"connected_at": now, "protocol": "udp"} for one in asked if self.gateways[one]}
        return Response.json({"entries": entries} if entries else {})


def _sortable(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")


def _asked(words: str | None, otherwise: datetime) -> str:
    return _sortable(otherwise if words is None else datetime.fromisoformat(words))


def _error(status: int, code: int, message: str) -> Response:
    details = [{"@type": "type.googleapis.com/ttn.lorawan.v3.ErrorDetails", "code": code}]
    return Response.json({"code": code, "message": message, "details": details}, status)
