"""Emulators of the products on loopback: for rehearsal, training and the demo."""

import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from types import FrameType, TracebackType

import yaml

from provisioner.app.applying import Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.connectors import connector_types
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Clock, Sandbox
from provisioner.model.text import Text
from provisioner.state import Outcome


def example_folder() -> Path:
    """The example network: registry and policy. It is shipped beside this module, or stands in the checkout."""
    shipped = Path(str(files("provisioner.app") / "examples" / "redi"))
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "examples" / "redi"


class Sandboxes:
    """Emulators that run while the `with` block does. Raises `SettingsError` for a product without one."""

    def __init__(self, clock: Clock, products: Sequence[str] = (), port: int = 0) -> None:
        known = {product: found for product, found in connector_types().items() if found.emulator is not None}
        for product in products:
            if product not in known:
                raise SettingsError(Text.of("app.no_emulator", product=product, known=", ".join(sorted(known))))
        self._clock = clock
        self.running: list[Sandbox] = []
        for number, product in enumerate(products or sorted(known)):
            make = known[product].emulator
            if make is not None:
                self.running.append(make(clock, port + number if port else 0))

    def __enter__(self) -> "Sandboxes":
        with ExitStack() as stack:
            for sandbox in self.running:
                sandbox.start()
                stack.callback(sandbox.stop)
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sandbox in self.running:
            sandbox.stop()

    def addresses(self) -> list[dict[str, str]]:
        """Of each its name and what a target's settings need: what ``readi sandbox`` prints."""
        return [
            {"name": sandbox.name, "url": sandbox.url, **sandbox.credentials, **sandbox.settings}
            for sandbox in self.running
        ]

    def write_settings(
        self,
        folder: Path,
        registry: Path,
        policy: Path | None = None,
        sources: Mapping[str, object] | None = None,
        service: Mapping[str, object] | None = None,
        bridge: Mapping[str, object] | None = None,
    ) -> Path:
        """A settings file in ``folder`` whose network "redi" has these emulators as targets."""
        targets = {
            sandbox.name: {"connector": sandbox.name, "url": sandbox.url, **sandbox.credentials, **sandbox.settings}
            for sandbox in self.running
        }
        network: dict[str, object] = {"registry": str(registry), "targets": targets}
        if policy is not None:
            network["policy"] = str(policy)
        if sources is not None:
            network["sources"] = dict(sources)
        if bridge is not None:
            network["bridge"] = dict(bridge)
        content: dict[str, object] = {"state": "state/readi.db", "networks": {"redi": network}}
        if service is not None:
            content["service"] = dict(service)
        path = folder / "settings.yaml"
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    def fill_with_example(self) -> None:
        """Give them the accounts and groups of the example network. Raises `SettingsError` when that goes wrong."""
        example = example_folder()
        for sandbox in self.running:
            sandbox.prepare_for_demo()
        with tempfile.TemporaryDirectory(prefix="readi-") as folder:
            settings = self.write_settings(Path(folder), example / "registry")
            site = Site.open(settings, clock=self._clock)
            try:
                applied = apply(site, Approval(), Started("sandbox", "sandbox --example"))
                if applied.report is None or applied.report.outcome is not Outcome.DONE:
                    raise SettingsError(Text.of("app.example_failed"))
            finally:
                site.close()

    @contextmanager
    def until_ended(self) -> Iterator[threading.Event]:
        """An event that SIGINT or SIGTERM sets; from now on, so that no signal is too early for it."""
        ended = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            ended.set()

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield ended
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
