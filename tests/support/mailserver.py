"""A real SMTP server on loopback (aiosmtpd), which can be as unkind as servers are."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from provisioner.messages.smtp import MailServer
from tests.support.certificates import Certificates

USER, PASSWORD = "readi", "only-for-mail-1"


@dataclass(frozen=True)
class Came:
    """A mail as it came in."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.raw, policy=default))

    @property
    def text(self) -> str:
        """As a telephone shows it: lines that flow are one (RFC 3676)."""
        lines, whole = self.message.get_content().splitlines(), list[str]()
        flows = False
        for line in lines:
            plain = line.removeprefix(" ")
            if flows:
                whole[-1] += plain
            else:
                whole.append(plain)
            flows = line.endswith(" ") and line != "-- "
        return "\n".join(whole)


@dataclass
class Post:
    """The server's handler. Answers are said once for each entry, then all is well again."""

    came: list[Came] = field(default_factory=list)
    at_mail: list[str] = field(default_factory=list)
    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    """ "drop": the mail is kept, and the line goes dead without an answer."""
    when_kept: Callable[[], None] = lambda: None
    """Called when a mail is kept, before that is answered."""
    connections: int = 0
    logins: int = 0

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += not session.ssl
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.at_data.pop(0) if self.at_data else "250 OK"
        if answer == "drop" or answer.startswith("2"):
            content = envelope.content
            raw = content if isinstance(content, bytes) else str(content).encode()
            self.came.append(Came(str(envelope.mail_from), list(envelope.rcpt_tos), raw))
            self.when_kept()
        if answer == "drop":
            cast(Any, server).transport.abort()
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins += 1
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


class PostOffice:
    """Listens on a port of its own until its `with` block ends."""

    def __init__(self, certificates: Certificates | None = None, *, tls: bool = False, auth: bool = False) -> None:
        self.post = Post()
        context = None
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
        more: dict[str, Any] = {"authenticator": self.post.authenticate, "auth_required": auth}
        if context is not None and tls:  # of which aiosmtpd does not know that it is encrypted
            more |= {"ssl_context": context, "auth_required": False, "auth_require_tls": False}
        elif context is not None:
            more |= {"tls_context": context, "require_starttls": True}
        else:
            more |= {"auth_require_tls": False}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._controller = Controller(self.post, hostname="127.0.0.1", port=self.port, **more)

    @property
    def came(self) -> list[Came]:
        return self.post.came

    def server(self, **more: Any) -> MailServer:
        """How to reach it; without encryption unless told otherwise."""
        plain = {"host": "127.0.0.1", "port": self.port, "security": "none", "sender": "netz@readi.example"}
        return MailServer(**{**plain, "timeout": 5, **more})

    def settings(self, **more: Any) -> dict[str, Any]:
        """``service.mail`` of a settings file."""
        plain = {"server": "127.0.0.1", "port": self.port, "security": "none", "sender": "netz@readi.example"}
        return {**plain, "timeout": 5, **more}

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
