"""Where the pages of the console are, for links in mails and conversations."""

from urllib.parse import quote

from provisioner.app.site import Site


def page(site: Site, *parts: str | int) -> str:
    """The address of a page: every part is one segment, whatever is in it."""
    path = "/".join(quote(str(part), safe="") for part in (site.network, *parts))
    return f"{site.settings.service.address.rstrip('/')}/{path}"


def join_page(site: Site, body: str, series: str | None = None) -> str:
    """The link to a body's meeting room, or to that of one of its series, for whoever belongs to it.

    It says nothing of the room's name and holds for good: whoever opens it logs in and is let in anew each time.
    """
    return page(site, "join", body) if series is None else page(site, "join", body, series)


def guest_page(site: Site, word: str) -> str:
    """A guest's personal link to a meeting room."""
    return page(site, "guest", word)
