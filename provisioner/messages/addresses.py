"""E-mail addresses, as far as a mail server is told them."""


def is_usable(address: str) -> bool:
    """Whether a mail can be addressed to it: one plain address, of which nothing is a command or a second address.

    Letters beyond ASCII stand only in its domain, where they have another spelling.
    """
    local, at, domain = address.rpartition("@")
    plain = local.isascii() and not set(address) & set('<>()[],;:\\" \t') and address.isprintable()
    if not at or not local or not domain or not plain or len(address) > 254:
        return False
    try:
        return bool(domain.encode("idna"))
    except UnicodeError:
        return False


def on_the_wire(address: str) -> str:
    """A usable address with its domain in the spelling that every server understands."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"
