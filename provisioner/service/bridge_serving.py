"""``readi bridge``: the bridges of all networks alone, with the little HTTP that senders, Talk and monitoring need."""

from contextlib import ExitStack

from provisioner.app.picture import Pictures
from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.service.bridging import Bridge
from provisioner.service.heap import collect_rarely
from provisioner.service.http import HttpServer, bridge_application, listen
from provisioner.service.looping import Loop
from provisioner.service.serve import Options

_REREAD = 60.0
"""Seconds between two looks whether the registry changed, where nothing else asks."""


class BridgeService:
    """Made, started, stopped. Raises `SettingsError` and `StateError` on being made: nothing runs then."""

    def __init__(self, options: Options, address: str | None = None) -> None:
        """``address``: where it listens, instead of where the settings say."""
        settings = load_settings(options.settings)
        bridged = [name for name, section in settings.networks.items() if section.bridge is not None]
        if not bridged:
            raise SettingsError(Text.of("service.no_bridge"))
        with ExitStack() as stack:
            self.sites = {name: Site.open(options.settings, name, options.clock) for name in bridged}
            for site in self.sites.values():
                stack.callback(site.close)
            self._pictures = {name: Pictures(site) for name, site in self.sites.items()}
            for one in self._pictures.values():
                stack.callback(one.wait)  # before the database is closed: whoever reads a registry reads there, too
            self.bridge = Bridge(self.sites, self._pictures)
            self._listener = listen(address or settings.service.listen)
            stack.callback(self._listener.close)
            app = bridge_application(self.sites, self.bridge, settings.service, options.clock, self.is_warm)
            self._http = HttpServer(app, self._listener, settings.service.trusted_proxies)
            self._stack = stack.pop_all()
        self._warm = False
        self._warming = Loop("pictures", self._warm_up)

    @property
    def address(self) -> str:
        """Where it listens: host and port."""
        host, port, *_ = self._listener.getsockname()
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def is_warm(self) -> bool:
        """Whether every network's registry was read."""
        return self._warm

    def start(self) -> None:
        """Receive, keep, and tell."""
        self._warming.start()
        self.bridge.start()
        self._http.start()

    def stop(self) -> None:
        """End: whoever calls is answered, what was taken is committed, what is being said is said."""
        self._warming.stop()
        self._http.stop()
        self.bridge.stop()
        self._warming.join()
        self._stack.close()

    def _warm_up(self) -> float:
        for pictures in self._pictures.values():
            pictures.now()
        if not self._warm:
            collect_rarely()
        self._warm = True
        return _REREAD
