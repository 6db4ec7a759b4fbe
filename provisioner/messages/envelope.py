"""The mail itself: headers and text, so that nothing that others wrote becomes a header or a second recipient."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from provisioner.messages.addresses import is_usable, on_the_wire
from provisioner.messages.plain import flowed, one_line, plain
from provisioner.messages.wording import Mail
from provisioner.model.errors import Permanent
from provisioner.model.text import Text

_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys(",;:()", " "))
"""Signs that make more than a name of a name, wherever a line is folded."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the service."""

    address: str
    name: str
    reply_to: str | None = None


def message_of(mail: Mail, sender: Sender, recipient: str, name: str, word: str, at: datetime) -> EmailMessage:
    """A mail to one address. ``word``: by which it is known everywhere, letters, digits and dots alone.

    Raises `Permanent` for what is no address.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender.name, sender.address)
    message["To"] = _address(name, recipient)
    if sender.reply_to is not None:
        message["Reply-To"] = _address("", sender.reply_to)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{word}@{sender.address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers that they are on holiday
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    message.set_content(flowed(mail.text), cte="quoted-printable", params={"format": "flowed"})
    return message


def _address(name: str, address: str) -> Address:
    if not is_usable(address):
        raise Permanent(Text.of("messages.unusable_address"))
    shown = one_line(plain(name).translate(_NOT_IN_NAMES))
    try:
        return Address(shown, addr_spec=on_the_wire(address))
    except (ValueError, IndexError, MessageError):  # e.g. two dots in a row, where RFC 5322 has one
        raise Permanent(Text.of("messages.unusable_address")) from None
