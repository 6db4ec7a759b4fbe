"""Files: what others may read, where links lead, what has no end, and what an environment may turn round."""

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.app.settings import load_settings
from provisioner.model.errors import SettingsError
from provisioner.registry import reading, writing
from provisioner.registry.reading import read_folder
from provisioner.registry.writing import WriteFailed, replace_file
from provisioner.transport.bounded import read_bounded
from tests.support.site import Installation, run_cli


@pytest.fixture(params=[0o000, 0o077, 0o022])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def loose(folder: Path) -> list[str]:
    """What others than owner and group may do anything with, or the group may write."""
    found = [path for path in folder.rglob("*") if not path.is_symlink()]
    return [str(path.relative_to(folder)) for path in found if stat.S_IMODE(path.stat().st_mode) & 0o027]


def test_the_state_is_open_to_nobody_else(small: Installation, umask: int, tmp_path: Path) -> None:
    small.state = "outer/state/readi.db"
    small.apply()
    assert small.run("plan", "--out", tmp_path / "outer" / "plan.json").code == 0
    files = {path.name for path in (tmp_path / "outer").rglob("*")}
    assert {"state", "readi.db", "readi.db-lock-open", "plan.json"} <= files
    assert [path for path in (tmp_path / "outer").rglob("*") if path.stat().st_mode & 0o077] == []


def test_an_import_is_open_to_nobody_else(small: Installation, cloud: NextcloudEmulator, umask: int) -> None:
    cloud.accounts.add_user("anna", "x", "Anna Muster", "anna@bretten.example", ())
    small.wish.people.clear()
    drawn = small.folder / "outer" / "drawn"
    ran = small.run("import", "nextcloud", drawn)
    assert ran.code == 0, ran.all
    assert (drawn / "people").is_dir()
    assert loose(small.folder / "outer") == []


def test_a_starter_and_what_is_added_to_it_are_open_to_nobody_else(tmp_path: Path, umask: int) -> None:
    home = tmp_path / "home"
    assert run_cli(["init", home]).code == 0
    given = ["Eva", "Neu", "eva@musterstadt.example", "musterstadt"]
    assert run_cli(["--settings", home / "settings.yaml", "person", "add", *given]).code == 0
    assert run_cli(["--settings", home / "settings.yaml", "body", "create", "pg-neu", "Neu"]).code == 0
    assert loose(home) == []


@pytest.mark.parametrize("what", ["pipe", "device"])
def test_what_has_no_end_is_no_registry_file(tmp_path: Path, what: str) -> None:
    (tmp_path / "network.yaml").write_text("network: {id: a, name: A}\n")
    if what == "pipe":
        os.mkfifo(tmp_path / "people.yaml")
    else:
        (tmp_path / "people.yaml").symlink_to("/dev/zero")
    read = read_folder(tmp_path)
    assert [problem.what.code for problem in read.problems] == ["registry.unreadable"]
    assert not read.whole


def test_no_more_than_the_limit_is_read_of_a_file_that_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    (tmp_path / "a.yaml").write_text("# " + "x" * 100_000 + "\n")
    assert len(read_bounded(tmp_path / "a.yaml", 100)) == 101
    assert [problem.what.code for problem in read_folder(tmp_path).problems] == ["registry.too_large"]


def test_folders_that_link_to_each_other_are_read_in_bounded_time(tmp_path: Path) -> None:
    folders = [tmp_path / f"d{number}" for number in range(12)]
    for folder in folders:
        folder.mkdir()
    for folder in folders:
        for other in folders:
            (folder / f"to-{other.name}").symlink_to(other)
    read = read_folder(tmp_path)
    assert not read.whole


