"""Real directories of several kinds, each started once; emptied for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.ldap.emulator import LdapEmulator
from tests.ldap.rig import Lacks, Server, emulated, slapd
from tests.sources.directory.city import City
from tests.support.slapd import TECHNICAL, Slapd

READS = (
    f'access to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact="{TECHNICAL}" read by * none\n'
)
"""All that a source needs."""


@pytest.fixture(scope="session")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Without syncprov; the technical account may only read, and gets no more than five entries in one answer."""
    limits = f'limits dn.exact="{TECHNICAL}" size=5 size.prtotal=unlimited\n'
    with Slapd(tmp_path_factory.mktemp("plain"), access=READS, limits=limits) as running:
        yield Server(running.url)


@pytest.fixture(scope="session")
def telling_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """With syncprov and its log."""
    overlays = ("memberof", "refint", "syncprov")
    with Slapd(tmp_path_factory.mktemp("telling"), access=READS, overlays=overlays) as running:
        yield running


@pytest.fixture
def city(plain_server: Server) -> Iterator[City]:
    plain_server.wipe()
    made = City(plain_server)
    yield made
    made.close()


@pytest.fixture
def telling(telling_server: Slapd) -> Iterator[City]:
    made = City(Server(telling_server.url))
    made.server.wipe()
    yield made
    made.close()


@pytest.fixture
def lacking(tmp_path: Path) -> Iterator[Callable[[Lacks], City]]:
    """A fresh slapd that keeps something from us."""
    with ExitStack() as stack:

        def start(lacks: Lacks) -> City:
            made = City(Server(stack.enter_context(slapd(tmp_path, lacks)).url))
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture
def emulator() -> Iterator[LdapEmulator]:
    with LdapEmulator() as running:
        yield running


@pytest.fixture
def rehearsed(emulator: LdapEmulator) -> Iterator[City]:
    """On the emulator, which can be made to fail at any request."""
    made = City(emulated(emulator))
    yield made
    made.close()
