"""Where a directory is, and how one may speak to it."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.http_address import is_this_machine


@dataclass(frozen=True, slots=True)
class Address:
    """Where a directory is and how to speak to it. Time-outs in whole seconds."""

    url: str
    """ldaps://host[:636], or ldap://host[:389] with StartTLS."""
    start_tls: bool = False
    ca_file: Path | None = None
    """Certificates to trust; None: those of the system."""
    plaintext: bool = False
    """Allow ldap:// without StartTLS to another machine: passwords in the open."""
    connect_timeout: int = 10
    receive_timeout: int = 30

    def parts(self) -> tuple[str, int, bool]:
        """Host, port, TLS from the first byte. Raises SettingsError for what would be no address, or no secret."""
        split = urlsplit(self.url)
        try:
            host, port = split.hostname, split.port
        except ValueError:
            host, port = None, None
        if split.scheme not in ("ldap", "ldaps") or not host or split.path.strip("/"):
            raise SettingsError(Text.of("transport.directory_url", url=self.url))
        secure = split.scheme == "ldaps"
        if not (secure or self.start_tls or self.plaintext or is_this_machine(host)):
            raise SettingsError(Text.of("transport.directory_plaintext", url=self.url))
        return host, port or (636 if secure else 389), secure

    def server(self) -> str:
        """The server's identity: the same for ldap:// and ldaps:// on their usual ports."""
        host, port, _ = self.parts()
        return f"ldap://{host}" if port in (389, 636) else f"ldap://{host}:{port}"
