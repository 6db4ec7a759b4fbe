"""Promise 10, by reading the code and by trying: who reaches a wire, who opens the gate, and what reading sends."""

import ast
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.nextcloud.connector import NextcloudConnector
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.model.errors import WriteRefused
from provisioner.transport.gate import READING_METHODS
from tests.support.site import ROOT, Installation

WIRES = {
    "aiohttp", "asyncio", "ftplib", "http.client", "httpx", "imaplib", "ldap3", "nc_py_api", "niquests", "paho",
    "requests", "smtplib", "socket", "ssl", "subprocess", "telnetlib", "urllib.request", "urllib3", "xmlrpc",
}  # fmt: skip
MAY_REACH_A_WIRE = {
    "provisioner/transport/http.py": {"requests"},
    "provisioner/transport/portal.py": {"nc_py_api", "niquests"},
    "provisioner/transport/certificate.py": {"socket", "ssl"},  # a handshake, and nothing after it
    "provisioner/transport/directory.py": {"ldap3"},
    "provisioner/transport/directory_line.py": {"ldap3", "ssl"},
    "provisioner/transport/directory_receiving.py": {"ldap3"},
    "provisioner/messages/smtp.py": {"smtplib", "ssl"},  # hands mail over, and knows no target
    "provisioner/senders/mqtt_line.py": {"paho", "ssl"},  # subscribes and acknowledges, and publishes nothing
    "provisioner/state/lock.py": {"socket"},  # the name of this machine
    "provisioner/app/demo/demo_service.py": {"socket"},  # which port of this machine is free
    "provisioner/app/work/pulling.py": {"subprocess"},  # git fetch of the registry
    "provisioner/console/openid.py": {"requests"},  # the names of errors
    "provisioner/console/openid_wire.py": {"requests"},  # the login's provider: reads, and changes a code for a token
    "provisioner/service/http.py": {"socket"},  # listens
    "provisioner/service/sender_calls.py": {"asyncio"},  # waits for another thread's word
    "provisioner/service/worker.py": {"subprocess"},  # a child of this very program
}
"""What knows targets stands first; of the rest each says what it does. Beside these only emulators: they listen, and on
loopback alone."""


FOR_TESTS = ("connectors/kit/bench.py", "connectors/kit/contract/")
"""What those who build a connector inherit in their tests; see `test_what_is_for_tests_is_loaded_by_no_program`."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in ("provisioner", "connectors", "policies"):
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """Every module that is imported anywhere in it, under whatever name."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def wires(tree: ast.Module) -> set[str]:
    names = imported(tree)
    return {wire for wire in WIRES if any(name == wire or name.startswith(f"{wire}.") for name in names)}


def test_nothing_else_can_reach_another_machine() -> None:
    found = {}
    for file, tree in sources():
        if "emulat" not in file and (reached := wires(tree)):
            found[file] = reached
    assert found == MAY_REACH_A_WIRE


def test_an_emulator_is_loaded_by_no_connector_that_serves_a_target() -> None:
    for file, tree in sources():
        if "emulat" in file or not file.startswith("connectors/") or file.endswith(("sandbox.py", "__init__.py")):
            continue
        if file.startswith(FOR_TESTS):
            continue
        assert not [name for name in imported(tree) if "emulat" in name], file


def called(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize(
    ("call", "files"),
    [
        ("WriteToken", {"provisioner/state/lock.py"}),
        # Beside apply's steps: the epoch that a run leaves, and what is said in a conversation.
        ("token", {f"provisioner/execution/{one}.py" for one in ("leaving", "saying", "target")}),
        ("opened", {f"provisioner/execution/{one}.py" for one in ("leaving", "performing", "saying")}),
        ("WriteGate", {"provisioner/app/site.py"}),
        ("eval", {"provisioner/alerts/expressions.py"}),  # simpleeval's, of what was looked through before
        ("exec", set()),
        ("system", set()),
        ("unsafe_load", set()),
        ("__import__", set()),
    ],
)
def test_one_place_alone_makes_and_uses_the_right_to_write(call: str, files: set[str]) -> None:
    assert {file for file, tree in sources() if call in set(called(tree)) and not file.startswith(FOR_TESTS)} == files


def test_what_is_for_tests_is_loaded_by_no_program() -> None:
    modules = tuple(file.removesuffix(".py").rstrip("/").replace("/", ".") for file in FOR_TESTS)
    others = ((file, tree) for file, tree in sources() if not file.startswith(FOR_TESTS))
    assert [file for file, tree in others if any(name.startswith(modules) for name in imported(tree))] == []


READING = ["plan", "plan --json", "drift", "doctor", "explain p-anna", "history", "validate"]


@pytest.mark.parametrize("command", READING)
def test_a_connector_that_wants_to_write_while_it_reads_can_not(
    small: Installation, cloud: NextcloudEmulator, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    small.apply()
    cloud.log.clear()
    refused: list[str] = []
    really = NextcloudConnector.observe

    def hostile(connector: NextcloudConnector, *what: object) -> object:
        for method in ("POST", "PUT", "PATCH", "DELETE", "MOVE", "post", "Delete"):
            with pytest.raises(WriteRefused):
                connector._client.write(method, "/ocs/v2.php/cloud/users/anna.muster", {"key": "email", "value": "x"})
            refused.append(method)
        return really(connector, *what)  # type: ignore[arg-type]

    monkeypatch.setattr(NextcloudConnector, "observe", hostile)
    small.run(*command.split())
    assert cloud.log.writes == []
    assert bool(refused) == command.startswith(("plan", "drift"))


class Watched(socket.socket):
    """Notes all that leaves this process to the emulator's port."""

    sent: bytes = b""
    port = 0

    def _note(self, data: object) -> None:
        if self.family == socket.AF_INET and self.getpeername()[1] == Watched.port:
            Watched.sent += bytes(data)  # type: ignore[call-overload]

    def send(self, data: object, *more: int) -> int:  # type: ignore[override]
        self._note(data)
        return super().send(data, *more)  # type: ignore[arg-type]

    def sendall(self, data: object, *more: int) -> None:  # type: ignore[override]
        self._note(data)
        super().sendall(data, *more)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [*READING, "import nextcloud {drawn}"])
def test_what_leaves_the_socket_while_reading_are_reading_methods_alone(
    small: Installation, cloud: NextcloudEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    cloud.accounts.add_user("eva", "x", "Eva Neu", "eva@bretten.example", ())
    Watched.sent, Watched.port = b"", int(cloud.url.rpartition(":")[2])
    monkeypatch.setattr(socket, "socket", Watched)
    small.run(*command.format(drawn=tmp_path / "drawn").split())
    lines = [line.split() for line in Watched.sent.decode("latin-1").split("\r\n") if line.endswith("HTTP/1.1")]
    assert {line[0] for line in lines} <= READING_METHODS
    assert len(lines) == len(cloud.log.requests)
    assert bool(lines) == command.startswith(("plan", "drift", "doctor", "import"))
