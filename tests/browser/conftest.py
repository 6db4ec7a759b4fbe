"""The tests here run in the browser's thread, so that they may drive it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.service.http import listen
from tests.support.browser import Chromium
from tests.support.console import House
from tests.support.served import Lived, lived, served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """One for all; it takes a second to start."""
    with Chromium() as started:
        yield started


@pytest.fixture(scope="session")
def example() -> Iterator[Lived]:
    """The example network, to be looked at: nothing is changed there."""
    with lived() as lasting:
        yield lasting


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two small networks, served."""
    listener = listen("127.0.0.1:0")
    made = House(tmp_path, url="http://{}:{}".format(*listener.getsockname()))
    with served(made.app, listener):
        yield made
    made.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Fixtures are made in the session's own thread as ever."""
    started = pyfuncitem.funcargs.get("chromium")
    if not isinstance(started, Chromium):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    started.call(lambda: pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
