"""The real Mailman of the session, emptied before a test."""

import pytest

from tests.support.mailman_server import MailmanServer


@pytest.fixture
def empty_mailman(mailman_server: MailmanServer) -> MailmanServer:
    mailman_server.wipe()
    return mailman_server
