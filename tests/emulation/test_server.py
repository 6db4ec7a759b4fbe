"""The loopback server under every emulator: keep-alive, odd requests, cut connections, speed."""

import http.client
import socket
import time
from typing import Any

import pytest
import requests


def test_one_connection_carries_many_requests(echo: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(echo.url.rpartition(":")[2]))
    sockets = set()
    for n in range(5):
        connection.request("GET", f"/{n}")
        sockets.add(connection.sock)
        assert connection.getresponse().read()
    assert len(sockets) == 1
    connection.close()


def test_small_requests_take_well_under_a_millisecond_of_work(echo: Any) -> None:
    with requests.Session() as session:
        session.get(echo.url + "/warm")
        for _ in range(200):
            session.get(echo.url + "/x").close()
    durations = sorted(entry.duration for entry in echo.log)
    assert durations[len(durations) // 2] < 0.001


def test_head_has_no_body_and_a_chunked_body_is_read(echo: Any) -> None:
    assert requests.head(echo.url + "/a").content == b""
    answer = requests.post(echo.url + "/a", data=(part for part in (b"one", b"two")))
    assert answer.json()["body"] == "onetwo"


def test_a_client_that_says_http_1_0_gets_its_connection_closed(echo: Any) -> None:
    with socket.create_connection(("127.0.0.1", int(echo.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"GET / HTTP/1.0\r\n\r\n")
        received = b""
        while part := raw.recv(4096):
            received += part
    assert b"Connection: close" in received


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"\x16\x03\x01\r\n\r\n"])
def test_what_is_no_http_is_answered_with_400(echo: Any, nonsense: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(echo.url.rpartition(":")[2]))) as raw:
        raw.sendall(nonsense)
        assert raw.recv(4096).startswith(b"HTTP/1.1 400")


def test_it_listens_on_loopback_only_and_a_restart_keeps_port_and_state(echo: Any) -> None:
    url = echo.url
    assert url.startswith("http://127.0.0.1:")
    requests.post(url + "/kept")
    echo.stop()
    echo.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url)
    echo.start()
    assert echo.url == url
    assert echo.state == ["/kept"]


def test_stop_ends_connections_that_are_kept_alive(echo: Any) -> None:
    with requests.Session() as session:
        session.get(echo.url)
        began = time.perf_counter()
        echo.stop()
        assert time.perf_counter() - began < 1
    assert not echo.running


def test_latency_is_real_time(echo: Any) -> None:
    echo.latency = 0.02
    assert requests.get(echo.url).elapsed.total_seconds() >= 0.02
