"""The service against its own OpenAPI description: whatever is sent, it answers as it says it does."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from provisioner.console.csrf import HEADER
from tests.support.alert_house import told, with_alerts
from tests.support.console import MEMBER, RANGER, URL, Browser, House
from tests.support.meetings import with_rooms

NETWORK: Final = "redi"
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WELL_FORMED, MALFORMED = 4, 2
"""Of each operation and everybody who tries it, the same in every run. Together they take some twenty seconds."""
KNOWN: Final[Mapping[str, list[str]]] = {
    "bodies": ["pg-sensorik", "pg-akte", "pg-kreis", "pg-alt"],
    "people": [RANGER, MEMBER],
    "members": [MEMBER],
    "requests": ["1"],
    "alerts": ["1"],
    "join": ["pg-sensorik", "pg-akte", "pg-alt"],
}
"""What there is, by the word before it in a path: of random ids there never is any."""
_LONGEST_QUERY: Final = 60_000
"""Letters; the browser of the tests sends no more."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everybody's acts stay: later ones meet what earlier ones did."""
    made = House(tmp_path_factory.mktemp("openapi"))
    with_alerts(made)
    with_rooms(made, "pg-sensorik", "pg-alt")
    told(made).flood()
    yield made
    made.close()


@pytest.mark.parametrize("who", [RANGER, MEMBER, None])
def test_every_answer_is_as_described(house: House, who: str | None) -> None:
    description = _described(house)
    for operation in description.get_all_operations():
        found = operation.ok()
        _tried(house, found, who, GenerationMode.POSITIVE, WELL_FORMED)
        if len(found.body) or len(found.query):
            _tried(house, found, who, GenerationMode.NEGATIVE, MALFORMED)


def _described(house: House) -> Any:
    description = house.app.openapi()
    for path, methods in description["paths"].items():
        for method in methods.values():
            for parameter in method.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] != "network":
                    before = path.partition(f"/{{{parameter['name']}}}")[0].rpartition("/")[2]
                    if before in KNOWN:
                        there_is = [int(one) if one.isdecimal() else one for one in KNOWN[before]]
                        parameter["schema"] = {"anyOf": [{"enum": there_is}, parameter["schema"]]}
    return schemathesis.openapi.from_dict(description)


def _tried(house: House, operation: APIOperation, who: str | None, mode: GenerationMode, examples: int) -> None:
    strategy = operation.as_strategy(mode, path_parameters={"network": NETWORK})

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def answered(case: Case) -> None:
        browser = house.visitor(who, raise_server_exceptions=False)  # anew: one of the operations is to log out
        case.validate_response(_sent(case, browser), checks=CHECKS)

    answered()


def _sent(case: Case, browser: Browser) -> Any:
    """Its own way of sending doesn't get along with the urllib3 that niquests brings."""
    request = case.as_transport_kwargs(base_url=URL)
    assume(len(urlencode(request.get("params") or {}, doseq=True)) < _LONGEST_QUERY)
    headers = {**(request.get("headers") or {}), HEADER: browser.csrf}
    body = {name: request[name] for name in ("json", "files") if request.get(name) is not None}
    if (data := request.get("data")) is not None:
        body["content" if isinstance(data, str | bytes) else "data"] = data
    return browser.client.request(
        request["method"], request["url"], params=request.get("params"), headers=headers, **body
    )
