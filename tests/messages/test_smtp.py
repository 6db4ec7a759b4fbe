"""The line to the mail server, against a real one."""

import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from provisioner.messages.addresses import is_usable
from provisioner.messages.smtp import MailServer, Unreachable, is_loopback, open_line
from provisioner.model.errors import LoginRefused, OutcomeUnknown, Permanent, ReadiError, SettingsError, Transient
from tests.support.certificates import Certificates, make
from tests.support.mailserver import PASSWORD, USER, PostOffice


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as one:
        yield one


def mail(text: str = "Guten Tag\n") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Probe"
    message.set_content(text)
    return message


def send(server: MailServer, *recipients: str, text: str = "Guten Tag\n") -> None:
    with open_line(server) as line:
        for recipient in recipients or ("anna@bretten.example",):
            line.send(mail(text), recipient)


def test_a_mail_arrives_whole_and_for_one_recipient(office: PostOffice) -> None:
    text = ".\n..\nÄrger mit Umlauten\n.ein Punkt am Anfang\nFrom hier an\n\n"
    send(office.server(), text=text)
    (came,) = office.came
    assert (came.sender, came.recipients) == ("netz@readi.example", ["anna@bretten.example"])
    assert came.message.get_content().replace("\r\n", "\n") == text


def test_one_connection_serves_a_batch(office: PostOffice) -> None:
    send(office.server(), *(f"p{number}@bretten.example" for number in range(5)))
    assert len(office.came) == 5
    assert office.post.connections == 1


@pytest.mark.parametrize("tls", [False, True])
def test_encrypted_and_logged_in(certificates: Certificates, *, tls: bool) -> None:
    with PostOffice(certificates, tls=tls, auth=True) as office:
        way = "tls" if tls else "starttls"
        send(office.server(security=way, ca_file=certificates.authority, user=USER, password=PASSWORD))
        assert (len(office.came), office.post.logins) == (1, 1)


@pytest.mark.parametrize("tls", [False, True])
def test_a_certificate_that_nobody_vouches_for_ends_the_call(certificates: Certificates, *, tls: bool) -> None:
    with PostOffice(certificates, tls=tls, auth=True) as office:
        server = office.server(security="tls" if tls else "starttls", user=USER, password=PASSWORD)
        with pytest.raises(Unreachable, match="bad_certificate"):
            send(server)
        assert office.post.logins == 0


def test_a_certificate_for_another_name_ends_the_call(tmp_path: Path) -> None:
    other = make(tmp_path, "DNS:mail.other.example")
    with PostOffice(other, tls=True) as office, pytest.raises(Unreachable, match="bad_certificate"):
        send(office.server(security="tls", ca_file=other.authority))


def test_a_file_without_certificates_is_told_before_anybody_is_called(office: PostOffice, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nichts")
    with pytest.raises(SettingsError, match="bad_ca_file"):
        send(office.server(security="starttls", ca_file=tmp_path / "ca.pem"))
    assert office.post.connections == 0


def test_nothing_goes_in_the_open_where_encryption_is_not_offered(office: PostOffice) -> None:
    with pytest.raises(Unreachable, match="not_offered"):
        send(office.server(security="starttls", user=USER, password=PASSWORD))
    assert office.came == []
    assert office.post.logins == 0


@pytest.mark.parametrize("host", ["mail.example", "192.0.2.1", "127.0.0.1.example", "localhost.example"])
def test_no_encryption_is_for_this_machine_alone(host: str) -> None:
    with pytest.raises(SettingsError, match="not_encrypted"):
        send(MailServer(host, 25, "none", "netz@readi.example"))
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_this_machine_has_several_names(host: str) -> None:
    assert is_loopback(host)


def test_a_wrong_password_is_said_once_and_never_shown(certificates: Certificates) -> None:
    with PostOffice(certificates, auth=True) as office:
        wrong = "geheim-und-falsch"
        server = office.server(security="starttls", ca_file=certificates.authority, user=USER, password=wrong)
        with pytest.raises(LoginRefused) as refused:
            send(server)
        assert wrong not in f"{refused.value} {refused.value.__cause__} {server}"


def test_a_password_that_can_not_be_sent_is_told(office: PostOffice) -> None:
    with pytest.raises(SettingsError, match="password_not_ascii"):
        send(office.server(user=USER, password="schön"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [("450 4.2.1 greylisted", Transient), ("550 5.1.1 no such user", Permanent), ("530 5.7.0 log in", Unreachable)],
)
def test_what_is_said_to_one_recipient_is_typed_and_the_next_mail_goes(
    office: PostOffice, answer: str, error: type[ReadiError]
) -> None:
    office.post.at_rcpt = [answer]
    with open_line(office.server()) as line:
        with pytest.raises(error) as refused:
            line.send(mail(), "anna@bretten.example")
        assert type(refused.value) is error
        line.send(mail(), "ben@bretten.example")
    assert [one.recipients for one in office.came] == [["ben@bretten.example"]]


@pytest.mark.parametrize(("answer", "error"), [("451 4.3.0 later", Transient), ("554 5.6.0 spam", Permanent)])
def test_what_is_said_to_the_text_is_typed(office: PostOffice, answer: str, error: type[ReadiError]) -> None:
    office.post.at_data = [answer]
    with pytest.raises(error):
        send(office.server())
    assert office.came == []


def test_a_sender_that_is_not_taken_is_nobodys_letters_fault(office: PostOffice) -> None:
    office.post.at_mail = ["553 5.7.1 not yours"]
    with pytest.raises(Unreachable, match="sender_refused"):
        send(office.server())


def test_what_was_handed_over_without_an_answer_may_have_gone(office: PostOffice) -> None:
    office.post.at_data = ["drop"]
    with pytest.raises(OutcomeUnknown):
        send(office.server())
    assert len(office.came) == 1


def test_a_server_that_hangs_up_is_tried_later(office: PostOffice) -> None:
    office.post.at_rcpt = ["421 4.3.2 shutting down"]
    with pytest.raises(Unreachable):
        send(office.server())


def test_a_server_that_is_down_is_unreachable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = MailServer("127.0.0.1", closed.getsockname()[1], "none", "netz@readi.example", timeout=2)
        with pytest.raises(Unreachable, match="unreachable"):
            send(server)


def test_what_is_no_mail_server_is_unreachable() -> None:
    with socket.socket() as odd:
        odd.bind(("127.0.0.1", 0))
        odd.listen()

        def answer() -> None:
            connection, _ = odd.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        server = MailServer("127.0.0.1", odd.getsockname()[1], "none", "netz@readi.example", timeout=5)
        with pytest.raises(Unreachable):
            send(server)
        thread.join()


HOSTILE = [
    "", "anna", "@bretten.example", "anna@", "anna@bretten.example\r\nRCPT TO:<eve@evil.example>", "a@b.example,c@d",
    "<a@b.example>", "a b@c.example", '"a b"@c.example', "a@b..example", "ä@bretten.example", f"{'a' * 300}@b.example",
    "anna@bretten.example>\nDATA", "a@b@c.example\n", "a@\u202ebretten.example",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE)
def test_what_is_no_plain_address_gets_nothing(office: PostOffice, address: str) -> None:
    with pytest.raises(Permanent):
        send(office.server(), address)
    assert office.came == []


def test_a_domain_with_umlauts_goes_by_its_other_spelling(office: PostOffice) -> None:
    assert is_usable("anna@bühl.example")
    send(office.server(), "anna@bühl.example")
    assert office.came[0].recipients == ["anna@xn--bhl-hoa.example"]
