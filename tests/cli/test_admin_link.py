"""`readi admin-link`: one link, on a terminal alone."""

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.app.settings import load_settings
from provisioner.app.site import Site
from provisioner.state import Audit, Links, Purpose
from provisioner.transport.clock import SystemClock
from tests.support.site import Installation
from tests.support.terminal import on_a_terminal

LINK = re.compile(r"https://redi\.example/redi/link/([A-Za-z0-9_-]{43})")


@pytest.fixture
def settings(small: Installation) -> Path:
    small.more_settings["service"] = {"url": "https://redi.example"}
    small.write()
    return small.settings


def test_a_terminal_shows_a_link_that_works_once_and_not_for_long(settings: Path) -> None:
    found = LINK.search(on_a_terminal(settings, "admin-link"))
    assert found is not None
    site, now = Site(load_settings(settings), settings.parent, "redi"), SystemClock().now()
    try:
        links = Links(site.database, "redi")
        link = links.look(found[1], now)
        assert link is not None
        assert (link.purpose, link.subject) == (Purpose.ADMIN, "")
        assert timedelta(minutes=14) < link.expires - now <= timedelta(minutes=15)
        assert links.use(found[1], now) is not None
        assert links.use(found[1], now) is None
        deed = Audit(site.database, "redi").latest()[0]
        assert deed.action == "made_admin_link"
        assert found[1] not in repr(deed)
    finally:
        site.close()
    kept = [path for path in settings.parent.rglob("*") if path.is_file() and found[1].encode() in path.read_bytes()]
    assert kept == []


def test_whatever_is_no_terminal_gets_no_link_and_is_told_why(
    small: Installation, settings: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ran = small.run("admin-link")
    assert ran.code == 1
    assert ran.out == ""
    assert "terminal" in ran.err
    assert not small.database.exists()
    assert "/link/" not in caplog.text
