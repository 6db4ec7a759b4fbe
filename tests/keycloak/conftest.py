from collections.abc import Iterator

import pytest
import responses

from tests.keycloak.served import Served


@pytest.fixture
def served() -> Iterator[Served]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        given = Served(mock)
        yield given
        given.client.close()
