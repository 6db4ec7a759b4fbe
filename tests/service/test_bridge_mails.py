"""Mails about alerts go where the bridge runs, also without the service; all other letters are the service's."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from provisioner.app.letters.delivering import OF_BRIDGES
from provisioner.app.picture import Pictures
from provisioner.app.service_settings import MailSettings
from provisioner.app.site import Site
from provisioner.model.messages import Channel, Letter, LetterKind, LetterState
from provisioner.service.leader import Leader, Served
from provisioner.state import Outbox
from tests.service.bridges import running
from tests.service.test_dispatching import Hand, done
from tests.support.alert_rooms import BRIDGE, another
from tests.support.change import Known
from tests.support.mailserver import PostOffice
from tests.support.mosquitto import Mosquitto
from tests.support.serving import wait_until
from tests.support.site import Installation

WELCOME = Letter(LetterKind.WELCOME, Channel.MAIL, "person:p-ben")
ALERT = Letter(LetterKind.ALERT, Channel.MAIL, "person:p-ben", {"saying": 77, "why": "member"})


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as one:
        yield one


@pytest.fixture
def installation(alerts_known: Known, tmp_path: Path, office: PostOffice) -> Iterator[Installation]:
    with another(tmp_path, alerts_known) as found:
        found.more_settings["service"] = {"mail": office.settings()}
        yield found


def outbox(site: Site) -> Outbox:
    return Outbox(site.database, "redi", site.clock.now())


def test_readi_bridge_alone_writes_to_whoever_is_not_in_the_conversation(
    installation: Installation, office: PostOffice, broker: Mosquitto
) -> None:
    with running(installation, broker, "mailed") as bridge:
        with bridge.site.database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM binding WHERE key = 'person:p-ben'")
        outbox(bridge.site).post(WELCOME)
        bridge.publish(1, 100)
        bridge.publish(1, 250)
        bridge.wait_for("Hochwasser")
        wait_until(lambda: outbox(bridge.site).counts().get(LetterState.SENT) == 1, "it went")
        [mail] = office.came
        assert mail.recipients == ["ben@bretten.example"]
        assert "Hochwasser" in str(mail.message["Subject"])
        assert outbox(bridge.site).counts()[LetterState.WAITING] == 1, "others' letters are left to the service"


@contextmanager
def leading(installation: Installation, office: PostOffice, **more: Any) -> Iterator[Site]:
    """What the leading instance of `readi serve` does, without its worker."""
    installation.more_network = more
    installation.write()
    with closing(Site.open(installation.settings, "redi", installation.clock)) as site:
        site.settings.service.mail = MailSettings.model_validate(office.settings())
        for letter in (ALERT, WELCOME):
            outbox(site).post(letter)
        leader = Leader([Served(site, Pictures(site), lambda: Hand(done, is_there=False))])
        leader.begin()
        try:
            yield site
        finally:
            leader.end()


@pytest.mark.parametrize("in_service", [True, False])
def test_readi_serve_leaves_mails_about_alerts_to_the_bridge(
    installation: Installation, office: PostOffice, in_service: bool
) -> None:
    with leading(installation, office, bridge={**BRIDGE, "in_service": in_service}) as site:
        wait_until(lambda: outbox(site).counts().get(LetterState.SENT) == 1, "the welcome went")
        waiting = outbox(site).take(kinds=OF_BRIDGES)
        assert waiting is not None
        assert waiting.tries == 1, "nobody had taken it"


def test_where_there_is_no_bridge_any_more_what_it_left_is_the_services(
    installation: Installation, office: PostOffice
) -> None:
    with leading(installation, office) as site:
        wait_until(lambda: outbox(site).counts().get(LetterState.REFUSED) == 1, "nothing is known of that alert")
