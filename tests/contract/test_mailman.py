"""The Mailman contract on the emulator and on a real core, and live when the environment tells where."""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.kit.contract import EmulatedContract, Sample, Site
from connectors.mailman import MAILMAN
from connectors.mailman.emulator import SERVICE, MailmanEmulator
from connectors.mailman.settings import MailmanSettings
from provisioner.model.resources import EdgeRole, Kind
from tests.contract.mailman import MailmanContract
from tests.support.mailman_server import ADMIN, DOMAIN, MailmanServer

LIVE = {name: os.environ.get(f"READI_LIVE_MAILMAN_{name}", "") for name in ("URL", "USER", "PASSWORD", "DOMAIN")}


def emulated(emulator: MailmanEmulator) -> MailmanSettings:
    password = SecretStr(SERVICE[1])
    return MailmanSettings(url=emulator.url, user=SERVICE[0], password=password, domain=emulator.domain)


SAMPLES = (
    Sample(
        Kind.ACCOUNT,
        {"email": "{word}@stadt.example", "display_name": "Anna Ähre"},
        {"display_name": "Anna Berg", "email": "{word}@neu.example"},
    ),
    Sample(
        Kind.MAILING_LIST,
        {"display_name": "PG", "description": "Messen", "listed": False, "read_only": False, "language": "de"},
        {"display_name": "PG neu", "read_only": True},
        (EdgeRole.MEMBER, EdgeRole.MODERATOR),
    ),
)


class TestWhatAllConnectorsShare(EmulatedContract):
    samples = SAMPLES

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with MailmanEmulator() as emulator:
            settings = emulated(emulator)
            with Site(lambda target, wiring: MAILMAN.open(target, settings, wiring), emulator) as site:
                yield site


class TestEmulator(MailmanContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[MailmanSettings]:
        with MailmanEmulator() as emulator:
            yield emulated(emulator)


class TestRealServer(MailmanContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, mailman_server: MailmanServer) -> MailmanSettings:
        mailman_server.wipe()
        mailman_server.add_domain()
        return MailmanSettings(url=mailman_server.url, user=ADMIN[0], password=SecretStr(ADMIN[1]), domain=DOMAIN)


if all(LIVE.values()):

    class TestLiveServer(MailmanContract):
        @pytest.fixture(scope="class")
        @classmethod
        def server(cls) -> MailmanSettings:
            password = SecretStr(LIVE["PASSWORD"])
            return MailmanSettings(url=LIVE["URL"], user=LIVE["USER"], password=password, domain=LIVE["DOMAIN"])
