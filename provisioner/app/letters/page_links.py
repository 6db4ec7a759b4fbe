"""Where the pages of the console are, for links in mails and conversations."""

from urllib.parse import quote

from provisioner.app.site import Site


def page(site: Site, *parts: str | int) -> str:
    """The address of a page: every part is one segment, whatever is in it."""
    path = "/".join(quote(str(part), safe="") for part in (site.network, *parts))
    return f"{site.settings.service.url.rstrip('/')}/{path}"
