"""Senders that call: known by a secret, and answered 2xx only when what they said is kept for good."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from provisioner.console.application import LONGER_BODIES
from provisioner.console.guarding import SmallBodies
from provisioner.emulation import VirtualClock
from provisioner.senders.receiving import Delivery
from provisioner.senders.settings import HookSettings
from provisioner.service import sender_calls
from provisioner.service.sender_calls import MOST_BYTES, SenderDoor
from provisioner.texts import Catalogue

SECRET = "invented-Secret-of-thirty-two-letters"
PATH = "/redi/senders/ttn"
BEARER = {"Authorization": f"Bearer {SECRET}"}


class Committing:
    """Whoever commits: says so in a thread of its own, as it was told to."""

    def __init__(self) -> None:
        self.came: list[Delivery] = []
        self.keeps = True
        self.has_room = True
        self.ever = True
        self.refusals: list[tuple[str, str]] = []

    def refused(self, sender: str, why: str) -> None:
        self.refusals.append((sender, why))

    def offer(self, delivery: Delivery) -> bool:
        self.came.append(delivery)
        if self.has_room and self.ever:
            Thread(target=delivery.settle, args=(self.keeps,)).start()
        return self.has_room


@pytest.fixture
def committing() -> Committing:
    return Committing()


@pytest.fixture
def client(committing: Committing) -> Iterator[TestClient]:
    app = FastAPI(middleware=[Middleware(SmallBodies, longer=dict(LONGER_BODIES))])
    secret, say = HookSettings(secret=SecretStr(SECRET)), Catalogue("de")
    doors = {
        ("redi", name): SenderDoor(kind, secret, committing.offer, committing.refused, say)
        for name, kind in (("ttn", "things-stack"), ("haus", "json"))
    }
    app.include_router(sender_calls.router(doors, VirtualClock()))
    with TestClient(app) as made:
        yield made


def test_what_is_kept_is_answered_with_204_and_handed_on_as_it_came(client: TestClient, committing: Committing) -> None:
    assert client.post(f"{PATH}?event=up", content=b'{"a": 1}', headers=BEARER).status_code == 204
    [came] = committing.came
    assert (came.sender, came.kind, came.payload, came.event) == ("ttn", "things-stack", b'{"a": 1}', "up")


def test_basic_with_the_secret_as_password_does_as_well(client: TestClient) -> None:
    word = base64.b64encode(f"whoever:{SECRET}".encode()).decode()
    assert client.post(PATH, content=b"{}", headers={"Authorization": f"Basic {word}"}).status_code == 204


def test_whoever_has_no_secret_is_asked_for_it_and_with_a_wrong_one_refused(
    client: TestClient, committing: Committing
) -> None:
    unknown = client.post(PATH, content=b"{}")
    assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, 'Basic realm="senders"')
    for wrong in ("Bearer x", f"Bearer {SECRET}x", "Basic !!!", f"Digest {SECRET}", "Bearer"):
        assert client.post(PATH, content=b"{}", headers={"Authorization": wrong}).status_code == 403, wrong
    assert committing.came == []


def test_no_other_sender_and_no_other_network_is_there(client: TestClient) -> None:
    for path in ("/redi/senders/other", "/other/senders/ttn"):
        assert client.post(path, content=b"{}", headers=BEARER).status_code == 404


def refuses(committing: Committing) -> None:
    committing.keeps = False


def is_full(committing: Committing) -> None:
    committing.has_room = False


def never_ends(committing: Committing) -> None:
    committing.ever = False


@pytest.mark.parametrize("trouble", [refuses, is_full, never_ends])
def test_what_is_not_kept_is_to_be_sent_again(
    client: TestClient,
    committing: Committing,
    trouble: Callable[[Committing], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender_calls, "_PATIENCE", 0.01)
    trouble(committing)
    answer = client.post(PATH, content=b"{}", headers=BEARER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_a_commit_after_the_caller_was_sent_away_breaks_nothing(
    client: TestClient, committing: Committing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_calls, "_PATIENCE", 0.01)
    committing.ever = False
    assert client.post(PATH, content=b"{}", headers=BEARER).status_code == 503
    committing.came[0].settle(True)
    committing.ever = True
    assert client.post(PATH, content=b"{}", headers=BEARER).status_code == 204


def test_more_than_a_message_can_have_is_not_read(client: TestClient, committing: Committing) -> None:
    assert client.post(PATH, content=b"x" * MOST_BYTES, headers=BEARER).status_code == 204
    assert client.post(PATH, content=b"x" * (MOST_BYTES + 1), headers=BEARER).status_code == 413
    assert len(committing.came) == 1
    assert committing.refusals == [("ttn", "too_big")]


def test_pages_beside_senders_take_no_more_than_a_form(client: TestClient, tmp_path: Path) -> None:
    for path in ("/redi/senders", "/redi/senders/ttn/x", "/redi/me"):
        assert client.post(path, content=b"x" * 100_000, headers=BEARER).status_code in (400, 404, 413), path


@pytest.mark.parametrize(
    ("message", "why", "where"),
    [
        ('{"device": "a", "values": {"humidity": 71,5}}', "kein JSON", "line 1 column 43"),
        ('{"device": "a", "values": [71.5]}', "nicht so aufgebaut", "$.values"),
        ('{"device": "a", "values": {}, "at": "22.11.2026"}', "Zeitpunkt", "22.11.2026"),
        ('{"geraet": "a", "values": {"humidity": 71.5}}', "„device“", ""),
    ],
)
def test_whoever_writes_json_by_hand_is_told_what_is_wrong_and_it_is_counted_all_the_same(
    client: TestClient, committing: Committing, message: str, why: str, where: str
) -> None:
    answer = client.post("/redi/senders/haus", content=message, headers=BEARER)
    assert (answer.status_code, len(committing.came)) == (422, 1)
    assert why in answer.json()["detail"]
    assert where in answer.json().get("where", "")


def test_what_can_be_read_of_plain_json_is_kept_and_answered_with_nothing(client: TestClient) -> None:
    answer = client.post("/redi/senders/haus", content='{"device": "a", "values": {"humidity": 71.5}}', headers=BEARER)
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_product_is_not_told_that_its_message_means_nothing_for_it_would_end_calling(client: TestClient) -> None:
    assert client.post(PATH, content=b"no json", headers=BEARER).status_code == 204


def test_whoever_has_no_or_a_wrong_secret_reads_how_it_is_shown(client: TestClient) -> None:
    for headers in ({}, {"Authorization": SECRET}):
        assert "Authorization: Bearer" in client.post(PATH, content=b"{}", headers=headers).json()["detail"]
