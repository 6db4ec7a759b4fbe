"""A real Mailman for the whole session, emptied between tests."""

from collections.abc import Iterator

import pytest

from tests.support.mailman_server import MailmanServer


@pytest.fixture(scope="session")
def mailman_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailmanServer]:
    with MailmanServer(tmp_path_factory.mktemp("mailman")) as server:
        yield server


@pytest.fixture
def empty_mailman(mailman_server: MailmanServer) -> MailmanServer:
    mailman_server.wipe()
    return mailman_server
