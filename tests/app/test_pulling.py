"""The registry's folder follows the git server that holds it, and work that lies in it is never lost."""

import os
import subprocess
from pathlib import Path

import pytest

from provisioner.app.work.pulling import PullRefused, pull

WHO = ["-c", "user.name=Anna Muster", "-c", "user.email=anna@bretten.example", "-c", "init.defaultBranch=main"]


def git(folder: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_GLOBAL": "/dev/null"}
    ran = subprocess.run(["git", *WHO, "-C", folder, *arguments], env=environment, check=True, capture_output=True)
    return ran.stdout.decode()


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Whoever pushes works here."""
    folder = tmp_path / "server"
    folder.mkdir()
    git(folder, "init", "-q")
    push(folder, "network.yaml", "one")
    return folder


@pytest.fixture
def clone(tmp_path: Path, server: Path) -> Path:
    git(tmp_path, "clone", "-q", str(server), "registry")
    return tmp_path / "registry"


def push(server: Path, name: str, text: str) -> None:
    (server / name).write_text(text, encoding="utf-8")
    git(server, "add", name)
    git(server, "commit", "-qm", text)


def test_what_was_pushed_is_there_afterwards(server: Path, clone: Path) -> None:
    assert not pull(clone)
    push(server, "network.yaml", "two")
    assert pull(clone)
    assert (clone / "network.yaml").read_text(encoding="utf-8") == "two"


def test_files_that_git_does_not_know_are_left_alone(server: Path, clone: Path) -> None:
    (clone / "notes.txt").write_text("mine", encoding="utf-8")
    push(server, "network.yaml", "two")
    assert pull(clone)
    assert (clone / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_folder_with_changes_is_left_as_it_is(server: Path, clone: Path) -> None:
    (clone / "network.yaml").write_text("mine", encoding="utf-8")
    push(server, "other.yaml", "two")
    with pytest.raises(PullRefused) as refused:
        pull(clone)
    assert refused.value.text.code == "app.pull_changed"
    assert (clone / "network.yaml").read_text(encoding="utf-8") == "mine"
    assert not (clone / "other.yaml").exists()


def test_two_histories_are_never_merged(server: Path, clone: Path) -> None:
    push(clone, "network.yaml", "mine")
    push(server, "network.yaml", "theirs")
    with pytest.raises(PullRefused) as refused:
        pull(clone)
    assert refused.value.text.code == "app.pull_failed"
    assert (clone / "network.yaml").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_no_clone_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(PullRefused) as refused:
        pull(tmp_path)
    assert refused.value.text.code == "app.pull_failed"


def test_a_server_that_is_gone_is_said_without_its_address(server: Path, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "https://anna:invented-Secret-1@127.0.0.1:1/registry.git")
    with pytest.raises(PullRefused) as refused:
        pull(clone)
    assert "invented-Secret-1" not in str(refused.value)


def test_no_hook_of_the_clone_is_run(server: Path, clone: Path) -> None:
    hook = clone / ".git" / "hooks" / "post-merge"
    hook.write_text("#!/bin/sh\ntouch ran\n", encoding="utf-8")
    hook.chmod(0o700)
    push(server, "network.yaml", "two")
    assert pull(clone)
    assert not (clone / "ran").exists()
