"""One network as the console serves it: its site, its pictures, its stores, and where its pages are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property
from urllib.parse import quote, urlencode, urlsplit

from provisioner.app.alerting.books import Books
from provisioner.app.alerting.muting import Muting
from provisioner.app.alerting.taking import Taking
from provisioner.app.connectors import connector_type
from provisioner.app.joining.deciding import Deciding
from provisioner.app.joining.places import Places
from provisioner.app.joining.reception import Reception
from provisioner.app.letters.page_links import page
from provisioner.app.meetings.doors import Doors
from provisioner.app.meetings.feeds import Feeds
from provisioner.app.meetings.inviting import Inviting
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.console.openid import Provider
from provisioner.state import Confirmations, Errands, Links, Requests, Sessions


class Network:
    """Shared by all threads. Opens the state: raises `StateError`."""

    def __init__(self, site: Site, pictures: Pictures) -> None:
        self.site = site
        self.pictures = pictures
        self.name = site.network
        service = urlsplit(site.settings.service.address)
        self.origin = f"{service.scheme}://{service.netloc}"
        """Scheme, host and port, as browsers send them."""
        self.secure = service.scheme == "https"
        self.base = f"{service.path.rstrip('/')}/{quote(self.name, safe='')}"
        """The path below which all its pages and cookies are, without a trailing slash."""
        self.sessions = Sessions(site.database, self.name)
        self.links = Links(site.database, self.name)
        self.requests = Requests(site.database, self.name)
        self.confirmations = Confirmations(site.database, self.name)
        self.errands = Errands(site.database, self.name)
        self.reception = Reception(site, pictures)
        self.places = Places(site, pictures)
        self.deciding = Deciding(site, pictures)
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="readi-entries")
        self.doors = Doors(site, pictures, aside=self._aside.submit)
        self.inviting = Inviting(site, pictures, self.doors)
        self.feeds = Feeds(site, pictures)
        self.books = Books(pictures)
        self.muting = Muting(site, self.books)
        self.taking = Taking(site, self.books)
        self.mail_goes = site.settings.service.mail is not None
        """Whether there is a mail server at all; else no link ever comes."""
        openid = site.section.openid
        self.provider: Provider | None = None
        """The login of its people, where there is one."""
        if openid is not None:
            self.provider = Provider(openid, site.home, self.url("openid", "back"), site.clock)

    def close(self) -> None:
        """Until what is done aside is done. The site is its own owner's to close."""
        self._aside.shutdown()

    @cached_property
    def meets(self) -> bool:
        """Whether there is a meeting server at all. Raises `SettingsError`."""
        targets = self.site.section.targets.items()
        kinds = (connector_type(str(section.get("connector", "")), name) for name, section in targets)
        return any(kind.door is not None for kind in kinds)

    def now(self) -> datetime:
        """The present, in UTC."""
        return self.site.clock.now()

    def path(self, *parts: str | int, **query: str | int) -> str:
        """The path of a page: every part is one segment, whatever is in it."""
        path = "/".join([self.base, *(quote(str(part), safe="") for part in parts)]) if parts else f"{self.base}/"
        return f"{path}?{urlencode(query)}" if query else path

    def url(self, *parts: str | int) -> str:
        """The same as an address, from the settings: what a request says of its host is never believed."""
        return page(self.site, *parts)

    def is_ours(self, path: str) -> bool:
        """Whether a browser that is sent there stays on this network's pages."""
        return path.startswith(f"{self.base}/") and path.isascii() and path.isprintable() and not set(path) & set("\\ ")

    def cookie(self, of: str = "") -> str:
        """The name of a cookie of this network; ``of``: what it is for, besides the session."""
        name = f"readi-{quote(self.name, safe='')}" + (f"-{of}" if of else "")
        return f"__Secure-{name}" if self.secure else name
