"""A sound copy each night, for the owner's eyes, kept for as long as the settings say; nothing else is ever deleted."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.app.site import Site
from provisioner.app.work import backups
from provisioner.app.work.backups import back_up_nightly
from provisioner.model.errors import StateError
from provisioner.state import Meta
from tests.support.postgres import shared
from tests.support.site import Installation

DAY = 86_400.0


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    installation.more_settings["service"] = {"backup_days": 3}
    installation.write()
    opened = Site.open(installation.settings, clock=installation.clock)
    yield opened
    opened.close()


def names(site: Site) -> list[str]:
    return sorted(path.name for path in (site.home / "state" / "backups").glob("*"))


def test_the_copy_holds_what_was_written_and_is_ours_alone(site: Site) -> None:
    Meta(site.database).put("redi", "x", "kept")
    made = back_up_nightly(site)
    assert made is not None
    assert made == site.home / "state" / "backups" / "readi-2026-01-05.db"
    assert (stat.S_IMODE(made.stat().st_mode), stat.S_IMODE(made.parent.stat().st_mode)) == (0o600, 0o700)
    with closing(sqlite3.connect(made)) as copy:
        assert copy.execute("SELECT value FROM meta WHERE name = 'x'").fetchall() == [("kept",)]


def test_one_is_made_a_day_and_each_is_kept_as_long_as_the_settings_say(site: Site) -> None:
    for _ in range(5):
        back_up_nightly(site)
        assert back_up_nightly(site) is None
        site.clock.sleep(DAY)
    assert names(site) == ["readi-2026-01-07.db", "readi-2026-01-08.db", "readi-2026-01-09.db"]
    first = backups.backups(site)[0]
    assert (str(first.made), str(first.expires)) == ("2026-01-07", "2026-01-10")


def test_files_of_other_names_are_left_alone(site: Site) -> None:
    back_up_nightly(site)
    folder = site.home / "state" / "backups"
    others = {"readi-2020-01-01.db.bak", "readi-2020-02-31.db", "other-2020-01-01.db", "before-upgrade.db"}
    for name in others:
        (folder / name).touch()
    (folder / "readi-2020-01-01.db").touch()
    site.clock.sleep(DAY)
    back_up_nightly(site)
    assert set(names(site)) == others | {"readi-2026-01-05.db", "readi-2026-01-06.db"}


def test_a_copy_that_is_not_sound_costs_no_older_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up_nightly(site)
    site.clock.sleep(30 * DAY)

    def spoiled(_: object, to: Path) -> None:
        to.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)

    with monkeypatch.context() as patched:
        patched.setattr(backups, "back_up", spoiled)
        with pytest.raises(StateError):
            back_up_nightly(site)
    assert names(site) == ["readi-2026-01-05.db"]
    (site.home / "state" / "backups" / "readi-2026-02-04.part").touch()  # a night that was cut short
    back_up_nightly(site)
    assert names(site) == ["readi-2026-02-04.db"]


def test_two_networks_that_make_it_at_once_make_one(installation: Installation, site: Site) -> None:
    made: list[Path | None] = []
    sites = [Site.open(installation.settings, clock=installation.clock) for _ in range(4)]
    Meta(site.database).put("redi", "x", "y" * 1_000_000)
    threads = [threading.Thread(target=lambda one=one: made.append(back_up_nightly(one))) for one in sites]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in sites:
        one.close()
    assert sorted(one is None for one in made) == [False, True, True, True]
    assert names(site) == ["readi-2026-01-05.db"]


def test_without_days_none_is_made_and_those_there_were_end(site: Site) -> None:
    back_up_nightly(site)
    site.settings.service.backup_days = 0
    assert back_up_nightly(site) is None
    assert names(site) == []


def test_a_folder_that_can_not_be_written_is_said(site: Site) -> None:
    site.database  # noqa: B018
    (site.home / "state" / "backups").write_text("a file", "utf-8")
    with pytest.raises(StateError):
        back_up_nightly(site)


def test_of_postgresql_no_copy_is_made_here(installation: Installation) -> None:
    installation.state = shared().new_database()
    installation.more_settings["ties_log"] = None
    installation.write()
    site = Site.open(installation.settings, clock=installation.clock)
    assert (back_up_nightly(site), backups.backups(site)) == (None, [])
    site.close()
