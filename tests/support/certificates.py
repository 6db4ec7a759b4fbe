"""A certificate authority of one's own, for tests of TLS; made with openssl in a moment."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """An authority, and a server's certificate by it for one address."""

    authority: Path
    certificate: Path
    key: Path


def make(folder: Path, address: str = "IP:127.0.0.1", days: int = 30) -> Certificates:
    """``address`` as openssl's subjectAltName takes it: "IP:127.0.0.1" or "DNS:ldap.example"."""
    authority, authority_key = folder / "ca.pem", folder / "ca.key"
    certificate, key = folder / "server.pem", folder / "server.key"
    common = ["-newkey", "rsa:2048", "-nodes", "-days", str(days)]
    _openssl("req", "-x509", *common, "-subj", "/CN=Test authority", "-keyout", authority_key, "-out", authority)
    more = ["-addext", f"subjectAltName={address}", "-CA", authority, "-CAkey", authority_key]
    _openssl("req", "-x509", *common, "-subj", "/CN=server", *more, "-keyout", key, "-out", certificate)
    return Certificates(authority, certificate, key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
