"""Until when a server's certificate holds: asked by a handshake, over which nothing is sent."""

import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"https": 443, "ldaps": 636}


def expires(url: str, ca_file: Path | None = None, timeout: float = 10) -> datetime | None:
    """The last moment of a certificate that we trust; ``timeout`` in seconds.

    None: nothing is encrypted from the first moment on, or no trust comes about; whoever uses the server says why.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or parts.hostname is None:
        return None
    try:
        context = ssl.create_default_context(cafile=ca_file)
        where = parts.hostname, parts.port or _PORTS[parts.scheme]
        with (
            socket.create_connection(where, timeout) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname) as line,
        ):
            shown = line.getpeercert() or {}
    except (OSError, ValueError):  # ssl's errors are OSErrors; a malformed host is a ValueError
        return None
    until = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None
