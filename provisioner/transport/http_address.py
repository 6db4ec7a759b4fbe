"""Addresses of servers as settings have them: what one must look like, and who could listen on the way there."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def plain_address(url: str, example: str) -> SplitResult:
    """The parts of an http(s) address without log-in, query or fragment. Raises `ValueError` that names ``example``."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"an address like {example}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("only the address: no user, password, query or fragment in it")
    return parts


def is_open_to_listeners(url: str) -> bool:
    """Whether a secret would travel to another machine in the open."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_this_machine(parts.hostname or "")


def is_this_machine(host: str) -> bool:
    """Whether what is sent there never leaves this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
