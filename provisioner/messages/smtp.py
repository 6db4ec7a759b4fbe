"""The line to the mail server: one connection for several mails, encrypted, with typed failures.

Meanings of answers after RFC 5321, and as smtplib tells them. What failed before the text of a mail was handed over did
not go; what was handed over without an answer may have gone.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal

from provisioner.messages.addresses import is_usable, on_the_wire
from provisioner.model.errors import LoginRefused, OutcomeUnknown, Permanent, SettingsError, Transient
from provisioner.model.text import Text

_GO_ON: Final = 354
_CLOSING: Final = 421
"""The server hangs up, at whatever moment."""


class Unreachable(Transient):
    """The server takes no mail at all at the moment, whoever it is for: it is not this letter's fault."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    """The address that failures are reported to."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 20
    """Seconds, for the connection and for each answer."""


class MailLine:
    """An open connection. Not shared between threads. Made by `open_line`."""

    def __init__(self, smtp: smtplib.SMTP, server: MailServer) -> None:
        self._smtp = smtp
        self._server = server

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Hand one mail over, to this address and nobody else.

        Raises `Unreachable` (try later, with a new line), `Transient` (this recipient later), `Permanent` (never),
        `OutcomeUnknown` (it may have gone).
        """
        if not is_usable(recipient):
            raise Permanent(Text.of("messages.unusable_address"))
        payload = message.as_bytes(policy=SMTP)
        with self._talking():
            self._expect(self._smtp.mail(self._server.sender), _about_all)
            self._expect(self._smtp.rcpt(on_the_wire(recipient)), _about_recipient)
            self._smtp.putcmd("data")
            code, answer = self._smtp.getreply()
        if code != _GO_ON:
            self._expect((code, answer), _about_text)
            raise Unreachable(Text.of("messages.server_odd"), f"DATA: {code}")
        with self._talking():  # what was cut off before the line with the dot is no mail
            self._smtp.send(_dotted(payload))
        try:
            answered = self._smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise OutcomeUnknown(Text.of("messages.no_answer"), type(error).__name__) from None
        self._expect(answered, _about_text)

    def close(self) -> None:
        """Say good-bye. Idempotent."""
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()

    def _expect(self, answered: tuple[int, bytes], judge: Callable[[int], Transient | Permanent]) -> None:
        """Raise what an answer means that is not a yes; the line is ready for the next mail then.

        The server's own words stay out: they quote addresses.
        """
        code = answered[0]
        if 200 <= code < 300:
            return
        if code == _CLOSING or code < 0:
            self._smtp.close()
            raise Unreachable(Text.of("messages.server_busy"), str(code))
        with self._talking():
            self._smtp.rset()
        raise judge(code)

    @contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise Unreachable(Text.of("messages.line_broke"), type(error).__name__) from None


@contextmanager
def open_line(server: MailServer) -> Iterator[MailLine]:
    """Connect, encrypt, log in; hang up at the end.

    Raises `SettingsError` (no encryption to another machine), `LoginRefused`, `Unreachable`.
    """
    line = MailLine(_connected(server), server)
    try:
        yield line
    finally:
        line.close()


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.security == "none" and not is_loopback(server.host):
        raise SettingsError(Text.of("messages.not_encrypted", server=server.host))
    if server.password is not None and not server.password.isascii():
        raise SettingsError(Text.of("messages.password_not_ascii"))  # smtplib can't send it
    where = f"{server.host}:{server.port}"
    context = None if server.security == "none" else _context(server)
    smtp: smtplib.SMTP | None = None
    try:
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=context)  # raises where the server does not offer it: never silently without
            smtp.ehlo_or_helo_if_needed()
        if server.user is not None:
            smtp.login(server.user, server.password or "")
    except smtplib.SMTPAuthenticationError as error:
        _hang_up(smtp)
        # 4xx: the server can't look the password up at the moment; it was not refused.
        if error.smtp_code < 500:
            raise Unreachable(Text.of("messages.unreachable", server=where), str(error.smtp_code)) from None
        refused = Text.of("messages.login_refused", server=where, user=server.user or "")
        raise LoginRefused(refused, str(error.smtp_code)) from None
    except ssl.SSLCertVerificationError as error:
        _hang_up(smtp)
        raise Unreachable(Text.of("messages.bad_certificate", server=where), error.verify_message) from None
    except smtplib.SMTPNotSupportedError as error:
        _hang_up(smtp)
        raise Unreachable(Text.of("messages.not_offered", server=where), type(error).__name__) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        _hang_up(smtp)
        raise Unreachable(Text.of("messages.unreachable", server=where), type(error).__name__) from None
    return smtp


def _context(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(Text.of("messages.bad_ca_file", file=str(server.ca_file)), type(error).__name__) from None


def _hang_up(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        smtp.close()


def is_loopback(host: str) -> bool:
    """Whether it is this machine, by its very name or address: nothing is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _dotted(payload: bytes) -> bytes:
    """As it stands between DATA and its answer: a dot at a line's beginning is doubled, one by itself ends it."""
    lines = payload.replace(b"\r\n.", b"\r\n..")
    lines = b"." + lines if lines.startswith(b".") else lines
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _about_all(code: int) -> Transient | Permanent:
    """To MAIL: nobody's mail would be taken, e.g. since our sender is not allowed. Letters wait until it is mended."""
    return Unreachable(Text.of("messages.sender_refused"), str(code))


def _about_recipient(code: int) -> Transient | Permanent:
    """To RCPT. 530 and the like mean that we have to log in first."""
    if code in (530, 535, 538):
        return Unreachable(Text.of("messages.sender_refused"), str(code))
    if code < 500:
        return Transient(Text.of("messages.not_now"), str(code))
    return Permanent(Text.of("messages.address_refused"), str(code))


def _about_text(code: int) -> Transient | Permanent:
    """To the text."""
    if code < 500:
        return Transient(Text.of("messages.not_now"), str(code))
    return Permanent(Text.of("messages.text_refused"), str(code))
