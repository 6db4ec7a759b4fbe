"""The demo's mail server: takes every mail on loopback, sends none on, and shows it to whoever watches."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from types import TracebackType
from typing import Final, cast

_MOST: Final = 1_000_000
"""Bytes of one mail, and of one line."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as a person reads it."""

    to: str
    subject: str
    text: str


class Mailbox:
    """Speaks as much of SMTP (RFC 5321) as Python's smtplib does; ``show`` is called in the connection's thread."""

    def __init__(self, show: Callable[[Mail], None]) -> None:
        self._server = _Server(show)
        self._thread = threading.Thread(target=self._server.serve_forever, name="mailbox", daemon=True)

    @property
    def port(self) -> int:
        """On 127.0.0.1."""
        return int(self._server.server_address[1])

    def __enter__(self) -> "Mailbox":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False  # whoever keeps a connection open must not keep the demo from ending

    def __init__(self, show: Callable[[Mail], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.show = show


class _Conversation(socketserver.StreamRequestHandler):
    timeout = 60

    def handle(self) -> None:
        """Until the other side says QUIT, or nothing any more."""
        self._say("220 readi demo")
        sender, recipients = "", list[str]()
        for line in self._lines():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "EHLO":
                    self._say("250-readi demo", "250-8BITMIME", "250-SMTPUTF8", f"250 SIZE {_MOST}")
                case "MAIL":
                    sender, recipients = rest, []
                    self._say("250 OK")
                case "RCPT" if sender:
                    recipients.append(rest.partition(":")[2].split(">")[0].strip(" <"))
                    self._say("250 OK")
                case "DATA" if recipients:
                    self._say("354 Go ahead, end with a dot")
                    self._take(recipients)
                    sender, recipients = "", []
                    self._say("250 OK")
                case "HELO" | "NOOP" | "RSET":
                    sender, recipients = "", []
                    self._say("250 OK")
                case "QUIT":
                    self._say("221 Bye")
                    return
                case "DATA" | "RCPT":
                    self._say("503 Not now")
                case _:
                    self._say("502 Not here")

    def _lines(self) -> Iterator[str]:
        while line := self.rfile.readline(_MOST):
            yield line.decode(errors="replace").rstrip("\r\n")

    def _take(self, recipients: list[str]) -> None:
        content = bytearray()
        while (line := self.rfile.readline(_MOST)) not in (b".\r\n", b""):
            content += line.removeprefix(b".")
        message = message_from_bytes(bytes(content), policy=policy.default)
        body = message.get_body(("plain",))
        text = "" if body is None else body.get_content()
        cast(_Server, self.server).show(Mail(", ".join(recipients), str(message["subject"] or ""), text))

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
