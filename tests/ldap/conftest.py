"""Every contract test runs on a real slapd and on the emulator, and on a live directory where one is given."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.ldap.emulator import LdapEmulator
from tests.ldap.rig import NOTHING, Lacks, Rig, Server, emulated, live, slapd

MAKES = ["slapd", "emulator", *(["live"] if live() else [])]


@pytest.fixture(scope="session")
def plain_slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield Server(server.url)


@pytest.fixture(scope="session")
def live_branch() -> Iterator[Server | None]:
    server = live()
    if server is not None:
        for name in (server.base, server.people, server.groups):
            server.do("add", name, "organizationalUnit")
    yield server
    if server is not None:
        server.wipe()
        for name in (server.groups, server.people, server.base):
            server.do("delete", name)


@pytest.fixture(scope="session")
def plain_emulator() -> Iterator[Server]:
    with LdapEmulator() as running:
        yield emulated(running)


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def directory(make: str, plain_slapd: Server, plain_emulator: Server, live_branch: Server | None) -> Server:
    """An empty directory with all that README asks for."""
    server = {"slapd": plain_slapd, "emulator": plain_emulator, "live": live_branch}[make]
    assert server is not None
    server.wipe()
    return server


@pytest.fixture
def lacking(make: str, tmp_path: Path) -> Iterator[Callable[[Lacks], Server]]:
    """A fresh directory with shortcomings. Where the make can't be given any, the real slapd shows them."""
    with ExitStack() as stack:

        def start(lacks: Lacks = NOTHING) -> Server:
            if make == "emulator":
                return emulated(stack.enter_context(LdapEmulator()), lacks)
            return Server(stack.enter_context(slapd(tmp_path, lacks)).url)

        yield start


@pytest.fixture
def rig_on() -> Iterator[Callable[..., Rig]]:
    """A connector on a directory, closed at the end."""
    rigs: list[Rig] = []

    def build(server: Server, **settings: Any) -> Rig:
        rigs.append(Rig(server.settings(**settings)))
        return rigs[-1]

    yield build
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(directory: Server, rig_on: Callable[..., Rig]) -> Rig:
    return rig_on(directory)
