"""The loopback server under every emulator: keep-alive, odd requests, cut connections, speed."""

import http.client
import socket
import threading
import time
from typing import Any

import pytest
import requests

from provisioner.emulation import Request


def test_one_connection_carries_many_requests(echo: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(echo.url.rpartition(":")[2]))
    sockets = set()
    for n in range(5):
        connection.request("GET", f"/{n}")
        sockets.add(connection.sock)
        assert connection.getresponse().read()
    assert len(sockets) == 1
    connection.close()


def test_a_small_request_is_well_under_a_millisecond_of_work(echo: Any) -> None:
    requests.get(echo.url + "/warm")
    begun = time.process_time()
    for number in range(500):
        echo._respond(Request("GET", f"/{number}", {"host": "127.0.0.1"}))
    assert (time.process_time() - begun) / 500 < 0.001  # about 0.02 ms alone


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
        echo.stop()
    assert not echo.running
    assert not [thread for thread in threading.enumerate() if thread.name == "emulator-connection"]


def test_latency_is_real_time(echo: Any) -> None:
    echo.latency = 0.02
    assert requests.get(echo.url).elapsed.total_seconds() >= 0.02


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(echo: Any) -> None:
    with socket.create_connection(("127.0.0.1", int(echo.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert raw.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"ok")
        assert b'"body":"ok"' in raw.recv(4096)


def test_two_requests_sent_at_once_are_answered_in_their_order(echo: Any) -> None:
    with socket.create_connection(("127.0.0.1", int(echo.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while part := raw.recv(4096):
            received += part
    assert received.index(b"/one") < received.index(b"/two")
