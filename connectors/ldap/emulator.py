"""An LDAP directory on loopback that answers as OpenLDAP 2.5 does, for demo, rehearsal and tests.

No TLS, no SASL, no moving of entries between branches. All else that this project asks of a directory is the
same: one contract suite runs on both (tests/ldap).
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from connectors.ldap.emulation import wire
from connectors.ldap.emulation.session import Answer, House, Rights, Session
from connectors.ldap.emulation.tree import Tree
from provisioner.emulation import Faults, LogEntry, Request, RequestLog, Response, VirtualClock
from provisioner.emulation.faults import Fault, Misfortune
from provisioner.emulation.log import Outcome
from provisioner.model.ports import Clock

HOST: Final = "127.0.0.1"
BASE: Final = "dc=readi,dc=example"
_PASSWORD: Final = "nur-auf-diesem-rechner"  # noqa: S105 — of an emulator on loopback

_METHODS: Final[Mapping[str, str]] = {
    "bindRequest": "BIND",
    "searchRequest": "SEARCH",
    "compareRequest": "COMPARE",
    "addRequest": "ADD",
    "modifyRequest": "MODIFY",
    "modDNRequest": "MODIFYDN",
    "delRequest": "DELETE",
    "extendedReq": "EXTENDED",
}
_WRITES: Final = frozenset({"ADD", "MODIFY", "MODIFYDN", "DELETE"})
MISHAPS: Final[Mapping[str, int]] = {
    "timeLimitExceeded": 3,
    "busy": 51,
    "unavailable": 52,
    "unwillingToPerform": 53,
    "other": 80,
}
"""The words that `Faults.mishap` takes here, and the result codes that they stand for."""


@dataclass(slots=True)
class Operation(Request):
    """A request of LDAP in the words of the common log: ``method`` ADD, ``target`` the entry's name."""

    @property
    def is_write(self) -> bool:
        return self.method in _WRITES


