"""A broker that refuses, goes away, is not who it says or speaks an older MQTT: a clear word, and it goes on trying."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from provisioner.senders.mqtt import _client_id
from tests.support.certificates import Certificates, make
from tests.support.mosquitto import PASSWORD, USER, Mosquitto
from tests.support.mqtt import Inbox, plain, publish, receiving, troubled
from tests.support.serving import wait_until
from tests.support.slapd import free_port

_ACL = f"user {USER}\ntopic readwrite s/#\n"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("locked"), locked=True, acl=_ACL) as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


def test_with_the_right_password_it_listens(locked: Mosquitto) -> None:
    inbox = Inbox()
    with receiving(plain(locked.port, user=USER, password=PASSWORD, client_id="right"), inbox):
        publish(locked, "a")
        assert inbox.take(1) == ["a"]


@pytest.mark.parametrize(
    "login", [{}, {"user": USER}, {"user": USER, "password": "wrong-one"}, {"user": "nobody", "password": PASSWORD}]
)
def test_wrong_credentials_have_a_word_and_are_tried_again(
    locked: Mosquitto, login: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving(plain(locked.port, client_id="wrong", **login), Inbox(), listens=False) as receiver:
        trouble = troubled(receiver)
        assert trouble.code == "senders.mqtt_credentials"
        tries = [one for one in caplog.records if one.name == "provisioner.senders.mqtt"]
        wait_until(lambda: len([one for one in caplog.records if one.name == tries[0].name]) >= 2, "it tries again")
        assert receiver.status().listening_since is None
    said = caplog.text + str([vars(record) for record in caplog.records]) + str(trouble)
    assert "wrong-one" not in said
    assert PASSWORD not in said


def test_a_broker_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    port = free_port()
    inbox = Inbox()
    with receiving(plain(port, client_id="early"), inbox, listens=False) as receiver:
        assert troubled(receiver).code == "senders.mqtt_unreachable"
        with Mosquitto(tmp_path, port=port) as broker:
            wait_until(lambda: receiver.status().listening_since is not None, "it listens")
            assert receiver.status().trouble is None
            publish(broker, "a")
            assert inbox.take(1) == ["a"]


def test_a_dropped_connection_is_made_again_and_nothing_is_lost(tmp_path: Path) -> None:
    inbox = Inbox()
    with Mosquitto(tmp_path) as broker, receiving(plain(broker.port, client_id="steady"), inbox) as receiver:
        publish(broker, "a", "b")
        left = [inbox.next(), inbox.next()]
        left[0].settle(True)
        since = receiver.status().listening_since
        publish(broker, "c")  # so that the acknowledgement before it has arrived
        assert inbox.next().payload == b"c"
        broker.stop()
        assert troubled(receiver).code in ("senders.mqtt_broken", "senders.mqtt_unreachable")
        assert receiver.status().listening_since is None
        broker.start()
        wait_until(lambda: receiver.status().listening_since not in (None, since), "it listens again")
        assert inbox.take(2) == ["b", "c"]
        assert receiver.status().connections == 2


def test_a_broker_that_forgot_the_session_is_subscribed_to_anew(tmp_path: Path) -> None:
    inbox = Inbox()
    with Mosquitto(tmp_path) as broker, receiving(plain(broker.port, client_id="steady"), inbox) as receiver:
        broker.stop()
        (tmp_path / "mosquitto.db").unlink()
        broker.start()
        wait_until(lambda: receiver.status().connections == 2, "it listens again")
        publish(broker, "a")
        assert inbox.take(1) == ["a"]


def test_tls_is_trusted_by_the_authority_that_the_settings_name(tmp_path: Path, certificates: Certificates) -> None:
    inbox = Inbox()
    with Mosquitto(tmp_path, certificates=certificates) as broker:
        trusting = plain(broker.port, tls=True, ca_file=str(certificates.authority), client_id="tls")
        with receiving(trusting, inbox):
            pass
        with receiving(plain(broker.port, tls=True, client_id="other"), inbox, listens=False) as stranger:
            assert troubled(stranger).code == "senders.mqtt_certificate"
        elsewhere = trusting.model_copy(
            update={"mqtt": plain(broker.port, host="localhost", tls=True, ca_file=str(certificates.authority)).mqtt}
        )
        with receiving(elsewhere, inbox, listens=False) as misled:  # the certificate is for 127.0.0.1 alone
            assert troubled(misled).code == "senders.mqtt_certificate"


def test_a_broker_can_know_us_by_our_certificate(tmp_path: Path, certificates: Certificates) -> None:
    anybody = {"tls": True, "ca_file": str(certificates.authority), "client_id": "known"}
    ours = {"certificate_file": str(certificates.certificate), "certificate_key_file": str(certificates.key)}
    with Mosquitto(tmp_path, certificates=certificates, demands_certificates=True) as broker:
        with receiving(plain(broker.port, **anybody, **ours), Inbox()):
            pass
        with receiving(plain(broker.port, **anybody), Inbox(), listens=False) as stranger:
            assert troubled(stranger).code in ("senders.mqtt_certificate", "senders.mqtt_broken")


def test_many_messages_come_over_tls_too(tmp_path: Path, certificates: Certificates) -> None:
    inbox = Inbox()
    open_port = free_port()
    more = f"listener {open_port} 127.0.0.1\nallow_anonymous true"
    with Mosquitto(tmp_path, certificates=certificates, more=more) as broker:
        trusting = plain(broker.port, tls=True, ca_file=str(certificates.authority), client_id="tls")
        with receiving(trusting, inbox):
            publish(Mosquitto(tmp_path, port=open_port), *(f"{number:05}" * 300 for number in range(500)))
            assert [int(said[:5]) for said in inbox.take(500)] == list(range(500))


def test_a_broker_without_tls_is_not_spoken_to_in_the_open(broker: Mosquitto) -> None:
    with receiving(plain(broker.port, tls=True, client_id="tls"), Inbox(), listens=False) as receiver:
        assert troubled(receiver).code in ("senders.mqtt_certificate", "senders.mqtt_unreachable")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_can_not_be_read_has_a_word(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with receiving(plain(1883, tls=True, ca_file=str(file)), Inbox(), listens=False) as receiver:
        assert troubled(receiver).code == "senders.mqtt_files"


@pytest.mark.parametrize("host", ["", "no such host", "x" * 250, "."])
def test_a_host_that_is_none_is_unreachable(host: str) -> None:
    with receiving(plain(1883, host=host), Inbox(), listens=False) as receiver:
        assert troubled(receiver).code == "senders.mqtt_unreachable"


def test_a_fight_for_one_client_id_ends_and_has_a_word(broker: Mosquitto) -> None:
    settings = plain(broker.port, client_id="twin")
    with receiving(settings, Inbox()) as first, receiving(settings, Inbox()) as second:
        both = (first, second)
        wait_until(lambda: "senders.mqtt_contested" in {_code(one.status().trouble) for one in both}, "it says so")


class Old:
    """A broker that speaks MQTT 3.1.1 alone. ``refusal``: what it answers to MQTT 5, before it hangs up.

    To 3.1.1 it grants ``granted`` and then tells one message; None: it answers as to MQTT 5.
    """

    def __init__(self, refusal: bytes, granted: int | None = 1) -> None:
        self._refusal, self._granted = refusal, granted
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.versions: list[int] = []
        self.acknowledged = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, suppress(OSError):  # who called may go at any moment
                self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        if len(called := line.recv(4096)) < 9:
            return
        version = called[8]
        self.versions.append(version)
        if version != 4 or self._granted is None:
            line.sendall(self._refusal)
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass
            return
        line.sendall(b"\x20\x02\x00\x00")
        number = line.recv(4096)[2:4]
        line.sendall(b"\x90\x03" + number + bytes([self._granted]) + b"\x32\x06\x00\x01s\x00\x07a")
        while said := line.recv(4096):
            if said.startswith(b"\x40\x02\x00\x07"):
                self.acknowledged.set()

    def close(self) -> None:
        self._listener.close()


@pytest.mark.parametrize("refusal", [b"", b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00"])
def test_a_broker_of_an_older_mqtt_is_spoken_to_as_it_understands(refusal: bytes) -> None:
    old = Old(refusal)
    inbox = Inbox()
    try:
        with receiving(plain(old.port, topics=["s"]), inbox):
            assert inbox.take(1) == ["a"]
            assert old.acknowledged.wait(20)
        assert old.versions == [5, 4]
    finally:
        old.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xff" * 100,
        b"\x20\x02",
        b"\x20\x00",
        b"\x30\xff\xff\xff\xff\xff",
        b"\x20\x02\x00\x00\x90\x00\x32\x00\x32\x01\xff",
        b"\x20\x03\x00\x00\x00\x90\x02\x00\x01\x32\x03\x00\xffx",
        b"\x20\x03\x00\x00\x00\x30\x05\x00\x02\xff\xfe\x00",
    ],
)
def test_what_speaks_no_mqtt_is_tried_again(nonsense: bytes) -> None:
    nobody = Old(nonsense, granted=None)
    try:
        with receiving(plain(nobody.port, topics=["s"]), Inbox(), listens=False) as receiver:
            wait_until(lambda: len(nobody.versions) >= 3, "it tries again")
            assert troubled(receiver).code in ("senders.mqtt_broken", "senders.mqtt_topics")
    finally:
        nobody.close()


def test_who_lost_the_client_id_to_somebody_else_is_told() -> None:
    # CONNACK, SUBACK and DISCONNECT "session taken over" of MQTT 5, whatever is asked.
    modern = Old(b"\x20\x03\x00\x00\x00" + b"\x90\x04\x00\x01\x00\x01" + b"\xe0\x01\x8e")
    try:
        with receiving(plain(modern.port, topics=["s"]), Inbox(), listens=False) as receiver:
            assert troubled(receiver).code == "senders.mqtt_taken_over"
        assert set(modern.versions) == {5}
    finally:
        modern.close()


def test_a_broker_that_lets_us_hear_nothing_has_a_word() -> None:
    old = Old(b"", granted=0x80)
    try:
        with receiving(plain(old.port, topics=["s"]), Inbox(), listens=False) as receiver:
            wait_until(lambda: _code(receiver.status().trouble) == "senders.mqtt_topics", "it says so")
            assert receiver.status().listening_since is None
    finally:
        old.close()


def _code(trouble: object) -> str:
    return getattr(trouble, "code", "")


def test_several_that_share_have_names_of_their_own_and_one_alone_keeps_its() -> None:
    assert _client_id("redi", "pegel", shared=False) == "readi-redi-pegel"
    assert _client_id("redi", "pegel", shared=True).startswith("readi-redi-pegel-")
