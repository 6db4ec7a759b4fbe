"""Misfortunes on order: whom they hit, when, how often, and what is left behind."""

import threading
from typing import Any

import pytest
import requests

from provisioner.emulation import Request, Response


def test_a_status_hits_once_and_the_product_never_saw_the_request(echo: Any) -> None:
    echo.faults.status(503)
    assert requests.post(echo.url + "/a").status_code == 503
    assert requests.post(echo.url + "/a").status_code == 200
    assert echo.state == ["/a"]
    assert [entry.handled for entry in echo.log] == [False, True]


@pytest.mark.parametrize("retry_after", [None, 7, "Mon, 05 Jan 2026 09:00:00 GMT"])
def test_too_many_requests_come_with_or_without_advice(echo: Any, retry_after: int | str | None) -> None:
    echo.faults.status(429, retry_after=retry_after)
    answer = requests.get(echo.url)
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (None if retry_after is None else str(retry_after))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_are_html_as_a_proxy_sends_them(echo: Any, status: int) -> None:
    echo.faults.status(status)
    answer = requests.get(echo.url)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert str(status) in answer.text


def test_a_bad_gateway_after_the_work_leaves_the_work_done(echo: Any) -> None:
    echo.faults.status(502, when="after")
    assert requests.post(echo.url + "/done").status_code == 502
    assert echo.state == ["/done"]


def test_a_reset_before_the_write_changes_nothing(echo: Any) -> None:
    echo.faults.reset_before()
    with pytest.raises(requests.ConnectionError):
        requests.post(echo.url + "/lost")
    assert echo.state == []
    (entry,) = echo.log.requests
    assert (entry.status, entry.outcome, entry.handled) == (0, "reset before", False)


def test_a_reset_after_the_write_changes_everything_and_tells_nobody(echo: Any) -> None:
    echo.faults.reset_after(writes=True)
    assert requests.get(echo.url).ok
    with pytest.raises(requests.ConnectionError):
        requests.post(echo.url + "/done")
    assert echo.state == ["/done"]
    assert echo.log.writes[0].outcome == "reset after"


def test_a_truncated_body_stops_in_the_middle(echo: Any) -> None:
    echo.faults.truncate(keep=5)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        requests.get(echo.url)


@pytest.mark.parametrize("page", ["maintenance_page", "login_page"])
def test_html_comes_with_200_where_json_was_expected(echo: Any, page: str) -> None:
    getattr(echo.faults, page)()
    answer = requests.post(echo.url + "/x")
    assert answer.status_code == 200
    assert answer.text.startswith("<!DOCTYPE html>")
    assert echo.state == []


def test_a_fault_waits_for_its_method_path_and_turn(echo: Any) -> None:
    fault = echo.faults.status(500, method="PUT", path=r"/users/anna\b", nth=2)
    session = requests.Session()
    with session:
        answers = [
            session.get(echo.url + "/users/anna").status_code,
            session.put(echo.url + "/users/annabel").status_code,
            session.put(echo.url + "/users/anna").status_code,
            session.put(echo.url + "/users/anna?x=1").status_code,
            session.put(echo.url + "/users/anna").status_code,
        ]
    assert answers == [200, 200, 200, 500, 200]
    assert (fault.seen, fault.fired) == (2, 1)
    assert echo.faults.pending == []


def test_the_nth_write_counts_writes_alone(echo: Any) -> None:
    echo.faults.status(500, nth_write=2)
    calls = ["GET", "POST", "GET", "DELETE", "POST"]
    assert [requests.request(c, echo.url).status_code for c in calls] == [200, 200, 200, 500, 200]


def test_faults_queue_up_so_that_one_strikes_each_request(echo: Any) -> None:
    echo.faults.status(429)
    echo.faults.status(503)
    assert [requests.get(echo.url).status_code for _ in range(3)] == [429, 503, 200]


def test_a_fault_can_last(echo: Any) -> None:
    echo.faults.status(502, times=None)
    assert [requests.get(echo.url).status_code for _ in range(3)] == [502] * 3
    echo.faults.clear()
    assert requests.get(echo.url).ok


def test_latency_adds_to_whatever_else_happens(echo: Any) -> None:
    echo.faults.latency(0.02)
    echo.faults.status(503)
    answer = requests.get(echo.url)
    assert answer.status_code == 503
    assert answer.elapsed.total_seconds() >= 0.02


def test_hooks_run_around_the_work_and_may_ask_the_emulator_themselves(echo: Any) -> None:
    seen: list[Any] = []

    def before(request: Request) -> None:
        seen.append(list(echo.state))
        requests.post(echo.url + "/from-the-hook")

    def after(request: Request, response: Response) -> None:
        seen.append((request.path, response.status, list(echo.state)))

    echo.faults.hook(before=before, after=after, path="/write$")
    requests.post(echo.url + "/write")
    assert seen == [[], ("/write", 200, ["/from-the-hook", "/write"])]


def test_a_mishap_reaches_the_product(echo: Any) -> None:
    echo.faults.mishap("database-lock")
    assert requests.get(echo.url).json()["mishap"] == "database-lock"
    assert requests.get(echo.url).json()["mishap"] is None


def test_one_fault_strikes_once_however_many_ask_at_once(echo: Any) -> None:
    echo.faults.status(500, times=3)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(requests.get(echo.url).status_code)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] * 9 + [500] * 3


@pytest.mark.parametrize(
    "wish", [{"kind": "hook"}, {"kind": "no such"}, {}, {"kind": "status", "status": 500, "nth": 0}]
)
def test_a_description_it_does_not_understand_is_refused(echo: Any, wish: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        echo.faults.from_json(wish)


def test_misspelt_aims_fail_at_once(echo: Any) -> None:
    with pytest.raises(TypeError):
        echo.faults.status(500, metod="PUT")
