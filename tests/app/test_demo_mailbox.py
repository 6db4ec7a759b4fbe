"""The demo's mailbox takes mails as a mail server does, and shows them as they were written."""

import smtplib
from email.message import EmailMessage

import pytest

from provisioner.app.demo.demo_mailbox import Mail, Mailbox


def _written(text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "readi@redi.example", "anna@bretten.example", "Grüße"
    message.set_content(text)
    return message


def test_mails_are_shown_whole_and_in_their_order() -> None:
    seen: list[Mail] = []
    with Mailbox(seen.append) as box, smtplib.SMTP("127.0.0.1", box.port) as client:
        client.send_message(_written("Schöne Grüße\n.Punkt am Anfang\n"))
        client.send_message(_written("x" * 2_000), to_addrs=["a@bretten.example", "b@bretten.example"])
    assert [mail.to for mail in seen] == ["anna@bretten.example", "a@bretten.example, b@bretten.example"]
    assert seen[0].subject == "Grüße"
    assert seen[0].text.splitlines() == ["Schöne Grüße", ".Punkt am Anfang"]
    assert seen[1].text.strip() == "x" * 2_000


def test_what_comes_in_the_wrong_order_is_refused() -> None:
    with Mailbox(lambda _: None) as box, smtplib.SMTP("127.0.0.1", box.port) as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.data(b"nobody to send it to")
        assert refused.value.smtp_code == 503
        assert client.docmd("VRFY", "root")[0] == 502
        assert client.helo()[0] == 250


def test_whoever_keeps_a_connection_open_does_not_keep_the_mailbox_from_ending() -> None:
    with Mailbox(lambda _: None) as box:
        client = smtplib.SMTP("127.0.0.1", box.port)
    client.close()
