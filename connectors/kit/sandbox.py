"""An emulator as `readi sandbox` and the demo start it, for every product."""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from provisioner.emulation import Emulator

E = TypeVar("E", bound=Emulator)


class EmulatorSandbox(Generic[E]):
    """See `provisioner.model.ports.Sandbox`. ``emulator`` may be looked into and tampered with.

    A connector's package makes it where its emulator is asked for, and only then loads the emulator:

        def _emulator(clock: Clock, port: int) -> Sandbox:
            from connectors.board.emulator import BoardEmulator

            return EmulatorSandbox(BoardEmulator(clock=clock, port=port))
    """

    def __init__(
        self,
        emulator: E,
        *,
        credentials: Mapping[str, str] | None = None,
        settings: Callable[[E], Mapping[str, str]] | None = None,
        prepare: Callable[[E], None] | None = None,
    ) -> None:
        """``credentials``: by settings' names, where they are not the emulator's.

        ``settings``: what else a target's section needs; ``prepare``: as the README advises for a first sync.
        """
        self.emulator = emulator
        self.name = emulator.name
        self._credentials = credentials
        self._settings = settings
        self._prepare = prepare

    @property
    def url(self) -> str:
        """Where it listens; raises RuntimeError while it is stopped."""
        return self.emulator.url

    @property
    def credentials(self) -> Mapping[str, str]:
        """Those of `Emulator.credentials`, as settings call them: who has a token needs no user."""
        if self._credentials is not None:
            return self._credentials
        given = self.emulator.credentials
        if given.token:
            return {"token": given.token}
        return {name: said for name, said in (("user", given.user), ("password", given.password)) if said}

    @property
    def settings(self) -> Mapping[str, str]:
        """What else a target's settings need to use it."""
        return {} if self._settings is None else self._settings(self.emulator)

    def prepare_for_demo(self) -> None:
        """Set it up as the connector's README advises for a first sync."""
        if self._prepare is not None:
            self._prepare(self.emulator)

    def traffic(self) -> tuple[int, int]:
        """Requests and, among them, writes."""
        log = self.emulator.log
        return len(log.requests), len(log.writes)

    def start(self) -> None:
        """Listen on loopback."""
        self.emulator.start()

    def stop(self) -> None:
        """Stop listening; the state stays."""
        self.emulator.stop()
