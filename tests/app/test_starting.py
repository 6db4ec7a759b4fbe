"""Whoever starts the service is told at once what keeps people out of it."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.app.starting import lacking
from tests.support.site import Installation, person

MAIL = {"server": "127.0.0.1", "security": "none", "sender": "readi@redi.example"}
OPENID = {"issuer": "https://login.example", "client_id": "readi", "client_secret_file": "secrets/openid"}


def lacks(small: Installation, service: dict[str, Any] | None = None, **network: Any) -> list[str]:
    small.write()
    content = yaml.safe_load(small.settings.read_text(encoding="utf-8"))
    content["service"] = {"mail": MAIL} if service is None else service
    content["networks"]["redi"].update(network)
    small.settings.write_text(yaml.safe_dump(content), encoding="utf-8")
    with closing(Site.open(small.settings, "redi", small.clock)) as site:
        return [text.code.removeprefix("app.lacking_") for text in lacking(site, Pictures(site))]


@pytest.fixture
def ranged(small: Installation) -> Installation:
    small.wish.add(person("Rita", roles=["ranger"]))
    return small


def test_with_mail_and_a_ranger_nothing_is_lacking(ranged: Installation) -> None:
    assert lacks(ranged) == []
    assert lacks(ranged, {"mail": MAIL, "url": "https://mitmachen.redi.example"}) == []


def test_without_mail_it_says_how_one_gets_in_all_the_same(ranged: Installation) -> None:
    assert lacks(ranged, {}) == ["mail"]
    (ranged.folder / "secrets").mkdir(exist_ok=True)
    (ranged.folder / "secrets/openid").write_text("secret\n", encoding="utf-8")
    assert lacks(ranged, {}, openid=OPENID) == ["mail_but_login"]


def test_secrets_that_are_not_there_are_named(ranged: Installation) -> None:
    assert lacks(ranged, {"mail": {**MAIL, "user": "readi", "password_file": "none"}}) == ["mail_password"]
    assert lacks(ranged, openid=OPENID) == ["login_secret"]


def test_an_address_without_tls_that_others_reach_is_named(ranged: Installation) -> None:
    assert lacks(ranged, {"mail": MAIL, "url": "http://mitmachen.redi.example"}) == ["tls"]
    assert lacks(ranged, {"mail": MAIL, "url": "http://[::1]:8765"}) == []


def test_a_network_without_rangers_is_named(small: Installation) -> None:
    assert lacks(small) == ["ranger"]


def test_a_registry_with_mistakes_and_a_policy_with_some_stop_nobody_and_are_named(
    ranged: Installation, tmp_path: Path
) -> None:
    assert lacks(ranged, registry=str(tmp_path / "nowhere")) == ["mistakes", "ranger"]
    (tmp_path / "policy.yaml").write_text("acounts: {}\n", encoding="utf-8")
    assert lacks(ranged, policy=str(tmp_path / "policy.yaml")) == ["registry"]