class LdapEmulator:
    """A directory with the branches ou=people and ou=groups, a technical account and an administrator.

    ``latency`` is real seconds a request. `rights`, `faults` and the tree may be changed while it runs.
    """

    def __init__(self, *, clock: Clock | None = None, latency: float = 0.0, port: int = 0, base: str = BASE) -> None:
        self.name = "ldap"
        self.clock: Clock = VirtualClock() if clock is None else clock
        self.latency = latency
        self.base = base
        self.log = RequestLog()
        self.faults = Faults()
        self.lock = threading.RLock()
        self.tree = Tree(base)
        self.house = House(
            self.tree, f"cn=admin,{base}", _PASSWORD, f"cn=provisioner,ou=services,{base}", self.clock.now
        )
        self._port = port
        self._listener: socket.socket | None = None
        self._clients: set[socket.socket] = set()
        self._seed()

    @property
    def rights(self) -> Rights:
        return self.house.rights

    @property
    def url(self) -> str:
        """Where it listens. Raises RuntimeError while it never did."""
        if self._port == 0:
            raise RuntimeError("the emulator was not started")
        return f"ldap://{HOST}:{self._port}"

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"user": self.house.technical, "password": _PASSWORD}

    @property
    def settings(self) -> Mapping[str, str]:
        """The base below which its branches are."""
        return {"base": self.base}

    def traffic(self) -> tuple[int, int]:
        """Requests and, among them, writes."""
        return len(self.log.requests), len(self.log.writes)

    def prepare_for_demo(self) -> None:
        """Nothing: a directory greets nobody."""

    @property
    def administrator(self) -> Mapping[str, str]:
        """An account that may do everything."""
        return {"user": self.house.admin, "password": _PASSWORD}

    def start(self) -> None:
        """Listen in background threads. A second start after `stop` keeps port and entries."""
        if self._listener is None:
            self._listener = socket.create_server((HOST, self._port))
            self._port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and cut open connections; entries and log stay. Idempotent."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone would leave the thread waiting in accept.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self.lock:
            clients = list(self._clients)
        for client in clients:
            _cut(client)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _seed(self) -> None:
        dc = self.base.partition(",")[0].partition("=")[2].encode()
        technical = {"cn": b"provisioner", "userPassword": _PASSWORD.encode()}
        self._put(self.base, {"dc": dc, "o": b"re@di"}, b"dcObject", b"organization")
        for branch in ("people", "groups", "services"):
            self._put(f"ou={branch},{self.base}", {"ou": branch.encode()}, b"organizationalUnit")
        self._put(self.house.technical, technical, b"organizationalRole", b"simpleSecurityObject")

    def _put(self, name: str, attributes: Mapping[str, bytes], *classes: bytes) -> None:
        given = [("objectClass", list(classes)), *((kind, [value]) for kind, value in attributes.items())]
        self.tree.add(name, given, self.house.admin, self.clock.now())

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # stopped
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self._clients.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        session = Session(self.house)
        try:
            for message in _messages(client):
                if message.kind == "unbindRequest":
                    return
                if message.kind != "abandonRequest" and not self._handle(client, session, message):
                    return
        finally:
            with self.lock:
                self._clients.discard(client)
            _cut(client)

    def _handle(self, client: socket.socket, session: Session, message: wire.Message) -> bool:
        """Answer one request; False when the connection is to be cut."""
        number, started = self.log.number(), time.perf_counter()
        target = message.body["name"]
        request = Operation(_METHODS[message.kind], target)
        fate = self.faults.strike(request) or Misfortune()
        if self.latency + fate.latency > 0:
            time.sleep(self.latency + fate.latency)
        data, code, outcome, handled = self._suffer(session, message, request, fate)
        self.log.append(
            LogEntry(
                number=number,
                method=request.method,
                path=target,
                status=code,
                user=session.user or None,
                write=request.is_write,
                handled=handled,
                outcome=outcome,
                body="",
                duration=time.perf_counter() - started,
            )
        )
        try:
            client.sendall(data)
        except OSError:
            return False  # the client went away without waiting
        return outcome == "answered" or code in MISHAPS.values()

    def _suffer(
        self, session: Session, message: wire.Message, request: Operation, fate: Misfortune
    ) -> tuple[bytes, int, Outcome, bool]:
        """Bytes, result code, how it ended, and whether the directory saw it."""
        for before in fate.before:
            before(request)
        fault = fate.final
        if fault is not None and fault.when == "before":
            if fault.reset:
                return b"", 0, "reset before", False
            if fault.mishap is not None or fault.answer is not None:
                data, code = _mishap(message, fault)
                return data, code, "fault", False
        with self.lock:
            answer: Answer = session.answer(message)
        for after in fate.after:
            after(request, Response(answer.code))
        if fault is not None and fault.when == "after":
            if fault.reset:
                return b"", 0, "reset after", True
            if fault.mishap is not None or fault.answer is not None:
                data, code = _mishap(message, fault)
                return data, code, "fault", True
            if fault.truncate is not None:
                return answer.data[: fault.truncate], answer.code, "truncated", True
        return answer.data, answer.code, "answered", True


def _messages(client: socket.socket) -> Iterator[wire.Message]:
    """What the client sends, until it goes away or sends what is no LDAP: slapd hangs up without a word then."""
    buffer = bytearray()
    while True:
        try:
            length = wire.size(buffer)
            if length is not None and len(buffer) >= length:
                message = wire.read_message(bytes(buffer[:length]))
            else:
                received = client.recv(65536)
                if not received:
                    return
                buffer += received
                continue
        except (OSError, ValueError):
            return
        del buffer[:length]
        yield message


def _mishap(message: wire.Message, fault: Fault) -> tuple[bytes, int]:
    """An answer of another server's (a proxy's page), or a result code by its word."""
    if fault.answer is not None:
        return b"HTTP/1.1 200 OK\r\n\r\n" + fault.answer.body, 0
    code = MISHAPS[fault.mishap or ""]
    return wire.result(message.number, message.kind, code), code


def _cut(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        client.close()  # it was cut from the other side already
        return
    client.close()
