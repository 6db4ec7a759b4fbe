"""The emulator as `readi sandbox` and the demo start it: with a delegated service account, as README advises."""

from collections.abc import Mapping

from connectors.kit.sandbox import EmulatorSandbox
from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from provisioner.model.ports import Clock

ACCOUNT = ("readi-provisioner", "emulated-Service-1")
"""Worth nothing elsewhere."""


class NextcloudSandbox(EmulatorSandbox[NextcloudEmulator]):
    """``emulator`` may be looked into and tampered with."""

    def __init__(self, clock: Clock, port: int = 0) -> None:
        emulator = NextcloudEmulator(clock=clock, port=port, service=ACCOUNT, rights="delegated")
        super().__init__(emulator, settings=_settings, prepare=_greet_nobody)


def _settings(emulator: NextcloudEmulator) -> Mapping[str, str]:
    """Whether the server greets new accounts: the plan counts its mails. And the group that holds our account."""
    return {"welcome_mail": "true" if emulator.world.welcome_mails else "false", "working_group": PROVISIONERS}


def _greet_nobody(emulator: NextcloudEmulator) -> None:
    """As before a first sync of many (core newUser.sendEmail no)."""
    emulator.world.welcome_mails = False
