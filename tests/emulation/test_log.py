"""The request log: what proves a dry run, and what it must not give away."""

import json
import threading
from typing import Any

import pytest
import requests

from provisioner.emulation import LogEntry


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH"])
def test_reading_methods_are_no_writes(echo: Any, method: str) -> None:
    requests.request(method, echo.url)
    assert echo.log.writes == []
    assert len(echo.log) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "MKCOL", "PROPPATCH", "MOVE", "ANYTHING"])
def test_all_other_methods_are_writes(echo: Any, method: str) -> None:
    requests.request(method, echo.url)
    assert [entry.method for entry in echo.log.writes] == [method]


def test_an_entry_tells_who_asked_for_what_and_how_it_ended(echo: Any) -> None:
    requests.post(echo.url + "/a%2Fb?x=1&y=ä", json={"n": 1})
    (entry,) = echo.log.requests
    assert (entry.number, entry.method, entry.status, entry.user) == (1, "POST", 200, "me")
    assert entry.path == "/a%2Fb?x=1&y=%C3%A4"
    assert (entry.write, entry.handled, entry.outcome) == (True, True, "answered")
    assert json.loads(entry.body) == {"n": 1}
    assert 0 <= entry.duration < 1


SECRET = "marker-4711"


@pytest.mark.parametrize(
    "send",
    [
        {"json": {"userid": "anna", "password": SECRET}},
        {"json": {"users": [{"Password": SECRET, "token": SECRET}]}},
        {"json": {"key": "password", "value": SECRET}},
        {"data": {"userid": "anna", "password": SECRET}},
        {"data": {"key": "password", "value": SECRET}},
        {"params": {"key": "password", "value": SECRET}},
        {"params": {"client_secret": SECRET, "grant": "x"}},
        {"data": '{"password": "' + SECRET},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
    ],
)
def test_no_secret_gets_into_it(echo: Any, send: dict[str, Any]) -> None:
    requests.put(echo.url + "/users", **send)
    assert SECRET not in json.dumps(echo.log.as_json())


def test_what_is_not_secret_stays_readable(echo: Any) -> None:
    requests.put(echo.url, data={"key": "quota", "value": "5 GB"})
    requests.put(echo.url, data=b"\xff\xfe")
    assert [entry.body for entry in echo.log] == ["key=quota&value=5+GB", "<2 bytes>"]


def test_counts_and_matching(echo: Any) -> None:
    requests.get(echo.url + "/users")
    requests.post(echo.url + "/users")
    echo.faults.status(503)
    requests.post(echo.url + "/groups")
    assert echo.log.counts() == {
        "requests": 3,
        "writes": 2,
        "by_method": {"GET": 1, "POST": 2},
        "by_status": {"200": 2, "503": 1},
    }
    assert [entry.number for entry in echo.log.matching("POST", "/users$")] == [2]
    echo.log.clear()
    requests.get(echo.url)
    assert [entry.number for entry in echo.log] == [4]


def test_a_hook_hears_of_every_request_before_the_client_has_its_answer(echo: Any) -> None:
    heard: list[LogEntry] = []
    echo.log.hook = heard.append
    requests.get(echo.url)
    assert [entry.number for entry in heard] == [1]


def test_many_threads_lose_no_entry_and_share_no_number(echo: Any) -> None:
    def ask() -> None:
        with requests.Session() as session:
            for _ in range(25):
                session.get(echo.url)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.number for entry in echo.log) == list(range(1, 201))
