"""A certificate that runs out is told of in time."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date

from provisioner.app.letters import noticing
from provisioner.app.letters.delivering import Postman
from provisioner.app.looking import examine
from provisioner.app.service_settings import MailSettings
from provisioner.model.messages import LetterState
from provisioner.state import Outbox
from provisioner.transport.certificate import expires
from tests.support.certificates import Certificates, make
from tests.support.desk import Desk, desks, small_network
from tests.support.mailserver import PostOffice


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Good for thirty days."""
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def url(certificates: Certificates) -> Iterator[str]:
    """Shakes hands, and says nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    raw, _ = listening.accept()
                except OSError:
                    return
                with raw:
                    try:
                        context.wrap_socket(raw, server_side=True).close()
                    except OSError:  # nobody whom we are trusted by
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
def desk(tmp_path: Path, url: str, certificates: Certificates) -> Iterator[Desk]:
    wish = small_network()
    wish.targets["cloud"] = {
        "connector": "nextcloud", "url": url, "user": "readi", "password": "x", "ca_file": str(certificates.authority)
    }  # fmt: skip
    (found,) = desks(tmp_path, wish)
    yield found
    found.site.close()


def told(desk: Desk) -> list[object]:
    noticing.notice_credentials(desk.site, desk.picture)
    found = Outbox(desk.site.database, "redi", desk.clock.now()).find(*LetterState)
    return [one.letter.about["what"] for one in found]


def test_a_handshake_tells_until_when(url: str, certificates: Certificates) -> None:
    until = expires(url, certificates.authority)
    assert until is not None
    assert timedelta(days=29) < until - datetime.now(UTC) <= timedelta(days=30)


@pytest.mark.parametrize(
    "other", ["http://127.0.0.1:{port}", "https://localhost:{port}", "https://127.0.0.1:1", "", "x"]
)
def test_what_is_not_encrypted_or_trusted_tells_nothing(url: str, other: str) -> None:
    assert expires(other.format(port=url.rpartition(":")[2])) is None
    assert expires(url) is None


def test_rangers_are_told_when_it_comes_near_and_in_the_last_days(
    desk: Desk, url: str, certificates: Certificates
) -> None:
    real = datetime.now(UTC)
    desk.clock.moment = real
    assert told(desk) == []
    desk.clock.moment = real + timedelta(days=15)
    assert told(desk) == ["credential"]
    desk.clock.moment = real + timedelta(days=16)
    assert told(desk) == ["credential"]
    desk.clock.moment = real + timedelta(days=28)
    assert told(desk) == ["credential"] * 2
    with PostOffice() as office:
        desk.site.settings.service.mail = MailSettings.model_validate(office.settings())
        Postman(desk.site, desk.pictures).deliver()
        until = expires(url, certificates.authority)
        assert until is not None
        last_day = format_date(until.astimezone(ZoneInfo("Europe/Berlin")).date(), "long", locale="de")
        assert f"cloud: Das Zertifikat des Servers gilt nur noch bis zum {last_day}." in office.came[0].text


def test_doctor_says_so(desk: Desk) -> None:
    desk.clock.moment = datetime.now(UTC) + timedelta(days=15)
    ((_, found),) = examine(desk.site)
    assert "app.certificate_ends" in [finding.what.code for finding in found]
