"""E-mail addresses, as far as a mail server is told them."""

import unicodedata


def is_usable(address: str) -> bool:
    """Whether a mail can be addressed to it: one plain address, of which nothing is a command or a second address.

    Letters beyond ASCII stand only in its domain, where they have another spelling.
    """
    local, at, domain = address.rpartition("@")
    plain = local.isascii() and not set(address) & set('<>()[],;:\\" \t') and address.isprintable()
    if not at or not local or not domain or not plain or len(address) > 254:
        return False
    return all(0 < len(label) <= 63 for label in _labels(domain))


def on_the_wire(address: str) -> str:
    """A usable address with its domain in the spelling that every server understands."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{'.'.join(_labels(domain))}"


def _labels(domain: str) -> list[str]:
    """As IDNA 2008 has them (RFC 5891), for which letters are what they are.

    Python's own codec is the older one: it takes gießen.example for giessen.example, which may be somebody else's.
    """
    small = domain if domain.isascii() else unicodedata.normalize("NFC", domain).lower()
    return [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in small.split(".")]
