"""Whom the service believes that the registry changed: signatures, sizes, repeats."""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from provisioner.app.site import Site
from provisioner.app.work.jobs import PULL
from provisioner.model.errands import Errand, Job
from provisioner.model.errors import SettingsError
from provisioner.service.webhooks import MOST_BYTES, router
from provisioner.state import Errands
from tests.support.site import Installation

SECRET = "invented-Secret-1"
PATH = "/redi/hooks/registry"
BODY = b'{"ref": "refs/heads/main", "after": "4f2a"}'


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    installation.write()
    made = Site.open(installation.settings, clock=installation.clock)
    made.section.webhook = type(made.section).model_validate({"registry": "r", "webhook": {"secret": SECRET}}).webhook
    yield made
    made.close()


def client(site: Site) -> TestClient:
    app = FastAPI()
    app.include_router(router({site.network: site}))
    return TestClient(app)


def mac(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def put_down(site: Site) -> list[Errand]:
    return Errands(site.database, site.network).all()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Gitea-Signature": mac(BODY)},
        {"X-Forgejo-Signature": mac(BODY)},
        {"X-Hub-Signature-256": f"sha256={mac(BODY)}"},
        {"X-Gitlab-Token": SECRET},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_whoever_knows_the_secret_has_the_network_pulled_and_synchronised(site: Site, headers: dict[str, str]) -> None:
    assert client(site).post(PATH, content=BODY, headers=headers).status_code == 200
    [errand] = put_down(site)
    assert (errand.job, errand.only, errand.cause, errand.about) == (Job.SYNC, None, "webhook", {PULL: "1"})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Gitea-Signature": ""},
        {"X-Gitea-Signature": mac(BODY, "another")},
        {"X-Gitea-Signature": mac(b"another")},
        {"X-Hub-Signature-256": mac(BODY)},
        {"X-Hub-Signature": f"sha1={mac(BODY)}"},
        {"X-Gitlab-Token": "another"},
        {"X-Gitlab-Token": mac(BODY)},
        {"X-Gitea-Signature": b"\xe4"},
    ],
    ids=str,
)
def test_whoever_does_not_know_it_changes_nothing(site: Site, headers: dict[str, str | bytes]) -> None:
    assert client(site).post(PATH, content=BODY, headers=headers).status_code == 403
    assert put_down(site) == []


def test_without_a_secret_there_is_no_such_page(site: Site) -> None:
    site.section.webhook = None
    assert client(site).post(PATH, content=BODY, headers={"X-Gitlab-Token": ""}).status_code == 404
    assert client(site).post("/another/hooks/registry", content=BODY).status_code == 404


def test_an_empty_secret_lets_nobody_in(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    site.section.webhook = (
        type(site.section).model_validate({"registry": "r", "webhook": {"secret_file": tmp_path / "empty"}}).webhook
    )
    headers = {"X-Gitlab-Token": "", "X-Gitea-Signature": mac(BODY, "")}
    assert client(site).post(PATH, content=BODY, headers=headers).status_code == 403


def test_a_secret_that_can_not_be_read_is_said_at_the_start(site: Site, tmp_path: Path) -> None:
    site.section.webhook = (
        type(site.section).model_validate({"registry": "r", "webhook": {"secret_file": tmp_path / "missing"}}).webhook
    )
    with pytest.raises(SettingsError):
        client(site)


def test_a_delivery_that_is_repeated_does_nothing(site: Site) -> None:
    headers = {"X-Gitea-Signature": mac(BODY), "X-Gitea-Delivery": "1"}
    asked = client(site)
    assert [asked.post(PATH, content=BODY, headers=headers).status_code for _ in range(3)] == [200] * 3
    assert len(put_down(site)) == 1


def test_a_delivery_that_is_replayed_under_another_number_does_nothing(site: Site) -> None:
    asked = client(site)
    for number in ("1", "2"):
        headers = {"X-Gitea-Signature": mac(BODY), "X-Gitea-Delivery": number}
        assert asked.post(PATH, content=BODY, headers=headers).status_code == 200
    assert len(put_down(site)) == 1


def test_another_push_is_another_delivery(site: Site) -> None:
    asked = client(site)
    for number, body in (("1", BODY), ("2", BODY.replace(b"4f2a", b"5f2a"))):
        headers = {"X-Gitea-Signature": mac(body), "X-Gitea-Delivery": number}
        assert asked.post(PATH, content=body, headers=headers).status_code == 200
    assert len(put_down(site)) == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_too_long_a_body_is_not_read_to_its_end(site: Site, chunked: bool) -> None:
    parts = [b"x" * 65_536] * (MOST_BYTES // 65_536) + [b"x"]
    body = b"".join(parts)
    content = iter(parts) if chunked else body
    answer = client(site).post(PATH, content=content, headers={"X-Gitea-Signature": mac(body)})
    assert answer.status_code == 413
    assert put_down(site) == []


def test_a_body_of_just_the_length_is_read(site: Site) -> None:
    body = b"x" * MOST_BYTES
    answer = client(site).post(PATH, content=body, headers={"X-Gitea-Signature": mac(body)})
    assert answer.status_code == 200