def test_a_plan_is_never_written_through_a_link_that_somebody_laid(small: Installation, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("precious")
    for name in ("plan.json", "plan.json.part"):
        (tmp_path / name).symlink_to(mine)
    small.run("plan", "--out", tmp_path / "plan.json")
    assert mine.read_text() == "precious"
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600
    assert not (tmp_path / "plan.json").is_symlink()


def test_a_plan_is_never_written_into_a_file_that_somebody_else_holds_open(small: Installation, tmp_path: Path) -> None:
    planted = tmp_path / "plan.json.part"
    planted.write_text("")
    planted.chmod(0o666)
    with planted.open() as spying:
        small.run("plan", "--out", tmp_path / "plan.json")
        assert spying.read() == ""


@pytest.mark.parametrize("what", ["pipe", "device", "folder", "huge", "deep", "nothing"])
def test_what_is_no_plan_is_refused_in_words(small: Installation, tmp_path: Path, what: str) -> None:
    plan = tmp_path / "plan.json"
    if what == "pipe":
        os.mkfifo(plan)
    elif what == "device":
        plan.symlink_to("/dev/zero")
    elif what == "folder":
        plan.mkdir()
    elif what == "huge":
        with plan.open("wb") as file:
            file.truncate(1 << 33)
    elif what == "deep":
        plan.write_text("[" * 200_000)
    ran = small.run("apply", plan)
    assert ran.code == 1
    assert "plan.json" in ran.err
    assert small.cloud.log.writes == []


def test_a_password_file_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    for name in ("secret", "pipe"):
        settings = NextcloudSettings(url="https://c.example", user="u", password_file=tmp_path / name)
        with pytest.raises(SettingsError):
            settings.secret()


def test_settings_never_print_what_may_be_secret(small: Installation) -> None:
    small.state = "postgresql://readi:Marker-Db-77@db.example/readi"
    small.write()
    settings = load_settings(small.settings)
    shown = repr(settings) + str(settings) + repr(settings.networks) + f"{settings!s}"
    assert "Marker-Db-77" not in shown
    assert small.wish.targets["cloud"]["password"] not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("READI_NETWORKS", '{"geheim-9": '),
        ("READI_NETWORKS", "[1, 2]"),
        ("READI_NETWORKS__REDI__TARGETS", "geheim-9"),
        ("READI_NETWORKS__REDI__TARGETS__CLOUD__PASSWORD", "{geheim-9"),
        ("READI_NETWORKS__REDI__TARGETS__CLOUD__URL", "https://user:geheim-9@cloud.example"),
        ("READI_STATE", "postgresql://u:geheim-9@[bad"),
        ("READI_STATE", "mysql://u:geheim-9@db.example/x"),
        ("READI_LANGUAGE", "geheim-9"),
        ("READI_ACTOR", "\x1b[2Jgeheim"),
    ],
)
def test_a_strange_environment_ends_in_words_that_hold_no_value(
    small: Installation, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    ran = small.run("plan")
    assert ran.code in (1, 2)
    assert "geheim-9" not in ran.all
    assert "\x1b" not in ran.all
    assert small.cloud.log.writes == []


def test_between_the_last_look_at_a_file_and_its_replacement_no_other_edit_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.yaml"
    path.write_bytes(b"old")
    really, kept_out = Path.replace, []

    def replace_while_another_edits(source: Path, target: Path) -> Path:
        handle = os.open(tmp_path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            kept_out.append(source)
        finally:
            os.close(handle)
        return really(source, target)

    monkeypatch.setattr(writing.Path, "replace", replace_while_another_edits)
    replace_file(path, b"old", b"first")
    with pytest.raises(WriteFailed):
        replace_file(path, b"old", b"second")
    assert len(kept_out) == 1
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("odd", ["../../outside", "a/b", "..", "/etc/x", "a\nb", "a\x00b", "{x}", "$(id)"])
def test_an_edit_never_leaves_the_registrys_folder(small: Installation, tmp_path: Path, odd: str) -> None:
    small.write()
    before = set(tmp_path.rglob("*"))
    assert small.run("person", "add", "Eva", "Neu", "eva@bretten.example", odd).code != 0
    assert small.run("body", "create", odd, "Name").code != 0
    assert set(tmp_path.rglob("*")) == before
